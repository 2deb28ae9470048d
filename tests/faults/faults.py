"""The faults of the matrix: what can happen to one request and its answer."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING, NamedTuple

from tests.faults.proxy import Answer, Exchange, Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

_JSON = [("Content-Type", "application/json")]
_HTML = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>"
_LATE = 0.25  # seconds: longer than the first look for a lost write, shorter than the last
_DRIPS, _BETWEEN_DRIPS = 12, 0.004  # seconds
_STALL = 2.0  # seconds, longer than the timeout of a case


class Fault(NamedTuple):
    """One fault.

    Attributes:
        name: Its name.
        act: What becomes of a request.
        stalls: It takes the whole timeout of the program.
    """

    name: str
    act: Callable[[Proxy, Exchange], None]
    stalls: bool = False


def _answers(
    status: int, body: bytes = b"", *, commits: bool, headers: tuple[tuple[str, str], ...] = ()
) -> Callable[[Proxy, Exchange], None]:
    def act(_: Proxy, exchange: Exchange) -> None:
        if commits:
            exchange.answered(exchange)
        exchange.send(Answer(status, body, [*_JSON, *headers]))

    return act


def _resets(*, commits: bool) -> Callable[[Proxy, Exchange], None]:
    def act(_: Proxy, exchange: Exchange) -> None:
        if commits:
            exchange.answered(exchange)
        exchange.reset()

    return act


def _altered(change: Callable[[Answer], bytes]) -> Callable[[Proxy, Exchange], None]:
    """Return what sends the bytes that are made of the real answer, and closes."""

    def act(_: Proxy, exchange: Exchange) -> None:
        exchange.to.sendall(change(exchange.answered(exchange)))

    return act


def _head_cut(answer: Answer) -> bytes:
    return answer.head()[: len(answer.head()) // 2]


def _body_cut(answer: Answer) -> bytes:
    return answer.head() + answer.body[: len(answer.body) // 2]


def _gzip_cut(answer: Answer) -> bytes:
    """Cut the gzip in the middle, in an answer that is whole as HTTP."""
    zipped = any(name.lower() == "content-encoding" for name, _ in answer.headers)
    body = answer.body if zipped else gzip.compress(answer.body)
    headers = answer.headers if zipped else [*answer.headers, ("Content-Encoding", "gzip")]
    cut = Answer(answer.status, body[: max(1, len(body) // 2)], headers)
    return cut.head() + cut.body


def _too_long(answer: Answer) -> bytes:
    answer.length = len(answer.body) + 100
    return answer.head() + answer.body


def _too_short(answer: Answer) -> bytes:
    answer.length = max(0, len(answer.body) - 5)
    return answer.head() + answer.body


def _garbled(answer: Answer) -> bytes:
    """Replace the middle of the body by bytes that are no UTF-8."""
    middle = len(answer.body) // 2
    answer.body = answer.body[:middle] + b"\xff\xfe\x00" + answer.body[middle + 3 :]
    return answer.head() + answer.body


def _dripped(_: Proxy, exchange: Exchange) -> None:
    answer = exchange.answered(exchange)
    exchange.to.sendall(answer.head())
    size = max(1, len(answer.body) // _DRIPS)
    for start in range(0, len(answer.body), size):
        time.sleep(_BETWEEN_DRIPS)
        exchange.to.sendall(answer.body[start : start + size])


def _stalled(_: Proxy, exchange: Exchange) -> None:
    exchange.answered(exchange)
    time.sleep(_STALL)


def _late(proxy: Proxy, exchange: Exchange) -> None:
    """Break the connection off, and carry the request out after that."""
    proxy.later(_LATE, exchange)
    exchange.reset()


def _late_gateway(proxy: Proxy, exchange: Exchange) -> None:
    proxy.later(_LATE, exchange)
    exchange.send(Answer(504, _HTML, [("Content-Type", "text/html")]))


_BUSY = b'{"error":"busy"}'
_SHAPES = {
    "nothing": b"",
    "object": b"{}",
    "error": _BUSY,
    "list": b"[]",
    "errors": b"[" + _BUSY + b"]",
    "null": b"null",
    "html": _HTML,
    "text": b'"ok"',
}
_REFUSALS = {
    "400-empty": (400, b""),
    "400-error": (400, _BUSY),
    "400-clockify": (400, b'{"message":"no","code":501}'),
    "403-html": (403, _HTML),
    "403-clockify": (403, b'{"message":"no","code":403}'),
    "404-html": (404, _HTML),
    "404-clockify": (404, b'{"message":"no","code":404}'),
    "409-empty": (409, b""),
}

FAULTS: dict[str, Fault] = {
    one.name: one
    for one in (
        *(
            Fault(f"{status}{'-committed' * commits}", _answers(status, commits=commits))
            for status in (500, 502, 503, 504, 408)
            for commits in (False, True)
        ),
        Fault("429", _answers(429, commits=False, headers=(("Retry-After", "0"),))),
        *(Fault(name, _answers(*answer, commits=False)) for name, answer in _REFUSALS.items()),
        *(
            Fault(f"{name}-committed", _answers(*_REFUSALS[name], commits=True))
            for name in ("400-empty", "400-error", "403-html", "404-html", "409-empty")
        ),
        *(
            Fault(f"200-{shape}{'-committed' * commits}", _answers(200, body, commits=commits))
            for shape, body in _SHAPES.items()
            for commits in (False, True)
        ),
        Fault("204", _answers(204, commits=False)),
        Fault("204-committed", _answers(204, commits=True)),
        *(
            Fault(
                f"{status}{'-committed' * commits}",
                _answers(status, commits=commits, headers=(("Location", "http://127.0.0.1:9/elsewhere"),)),
            )
            for status in (302, 307)
            for commits in (False, True)
        ),
        Fault("reset", _resets(commits=False)),
        Fault("reset-committed", _resets(commits=True)),
        Fault("head-cut", _altered(_head_cut)),
        Fault("body-cut", _altered(_body_cut)),
        Fault("gzip-cut", _altered(_gzip_cut)),
        Fault("length-too-long", _altered(_too_long)),
        Fault("length-too-short", _altered(_too_short)),
        Fault("garbled", _altered(_garbled)),
        Fault("drip", _dripped),
        Fault("stall-committed", _stalled, stalls=True),
        Fault("late", _late),
        Fault("late-504", _late_gateway),
    )
}
"""By name. What ends in `committed` is carried out all the same, and so is what alters the real answer."""
