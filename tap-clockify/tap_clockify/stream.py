"""One stream: takes the pages of its reading and writes their records, most of them without decoding them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from clockify_client import (
    ClockifyError,
    GoneError,
    Incomplete,
    InvalidRequestError,
    MalformedAnswerError,
    NotPermittedError,
    Page,
    Refusal,
    UnknownWorkspaceError,
    text,
)
from clockify_client.belonging import Belonging
from clockify_client.rows import RawRecord, Record, rows_of, sound_rows_of
from singer_sdk import Stream
from singer_sdk.exceptions import MapExpressionError, MappingError
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from tap_clockify.coverage import Coverage
from tap_clockify.declaration import Parent
from tap_clockify.shapes import WithheldError
from tap_clockify.verdict import Cause, Verdict
from tap_clockify.verification import Finding, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from clockify_client import Endpoint
    from singer_sdk.helpers.types import Context
    from singer_sdk.metrics import Counter
    from singer_sdk.singerlib import Catalog, MetadataMapping

    from tap_clockify.declaration import Source, StreamDeclaration
    from tap_clockify.tap import TapClockify
    from tap_clockify.verification import Item

_BLANK_ID = re.compile(rb'Id"\s*:\s*""')
_BLANK_TEXT = b'""'
_BLANK = (msgspec.Raw(_BLANK_TEXT), "")
_NULL = (msgspec.Raw(b"null"), None)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NO_KEY = (*_NULL, *_BLANK)
_OPENING = {b"{", b"["}
_Key = str | bytes | tuple[str | bytes | None, ...]
_DECODERS = {row: msgspec.json.Decoder(row) for row in (Record, RawRecord)}
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")  # anything else may be personal data
_LINES, _MOST_LINES, _BYTES = 20, 500, 1 << 18  # written at once: few at first, then about this size


class _RecordMessage(msgspec.Struct, tag_field="type", tag="RECORD"):
    stream: str
    record: Mapping[str, Any]
    time_extracted: str
    version: int | msgspec.UnsetType = msgspec.UNSET


@dataclass
class _Odd:
    """Counts the rows of a page that do not become records.

    These are malformed rows, rows without the needed part, repeated rows, and rows of another request.
    """

    rows: int = 0
    withheld: int = 0
    repeated: int = 0
    foreign: int = 0


def schema_of(stream: str) -> dict[str, Any]:
    """Return the JSON Schema of a stream."""
    content = files("tap_clockify").joinpath("schemas", f"{stream}.json").read_bytes()
    schema: dict[str, Any] = msgspec.json.decode(content)
    return schema


class ClockifyStream(Stream):
    """A stream made from its declaration.

    Every stream is FULL_TABLE, since Clockify has no reliable modification time. ACTIVATE_VERSION is sent last, after a
    complete read, so that an incomplete run removes nothing from a warehouse.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # values arrive as JSON and leave as JSON

    _tap: TapClockify

    def __init__(self, tap: TapClockify, declaration: StreamDeclaration) -> None:
        self.declaration = declaration
        self._is_told = False  # by a catalog, what is selected
        self.selected_by_default = declaration.selected
        super().__init__(tap, name=declaration.name)
        self.primary_keys = declaration.key
        self.state_partitioning_keys = []
        self.verdict = Verdict(self.name)
        self._came: set[str] = set()  # workspaces with received pages
        self._former_read: set[str] = set()  # workspaces in which people who have left were searched for
        self._at_once = _LINES
        self._unknown: set[str] = set()
        self._replaced = 0
        self._seen: set[_Key] = set()
        self._begun: Page | None = None
        self._rows_here: set[str] = set()  # in the same list, that records are made from
        self._seen_here: set[_Key] = set()  # in the same list, where lists overlap
        self._seen_under: object = None

    @property
    @override
    def schema(self) -> dict[str, Any]:
        return self._own_schema

    @cached_property
    def _own_schema(self) -> dict[str, Any]:
        return schema_of(self.name)

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Apply a catalog."""
        super().apply_catalog(catalog)
        self._is_told = True

    @property
    @override
    def metadata(self) -> MetadataMapping:
        """What is selected, by the catalog or, without one, by the declaration."""
        found = super().metadata
        if not self._is_told:
            for name in self.declaration.apart:
                found["properties", name].selected_by_default = False
        return found

    @property
    def catalog_entry(self) -> dict[str, Any]:
        """The catalog entry of the stream."""
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
        """Suppress the message that the SDK sends before the first record; see `_sync_records`."""
        self._stream_version = self._tap.initialized_at  # milliseconds: two runs within a second differ

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write all records, then ACTIVATE_VERSION if they are complete, then STATE."""
        verdict = self.verdict = Verdict(self.name)
        self._note_settings()
        self._tap.read(self.name, 0)
        with self.get_record_counter() as counter, self.get_sync_timer():
            try:
                for page in self._pages():
                    self._write_page(page, counter)
            except (ClockifyError, MappingError) as error:
                verdict.add(Cause.BROKEN, str(error))
                self._tap.failed(error)
        self._judge_coverage()
        self._tap.judged(verdict)
        if verdict.complete and self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)
        self._finalize_state(self.stream_state)
        self._write_state_message()
        yield from ()

    def _pages(self) -> Iterator[Page]:
        """Yield the pages of the reading, and add refused and incomplete lists to the verdict."""
        plan = self._tap.plan_for(self)
        reading = plan.reading(self.declaration)
        try:
            if reading is None:
                return
            with closing(reading.items()) as items:
                yield from self._pages_in(self._verified(items) if self.declaration.of_people else items)
        finally:
            plan.consumed(self.declaration)
            self._seen.clear()
            if self._replaced:
                self.logger.warning(
                    "%s: %d characters that databases do not store were replaced by U+FFFD (NUL, half of a surrogate "
                    "pair, bytes that are no UTF-8)",
                    self.name,
                    self._replaced,
                )
                self._replaced = 0
            if self._unknown:
                known = "Clockify sends fields that this version does not know; they are left out"
                names = sorted(
                    name if _FIELD_NAME.fullmatch(name) else "an invalid field name" for name in self._unknown
                )
                self.logger.warning("%s of %s: %s", known, self.name, ", ".join(names))

    def _pages_in(self, items: Iterable[Item]) -> Iterator[Page]:
        people: dict[str, set[str]] = {}
        of_users = self._settled.source.parent is not None and self._settled.source.parent.stand_in is not None
        for item in items:
            if of_users and isinstance(item, (Page, Refusal, Finding)):
                people.setdefault(str(item.ids.get("workspaceId")), set()).add(str(item.ids.get("userId")))
            if isinstance(item, Page):
                self._came.add(str(item.ids.get("workspaceId")))
                if self._settled.source.stand_in is not None:
                    users = people.setdefault(str(item.ids.get("workspaceId")), set())
                    users |= {str(row.get("id")) for row in sound_rows_of(item.endpoint, item.body, Parent)[0]}
                yield item
            elif isinstance(item, Incomplete):
                self._note(Cause.CONTRADICTED, item.ids, item.reason)
            elif isinstance(item, Finding):
                self._note(item.cause, item.ids, item.detail)
            elif isinstance(item, Notice):
                self.logger.log(logging.WARNING if item.warning else logging.INFO, item.text)
            else:
                self._note_refusal(item)
        if of_users or self._settled.source.stand_in is not None:
            self._look_for_reader(people)

    def _look_for_reader(self, people: Mapping[str, set[str]]) -> None:
        """Record if the list of users lacks the owner of the key, who is a user too."""
        plan = self._tap.plan_for(self)
        for workspace in plan.reaches:
            if plan.reader and plan.reader not in people.get(workspace, set()) and self.verdict.covers(workspace):
                self.verdict.add(Cause.UNLISTED, workspace=workspace)

    def _verified(self, items: Iterable[Page | Refusal | Incomplete]) -> Iterator[Item]:
        """Yield the items and, if the settings ask for verification, the items that it adds."""
        scope = self._tap.scope
        if scope.config.get("requests_per_hour"):
            yield Notice(
                f"{self.name}: to save requests an hour, hours are not compared and people who left are not looked for"
            )
        elif scope.config["verify_time_entries"]:
            verification = self._tap.verification_of(self._settled.source, self)
            yield from verification.items(items)
            self._former_read = verification.looked_for
            if Coverage.of_bookmark(self.stream_state) is None:  # earlier runs may have loaded rows of people who left
                for workspace in sorted(verification.not_permitted):
                    self.verdict.add(Cause.NOT_LOOKED_FOR, "the reports may not be read", workspace=workspace)
            return
        yield from items

    # -- why a stream may be incomplete --------------------------------------------------------

    def _note_settings(self) -> None:
        """Record what the settings exclude."""
        scope = self._tap.scope
        settled = self.declaration.settled(scope)
        if settled is None:
            self.verdict.add(Cause.RULED_OUT)
        elif settled.narrowed and (names := settled.narrowed(scope)):
            self.verdict.add(Cause.NARROWED, ", ".join(names))
        if self.config.get("shared_destination"):
            self.verdict.add(Cause.SHARED)

    def _judge_coverage(self) -> None:
        """Compare what this run covers with what the bookmark records, and record both."""
        settled = self.declaration.settled(self._tap.scope)
        plan = self._tap.plan
        if settled is None or plan is None:
            return
        reaches = {
            workspace: reach
            for workspace, reach in plan.reaches.items()
            if workspace in self._came or self.verdict.covers(workspace)
        }
        since = settled.since(self._tap.scope) if settled.since else None
        now = Coverage(reaches, since.date().isoformat() if since else "", frozenset(self._former_read))
        last = Coverage.of_bookmark(self.stream_state)
        self.verdict.judge_coverage(now, last)
        self.stream_state["coverage"] = now.joined_to(last).as_bookmark()

    def _note_refusal(self, refusal: Refusal) -> None:
        """Record a list that could not be read, unless its parent was deleted: then its rows are gone, too."""
        error, source = refusal.error, self._settled.source
        refused = isinstance(error, (GoneError, InvalidRequestError, NotPermittedError, UnknownWorkspaceError))
        if refused and self._tap.plan_for(self).is_gone(source, refusal.ids):
            return
        of_workspace = self._parent_of(refusal.ids) == ""
        if refused and (feature := self._lacking_feature(refusal.ids)):
            detail = f"{error.call} answers {error.status}, and {feature} is not among the workspace's features"
            self._note(Cause.PLAN, refusal.ids, detail)
        elif refused and (not of_workspace or isinstance(error, NotPermittedError)):
            self._note(Cause.REFUSED, refusal.ids, str(error))
        else:
            self._note(Cause.BROKEN, refusal.ids, str(error))

    def _lacking_feature(self, ids: Mapping[str, Any]) -> str:
        """Return the feature that the stream needs and that the workspace's plan lacks; empty if there is none."""
        plan, scope = self._tap.plan_for(self), self._tap.scope
        included = plan.features.get(str(ids.get("workspaceId")))
        source: Source | None = self._settled.source
        while source is not None and included is not None:
            feature = source.asked(scope).feature
            if feature and feature not in included:
                return feature
            source = source.parent
        return ""

    def _note(self, cause: Cause, ids: Mapping[str, Any], detail: str) -> None:
        workspace = str(ids.get("workspaceId") or "")
        self.verdict.add(cause, detail, workspace=workspace, parent=self._parent_of(ids))

    def _parent_of(self, ids: Mapping[str, Any]) -> str:
        """Return the id of the parent (below the workspace) of a list, empty if there is none."""
        own = [str(value) for name, value in ids.items() if name.endswith("Id") and name != "workspaceId" and value]
        return "/".join(own)

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
        """Write a record through the stream maps.

        Raises:
            MappingError: An expression fails. Its own message is not shown, since it may contain values of the record.
        """
        try:
            self._write_record_message(record)
        except MappingError:
            raise
        except Exception as error:
            msg = f"an expression of stream_maps fails on a record: {type(error).__name__}"
            raise MapExpressionError(msg) from error

    def _write_lines(self, records: list[Record], counter: Counter) -> int:
        """Write records unchanged, many lines at once; return the number of bytes."""
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
        """Yield the records of a page with the ids of the request, each key once, and only known fields.

        A malformed row is skipped; a response without any rows array fails its parent.
        """
        odd = _Odd()
        self._replaced += page.replaced
        try:
            for piece in page.pieces():
                body, replaced = text.storable(piece)
                self._replaced += replaced
                yield from self._records_in(body, page, row, odd)
        except MalformedAnswerError as error:
            self._note(Cause.BROKEN, page.ids, str(error))
        if odd.rows:
            self._note(Cause.ODD_ROWS, page.ids, f"{odd.rows} of {page.endpoint.call}")
        if odd.foreign:
            self._note(Cause.FOREIGN, page.ids, f"{odd.foreign} of {page.endpoint.call}")
        if odd.repeated:
            self._note(Cause.SHIFTED, page.ids, page.endpoint.call)
        if odd.withheld:
            self._note(Cause.WITHHELD, page.ids, f"{odd.withheld} of {page.endpoint.call}")

    def _records_in(self, body: bytes, page: Page, row: Any, odd: _Odd) -> Iterator[Record]:
        ids, fields = {**page.ids, "page": page.number + 1}, self._fields
        stamps: dict[str, Any] = {name: value for name, value in ids.items() if name in fields}
        if row is RawRecord:
            stamps = {name: msgspec.Raw(_ENCODER.encode(value)) for name, value in stamps.items()}
        own = self._properties - stamps.keys()
        named_by_stamps = stamps.keys() >= set(self.primary_keys)  # any row would have the same key
        key_of, seen = self._key_of, self._seen_of(page)
        here = self._seen_here if self._settled.source.overlapping else seen
        blanks = self._id_fields if _BLANK_ID.search(body) else ()
        rows = self._decoded_rows(body, page, row, ids, odd)
        if (
            isinstance(rows, list)
            and not blanks
            and not named_by_stamps
            and self._accept_at_once(rows, stamps, seen, here)
        ):
            yield from rows
            return
        for record in rows:
            if named_by_stamps and record.keys().isdisjoint(own):
                odd.rows += 1
                continue
            record.update(stamps)
            key = key_of(record)
            if key is None:
                odd.rows += 1
                continue
            if not _is_new(key, seen, here, odd):
                continue
            if not record.keys() <= fields:
                self._drop(record)
            for name in blanks:
                if record.get(name) in _BLANK:
                    record[name] = None
            yield record

    def _accept_at_once(self, rows: list[RawRecord], stamps: RawRecord, seen: set[_Key], here: set[_Key]) -> bool:
        """Add ids to undecoded rows and record their keys, all at once; False if a row needs individual handling.

        This takes a third of the time of handling rows one by one, since C code checks whole columns.
        """
        for record in rows:
            record.update(stamps)
        if not self._fields.issuperset(set().union(*rows)):
            return False
        columns = []
        for name in self.primary_keys:
            try:
                texts = [bytes(record[name]) for record in rows]
            except KeyError:
                return False
            if any(text[:1] != b'"' for text in texts) or (name == "id" and _BLANK_TEXT in texts):
                return False
            columns.append(texts)
        keys: set[_Key] = set(columns[0]) if len(columns) == 1 else set(zip(*columns, strict=True))
        if len(keys) < len(rows) or not keys.isdisjoint(seen):
            return False
        seen |= keys
        here |= keys
        return True

    def _decoded_rows(self, body: bytes, page: Page, row: Any, ids: Mapping[str, Any], odd: _Odd) -> Iterable[Record]:
        """Return the records that the declaration makes from the rows in a response.

        Nested rows are decoded one by one: decoding a whole page would use much memory and delay the threads that send
        requests.
        """
        if row is RawRecord and not page.endpoint.rows:
            rows, undecodable = sound_rows_of(page.endpoint, body, RawRecord)
            odd.rows += undecodable
            own = Belonging(page.endpoint, page.ids).own(rows)
            odd.foreign += len(rows) - len(own)
            return own
        return self._shaped(rows_of(page.endpoint, body, msgspec.Raw), row, ids, page.endpoint, odd)

    def _shaped(
        self, rows: Iterable[msgspec.Raw], row: Any, ids: Mapping[str, Any], endpoint: Endpoint, odd: _Odd
    ) -> Iterator[Record]:
        shape, decode, identity = self._settled.shape, _DECODERS[row].decode, endpoint.identity
        belonging = Belonging(endpoint, ids)
        told_apart = shape is not None and endpoint.unique  # a repeated row may not become a record at all
        for raw in rows:
            try:
                record = decode(raw)
                if identity and record.get(identity) in _NO_KEY:
                    odd.rows += 1
                    continue
                if not belonging.fits(record):
                    odd.foreign += 1
                    continue
                if told_apart and not self._is_new_row(record.get(identity)):
                    odd.repeated += 1
                    continue
                records = [record] if shape is None else list(shape(record, ids))
                kept = list(filter(self._keep, records)) if self._keep else records
            except WithheldError:
                odd.withheld += 1
            except (AttributeError, LookupError, TypeError, ValueError, msgspec.DecodeError):
                odd.rows += 1
            else:
                yield from kept

    def _is_new_row(self, identity: Any) -> bool:
        """Remember a row that records are made from; return whether it is new in its list."""
        if not isinstance(identity, str):
            return True
        count = len(self._rows_here)
        self._rows_here.add(identity)
        return len(self._rows_here) > count

    def _seen_of(self, page: Page) -> set[_Key]:
        """Return the keys that came before in the same list or, if lists overlap, in the same workspace."""
        overlapping = self._settled.source.overlapping
        ids = page.ids.get("workspaceId") if overlapping else page.ids
        begins = page.number == 0 and page is not self._begun  # and is not another piece of that page
        self._begun = page
        if begins:
            self._seen_here.clear()
            self._rows_here.clear()
        if begins and not (overlapping and ids == self._seen_under):
            self._seen.clear()
            self._seen_under = ids
        return self._seen

    @cached_property
    def _key_of(self) -> Callable[[Record], _Key | None]:
        """The key of a record, in a form that can be compared; None if the record has no usable key."""
        texts = {name for name in self.primary_keys if "string" in self.schema["properties"][name].get("type", ())}
        parts = [partial(_part_of_key, name, blank=name == "id", text=name in texts) for name in self.primary_keys]
        if len(parts) == 1:
            return parts[0]

        def key_of(record: Record) -> _Key | None:
            key = tuple([part(record) for part in parts])
            return None if None in key else key

        return key_of

    def _drop(self, record: Record) -> None:
        """Remove deselected fields, and fields that are not in the schema."""
        for name in record.keys() - self._fields:
            del record[name]
            if name not in self._properties:
                self._unknown.add(name)

    # -- what selection, stream maps and declaration require -----------------------------------

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
        """Whether records must be decoded in full; otherwise their values stay as they are, in JSON."""
        return self._mapped or self._keep is not None or self._settled.shape is not None


def _is_new(key: _Key, seen: set[_Key], here: set[_Key], odd: _Odd) -> bool:
    """Remember a key; return whether it is new.

    A repeated key is counted as odd only within one list, not across overlapping lists.
    """
    if key in here:
        odd.repeated += 1
        return False
    here.add(key)
    is_new = here is seen or key not in seen
    seen.add(key)
    return is_new


def _part_of_key(name: str, record: Record, *, blank: bool, text: bool) -> bytes | str | None:
    """Return the value of a key field; None if it cannot identify a row.

    These values cannot: null, an object, an array, a blank id, and a value that is not text although the key is text.
    Undecoded values are compared by memory address, which is reused, so their bytes are returned.
    """
    value = record.get(name)
    if type(value) is msgspec.Raw:
        raw = bytes(value)
        if raw[:1] == b'"':
            return None if blank and raw == _BLANK_TEXT else raw
        return None if text or raw == b"null" or raw[:1] in _OPENING else raw
    if text and not isinstance(value, str):
        return None
    if value is None or isinstance(value, (dict, list)) or (blank and value == ""):
        return None
    return str(value)
