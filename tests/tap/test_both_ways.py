# ruff: noqa: SLF001  the two ways of writing have no public name
"""The fast path, which writes values as undecoded JSON, gives the same output as the SDK's path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from clockify_client import Page
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk.metrics import record_counter
from tap_clockify.tap import TapClockify

if TYPE_CHECKING:
    from tap_clockify.stream import ClockifyStream

STREAMS = ("clients", "projects", "time_entries", "expenses", "custom_fields", "time_off_requests")

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    leaves | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)


class Written:
    """Replaces stdout."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, lines: bytes) -> None:
        self.lines += map(json.loads, lines.splitlines())

    def write_message(self, message: Any) -> None:
        self.lines.append(json.loads(json.dumps(message.to_dict(), default=str)))


def _made(name: str, **config: Any) -> tuple[ClockifyStream, Written]:
    tap = TapClockify(config={"api_key": "k", **config})
    written = Written()
    tap.message_writer = written  # type: ignore[assignment]
    stream: ClockifyStream = tap.streams[name]
    stream._stream_version = 7
    return stream, written


@pytest.fixture(scope="module", params=STREAMS)
def both(request: pytest.FixtureRequest) -> list[tuple[ClockifyStream, Written]]:
    """A stream on the fast path, and the same one on the SDK's path because a stream map names it."""
    name: str = request.param
    made = [_made(name), _made(name, stream_maps={name: {"workspaceId": "workspaceId"}})]
    assert [stream._mapped for stream, _ in made] == [False, True]
    return made


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_fast_and_the_slow_path_write_the_same(
    both: list[tuple[ClockifyStream, Written]], data: st.DataObject
) -> None:
    (fast, _), _ = both
    fields = [*fast.schema["properties"], "unknownKey"]
    rest = st.dictionaries(st.sampled_from(fields), values | st.just(""), max_size=6)
    key = fast.primary_keys[-1]
    rows = data.draw(st.lists(rest, max_size=4))
    own = {"workspaceId": "w", "userId": "u"}  # another text would be the id of another request
    rows = [
        {name: own[name] if name in own and isinstance(value, str) else value for name, value in row.items()}
        for row in rows
    ]
    rows = [{**row, key: f"id{number}"} for number, row in enumerate(rows)]
    endpoint = fast.declaration.source.asked(fast._tap.scope)
    answer: Any = rows
    for name in reversed(endpoint.rows.split(".") if endpoint.rows else []):
        answer = {name: answer}
    page = Page(endpoint, own, 0, json.dumps(answer).encode(), last=True)
    said = []
    for stream, written in both:
        written.lines.clear()
        with record_counter(stream.name) as counter:
            stream._write_page(page, counter)
            assert counter.value == len(rows)
        said.append([{**line, "time_extracted": None} for line in written.lines])
    assert said[0] == said[1]
