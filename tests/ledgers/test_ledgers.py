"""Every problem of a ledger is one line, and causes no double writes after the repair."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from target_clockify.books.ledger import Ledger
from target_clockify.private_files import keep_private

from tests.ledgers.conftest import COUNT, assert_refused, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ledgers.relay import Relay
    from tests.prefork import Prefork

_FIRST_EDITION = Path(__file__).with_name("first_edition.sql")
_LATE = "target_clockify.apply.late.WAITS"


@pytest.fixture(autouse=True)
def _no_late_arrivals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox has executed all requests of an interrupted run."""
    monkeypatch.setattr(_LATE, (0.0,))


@pytest.fixture
def file(target: Any) -> Path:
    return Path(target.folder, "ledger.db")


def _is_written_once(target: Any, work: Any, entries: Callable[[], int], **settings: Any) -> None:
    result = target(work, **settings)
    assert (result.code, result.states, entries()) == (0, [{"done": COUNT}], COUNT), result.log
    assert target(work, **settings).writes == {}


# -- the disk --------------------------------------------------------------------------------------


def test_a_full_disk_is_reported_as_full(target: Any, work: Any, entries: Callable[[], int], file: Path) -> None:
    """SQLite itself runs out of pages, at each stage of a run."""
    for row in work[1:-1]:
        row["record"]["id"] = f"{row['record']['id']:0400}"
    pages, stages = 1, set()

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    sa.event.listen(sa.Engine, "connect", limit)
    try:
        while (result := target(work)).code:
            assert_refused(result, f"the ledger {file} cannot be used: the disk is full; make room and run again")
            stages.add("nothing sent" if not result.writes else "sent")
            pages += 8 if pages < 9 else 1
            assert pages < 60, result.log
    finally:
        sa.event.remove(sa.Engine, "connect", limit)
    assert stages == {"nothing sent", "sent"}
    _is_written_once(target, work, entries)


def test_a_read_only_file(target: Any, work: Any, entries: Callable[[], int], file: Path) -> None:
    assert target(work).code == 0
    file.chmod(0o400)
    assert_refused(target(work), f"the ledger {file} cannot be used: it is read-only")
    file.chmod(0o600)
    _is_written_once(target, work, entries)


@pytest.mark.parametrize("damage", ["garbage", "damaged", "cut off", "emptied"])
def test_a_file_that_is_no_longer_a_ledger_is_refused(
    target: Any, work: Any, entries: Callable[[], int], file: Path, damage: str
) -> None:
    assert target(work).code == 0
    content = file.read_bytes()
    garbage = random.Random(1).randbytes(len(content))
    file.write_bytes(
        {
            "garbage": garbage,
            "damaged": content[:4096] + garbage[4096:],
            "cut off": content[: len(content) // 2],
            "emptied": b"",
        }[damage]
    )
    assert_refused(target(work), "--rebuild-ledger", str(file))
    file.rename(target.folder / "aside")
    assert_refused(target(work), f"the ledger {file} is gone, though runs have used it", "--rebuild-ledger")
    assert target(work, rebuild_ledger=True).code == 0
    _is_written_once(target, work, entries)


def test_a_new_ledger_can_be_started_on_purpose(target: Any, work: Any, entries: Callable[[], int], file: Path) -> None:
    assert target(work).code == 0
    file.unlink()
    refused = target(work, dry_run=True)
    assert_refused(refused, "to begin anew, remove ")
    lock = file.with_name(f"{file.name}.{target.workspace}.lock")
    assert f"remove {lock.name}" in refused.log
    lock.unlink()
    assert target(work).code == 0
    assert entries() == 2 * COUNT


# -- which database will do ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"]
)
def test_a_ledger_in_memory_is_refused(target: Any, work: Any, url: str) -> None:
    result = target(work, ledger_url=url)
    assert_refused(result, "ledger_url ")
    assert result.requests.total() <= 1


def test_another_spelling_of_the_path_uses_the_same_lock(target: Any, work: Any, file: Path) -> None:
    assert target(work[:2]).code == 0
    (target.folder / "sub").mkdir()
    (target.folder / "link").symlink_to(target.folder)
    other = Ledger(f"sqlite:///{file}", target.workspace, "other")
    other.hold()
    try:
        for spelled in (file, target.folder / "." / "ledger.db", f"{target.folder}/sub/../ledger.db"):
            assert_refused(target(work, ledger_url=f"sqlite:///{spelled}"), "another run is writing")
        assert_refused(target(work, ledger_url=f"sqlite:///{target.folder}/link/ledger.db"), "another run is writing")
        assert_refused(target(work, ledger_url=f"sqlite+pysqlite:///{file}"), "another run is writing")
        assert_refused(target(work, ledger_url=f"sqlite:///file:{file}?uri=true"), "by its path")
    finally:
        other.close()


@pytest.mark.parametrize("kind", ["symbolic", "hard", "dangling"])
def test_a_ledger_that_is_a_link_is_refused(target: Any, work: Any, file: Path, kind: str) -> None:
    real, content = target.folder / "real.db", b""
    if kind != "dangling":
        assert target(work[:2], ledger_url=f"sqlite:///{real}").code == 0
        content = real.read_bytes()
    file.hardlink_to(real) if kind == "hard" else file.symlink_to(real)
    assert_refused(target(work), f"{file} ", "hard links" if kind == "hard" else "is a symbolic link: name the file")
    assert (real.read_bytes() if real.exists() else b"") == content, "nothing was written through it"


def test_a_ledger_of_a_later_version_is_left_alone(target: Any, work: Any, ledger_url: str) -> None:
    assert target(work[:2], ledger_url=ledger_url).code == 0
    engine = sa.create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO clockify_ledger VALUES (99)"))
        connection.execute(sa.text("DROP TABLE clockify_streams"))
    refused = target(work, ledger_url=ledger_url)
    assert_refused(refused, "the ledger is of version 99", "upgrade target-clockify")
    assert not sa.inspect(engine).has_table("clockify_streams"), "nor was it changed"
    engine.dispose()


def test_tables_of_another_program_are_left_alone(target: Any, work: Any, ledger_url: str) -> None:
    engine = sa.create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE clockify_rows (anything INTEGER)"))
    engine.dispose()
    refused = target(work, ledger_url=ledger_url)
    assert_refused(refused, "its tables are not those of a ledger of this version")
    assert refused.writes == {}


def test_a_ledger_of_the_first_edition(target: Any, work: Any, entries: Callable[[], int], file: Path) -> None:
    """A ledger as in the first version: its tables, its spelling, and readable by everybody."""
    work[0]["stream"] = "time-entries"
    for message in work[1:-1]:
        message["stream"] = "time-entries"
    assert target(work).code == 0
    file.rename(target.folder / "new.db")
    with contextlib.closing(sqlite3.connect(file)) as old, old:
        old.executescript(_FIRST_EDITION.read_text())
        old.execute("ATTACH ? AS new", (str(target.folder / "new.db"),))
        for table in ("clockify_rows", "clockify_journal"):
            names = ", ".join(f'"{row[1]}"' for row in old.execute(f"PRAGMA main.table_info({table})"))
            old.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM new.{table}")  # noqa: S608
            old.execute(f"UPDATE main.{table} SET stream = 'time-entries'")  # noqa: S608
    file.chmod(0o644)
    _is_written_once(target, work, entries)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_clock_that_was_set_back(target: Any, work: Any, entries: Callable[[], int], file: Path) -> None:
    """What earlier runs noted lies in the future, a broken one among them."""
    target.box.faults([{"route": "POST *", "nth": [5, 6], "reset": True, "commit_then": True}])
    assert target(work[:7]).code in {0, 1}
    target.box.faults([])
    with contextlib.closing(sqlite3.connect(file)) as ledger, ledger:
        ledger.execute("UPDATE clockify_journal SET began = '2199-01-01T00:00:00+00:00', run = '21990101T000000-x'")
        ledger.execute("UPDATE clockify_journal SET ended = '2199-01-01T00:00:01+00:00' WHERE ended IS NOT NULL")
        ledger.execute("UPDATE clockify_journal SET status = 'open', ended = NULL WHERE seq = 6")
    _is_written_once(target, work, entries, journal_days=30)
    assert len(target.report("last")) == COUNT - 6, "the latest run, not the one of the latest date"


def test_a_clock_that_was_set_back_before_a_server_noted_it(
    target: Any, work: Any, entries: Callable[[], int], relay: Relay, database: Callable[[], str]
) -> None:
    url = relay.url(database())
    assert target(work[:7], ledger_url=url).code == 0
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        later = "began = '2199-01-01T00:00:00+00:00', run = '21990101T000000-x'"
        connection.execute(sa.text(f"UPDATE clockify_journal SET {later}"))  # noqa: S608
    engine.dispose()
    _is_written_once(target, work, entries, ledger_url=url, journal_days=30)


# -- what a server may refuse ----------------------------------------------------------------------


_FULL = (
    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$\n"
    "CREATE TRIGGER full_disk BEFORE INSERT ON clockify_journal EXECUTE FUNCTION full_disk()"
)


@pytest.mark.parametrize(
    ("breaks", "mends", "said"),
    [
        (_FULL, "DROP TRIGGER full_disk ON clockify_journal", "the disk is full; make room and run again"),
        (
            'ALTER DATABASE "{}" SET default_transaction_read_only = on',
            'SET default_transaction_read_only = off\nALTER DATABASE "{}" RESET default_transaction_read_only',
            "it is read-only; name a server that can be written to",
        ),
    ],
    ids=["full", "read-only"],
)
def test_a_server_that_refuses(  # noqa: PLR0913
    target: Any,
    work: Any,
    entries: Callable[[], int],
    relay: Relay,
    database: Callable[[], str],
    *,
    breaks: str,
    mends: str,
    said: str,
) -> None:
    name = database()
    url = relay.url(name)
    assert target(work[:7], ledger_url=url).code == 0
    for statements, is_broken in ((breaks, True), (mends, False)):
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            for one in statements.replace("{}", name).splitlines():
                connection.execute(one)
        if is_broken:
            assert_refused(target(work, ledger_url=url), f"the ledger {name} cannot be used: {said}")
    _is_written_once(target, work, entries, ledger_url=url)


@pytest.mark.parametrize("table", ["clockify_rows", "clockify_journal", "clockify_streams"])
def test_a_missing_table_is_not_created_again(
    target: Any, work: Any, entries: Callable[[], int], ledger_url: str, table: str
) -> None:
    """Without its rows a ledger would write everything once more."""
    assert target(work, ledger_url=ledger_url).code == 0
    engine = sa.create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP TABLE {table}"))
    engine.dispose()
    assert_refused(target(work, ledger_url=ledger_url), "its tables are not those of a ledger of this version")
    assert entries() == COUNT


@pytest.mark.parametrize("tables", ["clockify_rows", "rows and journal", "all"])
def test_a_ledger_whose_rows_are_gone_is_refused(
    target: Any, work: Any, entries: Callable[[], int], ledger_url: str, tables: str
) -> None:
    assert target(work, ledger_url=ledger_url).code == 0
    every = ["clockify_rows", "clockify_journal", "clockify_streams", "clockify_ledger"]
    names = {"clockify_rows": every[:1], "rows and journal": every[:2], "all": every}[tables]
    engine = sa.create_engine(ledger_url)
    with engine.begin() as connection:
        for name in names:
            connection.execute(sa.text(f"DELETE FROM {name}"))  # noqa: S608
    engine.dispose()
    for dry_run in (True, False):
        refused = target(work, ledger_url=ledger_url, dry_run=dry_run)
        assert_refused(refused, "has lost its rows, though runs have used it", "--rebuild-ledg")
    assert target(work, ledger_url=ledger_url, rebuild_ledger=True).code == 0
    _is_written_once(target, work, entries, ledger_url=ledger_url)


_GONE = {"_sdc_deleted_at": "2026-01-01"}


@pytest.mark.parametrize("ending", ["by hand", "moved", "first edition", "refused"])
def test_a_ledger_whose_last_row_the_target_itself_deleted_is_sound(
    target: Any, singer: Any, ledger_url: str, ending: str
) -> None:
    def run(*rows: dict[str, Any]) -> Any:
        schema = singer.schema("tags", *(("crm", "id") if ending == "first edition" else ()))
        messages = [schema, *(singer.record("tags", **row) for row in rows)]
        return target(messages, ledger_url=ledger_url)

    row = {"id": 1, "crm": "a", "name": "one"}
    done = run({**row, "name": "one" * 100} if ending == "refused" else row)
    assert done.code == (1 if ending == "refused" else 0)
    if ending == "by hand":
        target.box.ok("DELETE", f"/workspaces/{{ws}}/tags/{target.tables()['tags'][0]['id']}")
    elif ending == "moved":
        row["id"] = 7
        assert run(row).code == 0
    engine = sa.create_engine(ledger_url)
    with engine.begin() as connection:
        if ending == "first edition":
            connection.execute(sa.text("""UPDATE clockify_journal SET key = '["a",1]'"""))
            connection.execute(sa.text("""UPDATE clockify_rows SET key = '["a",1]'"""))
            for table in ("clockify_ledger", "clockify_streams"):
                connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608
    if ending != "refused":
        assert run(row | _GONE).code == 0
    for purges in (False, True):  # as `journal_days` does
        with engine.begin() as connection:
            assert not connection.execute(sa.text("SELECT * FROM clockify_rows")).all()
            if purges:
                connection.execute(sa.text("DELETE FROM clockify_journal"))
        last = run()
        assert last.code == 0, last.log
        last = run({"id": 2, "crm": "a", "name": "two"})
        assert (last.code, last.counts["tags"]) == (0, {"inserted": 1}), last.log
        assert run({"id": 2, "crm": "a", "name": "two", **_GONE}).code == 0
    engine.dispose()


@pytest.mark.parametrize("content", ['{"x":', "7", "[[]]"])
@pytest.mark.parametrize("column", ["clockify_streams.keys", "clockify_journal.changes", "clockify_journal.recovery"])
def test_a_column_that_holds_something_else_is_refused(
    target: Any, singer: Any, ledger_url: str, column: str, content: str
) -> None:
    tags = [singer.schema("tags"), singer.record("tags", id=1, name="a")]
    assert target(tags, ledger_url=ledger_url).code == 0
    table, name = column.split(".")
    engine = sa.create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE clockify_journal SET status = 'open'"))
        connection.execute(sa.text(f"UPDATE {table} SET {name} = :content"), {"content": content})  # noqa: S608
    engine.dispose()
    assert_refused(target(tags, ledger_url=ledger_url), "the ledger in ledger_url is damaged", "--rebuild-ledger")


# -- two programs, and a connection that breaks ----------------------------------------------------


def test_programs_that_begin_together_on_a_new_ledger(  # noqa: PLR0913, PLR0917
    target: Any, work: Any, entries: Callable[[], int], ledger_url: str, forks: Callable[[str], Prefork], tmp_path: Path
) -> None:
    (tmp_path / "input").write_bytes(lines_of(work))
    command = [*target.command(ledger_url=ledger_url)[1:], "--input", str(tmp_path / "input")]
    with contextlib.ExitStack() as files:
        nothing = files.enter_context(Path("/dev/null").open("r+b"))
        logs = [files.enter_context((tmp_path / f"log{n}").open("w+b")) for n in range(4)]
        running = [forks("target-clockify").start(command, stdin=nothing, stdout=nothing, stderr=log) for log in logs]
        codes = [one.wait(60) for one in running]
    said = [(tmp_path / f"log{n}").read_text() for n in range(4)]
    assert set(codes) <= {0, 1}, said
    assert 0 in codes, said
    for code, log in zip(codes, said, strict=True):
        assert "Traceback" not in log
        assert code == 0 or log.count("another run is writing to workspace") == log.count("| ERROR") == 1, log
    assert entries() == COUNT
    assert target(work, ledger_url=ledger_url).writes == {}


def test_a_lost_connection_to_the_ledger(
    target: Any, work: Any, entries: Callable[[], int], relay: Relay, database: Callable[[], str]
) -> None:
    """The connection breaks at every stage of a run, before a statement or its response arrives."""
    name = database()
    url = relay.url(name)
    relay.breaks_at(None)
    assert target([*work[:2], work[-1]], ledger_url=url).code == 0
    pieces = relay.sent
    instants = random.Random(3)
    broken = 0
    for unanswered in (False, True) * 5:
        _wait_until_free(relay, name)
        relay.breaks_at(instants.randint(3, pieces + 30), unanswered=unanswered)
        result = target(work, ledger_url=url, max_workers=2)
        relay.breaks_at(None)
        if result.code == 0:
            continue
        broken += 1
        assert entries() <= COUNT
        if entries() == COUNT and result.states:  # nothing was left to do but to end
            result.states.clear()
        assert_refused(result, f"the ledger {name} cannot be used: ", "connection")
        assert "WARNING | error ignored" not in result.log
    assert broken >= 4
    _wait_until_free(relay, name)
    _is_written_once(target, work, entries, ledger_url=url)


def test_a_report_of_a_missing_ledger_is_one_line(target: Any, work: Any, relay: Relay) -> None:
    url = relay.url("nobody_made_it").replace("postgres@", "postgres:hidden@")
    result = target(work, ledger_url=url)
    assert_refused(result, "the ledger nobody_made_it cannot be used: ")
    assert "hidden" not in result.log


def _wait_until_free(relay: Relay, name: str) -> None:
    """The server releases the lock of a broken connection shortly after it breaks."""
    query = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"
    with psycopg.connect(relay.url(name).replace("+psycopg", ""), autocommit=True) as connection:
        for _ in range(10_000):
            if not connection.execute(query).fetchall():
                return
    pytest.fail("a connection that broke holds its lock still")


def test_a_journal_that_sqlite_has_removed_meanwhile_is_no_error(tmp_path: Path) -> None:
    keep_private(tmp_path / "ledger.db-journal")
