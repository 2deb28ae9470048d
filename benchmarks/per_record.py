"""Records a second from response to Singer lines: with the tap, with a plain SDK stream, and with msgspec alone."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from clockify_client import Page, endpoints
from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.metrics import Counter
from tap_clockify.stream import ClockifyStream, schema_of
from tap_clockify.tap import TapClockify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROUNDS = 5


@dataclass(frozen=True)
class PerRecord:
    """Records per second; each figure is the best of several rounds with the same response."""

    tap: float
    plain_sdk: float
    msgspec_only: float


def measured(body: bytes) -> PerRecord:
    """Measure with one page of time entries from the API."""
    logging.disable(logging.CRITICAL)
    rows = len(msgspec.json.decode(body, type=list[msgspec.Raw]))
    try:
        return PerRecord(
            tap=rows / _best(_through_the_tap(body)),
            plain_sdk=rows / _best(_through_the_sdk(body)),
            msgspec_only=rows / _best(lambda: msgspec.json.encode(msgspec.json.decode(body))),
        )
    finally:
        logging.disable(logging.NOTSET)


def _best(action: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
        try:
            began = time.perf_counter()
            action()
            best = min(best, time.perf_counter() - began)
        finally:
            sys.stdout = out
    return best


def _through_the_tap(body: bytes) -> Callable[[], object]:
    tap = TapClockify(config={"api_key": "k"})
    stream = tap.streams["time_entries"]
    assert isinstance(stream, ClockifyStream)  # noqa: S101  for the type
    row = msgspec.json.decode(body, type=list[dict[str, Any]])[0]
    ids = {"workspaceId": row["workspaceId"], "userId": row["userId"]}
    page = Page(endpoints.TIME_ENTRIES, ids, 0, body, last=True)
    return lambda: stream._write_page(page, Counter(metric="record_count"))  # type: ignore[arg-type]  # noqa: SLF001


class _PlainTap(Tap):
    """A simple tap that uses only the defaults of the SDK."""

    name = "tap-plain"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> list[Stream]:
        return [_PlainStream(self, schema=schema_of("time_entries"), name="time_entries")]


class _PlainStream(Stream):
    primary_keys = ("id",)
    body = b""

    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:  # noqa: ARG002
        yield from json.loads(self.body)


def _through_the_sdk(body: bytes) -> Callable[[], object]:
    stream = _PlainTap().streams["time_entries"]
    stream.body = body  # type: ignore[attr-defined]
    return stream.sync
