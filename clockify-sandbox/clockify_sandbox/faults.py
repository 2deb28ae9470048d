"""Simulated failures: which call of which route fails, and how."""

from __future__ import annotations

import re
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from clockify_sandbox.declarations import declared, read, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

_Call = Annotated[int, Meta(ge=1)]
_HeaderName = Annotated[str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
_HeaderValue = Annotated[str, Meta(pattern=r"^[\t\x20-\x7e\xa0-\xff]*$")]
_HTML = b"<!DOCTYPE html><html><head><title>Error</title></head><body>The request could not be satisfied</body></html>"


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One fault.

    Attributes:
        route: "GET /workspaces/{ws}/clients"; the names of placeholders do not matter, `*` stands for anything. With
            ids instead of placeholders, it affects only calls for these ids.
        nth: which calls fail, counted from 1 since the fault was set: a number, several, or "every".
        status: the status of the response; the real status if None.
        body: "empty", "html", "truncated" (half of the real response), or the text of the body.
        headers: additional headers.
        reset: drop the connection without a response.
        delay_ms: delay before the request is handled.
        commit_then: execute the request before failing.
        retry_after: seconds for a `Retry-After` header.
    """

    route: str = "*"
    nth: _Call | Annotated[list[_Call], Meta(min_length=1)] | Literal["every"] = "every"
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    body: str = "empty"
    headers: dict[_HeaderName, _HeaderValue] = msgspec.field(default_factory=dict)
    reset: bool = False
    delay_ms: Annotated[float, Meta(ge=0)] = 0
    commit_then: bool = False
    retry_after: Annotated[int, Meta(ge=0)] | None = None

    @property
    def fails(self) -> bool:
        """Whether the response differs from the real one (and is not only late)."""
        return self.reset or self.status is not None or self.body == "truncated"

    @property
    def runs(self) -> bool:
        """Whether the request is executed."""
        return not self.fails or self.commit_then or (self.body == "truncated" and not self.reset)

    def content(self, real: bytes) -> bytes:
        """The body of the failure."""
        if self.body == "truncated":
            return real[: len(real) // 2]
        return {"empty": b"", "html": _HTML}.get(self.body, self.body.encode())

    @property
    def media_type(self) -> str:
        """The content type of the failure."""
        return "text/html" if self.body == "html" else "application/json"

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers of the failure."""
        return {**self.headers, **({} if self.retry_after is None else {"Retry-After": str(self.retry_after)})}


class Faults:
    """The faults that are set, with a count of calls for each.

    Args:
        faults: the faults.
        routes: the keys of all routes.

    Raises:
        ValueError: a fault would never match a call, or would change nothing.
    """

    def __init__(self, faults: Iterable[Fault], routes: Iterable[str]) -> None:
        self._faults = [(fault, _anonymous(fault.route)) for fault in faults]
        names = {_anonymous(route): route for route in routes}
        for fault, pattern in self._faults:
            _check(fault, pattern, names)
        self._calls = [0] * len(self._faults)

    def next(self, route: str, path: str) -> Fault | None:
        """Count a call of a route by its path, and return the first fault that affects it."""
        if not self._faults:
            return None
        name, struck = _anonymous(route), None
        for index, (fault, pattern) in enumerate(self._faults):
            if pattern != name and not any(fnmatchcase(one, pattern) for one in (name, path)):
                continue
            self._calls[index] += 1
            if struck is None and _strikes(fault, self._calls[index]):
                struck = fault
        return struck


def parse_faults(raw: bytes) -> list[Fault]:
    """A JSON list of faults.

    Raises:
        ValueError: with one line that says what is wrong, and lists what is known.
    """
    try:
        return read_faults(msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"faults must be a JSON list of objects: {error}") from None


def read_faults(given: Any) -> list[Fault]:
    """Faults made from user input.

    Raises:
        ValueError: with one line that says what is wrong, and lists what is known.
    """
    if not isinstance(given, (list, tuple)):
        raise refusal("a list of objects", "each fault", declared(Fault))
    return [one if isinstance(one, Fault) else read(Fault, one, "key of a fault") for one in given]


def _check(fault: Fault, pattern: str, names: dict[str, str]) -> None:
    """Refuse a fault that could never happen. `names` has the keys of the routes by their anonymous form."""
    if not fault.fails and not fault.delay_ms:
        msg = f"the fault of {fault.route!r} changes nothing: set status, reset, delay_ms, or body to truncated"
        raise ValueError(msg)
    if not any(fnmatchcase(name, pattern) or _may_be_path(pattern, name) for name in names):
        near = ", ".join(names[name] for name in get_close_matches(pattern, names, n=3, cutoff=0))
        msg = f"no call is named by route {fault.route!r}; the nearest are {near}; ids replace all placeholders or none"
        raise ValueError(msg)


def _may_be_path(pattern: str, name: str) -> bool:
    """Whether a pattern matches a path of a route. A HEAD counts as a GET."""
    return "{" not in pattern and _meet(re.sub("^HEAD ", "GET ", pattern), name.replace("{}", "\0"))


@lru_cache(maxsize=1 << 16)
def _meet(pattern: str, path: str) -> bool:
    """Whether a pattern matches a path in which NUL matches any single segment."""
    if not pattern or not path:
        return not pattern.strip("*") and not path.strip("\0")
    if pattern[0] == "*":
        return _meet(pattern[1:], path) or _meet(pattern, path[1:])
    if path[0] == "\0":
        return _meet(pattern, path[1:]) or (pattern[0] != "/" and _meet(pattern[1:], path))
    return pattern[0] == path[0] and _meet(pattern[1:], path[1:])


def _anonymous(route: str) -> str:
    return re.sub(r"\{.*?\}", "{}", route)


def _strikes(fault: Fault, call: int) -> bool:
    if fault.nth == "every":
        return True
    return call in fault.nth if isinstance(fault.nth, list) else call == fault.nth
