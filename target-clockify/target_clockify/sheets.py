"""Files in a layout: each row becomes a time entry, and its client, project, task and tags if they do not exist.

The rows of a file wait on disk until its end. All dates are needed to find the order of day and month, and all rows are
needed to find which stacked entries of a day exist already. (Stacked entries have no time of day in the file and follow
one another.)
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_clockify.decoding import decoded
from target_clockify.errors import RejectedError
from target_clockify.model.objects import BY_NAME
from target_clockify.model.values import in_utc
from target_clockify.naming import compared, folded
from target_clockify.scratch import Taken
from target_clockify.understand import dates
from target_clockify.understand.keys import DELETED, is_deleted
from target_clockify.understand.layouts import KINDS, Layout
from target_clockify.understand.names import Names
from target_clockify.understand.people import People
from target_clockify.understand.route import Route
from target_clockify.understand.separators import has_decimal_comma
from target_clockify.understand.sheet import Sheet

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Mirror
    from target_clockify.model.declaration import State
    from target_clockify.understand.sheet import Reading
    from target_clockify.understand.zones import Zones

logger = logging.getLogger("target-clockify")

FILE = "_sdc_source_file"
"""The columns in which a tap gives the file and line of a row."""
OCCURRENCE, ORDER, BY_ADDRESS = "_sdc_occurrence", "_sdc_date_order", "_sdc_by_address"
COMMAS = "_sdc_decimal_comma"
"""Additional columns of a reject, so that the row can be loaded alone.

They hold the number among equal rows, the order of day and month in the file, whether the name of the person is not
sufficient, and whether numbers in the file have a decimal comma.
"""
KEY = "key"
_AT_ONCE = 1000
_LONGEST_KEY = 400
_DAY = 24 * 3600
_ENTRIES = BY_NAME["time_entries"]

Feed = tuple[str, "State", bytes]
"""A record that is made from a row: its stream, its fields, and the row."""


def routes_of(stream: str, creates: Collection[str], destination: str) -> dict[str, Route]:
    """Return the routes of the objects that the rows of a stream in a layout become, with time entries last.

    Args:
        stream: The stream.
        creates: The kinds of objects to create if they are missing; the others must exist.
        destination: The workspace that is written to.
    """
    routes = {}
    for kind in KINDS:
        settings = {"operation": "ensure" if kind in creates else "update", "source": f"layout {folded(stream)}"}
        routes[kind] = Route(f"{stream}_{kind}", BY_NAME[kind], (KEY,), settings, destination=destination)
    settings = {"operation": "insert", "source": f"layout {folded(stream)}"}
    routes[_ENTRIES.name] = Route(stream, _ENTRIES, (KEY,), settings, destination=destination)
    return routes


class Work(msgspec.Struct):
    """The content of a row, after its person was found."""

    key: str
    person: str
    client: str | None
    project: str | None
    task: str | None
    tags: list[str]
    entry: dict[str, Any]
    day: str = ""  # of a stacked entry
    seconds: int = 0
    here: tuple[str, str] | None = None  # when that entry starts and ends, if it exists


_WORK = msgspec.json.Decoder(Work)
_ROW = msgspec.json.Decoder(dict[str, Any])
_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Row(NamedTuple):
    number: int
    epoch: int
    raw: bytes
    origin: bytes


@dataclass
class _Stream:
    layout: Layout
    columns: dict[str, None]
    came: bool = False
    repeated: int = 0  # rows that are also in an earlier file, with a time of day
    without_length: int = 0


class Sheets:
    """The streams in a layout.

    Args:
        scratch: Where rows wait.
        ledger: Knows which entries were written.
        mirror: The current workspace.
        zones: Returns the time zone of a person.
        reject: Called with a row that cannot be interpreted, and the reason.
        foreseen: Returns why the record of a row would be rejected even if all its references existed.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        scratch: sqlite3.Connection,
        ledger: Ledger,
        mirror: Mirror,
        zones: Zones,
        reject: Callable[[Taken, RejectedError], None],
        foreseen: Callable[[Taken], RejectedError | None],
    ) -> None:
        self._scratch = scratch
        self._ledger = ledger
        self._mirror = mirror
        self._zones = zones
        self._reject = reject
        self._foreseen = foreseen
        self._streams: dict[str, _Stream] = {}
        self._zone_of: dict[str, ZoneInfo] = {}
        self._new: dict[str, dict[tuple[str | None, ...], str]] = {}

    def __contains__(self, stream: str) -> bool:
        return stream in self._streams

    def introduce(self, stream: str, layout: Layout, columns: Iterable[str]) -> None:
        """Register a stream, with the columns in its schema.

        Raises:
            ValueError: They lack a column that the layout needs.
        """
        known = self._streams.setdefault(stream, _Stream(layout, {}))
        if some := list(columns):  # each of several files of a stream must have them
            _sheet(stream, layout, some)
        known.columns.update(dict.fromkeys(some))

    def add(self, taken: Taken) -> None:
        """Hold a row until the end of its file.

        Raises:
            RejectedError: It is not a row.
        """
        row = decoded(taken.raw)
        known = self._streams[taken.stream]
        for name, value in row.items():
            if isinstance(value, (dict, list)) and known.layout.reads(name):
                raise RejectedError("invalid", f"{name} is an array or an object, and a cell has one value")
        known.columns.update(dict.fromkeys(row))
        if not known.came:
            known.came = True
            logger.info(
                "%s: its rows are held until the input ends, since all of them are needed to find the date format, "
                "the order of a day, and equal rows; nothing is written before",
                taken.stream,
            )
        values = (taken.stream, taken.number, taken.epoch, taken.raw, taken.origin)
        self._scratch.execute("INSERT INTO sheets VALUES (?, ?, ?, ?, ?)", values)

    def records(self) -> Iterator[tuple[Feed, int | None]]:
        """Yield the records of the rows of all files, in order; the time entry of a row has the epoch of the row.

        Raises:
            ValueError: A file lacks a column that its layout needs.
        """
        for stream, known in self._streams.items():
            if known.came:
                yield from self._records(stream, _sheet(stream, known.layout, known.columns))

    # -- one file ------------------------------------------------------------------------------

    def _records(self, stream: str, sheet: Sheet) -> Iterator[tuple[Feed, int | None]]:
        files = self._first_look(stream, sheet)
        names = Names(self._mirror, files.projects, self._new)
        context = _Context(
            sheet,
            files,
            _problems(sheet, files),
            names,
            People(self._mirror, sheet, files.emails),
            sheet.custom_fields(names.custom_fields) if sheet.layout.custom_fields != {} else {},
        )
        self._tell_columns(stream, context)
        for rows in self._pages("SELECT number, epoch, raw, origin FROM sheets", stream):
            self._understand(stream, context, [_Row._make(row) for row in rows])
        self._scratch.execute("DELETE FROM sheets WHERE stream = ?", (stream,))
        if count := self._streams[stream].without_length:
            logger.info("%s: %d rows have no length: each becomes an entry that ends as it starts", stream, count)
        if count := context.people.by_name:
            logger.info(
                "%s: %d rows have an address that nobody in the workspace has: they are matched by full name",
                stream,
                count,
            )
        if count := self._streams[stream].repeated:
            logger.warning(
                "%s: %d rows stand in an earlier file too, at the same time of day: they are taken once", stream, count
            )
        for rows in self._pages("SELECT number, epoch, origin, said FROM work", stream):
            for number, epoch, origin, said in rows:
                work = _WORK.decode(said)
                try:
                    entry = self._entry(stream, sheet, work)
                    first = self._made_first(
                        stream, work, Taken(number, stream, epoch, msgspec.json.encode(entry), origin)
                    )
                except (ValueError, RejectedError) as error:
                    refused = error if isinstance(error, RejectedError) else RejectedError("invalid", str(error))
                    self._reject(Taken(number, stream, epoch, origin, origin), refused)
                    continue
                for name, needed in first:
                    if self._scratch.execute("INSERT OR IGNORE INTO made VALUES (?, ?)", (name, needed[KEY])).rowcount:
                        yield (name, needed, origin), None
                yield (stream, entry, origin), epoch
        self._scratch.execute("DELETE FROM work WHERE stream = ?", (stream,))

    def _made_first(self, stream: str, work: Work, entry: Taken) -> list[tuple[str, State]]:
        """Return the records that an entry refers to, without those of earlier entries.

        Raises:
            RejectedError: The entry would be rejected even if all its references existed.
        """
        query = "SELECT 1 FROM made WHERE stream = ? AND key = ?"
        named = [(f"{stream}_{kind}", needed) for kind, needed in _needed(work)]
        first = [(name, one) for name, one in named if not self._scratch.execute(query, (name, one[KEY])).fetchone()]
        if first and (refusal := self._foreseen(entry)):
            raise refusal
        return first

    def _understand(self, stream: str, context: _Context, rows: list[_Row]) -> None:
        """Store the content of rows, and reject rows that cannot be interpreted."""
        some: list[tuple[_Row, Work]] = []
        for one in rows:
            try:
                some.append((one, self._work(stream, context, one)))
            except (ValueError, RejectedError) as error:
                refused = error if isinstance(error, RejectedError) else RejectedError("invalid", str(error))
                marks = context.marks(one)
                if refused.kind == "unknown_person":
                    marks[BY_ADDRESS] = True
                self._reject(Taken(one.number, stream, one.epoch, one.raw, _origin(one, marks)), refused)
        self._load_stacked_entries(stream, [work for _, work in some])
        self._scratch.executemany(
            "INSERT INTO work VALUES (?, ?, ?, ?, ?)",
            [
                (stream, row.number, row.epoch, _origin(row, context.marks(row, work)), msgspec.json.encode(work))
                for row, work in some
            ],
        )

    def _pages(self, query: str, stream: str) -> Iterator[list[Any]]:
        last = -1
        while True:
            rows = self._scratch.execute(
                f"{query} WHERE stream = ? AND number > ? ORDER BY number LIMIT {_AT_ONCE}", (stream, last)
            ).fetchall()
            if not rows:
                return
            yield rows
            last = rows[-1][0]

    def _first_look(self, stream: str, sheet: Sheet) -> _Files:
        """Collect from all rows the order of their dates, the addresses of people, and the projects of tasks."""
        files = _Files()
        for rows in self._pages("SELECT number, epoch, raw, origin FROM sheets", stream):
            for one in map(_Row._make, rows):
                row = _ROW.decode(one.raw)
                order = files.orders.setdefault(str(row.get(FILE) or ""), dates.DateOrder())
                for text in sheet.date_texts(row) if row.get(ORDER) not in dates.ORDERS else ():
                    order.note(text)
                if row.get(COMMAS) or any(map(has_decimal_comma, sheet.lengths(row))):
                    files.commas.add(str(row.get(FILE) or ""))
                email, name = sheet.person(row)
                if email and name:
                    files.emails.setdefault(compared(name), set()).add(email.casefold())
                if project := sheet.project(row):
                    client, name = project
                    files.projects.add((None if client is None else compared(client), compared(name)))
        return files

    def _work(self, stream: str, context: _Context, one: _Row) -> Work:
        """Return the content of a row.

        Raises:
            ValueError: It cannot be interpreted; the message names every wrong column.
            RejectedError: Its person is not found, or the dates of its file are ambiguous.
        """
        sheet, names = context.sheet, context.names
        row = _ROW.decode(one.raw)
        file = str(row.get(FILE) or "")
        if is_deleted(_RAW.decode(one.raw).get(DELETED, msgspec.Raw())):
            msg = "a row of a file in a layout deletes nothing: take it out of the file, or undo the run that wrote it"
            raise RejectedError("unsupported", msg)
        told = row.get(ORDER) if row.get(ORDER) in dates.ORDERS else ""
        if file in context.problems and not told:
            raise RejectedError("ambiguous_dates", context.problems[file])
        order = told or context.order_in(file)
        said = sheet.read(row, order, context.fields, commas=file in context.files.commas)
        person = context.people.id_of(said.email, said.name, by_address=bool(row.get(BY_ADDRESS)))
        client, project, task, tags = names.spelled(sheet, said)
        entry: dict[str, Any] = {"userId": person, "customFieldValues": names.values(said.custom)}
        entry |= {"description": said.description, "billable": said.billable, "type": said.type}
        work = Work("", person, client, project, task, tags, entry)
        assert said.start is not None  # noqa: S101 - `read` has seen to it
        if said.end is None and said.length is not None and said.length.seconds > _DAY:
            msg = f"{sheet.title('duration')} is more than a day has: say in `units` what its numbers count"
            raise ValueError(msg)
        if said.start.clock is None:
            if said.length is None:
                msg = f"{sheet.title('date')} names no time of day, and {sheet.title('duration')} is blank"
                raise ValueError(msg)
            work.seconds = dates.whole_seconds(said.length, sheet.title("duration"))
            work.day = str(said.start.day)
        else:
            titles = {part: sheet.title(part) for part in ("start", "end", "duration")}
            if "start" not in sheet.layout.cells:
                titles["start"] = sheet.title("date")
            start, end = dates.interval(said.start, said.end, said.length, self._zone(person), titles)
            entry |= {"start": in_utc(start), "end": in_utc(end)}
        self._streams[stream].without_length += work.seconds == 0 if work.day else entry["start"] == entry["end"]
        work.key = self._key(stream, file, row, _content(sheet, said, work), is_stacked=bool(work.day))
        return work

    def _key(self, stream: str, file: str, row: Mapping[str, Any], content: bytes, *, is_stacked: bool) -> str:
        """Return the key of a row: its content, and the number of equal rows before it in its file.

        Raises:
            RejectedError: A row of another file is equal, and without a time of day it is unclear whether it is the
                same work.
        """
        number = row.get(OCCURRENCE)
        if number is None:
            self._scratch.execute(
                "INSERT INTO contents VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET count = count + 1",
                (stream, file, content),
            )
            query = "SELECT file, count FROM contents WHERE stream = ? AND content = ?"
            counts: dict[str, int] = dict(self._scratch.execute(query, (stream, content)).fetchall())
            number = counts.pop(file)
            other = next((name for name, count in counts.items() if count >= number), None)
            if other is not None and is_stacked:
                msg = (
                    f"a row of {other} says the same without a time of day: nobody can tell whether it is the same "
                    "work or more of it; load one file that has each row as often as it counts"
                )
                raise RejectedError("ambiguous", msg)
            self._streams[stream].repeated += other is not None
        return f"{content.hex()}-{int(str(number))}"

    def _zone(self, person: str) -> ZoneInfo:
        if person not in self._zone_of:
            self._zone_of[person] = self._zones.of(person)
        return self._zone_of[person]

    @staticmethod
    def _tell_columns(stream: str, context: _Context) -> None:
        sheet = context.sheet
        if extra := [name for name in sheet.extra if name not in context.fields]:
            logger.info("%s: columns that its layout ignores: %s", stream, ", ".join(extra))
        if not sheet.names_people:
            logger.warning("%s: no column names people, so all rows belong to the owner of the key", stream)

    # -- entries without a time of day -----------------------------------------------------------

    def _load_stacked_entries(self, stream: str, some: list[Work]) -> None:
        """Store start and end of entries that an earlier run stacked, and until when these days are filled."""
        keys = [one.key for one in some if one.day]
        rows = self._ledger.known(folded(stream), keys) if keys else {}
        self._mirror.ensure((_ENTRIES, (str(row.scope.get("userId")),)) for row in rows.values())
        for one in some:
            row = rows.get(one.key) if one.day else None
            interval = ((self._mirror.get(_ENTRIES, row.id) or {}).get("timeInterval") or {}) if row else {}
            if interval.get("start") and interval.get("end"):
                one.here = (interval["start"], interval["end"])
                self._fill(stream, one, interval["end"])

    def _fill(self, stream: str, work: Work, until: str) -> None:
        self._scratch.execute(
            "INSERT INTO stacks VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
            (stream, work.person, work.day, until),
        )

    def _entry(self, stream: str, sheet: Sheet, work: Work) -> State:
        """Return the fields of an entry, with the keys of the records that it refers to.

        Raises:
            ValueError: It does not fit in its day.
        """
        entry = {name: value for name, value in work.entry.items() if value not in (None, "", [])}
        if work.here:
            entry |= {"start": work.here[0], "end": work.here[1]}
        elif work.day:
            start = self._next_start(stream, sheet, work)
            end = in_utc(start + timedelta(seconds=work.seconds))
            self._fill(stream, work, end)
            entry |= {"start": in_utc(start), "end": end}
        if work.project:
            entry["projectId"] = _project_key(work)
        if work.task:
            entry["taskId"] = _task_key(work)
        if work.tags:
            entry["tagIds"] = [_key_of(compared(tag)) for tag in work.tags]
        return {KEY: work.key, **entry}

    def _next_start(self, stream: str, sheet: Sheet, work: Work) -> datetime:
        zone, day = self._zone(work.person), date.fromisoformat(work.day)
        query = "SELECT until FROM stacks WHERE stream = ? AND person = ? AND day = ?"
        found = self._scratch.execute(query, (stream, work.person, work.day)).fetchone()
        begins = dates.Moment(day, sheet.layout.day_start).instants(zone)
        if not begins:
            msg = (
                f"day_start names a time that does not exist in {zone.key} on {day}: the clock was put forward over it"
            )
            raise ValueError(msg)
        if len(begins) > 1 and not found:
            msg = (
                f"day_start names a time that exists twice in {zone.key} on {day}: the clock was put back over it; set "
                "day_start of the stream to another time"
            )
            raise ValueError(msg)
        start = max(begins[0], datetime.fromisoformat(found[0]).astimezone(UTC) if found else begins[0])
        if start.astimezone(zone).date() != day:
            msg = (
                f"{sheet.title('duration')}: the rows of this person fill the day from day_start to midnight: set "
                "day_start of the stream to an earlier time"
            )
            raise ValueError(msg)
        return start


# -- what all rows show together -------------------------------------------------------------------


@dataclass
class _Files:
    """Facts that need all rows of a stream.

    Attributes:
        orders: The orders of day and month that are possible, by file.
        emails: The addresses of people, by name.
        commas: The files with durations that have a decimal comma.
        projects: The client and project of rows that name a task, normalised.
    """

    orders: dict[str, dates.DateOrder] = field(default_factory=dict)
    emails: dict[str, set[str]] = field(default_factory=dict)
    commas: set[str] = field(default_factory=set)
    projects: set[tuple[str | None, str]] = field(default_factory=set)


@dataclass(frozen=True)
class _Context:
    """The data that is needed to interpret the rows of a file.

    Attributes:
        sheet: Its layout and columns.
        files: Facts that need all rows.
        problems: Why the dates of files cannot be read, by file.
        names: The names in the workspace.
        people: Finds the person of a row.
        fields: The names of custom fields by column.
    """

    sheet: Sheet
    files: _Files
    problems: Mapping[str, str]
    names: Names
    people: People
    fields: Mapping[str, str]

    def order_in(self, file: str) -> str:
        """Return the order of day and month in the dates of a file."""
        return self.sheet.layout.order or self.files.orders[file].order

    def marks(self, row: _Row, work: Work | None = None) -> State:
        """Return the additional columns with which a row can be loaded alone."""
        file = str(_ROW.decode(row.raw).get(FILE) or "")
        marks: State = {OCCURRENCE: int(work.key.rpartition("-")[2])} if work else {}
        if file in self.files.commas:
            marks[COMMAS] = True
        if self.files.orders[file].matters and file not in self.problems:
            marks[ORDER] = self.order_in(file)
        return marks


# -- the records of a row ----------------------------------------------------------------------------


def _sheet(stream: str, layout: Layout, columns: Iterable[str]) -> Sheet:
    try:
        return Sheet(layout, columns)
    except ValueError as error:
        msg = f"{stream} is not in its layout: {error}"
        raise ValueError(msg) from None


def _problems(sheet: Sheet, files: _Files) -> dict[str, str]:
    """Return why the dates of files cannot be read, by file."""
    column = _date_column(sheet)
    choice = f'{{"{column}": "%d/%m/%Y"}} or {{"{column}": "%m/%d/%Y"}}'
    return {
        name: f"{order.problem}: say which in `formats` of the stream, as in {choice}"
        for name, order in files.orders.items()
        if order.problem and not sheet.layout.order
    }


def _date_column(sheet: Sheet) -> str:
    part = next(one for one in ("start", "date", "end") if one in sheet.layout.cells)
    return next(iter(sheet.layout.cells[part].alternatives[0]))


def _content(sheet: Sheet, said: Reading, work: Work) -> bytes:
    """Return a hash of the content of a row that does not depend on spelling or on columns that its layout ignores."""
    explicit = said.custom if sheet.layout.custom_fields is not None else {}
    length = None if said.end is not None or said.length is None else str(said.length.seconds.normalize())
    assert said.start is not None  # noqa: S101 - `read` has seen to it
    content = [
        *(work.person, *(name and compared(name) for name in (work.client, work.project, work.task))),
        *(sorted(compared(tag) for tag in work.tags), said.description, bool(said.billable), said.type or "REGULAR"),
        *(work.day or [str(said.start.day), str(said.start.clock), str(said.start.offset)]),
        *([str(said.end.day), str(said.end.clock), str(said.end.offset)] if said.end else []),
        *(length, sorted(explicit.items())),
    ]
    return hashlib.blake2b(msgspec.json.encode(content), digest_size=16).digest()


def _needed(work: Work) -> Iterator[tuple[str, State]]:
    """Yield the objects that an entry refers to, parents first."""
    if work.client:
        yield "clients", {KEY: _key_of(compared(work.client)), "name": work.client}
    if work.project:
        project: State = {KEY: _project_key(work), "name": work.project}
        if work.client is not None:
            project["clientId"] = _key_of(compared(work.client)) if work.client else None
        yield "projects", project
    if work.task:
        yield "tasks", {KEY: _task_key(work), "projectId": _project_key(work), "name": work.task}
    for tag in work.tags:
        yield "tags", {KEY: _key_of(compared(tag)), "name": tag}


def _project_key(work: Work) -> str:
    return _key_of(None if work.client is None else compared(work.client), compared(str(work.project)))


def _task_key(work: Work) -> str:
    client = None if work.client is None else compared(work.client)
    return _key_of(client, compared(str(work.project)), compared(str(work.task)))


def _key_of(*names: str | None) -> str:
    text = msgspec.json.encode(names).decode()
    return text if len(text) <= _LONGEST_KEY else hashlib.blake2b(text.encode(), digest_size=16).hexdigest() + "-"


def _origin(row: _Row, marks: State) -> bytes:
    """Return the original row, with the additional columns with which it can be loaded alone."""
    return msgspec.json.encode({**_RAW.decode(row.origin or row.raw), **marks})
