"""A gateway in front of the sandbox that corrupts responses: a value, a row, or all of one endpoint."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import requests

from tests.client.stub import Reply, Stub

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.client.stub import Seen

_MARK = "\x02"
_ID = re.compile(r"[0-9a-f]{24}")
VALUES = {
    "1,000 levels": b"[" * 1000 + b"]" * 1000,
    "1,000 objects": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
    "a large number": b"1e999",
    "a long number": b"9" * 5000,
    "beyond 64 bits": b"123456789012345678901234567890",
    "no UTF-8": b'"a\xff\xc3\x28\xed\xa0\x80b"',
    "a lone surrogate": b'"a\\ud800b"',
    "NUL": b'"a\\u0000b"',
    "a raw NUL": b'"a\x00b"',
    "NaN": b"NaN",
    "null": b"null",
    "a list": b"[[1], {}]",
    "an object": b'{"error": "busy"}',
    "a flag": b"true",
    "a number": b"-1.5",
    "a text": b'"../users?x=1"',
    "an empty text": b'""',
}
BODIES = {
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
    "1,000 levels": b"[" * 1000 + b"]" * 1000,
    "a list of errors": b'[{"error": "busy"}]',
    "no UTF-8": b'[{"id": "\xff"}]',
    "UTF-16": '[{"id": "a"}]'.encode("utf-16"),
    "a text": b'"busy"',
    "two answers": b"[][]",
    "NUL": b"\x00" * 100,
}
_DEEP = b'{"message": "no", "code": 501, "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
ERRORS = {
    "100,000 levels": (403, _DEEP),
    "1,000 levels": (400, b'{"message": "no", "code": ' + b"[" * 1000 + b"]" * 1000 + b"}"),
    "deep and gone": (404, _DEEP),
    "no UTF-8": (403, b'{"message": "\xff\xfe", "code": 501}'),
    "a lone surrogate": (400, b'{"message": "\\ud800", "code": 501}'),
    "a code beyond 64 bits": (403, b'{"message": "no", "code": 123456789012345678901234567890}'),
    "a list": (400, b'[{"message": "no"}]'),
}


class Gateway:
    """Forwards requests to a sandbox, and corrupts the responses of one endpoint.

    Attributes:
        asked: The requested routes, without ids.
        spoils: Changes a response; None leaves it unchanged.
    """

    def __init__(self, origin: str) -> None:
        self.asked: list[str] = []
        self.spoils: Callable[[str, int, bytes], tuple[int, bytes] | None] = lambda _route, _status, _body: None
        self._origin = origin
        self._session = requests.Session()
        self.stub = Stub().decides(self._answer)

    @property
    def origin(self) -> str:
        """Its own address."""
        return self.stub.origin

    def close(self) -> None:
        """End it."""
        self.stub.close()
        self._session.close()

    def spoil(self, route: str, make: Callable[[int, bytes], tuple[int, bytes]]) -> None:
        """Corrupt all responses of a route."""
        self.spoils = lambda asked, status, body: make(status, body) if asked == route else None

    def _answer(self, seen: Seen) -> Reply:
        headers = {name: value for name, value in seen.headers.items() if name.lower() in {"x-api-key", "content-type"}}
        answer = self._session.request(
            seen.method, f"{self._origin}{seen.target}", data=seen.body, headers=headers, timeout=60
        )
        route = f"{seen.method} {_ID.sub('{id}', seen.path)}"
        self.asked.append(route)
        status, body = self.spoils(route, answer.status_code, answer.content) or (answer.status_code, answer.content)
        kept = ("last-page", "has-more-data", "content-type")
        return Reply(status, body, {name: one for name in kept if (one := answer.headers.get(name))})


def with_value(value: bytes, chance: random.Random) -> Callable[[int, bytes], tuple[int, bytes]]:
    """Return a function that replaces a value in one row of a response."""

    def make(status: int, body: bytes) -> tuple[int, bytes]:
        answer = json.loads(body or b"null")
        places: list[tuple[Any, Any]] = []

        def walk(inside: Any) -> None:
            pairs = inside.items() if isinstance(inside, dict) else enumerate(inside)
            for name, below in pairs:
                places.append((inside, name))
                if isinstance(below, (dict, list)):
                    walk(below)

        if isinstance(answer, (dict, list)):
            walk(answer)
        if not places:
            return status, body
        inside, name = chance.choice(places)
        inside[name] = _MARK
        return status, json.dumps(answer, ensure_ascii=False).encode().replace(json.dumps(_MARK).encode(), value)

    return make
