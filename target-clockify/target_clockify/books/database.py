"""The database of a ledger: supported databases, file permissions, the lock, and error messages."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from target_clockify import private_files

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGGED_AS = "ledger"
_BESIDE = ("-wal", "-shm", "-journal")  # files that SQLite writes next to the database, with the same permissions
_SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full; make room and run again",
    sqlite3.SQLITE_IOERR: "its disk fails, is full, or has a quota that is used up; make room and run again",
    sqlite3.SQLITE_READONLY: "it is read-only; let this user write to the file and its folder",
    sqlite3.SQLITE_PERM: "it is read-only; let this user write to the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the folder exists and can be written to",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; let that end first",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; let that end first",
    sqlite3.SQLITE_NOTADB: "it is not a SQLite database; put a copy of the ledger back, or move the file away, and run "
    "once with --rebuild-ledger",
    sqlite3.SQLITE_CORRUPT: "it is damaged; put a copy of the ledger back, or move the file away, and run once with "
    "--rebuild-ledger",
}
_POSTGRESQL = {
    "53100": "the disk is full; make room and run again",
    "25006": "it is read-only; name a server that can be written to",
    "42501": "its user may not write there; grant it the right to",
    "42P01": "its tables are not those of a ledger of this version",
    "42703": "its tables are not those of a ledger of this version",
}


class LedgerError(Exception):
    """The ledger cannot be used; the message says which ledger, why, and what to do, without a password."""


class LedgerInUseError(LedgerError):
    """Another run is writing with this ledger: both would insert the same rows."""


class Database:
    """The database of a ledger.

    Args:
        url: SQLAlchemy URL of SQLite or PostgreSQL; None for a database in memory, which lives as long as this object.

    Attributes:
        engine: Creates connections whose errors are raised as `LedgerError`. After a connection is lost there are no
            further ones, since the lock on the ledger was lost, too.

    Raises:
        LedgerError: The URL cannot be that of a ledger.
    """

    def __init__(self, url: str | None) -> None:
        parsed = _parsed(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.file = _file_of(parsed) if url is not None else None
        self.name = str(self.file) if self.file else parsed.database or ""
        options: dict[str, Any] = (
            {"connect_args": {"check_same_thread": False, "timeout": 60}} if self.is_sqlite else {}
        )
        try:
            self.engine = sa.create_engine(
                parsed, poolclass=NullPool, hide_parameters=True, logging_name=_LOGGED_AS, **options
            )
        except (NoSuchModuleError, ImportError, TypeError) as error:
            msg = f"ledger_url: the driver of {parsed.drivername} is not there: {_first_line(error)}"
            raise LedgerError(msg) from None
        logging.getLogger("psycopg").setLevel(logging.ERROR)  # it logs warnings for errors that it also raises
        statements = logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGGED_AS}")
        statements.setLevel(max(logging.INFO, statements.getEffectiveLevel()))  # below INFO, it logs rows
        self._lost: LedgerError | None = None
        self._guard: sqlite3.Connection | None = None
        sa.event.listen(self.engine, "handle_error", self._as_ledger_error)
        sa.event.listen(self.engine, "do_connect", self._refuse_after_loss)

    def prepare(self, workspace: str, *, may_be_new: bool) -> None:
        """Make the files of a ledger readable only by their owner, and create the database file if it does not exist.

        Args:
            workspace: The workspace whose rows are used.
            may_be_new: Whether a ledger that was used before, but is gone, may be created again.

        Raises:
            LedgerError: The files cannot be written or are links, or the ledger is gone.
        """
        if self.file is None:
            return
        self.require_file()
        try:
            private_files.require_plain(self.file)
            lock = self._lock_file(workspace)
            is_gone = not self.file.exists() or not self.file.stat().st_size
            if is_gone and lock.exists() and not may_be_new:
                msg = (
                    f"the ledger {self.file} is gone, though runs have used it: without it rows would be written once "
                    "more. Put it back, or run once with --rebuild-ledger and the input that was written; to begin "
                    f"anew, remove {lock.name}"
                )
                raise LedgerError(msg)
            for one in (self.file, *self._beside()):
                _make_private(one, create=one == self.file)
            is_read_only = private_files.is_read_only(self.file)
        except OSError as error:
            raise self._failure(_said(error)) from None
        if is_read_only:
            raise self._failure(_SQLITE[sqlite3.SQLITE_READONLY])

    def require_file(self) -> None:
        """Refuse a path of the ledger that is not a file.

        Raises:
            LedgerError: It is a folder, a pipe or a device, or cannot be looked at.
        """
        try:
            is_other = self.file is not None and self.file.exists() and not self.file.is_file()
        except OSError as error:  # the name is too long
            raise self._failure(_said(error)) from None
        if is_other:
            raise self._failure("it is no file; name one in ledger_url")

    @contextmanager
    def alone(self, connection: sa.Connection) -> Iterator[None]:
        """Prevent other programs from changing the tables at the same time, and from seeing an incomplete change."""
        try:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_number_of("target-clockify tables"))))
            yield
            connection.commit()
        finally:
            connection.rollback()

    def hold(self, workspace: str, connection: sa.Connection) -> None:
        """Lock a workspace's part of the ledger for this run, until the connection or the process ends.

        Raises:
            LedgerInUseError: Another run holds the lock.
            LedgerError: The lock cannot be acquired.
        """
        held = self._hold_file(workspace) if self.is_sqlite else self._hold_advisory(workspace, connection)
        if not held:
            msg = f"another run is writing to workspace {workspace} with this ledger; let it end first"
            raise LedgerInUseError(msg)

    def emptied(self, workspace: str = "") -> LedgerError:
        """Return the error for a ledger that has lost the rows of a workspace, or all rows of its tables."""
        anew = f"remove {self.name}" if self.is_sqlite else "drop its tables, clockify_*"
        if workspace:  # it may have rows of others
            anew = f"delete the rows of workspace {workspace} from its table clockify_streams"
        return LedgerError(
            f"the ledger {self.name} has lost its rows, though runs have used it: without them the input would be "
            "written again. Restore a copy of it, or run once with --rebuild-ledger and the input that was loaded "
            f"before; to begin anew, {anew}"
        )

    def close(self) -> None:
        """Close the connection."""
        self.engine.dispose()
        if self._guard is not None:
            self._guard.close()

    def _hold_file(self, workspace: str) -> bool:
        if self.file is None:
            return True
        # A lock on a separate file: the operating system releases it however the process ends.
        lock = self._lock_file(workspace)
        try:
            _make_private(lock, create=True)
            self._guard = sqlite3.connect(lock, timeout=0, check_same_thread=False)
            self._guard.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if _code(error) == sqlite3.SQLITE_BUSY:
                return False
            raise self._failure(_in_words(error)) from None
        except OSError as error:
            raise self._failure(_said(error)) from None
        return True

    def _hold_advisory(self, workspace: str, connection: sa.Connection) -> bool:
        query = sa.select(sa.func.pg_try_advisory_lock(_number_of(f"target-clockify {workspace}")))
        held = bool(connection.execute(query).scalar())
        connection.rollback()
        return held

    def _lock_file(self, workspace: str) -> Path:
        return Path(f"{self.file}.{quote(workspace, safe='')}.lock")

    def _beside(self) -> Iterator[Path]:
        return (one for end in _BESIDE if (one := Path(f"{self.file}{end}")).exists() or one.is_symlink())

    def _as_ledger_error(self, context: sa.engine.ExceptionContext) -> LedgerError:
        error = context.original_exception
        if context.is_disconnect:
            self._lost = self._failure(
                "the connection to its database was lost; run again: the outcome of unanswered writes is looked up then"
            )
            return self._lost
        return self._failure(_in_words(error))

    def _refuse_after_loss(self, *_: object) -> None:
        if self._lost is not None:
            raise self._lost

    def _failure(self, why: str) -> LedgerError:
        return LedgerError(f"the ledger {self.name} cannot be used: {why}")


def _parsed(url: str | None) -> sa.URL:
    try:
        parsed = sa.make_url("sqlite://" if url is None else url)
    except (ArgumentError, ValueError):  # of a port that is no number
        msg = (
            "ledger_url is no URL of a database, such as sqlite:///ledger.db or postgresql+psycopg://user@host/database"
        )
        raise LedgerError(msg) from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        msg = f"ledger_url must name SQLite or PostgreSQL: {parsed.get_backend_name()} has no lock that is used here"
        raise LedgerError(msg)
    return parsed


def _file_of(url: sa.URL) -> Path | None:
    """Return the file of a SQLite database, None for another database.

    Raises:
        LedgerError: It names no file, or not by a plain path, so that the lock file could not be found.
    """
    if url.get_backend_name() != "sqlite":
        return None
    name = url.database or ""
    if name in {"", ":memory:"} or "memory" in url.query.get("mode", ""):
        msg = "ledger_url names no file: a ledger in memory would forget what was written, and the next run repeat it"
        raise LedgerError(msg)
    if name.startswith("file:") or "uri" in url.query:
        msg = "ledger_url must name the file by its path, as in sqlite:///ledger.db, without file: and uri"
        raise LedgerError(msg)
    return Path(name)


def _number_of(lock: str) -> int:
    return int.from_bytes(hashlib.blake2b(lock.encode(), digest_size=8).digest(), signed=True)


def _make_private(path: Path, *, create: bool) -> None:
    with suppress(FileExistsError):
        if create:
            os.close(private_files.create(path))
            return
    private_files.keep_private(path)


def _in_words(error: BaseException | None) -> str:
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(_code(error)) or _shape(error) or _first_line(error)
    return _POSTGRESQL.get(getattr(error, "sqlstate", None) or "") or _first_line(error)


def _shape(error: sqlite3.Error) -> str:
    """Report tables with other columns; SQLite has no separate error code for that."""
    said = str(error)
    is_alien = said.startswith(("no such column", "no such table")) or (said.startswith("table ") and "column" in said)
    return "its tables are not those of a ledger of this version" if is_alien else ""


def _code(error: sqlite3.Error) -> int:
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF  # the higher bits are a more detailed code


def _said(error: OSError) -> str:
    return f"{error.filename} {error.strerror}" if error.filename else str(error.strerror)


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
