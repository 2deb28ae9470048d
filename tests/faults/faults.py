"""The faults of the matrix: failures of one request and its response."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.faults.proxy import Answer, Exchange, Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

_JSON = [("Content-Type", "application/json")]
_HTML = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>"
_LATE = 0.25  # seconds: longer than the first look for a lost write, shorter than the last
_DRIPS, _BETWEEN_DRIPS = 12, 0.004  # seconds
_KEPT, _HINT = 0.3, 0.05  # seconds that a connection is kept; seconds between a hint and its answer
_BOMB = 1 << 26  # bytes
_LONG = "a long number"  # stands for one
_MOST_OF_AN_ENVELOPE = 4  # members of an object that holds a list; an object with more is a row itself
_STALL = 2.0  # seconds, longer than the timeout of a case


class Fault(NamedTuple):
    """One fault.

    Attributes:
        name: Its name.
        act: Simulates the fault for a request.
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
    """Return a function that changes the bytes of the real response, sends them, and closes the connection."""

    def act(_: Proxy, exchange: Exchange) -> None:
        exchange.to.sendall(change(exchange.answered(exchange)))

    return act


def _head_cut(answer: Answer) -> bytes:
    return answer.head()[: len(answer.head()) // 2]


def _body_cut(answer: Answer) -> bytes:
    return answer.head() + answer.body[: len(answer.body) // 2]


def _gzip_cut(answer: Answer) -> bytes:
    """Truncate the gzip data in a response that is complete as HTTP."""
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
    """Replace the middle of the body by bytes that are not UTF-8."""
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
    """Close the connection, and execute the request afterwards."""
    proxy.later(_LATE, exchange)
    exchange.reset()


def _late_gateway(proxy: Proxy, exchange: Exchange) -> None:
    proxy.later(_LATE, exchange)
    exchange.send(Answer(504, _HTML, [("Content-Type", "text/html")]))


def _sends(*pieces: bytes, commits: bool = True) -> Callable[[Proxy, Exchange], None]:
    """Return a function that sends bytes instead of the response, and closes the connection."""

    def act(_: Proxy, exchange: Exchange) -> None:
        if commits:
            exchange.answered(exchange)
        exchange.to.sendall(b"".join(pieces))

    return act


def _with_headers(*headers: str) -> Callable[[Answer], bytes]:
    def change(answer: Answer) -> bytes:
        head = answer.head().removesuffix(b"\r\n")
        return head + "".join(f"{one}\r\n" for one in headers).encode() + b"\r\n" + answer.body

    return change


def _after(*interim: str) -> Callable[[Answer], bytes]:
    """Return a function that sends responses of status 1xx before the real one."""
    return lambda answer: "".join(f"HTTP/1.1 {one}\r\n\r\n" for one in interim).encode() + answer.head() + answer.body


def _chunked(*, cut: bool = False, size: str = "{:x}") -> Callable[[Answer], bytes]:
    def change(answer: Answer) -> bytes:
        head = b"\r\n".join(one for one in answer.head().split(b"\r\n") if not one.startswith(b"Content-Length"))
        head = head.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        half = len(answer.body) // 2
        parts = [part for part in (answer.body[:half], answer.body[half:]) if part]
        chunks = [size.format(len(part)).encode() + b"\r\n" + part + b"\r\n" for part in parts]
        return head + b"".join(chunks[:1] if cut else [*chunks, b"0\r\n\r\n"])

    return change


def _unsized(answer: Answer) -> bytes:
    """Leave the length out, and half of the body."""
    head = b"\r\n".join(one for one in answer.head().split(b"\r\n") if not one.startswith(b"Content-Length"))
    return head + answer.body[: len(answer.body) // 2]


def _of_status(status: int, *, share: float = 1) -> Callable[[Answer], bytes]:
    def change(answer: Answer) -> bytes:
        answer.status = status
        answer.body = answer.body[: int(len(answer.body) * share)]
        return answer.head() + answer.body

    return change


def _bomb(answer: Answer) -> bytes:
    """Send a decompression bomb: the real body with many blanks around it, which JSON permits."""
    real = _unpacked(answer)
    answer.body = gzip.compress(b" " * _BOMB + real, 1)
    answer.headers = [*_other_headers(answer), ("Content-Encoding", "gzip")]
    return answer.head() + answer.body


def _not_gzip(answer: Answer) -> bytes:
    """Declare a body as gzip that is not compressed."""
    answer.body = _unpacked(answer)
    answer.headers = [*_other_headers(answer), ("Content-Encoding", "gzip")]
    return answer.head() + answer.body


def _gzip_and_more(answer: Answer) -> bytes:
    """Append stray bytes to the gzip data."""
    answer.body = gzip.compress(_unpacked(answer)) + b"\0\1\2\3"
    answer.headers = [*_other_headers(answer), ("Content-Encoding", "gzip")]
    return answer.head() + answer.body


def _in_utf_16(answer: Answer) -> bytes:
    answer.body = _unpacked(answer).decode().encode("utf-16")
    answer.headers = [*_other_headers(answer), ("Content-Type", "application/json; charset=utf-16")]
    return answer.head() + answer.body


def _unpacked(answer: Answer) -> bytes:
    zipped = any(name.lower() == "content-encoding" for name, _ in answer.headers)
    return gzip.decompress(answer.body) if zipped else answer.body


def _other_headers(answer: Answer) -> list[tuple[str, str]]:
    return [(name, value) for name, value in answer.headers if name.lower() not in {"content-encoding", "content-type"}]


def _kept_and_closed(_: Proxy, exchange: Exchange) -> None:
    """Keep the connection, and close it when the next request comes over it."""
    answer = exchange.answered(exchange)
    exchange.to.sendall(answer.head().replace(b"Connection: close", b"Connection: keep-alive") + answer.body)
    exchange.to.settimeout(_KEPT)
    exchange.to.recv(65536)


def _hinted(_: Proxy, exchange: Exchange) -> None:
    """Answer 103 over a connection that is kept, and the real answer when the next request may wait for its own."""
    answer = exchange.answered(exchange)
    exchange.to.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    time.sleep(_HINT)
    exchange.to.sendall(answer.head().replace(b"Connection: close", b"Connection: keep-alive") + answer.body)
    exchange.to.settimeout(_KEPT)
    exchange.to.recv(65536)


def _spoiled(change: Callable[[Any], Any]) -> Callable[[Answer], bytes]:
    """Return a function that changes the JSON of the real response, if there is any."""

    def changed(answer: Answer) -> bytes:
        body = _unpacked(answer)
        if body:
            answer.body = json.dumps(change(json.loads(body))).replace('"' + _LONG + '"', "7" * 5000).encode()
            answer.headers = _other_headers(answer)
        return answer.head() + answer.body

    return changed


def _rows_in(value: Any) -> list[Any]:
    """Return the list of rows anywhere in a response; none if the response is one object."""
    if isinstance(value, list):
        return value
    if len(value) > _MOST_OF_AN_ENVELOPE:
        return []
    lists = [one for one in value.values() if isinstance(one, list)] if isinstance(value, dict) else []
    nested = [_rows_in(one) for one in value.values() if isinstance(one, dict)] if isinstance(value, dict) else []
    return next((one for one in [*lists, *nested] if one and all(isinstance(row, dict) for row in one)), [])


def _on_row(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    """Return a function that changes the middle row of a list, or the single object."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict) and ("id" in value or len(value) > _MOST_OF_AN_ENVELOPE):
            return change(value)
        if rows := _rows_in(value):
            rows[len(rows) // 2] = change(rows[len(rows) // 2])
        return value

    return changed


def _with_ids(new: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return _on_row(lambda row: {**row, **{name: new(row[name]) for name in ("id", "_id") if name in row}})


def _other_type(value: Any) -> Any:
    return [value] if isinstance(value, (str, int, float)) else "text" if value else 5


def _of_other_types(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name in {"id", "_id"} else _other_type(value) for name, value in row.items()}


def _busy_row(value: Any) -> Any:
    rows = _rows_in(value)
    rows.insert(len(rows) // 2, {"error": "busy"})
    return value


def _halved(value: Any) -> Any:
    """Replace the second half of the rows by the first half."""
    rows = _rows_in(value)
    rows[len(rows) // 2 :] = rows[: len(rows) - len(rows) // 2]
    return value


def _counted(more: int) -> Callable[[Any], Any]:
    """Return a function that changes the total in a response."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: one + more if name in {"count", "total"} and isinstance(one, int) else changed(one)
                for name, one in value.items()
            }
        return value

    return changed


_SPOILED: dict[str, Callable[[Any], Any]] = {
    "id-null": _with_ids(lambda _: None),
    "id-number": _with_ids(lambda _: 17),
    "id-path": _with_ids(lambda _: "../users"),
    "id-list": _with_ids(lambda one: [one]),
    "id-missing": _on_row(lambda row: {name: one for name, one in row.items() if name not in {"id", "_id"}}),
    "row-text": _on_row(lambda _: "row"),
    "row-null": _on_row(lambda _: None),
    "row-busy": _busy_row,
    "rows-halved": _halved,
    "total-more": _counted(1),
    "in-a-list": lambda value: [value],
    "in-data": lambda value: {"data": value},
    "long-number": _on_row(lambda row: {**row, "number": _LONG}),
}
"""What is sent in place of the real answer; nobody could send it as such."""

_OF_WRITES: dict[str, Callable[[Any], Any]] = {
    "types": _on_row(_of_other_types),
    "id-only": _on_row(lambda row: {"id": row.get("id")}),
    "values-null": _on_row(lambda row: {**dict.fromkeys(row), "id": row.get("id")}),
}
"""The same, of what only the answers to writes are: as a row it could be a sound one."""

OF_WRITES = {f"spoiled-{name}" for name in _OF_WRITES}

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
    "deep": b"[" * 100_000,
}
_CREATED = ("object", "error", "null", "list")
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
        *(
            Fault(f"429{name}", _answers(429, commits=False, headers=(("Retry-After", value),) if value else ()))
            for name, value in {
                "": "0",
                "-without": "",
                "-negative": "-5",
                "-huge": "1000000000",
                "-date": "Wed, 21 Oct 2099 07:28:00 GMT",
                "-nan": "NaN",
                "-fraction": "0.01",
            }.items()
        ),
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
        *(
            Fault(f"201-{shape}{'-committed' * commits}", _answers(201, _SHAPES[shape], commits=commits))
            for shape in _CREATED
            for commits in (False, True)
        ),
        *(Fault(f"spoiled-{name}", _altered(_spoiled(change))) for name, change in {**_SPOILED, **_OF_WRITES}.items()),
        Fault("204", _answers(204, commits=False)),
        Fault("204-committed", _answers(204, commits=True)),
        *(
            Fault(
                f"{status}{'-committed' * commits}",
                _answers(status, commits=commits, headers=(("Location", "http://127.0.0.1:9/elsewhere"),)),
            )
            for status in (301, 302, 303, 307, 308)
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
        Fault("100-first", _altered(_after("100 Continue"))),
        Fault("103-first", _altered(_after("103 Early Hints"))),
        Fault("102-twice", _altered(_after("102 Processing", "102 Processing"))),
        Fault("103-kept", _hinted),
        Fault("chunked", _altered(_chunked())),
        Fault("chunked-cut", _altered(_chunked(cut=True))),
        Fault("chunked-garbage", _altered(_chunked(size="zz{:x}"))),
        Fault("chunked-too-long", _altered(_chunked(size="{:x}0"))),
        Fault("unsized-cut", _altered(_unsized)),
        Fault("two-lengths", _altered(_with_headers("Content-Length: 7"))),
        Fault("length-garbage", _altered(_with_headers("Content-Length: many"))),
        Fault("encoding-garbage", _altered(_with_headers("Transfer-Encoding: xchunked"))),
        Fault("head-huge", _altered(_with_headers("X-Filler: " + "x" * 1_000_000))),
        Fault("heads-many", _altered(_with_headers(*(f"X-{number}: x" for number in range(300))))),
        Fault("head-bytes", _altered(_with_headers("X-Odd: \xff\xe9", "Last-Page : perhaps", "no colon"))),
        Fault("brotli", _altered(_with_headers("Content-Encoding: br"))),
        Fault("206-half", _altered(_of_status(206, share=0.5))),
        Fault("206", _altered(_of_status(206))),
        Fault("299", _altered(_of_status(299))),
        Fault("999", _altered(_of_status(999))),
        Fault("status-garbage", _sends(b"HTTP/1.1 OK fine\r\n\r\n")),
        Fault("not-http", _sends(b"SSH-2.0-OpenSSH_9.6\r\n")),
        Fault("no-head", _sends(_HTML)),
        Fault("silence", _sends(b"")),
        Fault("gzip-bomb", _altered(_bomb)),
        Fault("gzip-not", _altered(_not_gzip)),
        Fault("gzip-and-more", _altered(_gzip_and_more)),
        Fault("utf-16", _altered(_in_utf_16)),
        Fault("kept-closed", _kept_and_closed),
        Fault("drip", _dripped),
        Fault("stall-committed", _stalled, stalls=True),
        Fault("late", _late),
        Fault("late-504", _late_gateway),
    )
}
"""By name. What ends in `committed` is carried out all the same, and so is what alters the real answer."""
