"""One stream: takes the pages of its reading and writes their records, most of them without decoding what is inside."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import msgspec
from clockify_client import ClockifyError, GoneError, MalformedAnswerError, Refusal
from clockify_client.rows import UNLIKE, RawRecord, Record, rows_of
from singer_sdk import Stream
from singer_sdk.exceptions import MapExpressionError, MappingError
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from clockify_client import Page
    from singer_sdk.helpers.types import Context
    from singer_sdk.metrics import Counter

    from tap_clockify.declaration import StreamDeclaration
    from tap_clockify.tap import TapClockify

_BLANK_ID = (b'Id":""', b'Id": ""')
_BLANK = (msgspec.Raw(b'""'), "")
_NULL = (msgspec.Raw(b"null"), None)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODERS = {row: msgspec.json.Decoder(row) for row in (Record, RawRecord)}
_LINES, _MOST_LINES, _BYTES = 20, 500, 1 << 18  # written at once: few at first, then as many as make this size


class _RecordMessage(msgspec.Struct, tag_field="type", tag="RECORD"):
    stream: str
    record: Mapping[str, Any]
    time_extracted: str
    version: int | msgspec.UnsetType = msgspec.UNSET


def schema_of(stream: str) -> dict[str, Any]:
    """Return the JSON Schema of a stream."""
    text = files("tap_clockify").joinpath("schemas", f"{stream}.json").read_bytes()
    schema: dict[str, Any] = msgspec.json.decode(text)
    return schema


class ClockifyStream(Stream):
    """A stream made from its declaration.

    Every stream is FULL_TABLE: Clockify keeps no time of modification that could be relied on. ACTIVATE_VERSION goes
    out last, after a complete read, so that a run that broke off or read less removes nothing from a warehouse.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # values arrive as JSON and leave as JSON

    _tap: TapClockify

    def __init__(self, tap: TapClockify, declaration: StreamDeclaration) -> None:
        self.declaration = declaration
        self.selected_by_default = declaration.selected
        super().__init__(tap, name=declaration.name)
        self.primary_keys = declaration.key
        self.state_partitioning_keys = []
        self._complete = False  # nothing was left out so far
        self._at_once = _LINES
        self._unknown: set[str] = set()
        self._seen: set[str | bytes | tuple[str | bytes, ...]] = set()
        self._seen_under: object = None

    @property
    @override
    def schema(self) -> dict[str, Any]:
        return self._own_schema

    @cached_property
    def _own_schema(self) -> dict[str, Any]:
        return schema_of(self.name)

    @property
    def catalog_entry(self) -> dict[str, Any]:
        """What the catalog says of the stream."""
        return {
            "tap_stream_id": self.tap_stream_id,
            "replication_method": self.replication_method,
            "key_properties": list(self.primary_keys),
            "schema": self.schema,
            "stream": self.name,
            "metadata": self.metadata.to_list(),
        }

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Yield the records of the stream, decoded; for use as a library, without messages."""
        for page in self._pages():
            yield from self._records(page, Record)

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """Return None: BATCH files would hold deselected properties and ignore stream maps."""

    @override
    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Keep back what the SDK sends before the first record; see `_sync_records`."""
        self._stream_version = self._initialized_at  # milliseconds: two runs within a second differ

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write all records, then ACTIVATE_VERSION where nothing was left out, then STATE."""
        self._complete = not self._narrowed()
        self._tap.read(self.name, 0)
        with self.get_record_counter() as counter, self.get_sync_timer():
            try:
                for page in self._pages():
                    self._write_page(page, counter)
            except (ClockifyError, MappingError) as error:
                self._tap.failed(self.name, error)
                self._complete = False
        if self._complete and self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)
        self._finalize_state(self.stream_state)
        self._write_state_message()
        yield from ()

    def _pages(self) -> Iterator[Page]:
        """Yield the pages of the reading; what was refused or is not known is told once, after the last one."""
        plan = self._tap.plan_for(self)
        reading = plan.reading(self.declaration)
        refused: dict[str, ClockifyError] = {}  # by workspace
        came = False
        try:
            if reading is None:
                self._tap.skipped(self.name, "the settings rule it out (suppress_extended_requests)")
                return
            with closing(reading.items()) as items:
                for item in items:
                    if not isinstance(item, Refusal):
                        came = True
                        yield item
                    elif not _vanished(item.error):
                        refused.setdefault(item.ids.get("workspaceId", ""), item.error)
        finally:
            plan.consumed(self.declaration)
            self._seen.clear()
            if refused:
                self._complete = False
                workspaces = ", ".join(filter(None, refused))
                where = ("in part " if came else "") + (f"in workspace {workspaces}" if workspaces else "")
                self._tap.skipped(self.name, str(next(iter(refused.values()))), where)
            if self._unknown:
                known = "Clockify sends fields that this version does not know; they are left out"
                self.logger.warning("%s of %s: %s", known, self.name, ", ".join(sorted(self._unknown)))

    def _narrowed(self) -> bool:
        """Tell whether this run reads less of the stream than there is, by its settings."""
        plan, scope = self._tap.plan_for(self), self._tap.scope
        settled = self.declaration.settled(scope)
        return settled is None or plan.left_out or (settled.narrowed is not None and settled.narrowed(scope))

    # -- from a page to messages ---------------------------------------------------------------

    def _write_page(self, page: Page, counter: Counter) -> None:
        records = self._records(page, Record if self._decoded else RawRecord)
        if self.ABORT_AT_RECORD_COUNT is not None:
            records = islice(records, self.ABORT_AT_RECORD_COUNT - counter.value + 1)
        if self._mapped:
            for record in records:
                self._check_max_record_limit(counter.value)
                self._map_and_write(record)
                counter.increment()
        else:
            while lines := list(islice(records, self._at_once)):
                written = self._write_lines(lines, counter)
                self._at_once = max(1, min(_MOST_LINES, len(lines) * _BYTES // written))
        self._tap.read(self.name, counter.value)

    def _map_and_write(self, record: Record) -> None:
        """Write a record as the stream maps have it.

        Raises:
            MappingError: An expression of theirs fails on it. What it says may hold the record's values.
        """
        try:
            self._write_record_message(record)
        except MappingError:
            raise
        except Exception as error:
            msg = f"an expression of stream_maps fails on a record: {type(error).__name__}"
            raise MapExpressionError(msg) from error

    def _write_lines(self, records: list[Record], counter: Counter) -> int:
        """Write records as they are, many lines at once; return the bytes they take."""
        limit = self.ABORT_AT_RECORD_COUNT
        within = records if limit is None else records[: limit - counter.value]
        version = msgspec.UNSET if self._stream_version is None else self._stream_version
        now = datetime.now(tz=UTC).isoformat()
        lines = _ENCODER.encode_lines([_RecordMessage(self.name, record, now, version) for record in within])
        self._tap.message_writer.write(lines)
        self.state_manager.is_flushed = False
        counter.increment(len(within))
        if len(records) > len(within):
            self._check_max_record_limit(counter.value)
        return len(lines) or 1

    def _records(self, page: Page, row: Any) -> Iterator[Record]:
        """Yield the records of a page: told apart, stamped with the ids they were asked with, known fields only."""
        ids, fields = {**page.ids, "page": page.number + 1}, self._fields
        stamps: dict[str, Any] = {name: value for name, value in ids.items() if name in fields}
        if row is RawRecord:
            stamps = {name: msgspec.Raw(_ENCODER.encode(value)) for name, value in stamps.items()}
        distinct = self._distinct(page)
        for body in page.pieces():
            if row is RawRecord and not page.endpoint.rows:
                rows: Iterable[Record] = rows_of(page.endpoint, body, RawRecord)
            else:
                rows = self._made(rows_of(page.endpoint, body, msgspec.Raw), row, ids, page)
            rows = self._recognized(rows, stamps, page)
            blanks = self._id_fields if any(mark in body for mark in _BLANK_ID) else ()
            for record in filter(self._first_seen, rows) if distinct else rows:
                record.update(stamps)
                if not record.keys() <= fields:
                    self._drop(record)
                for name in blanks:
                    if record.get(name) in _BLANK:
                        record[name] = None
                yield record

    def _made(self, rows: Iterable[msgspec.Raw], row: Any, ids: Mapping[str, Any], page: Page) -> Iterator[Record]:
        """Yield the records that the declaration makes of a page's rows.

        They are decoded one by one: a page of nested rows, at once, is large and holds up the threads that send.
        """
        shape = self._settled.shape
        records: Iterable[Record] = map(_DECODERS[row].decode, rows)
        if shape:
            records = (record for row in records for record in shape(row, ids))
        try:
            yield from filter(self._keep, records) if self._keep else records
        except (AttributeError, LookupError, TypeError, ValueError, msgspec.DecodeError) as error:
            raise MalformedAnswerError(page.endpoint.call, reason=UNLIKE) from error

    def _recognized(self, rows: Iterable[Record], stamps: Mapping[str, Any], page: Page) -> Iterable[Record]:
        """Look at the first row: JSON of something in between must not pass for the rows that are asked for.

        Raises:
            MalformedAnswerError: It lacks its key, or has no field of the stream at all.
        """
        rows = iter(rows)
        for first in rows:
            known = not first.keys().isdisjoint(self._properties)
            if not known or any(first.get(name) in _NULL for name in self.primary_keys if name not in stamps):
                raise MalformedAnswerError(page.endpoint.call, reason=UNLIKE)
            return chain((first,), rows)
        return ()

    def _distinct(self, page: Page) -> bool:
        """Tell whether rows may have come before: lists shift while others write, and some answers overlap."""
        overlapping = self._settled.source.overlapping
        ids = page.ids.get("workspaceId") if overlapping else page.ids
        if page.number == 0 and not (overlapping and ids == self._seen_under):
            self._seen.clear()
            self._seen_under = ids
        return overlapping or not (page.number == 0 and page.last)

    def _first_seen(self, row: Record) -> bool:
        key: Any = tuple(_comparable(row.get(name)) for name in self.primary_keys)
        if len(key) == 1:
            (key,) = key  # there may be many of them
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _drop(self, record: Record) -> None:
        """Leave out what is deselected, and what Clockify sends beyond what is known of it."""
        for name in record.keys() - self._fields:
            del record[name]
            if name not in self._properties:
                self._unknown.add(name)

    # -- what selection, stream maps and declaration ask for -----------------------------------

    @cached_property
    def _settled(self) -> StreamDeclaration:
        return self.declaration.settled(self._tap.scope) or self.declaration

    @cached_property
    def _properties(self) -> set[str]:
        return set(self.schema["properties"])

    @cached_property
    def _fields(self) -> set[str]:
        """The selected fields; keys always are."""
        chosen = {name for name in self._properties if self.mask.get(("properties", name), True)}
        return chosen | set(self.primary_keys)

    @cached_property
    def _id_fields(self) -> tuple[str, ...]:
        return tuple(name for name in self._fields if name.endswith("Id") and name not in self.primary_keys)

    @cached_property
    def _mapped(self) -> bool:
        """Whether records must go through the SDK: stream maps, flattening, or a choice of nested fields."""
        nested = (self.mask.get(breadcrumb, True) for breadcrumb in self.metadata if len(breadcrumb) > 2)  # noqa: PLR2004
        plain = type(self.stream_maps[0]) is SameRecordTransform and not self.config.get("flattening_enabled")
        return not plain or len(self.stream_maps) > 1 or not all(nested)

    @cached_property
    def _keep(self) -> Callable[[Mapping[str, Any]], bool] | None:
        return self._settled.keep(self._tap.scope) if self._settled.keep else None

    @cached_property
    def _decoded(self) -> bool:
        """Whether records must be decoded through and through; else their values pass as the JSON they are."""
        return self._mapped or self._keep is not None or self._settled.shape is not None


def _vanished(error: ClockifyError) -> bool:
    """Tell whether a parent is gone, so that its records are rightly missing; of a workspace they never are."""
    return isinstance(error, GoneError) and "{" in error.call.replace("/workspaces/{workspaceId}", "")


def _comparable(value: Any) -> str | bytes:
    """Return a key's value as what it says: undecoded pieces compare by their place in memory, which is used again."""
    return bytes(value) if isinstance(value, msgspec.Raw) else str(value)
