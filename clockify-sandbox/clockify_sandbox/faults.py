"""Failures on order: which call of which route fails, and how."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from clockify_sandbox.declarations import declared, read, refusal

_HTML = b"<!DOCTYPE html><html><head><title>Error</title></head><body>The request could not be satisfied</body></html>"


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One failure.

    Attributes:
        route: "GET /workspaces/{ws}/clients"; the names of placeholders do not matter, `*` stands for anything. With
            ids in place of placeholders it strikes the calls for those alone.
        nth: which calls fail, counted from 1 since the fault was set: a number, several, or "every".
        status: the status that is answered; the status of the real answer if None.
        body: "empty", "html", "truncated" (half of the real answer), or the text of the body.
        headers: further headers.
        reset: drop the connection without an answer.
        delay_ms: wait before the request is looked at.
        commit_then: do what is asked before failing.
        retry_after: seconds for a `Retry-After` header.
    """

    route: str = "*"
    nth: int | list[int] | Literal["every"] = "every"
    status: Annotated[int, Meta(ge=100, le=999)] | None = None
    body: str = "empty"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    reset: bool = False
    delay_ms: float = 0
    commit_then: bool = False
    retry_after: int | None = None

    @property
    def fails(self) -> bool:
        """Whether the answer is another than the real one (and not just late)."""
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
    """The faults that are set, with a count of calls for each."""

    def __init__(self, faults: list[Fault] | None = None) -> None:
        self._faults = [(fault, _anonymous(fault.route)) for fault in faults or []]
        self._calls = [0] * len(self._faults)

    def next(self, route: str, path: str) -> Fault | None:
        """Count a call of a route by its path; the fault that strikes it, the first if there are several."""
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
        ValueError: with one line that says what is wrong, and what is known.
    """
    try:
        return read_faults(msgspec.json.decode(raw))
    except msgspec.DecodeError as error:
        raise ValueError(f"faults must be a JSON list of objects: {error}") from None


def read_faults(given: Any) -> list[Fault]:
    """Faults made of what somebody has written.

    Raises:
        ValueError: with one line that says what is wrong, and what is known.
    """
    if not isinstance(given, (list, tuple)):
        raise refusal("a list of objects", "each fault", declared(Fault))
    return [one if isinstance(one, Fault) else read(Fault, one, "key of a fault") for one in given]


def _anonymous(route: str) -> str:
    return re.sub(r"\{.*?\}", "{}", route)


def _strikes(fault: Fault, call: int) -> bool:
    if fault.nth == "every":
        return True
    return call in fault.nth if isinstance(fault.nth, list) else call == fault.nth
