"""The ledger: which row became which object, what every run did, and which writes had no outcome when a run was killed.

It is a separate database with a SQLAlchemy URL, by default a SQLite file. A write is entered in the journal before it
is sent, and closed when its outcome is known. The next run looks up the entries that a killed run left open. Two hashes
for each row make a second run cheap: record and object are compared again only if one of them has changed since the
last comparison.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from target_clockify.books.database import Database, LedgerError
from target_clockify.errors import StoppedError
from target_clockify.naming import folded
from target_clockify.scratch import open_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_META = sa.MetaData()
_KEY = sa.String(512)

_ROWS = sa.Table(
    "clockify_rows",
    _META,
    sa.Column("workspace", sa.String(24), primary_key=True),
    sa.Column("stream", sa.String(128), primary_key=True),
    sa.Column("key", _KEY, primary_key=True),
    sa.Column("object", sa.String(64), nullable=False),
    sa.Column("id", sa.String(128), nullable=False),
    sa.Column("scope", sa.Text, nullable=False, default="{}"),
    sa.Column("created", sa.Boolean, nullable=False, default=False),
    sa.Column("record_hash", sa.LargeBinary(16)),
    sa.Column("state_hash", sa.LargeBinary(16)),
    sa.Column("run", sa.String(32), nullable=False),
    sa.Index("clockify_rows_by_key", "workspace", "object", "key"),
    sa.Index("clockify_rows_by_id", "workspace", "object", "id"),
)

_JOURNAL = sa.Table(
    "clockify_journal",
    _META,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("run", sa.String(32), nullable=False, index=True),
    sa.Column("workspace", sa.String(24), nullable=False),
    sa.Column("stream", sa.String(128), nullable=False),
    sa.Column("key", _KEY, nullable=False),
    sa.Column("object", sa.String(64), nullable=False),
    sa.Column("operation", sa.String(64), nullable=False),
    sa.Column("id", sa.String(128)),
    sa.Column("status", sa.String(8), nullable=False, index=True),
    sa.Column("changes", sa.Text, nullable=False, default="{}"),
    sa.Column("recovery", sa.Text, nullable=False, default="{}"),
    sa.Column("error", sa.Text),
    sa.Column("began", sa.String(32), nullable=False),
    sa.Column("ended", sa.String(32)),
)

_STREAMS = sa.Table(
    "clockify_streams",
    _META,
    sa.Column("workspace", sa.String(24), primary_key=True),
    sa.Column("stream", sa.String(128), primary_key=True),
    sa.Column("keys", sa.Text, nullable=False),
    sa.Column("source", sa.String(128), nullable=False, default=""),
)

_HAS_ROWS = " rows"
"""The name of a row of `clockify_streams`, which is that of no stream: the target has left rows of the workspace.

It is stored with the first row, and deleted with the last one that the target itself deletes.
"""

_VERSION = sa.Table("clockify_ledger", _META, sa.Column("version", sa.Integer, primary_key=True))
_CURRENT_VERSION = 2
"""Version 1, of the first edition, had no table of streams.

It stored the names of streams and the parts of composite keys as in the input, without normalising them.
"""

_SUPPOSED = """
CREATE TABLE supposed (key TEXT, object TEXT, stream TEXT, id TEXT, PRIMARY KEY (key, object, stream)) WITHOUT ROWID;
CREATE INDEX supposed_of ON supposed (id);
"""
"""Rows on disk that last as long as the run: a dry run stores nothing in the ledger, and may assume many objects."""

_LOOKED_UP_AT_ONCE = 400
_REMEMBERED = 20_000


def _now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="seconds")


_CHANGES = dict[str, tuple[Any, Any]]
_DAMAGED = (
    "the ledger in ledger_url is damaged: a column has an invalid value. Put a copy of it back, "
    "or move it away, and run once with --rebuild-ledger and the input that was written"
)


def _stored(text: Any, kind: Any) -> Any:
    """Return the JSON value of a column.

    Raises:
        LedgerError: The column has another type.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, TypeError, ValueError):
        raise LedgerError(_DAMAGED) from None


def _moment(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise LedgerError(_DAMAGED) from None


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()


@dataclass
class Row:
    """The ledger's data about one input row: the object it became, and the two hashes of its last comparison."""

    stream: str
    key: str
    object: str
    id: str
    scope: dict[str, Any] = field(default_factory=dict)
    created: bool = False
    record_hash: bytes | None = None
    state_hash: bytes | None = None

    @property
    def identity(self) -> tuple[str, str]:
        """The stream and the key of the row."""
        return self.stream, self.key


@dataclass
class Entry:
    """One entry of the journal.

    `recovery` holds data to find the object if the outcome is unknown: its list, its natural values, and the ids of
    objects that had those values before. `status` is `open` until the outcome is known, or `sent` if it was recorded
    that the request is being sent. Afterwards it is `done`, `refused` if nothing took effect, `failed` if a part took
    effect or may have, `void` if it was never sent, or `unknown` if the outcome cannot be found out.
    """

    stream: str
    key: str
    object: str
    operation: str
    id: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    recovery: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
    status: str = "open"


class Ledger:
    """The ledger of one workspace. Threads may share it: it has one connection and a lock.

    Args:
        url: SQLAlchemy URL of its database; None for a ledger in memory that is not kept.
        workspace: Id of the workspace.
        run: Id of the run.
        may_be_new: Whether a ledger that was used before, but is gone, may be created again.

    Raises:
        LedgerError: The database is not suitable or cannot be used; every method may raise this error.
    """

    def __init__(self, url: str | None, workspace: str, run: str, *, may_be_new: bool = False) -> None:
        self.workspace = workspace
        self.run = run
        self.opened = time.monotonic()
        self._lock = threading.RLock()
        self._database = Database(url)
        self._database.prepare(workspace, may_be_new=may_be_new)
        self._given_up: set[tuple[str, str]] | None = None
        self._may_be_new = may_be_new
        self._is_marked = False  # that it has rows
        self._has_dropped = False
        # by stream, the most recently requested ones
        self._ids: OrderedDict[tuple[str, str, str], dict[str, str]] = OrderedDict()
        self._keys: dict[str, list[str]] = {}
        self._sources: dict[str, str] = {}
        self._supposed = open_private()
        self._supposed.executescript(_SUPPOSED)
        self._connection = self._database.engine.connect()
        try:
            self._open()
        except LedgerError:
            with suppress(LedgerError):  # a lost connection cannot be closed
                self.close()
            raise

    def _open(self) -> None:
        if self._database.is_sqlite:
            # With this setting a killed process loses nothing, and a commit does not wait for the disk. `sync` waits
            # for the disk where a power failure would matter.
            self._connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            self._connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
            self._connection.commit()
        _bring_up_to_date(self._database, self._connection, may_be_new=self._may_be_new)
        if not self._may_be_new and self._is_emptied():
            raise self._database.emptied(self.workspace)
        mine = sa.and_(_STREAMS.c.workspace == self.workspace, _STREAMS.c.stream != _HAS_ROWS)
        for row in self._asked(sa.select(_STREAMS).where(mine)):
            self._keys[row.stream] = _stored(row.keys, list[str])
            self._sources[row.stream] = row.source

    def hold(self) -> None:
        """Lock this workspace's part of the ledger for this run, until it is closed or the process ends.

        Raises:
            LedgerInUseError: Another run is there already.
        """
        with self._lock:
            self._database.hold(self.workspace, self._connection)
            marked = sa.and_(_STREAMS.c.workspace == self.workspace, _STREAMS.c.stream == _HAS_ROWS)
            self._is_marked = bool(self._asked(sa.select(_STREAMS.c.stream).where(marked)))
            with self._transaction() as connection:
                if self._has_rows(connection):  # perhaps those of a version that did not mark them
                    self._mark(connection)

    def sync(self) -> None:
        """Flush to disk, so that the rows survive a loss of power."""
        if self._database.is_sqlite:
            with self._lock:
                try:
                    self._connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
                finally:
                    self._connection.rollback()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._supposed.close()
            try:
                self._connection.close()
            finally:
                self._database.close()

    # -- rows ----------------------------------------------------------------------------------

    def known(self, stream: str, keys: Sequence[str]) -> dict[str, Row]:
        """Return the known rows of a stream among these keys, by key."""
        found: dict[str, Row] = {}
        for start in range(0, len(keys), _LOOKED_UP_AT_ONCE):
            some = keys[start : start + _LOOKED_UP_AT_ONCE]
            mine = sa.and_(_ROWS.c.workspace == self.workspace, _ROWS.c.stream == stream, _ROWS.c.key.in_(some))
            found.update((row.key, row) for row in self._rows(mine))
        return found

    def keys_of(self, stream: str, keys: list[str], *, rekey: bool, findable: bool) -> list[str]:
        """Return the key properties of a stream in the order that the ledger uses.

        Args:
            stream: The stream.
            keys: Its key properties.
            rekey: If the key properties have changed, rows find their objects by natural key.
            findable: The rows have a natural key.

        Raises:
            StoppedError: The ledger knows the rows by other key properties.
        """
        known = self._keys_of(folded(stream))
        if known is None or set(known) == set(keys):
            return known or keys
        if rekey and findable:
            return keys
        if rekey:
            msg = (
                f"the key of {stream} was {', '.join(known) or 'none'}, and its rows have no natural key to find their "
                "objects by, so that `rekey` would write each of them once more. Name columns that tell them in "
                "`match_on`, or set `key` to the old one"
            )
            raise StoppedError(msg)
        msg = (
            f"the key of {stream} was {', '.join(known) or 'none'} and is {', '.join(keys) or 'none'} now, so that no "
            "row would find its object again. Set `key` of the stream to the old one, or `rekey` to true to let rows "
            "find their objects by natural key"
        )
        raise StoppedError(msg)

    def _keys_of(self, stream: str) -> list[str] | None:
        keys = self._keys.get(stream)
        if keys is None:
            return None
        mine = sa.and_(_ROWS.c.workspace == self.workspace, _ROWS.c.stream == stream)
        return keys if self._asked(sa.select(_ROWS.c.key).where(mine).limit(1)) else None

    def introduce(self, stream: str, keys: Sequence[str], source: str, *, store: bool) -> None:
        """Record the key properties and the source of a stream; without `store` only for this run."""
        known = self._keys.get(stream), self._sources.get(stream)
        self._keys[stream], self._sources[stream] = list(keys), source
        if store and known != (list(keys), source):
            values = {"workspace": self.workspace, "stream": stream, "keys": _json(list(keys)), "source": source}
            mine = sa.and_(_STREAMS.c.workspace == self.workspace, _STREAMS.c.stream == stream)
            with self._lock, self._transaction() as connection:
                connection.execute(_STREAMS.delete().where(mine))
                connection.execute(_STREAMS.insert(), values)
        self._ids.clear()

    def move(self, row: Row, key: str) -> Row:
        """Move a row to another key of the same stream; it is compared again."""
        moved = replace(row, key=key, record_hash=None, state_hash=None)
        with self._lock, self._transaction() as connection:
            self._drop(connection, row.stream, row.key)
            self._store(connection, [moved])
        return moved

    def ids_of(self, name: str, key: str, source: str = "") -> list[str]:
        """Return the ids of the objects of this kind that rows with this key and source became.

        There are several if streams of one source have rows with the same key; then a reference is ambiguous.
        """
        place = (source, name, key)
        with self._lock:
            if place not in self._ids:
                mine = sa.and_(_ROWS.c.workspace == self.workspace, _ROWS.c.object == name, _ROWS.c.key == key)
                query = "SELECT stream, id FROM supposed WHERE key = ? AND object = ?"
                rows = [(row.stream, row.id) for row in self._rows(mine)]
                rows += self._supposed.execute(query, (key, name))
                self._ids[place] = {stream: one for stream, one in rows if self._sources.get(stream, "") == source}
            self._ids.move_to_end(place)
            found = sorted({*self._ids[place].values()})
            if len(self._ids) > _REMEMBERED:
                self._ids.popitem(last=False)
            return found

    def owners(self, name: str, ids: Iterable[str]) -> dict[str, list[Row]]:
        """Return the rows that claim each of these objects: one for each claiming stream."""
        mine = sa.and_(_ROWS.c.workspace == self.workspace, _ROWS.c.object == name, _ROWS.c.id.in_(list(ids)))
        found: dict[str, list[Row]] = {}
        for row in self._rows(mine):
            found.setdefault(row.id, []).append(row)
        return found

    def created(self, stream: str) -> Iterator[Row]:
        """Yield the rows of a stream that became new objects."""
        mine = sa.and_(_ROWS.c.workspace == self.workspace, _ROWS.c.stream == stream, _ROWS.c.created)
        yield from self._rows(mine)

    def remember(self, rows: Sequence[Row]) -> None:
        """Store rows, replacing older versions; an object that this ledger created stays marked as created."""
        if rows:
            with self._lock, self._transaction() as connection:
                self._store(connection, rows)

    def suppose(self, name: str, stream: str, key: str, object_id: str) -> None:
        """Remember for this run which object a row belongs to, without storing it."""
        with self._lock:
            self._supposed.execute(
                "INSERT OR REPLACE INTO supposed VALUES (?, ?, ?, ?)", (key, name, stream, object_id)
            )
            self._note(stream, name, key, object_id)

    def forget(self, gone: Iterable[tuple[str, str]]) -> None:
        """Delete the rows of deleted objects, by stream and key."""
        with self._lock, self._transaction() as connection:
            for stream, key in gone:
                self._drop(connection, stream, key)
            self._unmark_if_empty(connection)

    # -- the journal ---------------------------------------------------------------------------

    def begin(self, entries: Sequence[Entry]) -> None:
        """Enter writes before they are sent, and wait for the disk: otherwise a lost write could not be found."""
        with self._lock, self._transaction() as connection:
            began = _now()
            for entry in entries:
                values = {
                    "run": self.run,
                    "workspace": self.workspace,
                    "stream": entry.stream,
                    "key": entry.key,
                    "object": entry.object,
                    "operation": entry.operation,
                    "id": entry.id,
                    "status": "open",
                    "changes": _json(entry.changes),
                    "recovery": _json(entry.recovery),
                    "began": began,
                }
                entry.seq = _inserted(connection.execute(_JOURNAL.insert(), values))
        self.sync()

    def sending(self, entry: Entry) -> None:
        """Record that a request is being sent, since nothing shows afterwards whether it arrived."""
        with self._lock, self._transaction() as connection:
            connection.execute(_JOURNAL.update().where(_JOURNAL.c.seq == entry.seq), {"status": "sent"})
        self.sync()

    def note_repeated(self, entries: Iterable[Entry], *, repeated: bool = True) -> None:
        """Record whether creates were sent again although an earlier request may still take effect."""
        with self._lock, self._transaction() as connection:
            for entry in entries:
                entry.recovery["repeated"] = repeated
                values = {"recovery": _json(entry.recovery)}
                connection.execute(_JOURNAL.update().where(_JOURNAL.c.seq == entry.seq), values)

    def repeated_creates(self, since: datetime) -> list[tuple[Entry, datetime]]:
        """Return the creates of earlier runs that were sent again, each with its start time."""
        mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.run != self.run)
        some = sa.and_(_JOURNAL.c.status.in_(("done", "void", "failed", "refused")), _JOURNAL.c.operation == "INSERT")
        late = sa.and_(
            _JOURNAL.c.began >= since.isoformat(timespec="seconds"), _JOURNAL.c.recovery.contains('"repeated":true')
        )
        found = self._asked(sa.select(_JOURNAL).where(mine, some, late).order_by(_JOURNAL.c.seq))
        return [(_entry(row), _moment(row.began)) for row in found]

    def created_by_calls(self) -> set[str]:
        """Return the ids of the objects that the responses to calls of earlier runs showed as created."""
        calls = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.operation == "CALL")
        rows = self._asked(sa.select(_JOURNAL).where(calls, _JOURNAL.c.recovery.contains('"shown":')))
        return {one for row in rows for one in _entry(row).recovery["shown"]}

    def amend(self, entry: Entry) -> None:
        """Store the changed `changes` and `recovery` of an entry."""
        with self._lock, self._transaction() as connection:
            values = {"changes": _json(entry.changes), "recovery": _json(entry.recovery)}
            connection.execute(_JOURNAL.update().where(_JOURNAL.c.seq == entry.seq), values)

    def exists(self, entry: Entry, row: Row) -> None:
        """Record at once that an object was created, before the writes that complete it."""
        with self._lock, self._transaction() as connection:
            connection.execute(_JOURNAL.update().where(_JOURNAL.c.seq == entry.seq), {"id": row.id})
            self._store(connection, [row])

    def finish(self, outcomes: Sequence[tuple[Entry, str, str | None, Row | None]]) -> None:
        """Close entries: each with its status, its error, and the current row."""
        with self._lock, self._transaction() as connection:
            for entry, status, error, row in outcomes:
                values = {"status": status, "error": error, "ended": _now()}
                if object_id := row.id if row else entry.id:
                    values["id"] = object_id
                connection.execute(_JOURNAL.update().where(_JOURNAL.c.seq == entry.seq), values)
                if entry.operation == "DELETE" and status == "done":
                    self._drop(connection, entry.stream, entry.key)
                    gone = sa.and_(
                        _ROWS.c.workspace == self.workspace, _ROWS.c.object == entry.object, _ROWS.c.id == entry.id
                    )
                    connection.execute(_ROWS.delete().where(gone))
                    self._supposed.execute("DELETE FROM supposed WHERE id = ?", (entry.id,))
                elif row:
                    self._store(connection, [row])
            self._unmark_if_empty(connection)

    def open_entries(self) -> list[Entry]:
        """Return the writes of earlier runs whose outcome is unknown."""
        mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.status.in_(("open", "sent")))
        query = sa.select(_JOURNAL).where(mine, _JOURNAL.c.run != self.run).order_by(_JOURNAL.c.seq)
        return [_entry(row) for row in self._asked(query)]

    def last_noted(self) -> datetime | None:
        """Return the time of the last journal entry of earlier runs, None if there is none."""
        mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.run != self.run)
        query = sa.select(sa.func.max(_JOURNAL.c.began), sa.func.max(_JOURNAL.c.ended)).where(mine)
        moments = [_moment(one) for one in self._asked(query)[0] if one]
        return max(moments, default=None)

    def given_up(self, stream: str, key: str) -> Entry | None:
        """Return the last entry of a row if it is a create that was given up because no object was found."""
        with self._lock:
            if self._given_up is None:
                mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.status == "void")
                query = sa.select(_JOURNAL.c.stream, _JOURNAL.c.key).where(mine, _JOURNAL.c.operation == "INSERT")
                self._given_up = {(row.stream, row.key) for row in self._asked(query)}
            if (stream, key) not in self._given_up:
                return None
            mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.stream == stream, _JOURNAL.c.key == key)
            query = sa.select(_JOURNAL).where(mine).order_by(_JOURNAL.c.seq.desc()).limit(1)
            rows = self._asked(query)
        entry = _entry(rows[0]) if rows else None
        return entry if entry and entry.status == "void" and entry.operation == "INSERT" and not entry.id else None

    def latest_run(self) -> str:
        """Return the latest run that wrote in this workspace.

        Raises:
            LookupError: There is no such run, or it is an incomplete undo: then `last` could mean to finish it or to
                undo it.
        """
        latest = self._asked(sa.select(_JOURNAL.c.run).where(self._written).order_by(_JOURNAL.c.seq.desc()).limit(1))
        if not latest:
            msg = f"the ledger knows of no run that wrote in workspace {self.workspace}"
            raise LookupError(msg)
        run = str(latest[0].run)
        entries = self.entries_of(run)
        if (undone := next((one.recovery["undoes"] for one in entries if "undoes" in one.recovery), None)) is not None:
            back, numbers = {(one.stream, one.key) for one in entries if one.status == "done"}, self.taken_back(undone)
            if any((one.stream, one.key) not in back and one.seq not in numbers for one in self.entries_of(undone)):
                msg = (
                    f"the latest run, {run}, took back {undone}, but not completely: name {undone} to continue that "
                    f"undo, or {run} to undo the undo"
                )
                raise LookupError(msg)
        return run

    @property
    def _written(self) -> sa.ColumnElement[bool]:
        """The entries of earlier runs that took effect, at least in part, or may have; corrections belong to none."""
        earlier = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.run != self.run)
        wrote = sa.or_(_JOURNAL.c.status.in_(("done", "unknown")), _JOURNAL.c.id.is_not(None))
        corrects = _JOURNAL.c.recovery.contains('"settles":true')
        return sa.and_(earlier, wrote, _JOURNAL.c.status.not_in(("void", "refused")), sa.not_(corrects))

    def entries_of(self, run: str) -> list[Entry]:
        """Return the writes of a run in this workspace, the latest first.

        Raises:
            LookupError: There is no such run.
        """
        mine = sa.select(_JOURNAL).where(self._written, _JOURNAL.c.run == run)
        rows = self._asked(mine.order_by(_JOURNAL.c.seq.desc()))
        if not rows:
            msg = f"the ledger knows of no write in a run {run!r} in workspace {self.workspace}"
            raise LookupError(msg)
        return [_entry(row) for row in rows]

    def taken_back(self, run: str) -> dict[int, Entry]:
        """Return the writes of earlier undos of a run that no later undo has taken back.

        They are sorted by the number of the journal entry that they take back.
        """
        mine = sa.select(_JOURNAL).where(self._written, _JOURNAL.c.recovery.contains(f'"undoes":{_json(run)}'))
        by_undo: dict[str, dict[int, Entry]] = {}
        for row in self._asked(mine.order_by(_JOURNAL.c.seq)):
            entry = _entry(row)
            if entry.status in {"done", "unknown"} or entry.operation == "INSERT":
                by_undo.setdefault(row.run, {})[entry.recovery.get("of", 0)] = entry
        done: dict[int, Entry] = {}
        for undo, entries in by_undo.items():
            again = self.taken_back(undo)
            done |= {number: entry for number, entry in entries.items() if entry.seq not in again}
        return done

    def renewed(self) -> dict[str, str]:
        """Return the newest ids of all objects that undos have restored, by each of their earlier ids."""
        made = sa.and_(self._written, _JOURNAL.c.operation == "INSERT", _JOURNAL.c.recovery.contains('"undoes":'))
        rows = self._asked(sa.select(_JOURNAL).where(made).order_by(_JOURNAL.c.seq))
        again = {entry.recovery["of"]: entry for row in rows if "of" in (entry := _entry(row)).recovery and entry.id}
        numbers = list(again)
        newest: dict[str, str] = {}
        for start in range(0, len(numbers), _LOOKED_UP_AT_ONCE):
            some = _JOURNAL.c.seq.in_(numbers[start : start + _LOOKED_UP_AT_ONCE])
            for row in self._asked(sa.select(_JOURNAL.c.seq, _JOURNAL.c.id).where(some)):
                newest[row.id] = str(again[row.seq].id)
        for old, new in newest.items():
            while new in newest:
                new = newest[new]  # noqa: PLW2901 - along the chain
            newest[old] = new
        return newest

    def forget_journal_before(self, moment: datetime) -> None:
        """Delete journal entries that ended before `moment`; their runs can no longer be undone."""
        old = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.ended < moment.isoformat(timespec="seconds"))
        with self._lock, self._transaction() as connection:
            connection.execute(_JOURNAL.delete().where(old, _JOURNAL.c.status != "unknown"))

    def last_status(self, stream: str, key: str) -> str | None:
        """Return the status of the last journal entry of a row."""
        mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.stream == stream, _JOURNAL.c.key == key)
        query = sa.select(_JOURNAL.c.status).where(mine).order_by(_JOURNAL.c.seq.desc()).limit(1)
        found = self._asked(query)
        return found[0].status if found else None

    def has_deleted(self, name: str, object_id: str) -> bool:
        """Return whether the target deleted an object with this ledger."""
        mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.object == name, _JOURNAL.c.id == object_id)
        query = sa.select(_JOURNAL.c.seq).where(mine, _JOURNAL.c.operation == "DELETE", _JOURNAL.c.status == "done")
        return bool(self._asked(query.limit(1)))

    def written(self, name: str, object_id: str) -> tuple[dict[str, Any], bool]:
        """Return the last written fields of an object, and whether the target created it with this ledger."""
        mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.object == name, _JOURNAL.c.id == object_id)
        query = sa.select(_JOURNAL.c.operation, _JOURNAL.c.changes).where(mine, _JOURNAL.c.status == "done")
        rows = self._asked(query.order_by(_JOURNAL.c.seq))
        fields = {name: new for row in rows for name, (_, new) in _stored(row.changes, _CHANGES).items()}
        return fields, any(row.operation == "INSERT" for row in rows)

    def writers(self, name: str, object_id: str) -> dict[str, tuple[str, str]]:
        """Return the row that last wrote each field of an object, by stream and key."""
        mine = sa.and_(_JOURNAL.c.workspace == self.workspace, _JOURNAL.c.object == name, _JOURNAL.c.id == object_id)
        query = sa.select(_JOURNAL.c.stream, _JOURNAL.c.key, _JOURNAL.c.changes).where(
            mine, _JOURNAL.c.status == "done"
        )
        rows = self._asked(query.order_by(_JOURNAL.c.seq))
        return {field: (row.stream, row.key) for row in rows for field in _stored(row.changes, _CHANGES)}

    # -- inside --------------------------------------------------------------------------------

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)

    def _asked(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with self._lock:
            try:
                return self._connection.execute(query).all()
            finally:
                self._connection.rollback()

    def _is_emptied(self) -> bool:
        """Return whether somebody else has deleted the rows of this workspace."""
        marked = sa.and_(_STREAMS.c.workspace == self.workspace, _STREAMS.c.stream == _HAS_ROWS)
        rows = sa.select(_ROWS.c.key).where(_ROWS.c.workspace == self.workspace)
        # In one statement, since another run may delete the last row and the mark in between.
        return bool(self._asked(sa.select(_STREAMS.c.stream).where(marked, ~rows.exists())))

    def _has_rows(self, connection: sa.Connection) -> bool:
        mine = _ROWS.c.workspace == self.workspace
        return connection.execute(sa.select(_ROWS.c.key).where(mine).limit(1)).first() is not None

    def _mark(self, connection: sa.Connection) -> None:
        """Mark that this workspace has rows."""
        if not self._is_marked:
            self._unmark(connection)
            connection.execute(
                _STREAMS.insert(), {"workspace": self.workspace, "stream": _HAS_ROWS, "keys": "[]", "source": ""}
            )
            self._is_marked = True

    def _unmark(self, connection: sa.Connection) -> None:
        mine = sa.and_(_STREAMS.c.workspace == self.workspace, _STREAMS.c.stream == _HAS_ROWS)
        connection.execute(_STREAMS.delete().where(mine))
        self._is_marked = False

    def _unmark_if_empty(self, connection: sa.Connection) -> None:
        if self._has_dropped and not self._has_rows(connection):
            self._unmark(connection)
        self._has_dropped = False

    def _rows(self, condition: sa.ColumnElement[bool]) -> list[Row]:
        return [
            Row(
                row.stream,
                row.key,
                row.object,
                row.id,
                _stored(row.scope, dict[str, Any]) if row.scope != "{}" else {},
                row.created,
                row.record_hash,
                row.state_hash,
            )
            for row in self._asked(sa.select(_ROWS).where(condition))
        ]

    def _store(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        places = [{"w": self.workspace, "s": row.stream, "k": row.key} for row in rows]
        connection.execute(
            _ROWS.delete().where(
                _ROWS.c.workspace == sa.bindparam("w"),
                _ROWS.c.stream == sa.bindparam("s"),
                _ROWS.c.key == sa.bindparam("k"),
            ),
            places,
        )
        connection.execute(
            _ROWS.insert(),
            [
                {
                    "workspace": self.workspace,
                    "stream": row.stream,
                    "key": row.key,
                    "object": row.object,
                    "id": row.id,
                    "scope": _json(row.scope),
                    "created": row.created,
                    "record_hash": row.record_hash,
                    "state_hash": row.state_hash,
                    "run": self.run,
                }
                for row in rows
            ],
        )
        self._mark(connection)
        query = "UPDATE supposed SET id = ? WHERE key = ? AND object = ? AND stream = ?"
        self._supposed.executemany(query, [(row.id, row.key, row.object, row.stream) for row in rows])
        for row in rows:
            self._note(row.stream, row.object, row.key, row.id)

    def _drop(self, connection: sa.Connection, stream: str, key: str) -> None:
        mine = sa.and_(_ROWS.c.workspace == self.workspace, _ROWS.c.stream == stream, _ROWS.c.key == key)
        connection.execute(_ROWS.delete().where(mine))
        self._has_dropped = True
        self._supposed.execute("DELETE FROM supposed WHERE key = ? AND stream = ?", (key, stream))
        self._ids.clear()

    def _note(self, stream: str, name: str, key: str, object_id: str) -> None:
        place = (self._sources.get(stream, ""), name, key)
        if place in self._ids:
            self._ids[place][stream] = object_id


def _bring_up_to_date(database: Database, connection: sa.Connection, *, may_be_new: bool) -> None:
    """Create the tables of a new ledger, or migrate those of an earlier version; two programs may do so at once.

    Raises:
        LedgerError: A later version of this program has written it, or its version is gone.
    """
    if _version_of(connection) != _CURRENT_VERSION:
        with database.alone(connection):
            version = _version_of(connection)
            if version is None and not may_be_new and _has_lost_all(connection):
                raise database.emptied()
            if version != _CURRENT_VERSION:
                _META.create_all(connection)
                _migrate(connection)
                connection.execute(_VERSION.insert(), {"version": _CURRENT_VERSION})


def _has_lost_all(connection: sa.Connection) -> bool:
    """Return whether the tables exist but contain neither a version nor rows."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return False
    return not connection.execute(sa.select(_ROWS.c.key).limit(1)).first()


def _version_of(connection: sa.Connection) -> int | None:
    version: int | None = None
    if sa.inspect(connection).has_table(_VERSION.name):
        version = connection.execute(sa.select(sa.func.max(_VERSION.c.version))).scalar()
    if version is not None and version > _CURRENT_VERSION:
        msg = f"the ledger is of version {version}, and this program reads {_CURRENT_VERSION}: upgrade target-clockify"
        raise LedgerError(msg)
    return version


def _migrate(connection: sa.Connection) -> None:
    """Bring rows of an earlier version up to date: names of streams in one spelling, parts of keys as texts."""
    for table in (_ROWS, _JOURNAL):
        for stream in connection.execute(sa.select(table.c.stream).distinct()).scalars().all():
            if (name := folded(stream)) == stream:
                continue
            mine = table.c.stream == stream
            if table is _ROWS:  # two spellings of one stream: rows that exist under both are kept once
                other = _ROWS.alias()
                same = sa.and_(
                    other.c.workspace == _ROWS.c.workspace, other.c.stream == name, other.c.key == _ROWS.c.key
                )
                connection.execute(_ROWS.delete().where(mine, sa.exists().where(same)))
            connection.execute(table.update().where(mine), {"stream": name})
    composite = sa.select(_ROWS.c.workspace, _ROWS.c.stream, _ROWS.c.key).where(_ROWS.c.key.like("[%"))
    for workspace, stream, key in connection.execute(composite).all():
        if (text := _composite(key)) != key:
            mine = sa.and_(_ROWS.c.workspace == workspace, _ROWS.c.stream == stream)
            connection.execute(_ROWS.delete().where(mine, _ROWS.c.key == text))
            connection.execute(_ROWS.update().where(mine, _ROWS.c.key == key), {"key": text})


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        row.stream,
        row.key,
        row.object,
        row.operation,
        row.id,
        _stored(row.changes, _CHANGES),
        _stored(row.recovery, dict[str, Any]),
        row.seq,
        row.status,
    )


def _composite(key: str) -> str:
    try:
        parts = msgspec.json.decode(key)
    except msgspec.DecodeError:
        return key
    if not isinstance(parts, list):
        return key
    return _json([one if isinstance(one, str) else _json(one) for one in parts])


def _inserted(result: sa.CursorResult[Any]) -> int:
    return int((result.inserted_primary_key or (0,))[0])


class _Transaction:
    """Commits the changes made inside, or rolls all of them back."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sa.Connection:
        return self._connection

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._connection.commit()
        finally:
            self._connection.rollback()  # if there is nothing to roll back, nothing happens


def report(url: str, run: str) -> list[dict[str, Any]]:
    """Return what a run changed, in order; `last` is the latest run.

    Raises:
        LookupError: The ledger does not know this run, or has no run. LedgerError: The database cannot be read.
    """
    database = Database(url)
    database.require_file()
    if database.file and not database.file.exists():
        msg = f"there is no ledger at {database.file}; check ledger_url"
        raise LookupError(msg)
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table(_JOURNAL.name):
            msg = "the database in ledger_url has no ledger"
            raise LookupError(msg)
        _version_of(connection)
        if run == "last":
            run = connection.execute(sa.select(_JOURNAL.c.run).order_by(_JOURNAL.c.seq.desc()).limit(1)).scalar() or run
        rows = connection.execute(sa.select(_JOURNAL).where(_JOURNAL.c.run == run).order_by(_JOURNAL.c.seq)).mappings()
        found = [{**row, "changes": _stored(row["changes"], _CHANGES)} for row in rows]
    database.close()
    if not found:
        msg = f"the ledger knows of no write in a run {run!r}"
        raise LookupError(msg)
    return found
