"""Fixtures: the target with both kinds of ledgers, and ways to damage them."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest

from tests.ledgers.relay import Relay
from tests.pair.conftest import postgres
from tests.target.conftest import TargetRunner, _no_waiting, singer, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from demo.warehouse import Warehouse
    from tests.target.conftest import Messages, Result

__all__ = ["COUNT", "_no_waiting", "postgres", "singer", "target"]

COUNT = 12
"""How many time entries the input holds: all alike, so that nothing but the ledger tells them."""


@pytest.fixture
def work(target: TargetRunner, singer: type[Messages]) -> list[dict[str, Any]]:
    """An input whose rows the target would write again without its ledger."""
    me = target.box.ok("GET", "/user")["id"]
    hour = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
    rows = [singer.record("time_entries", id=n, userId=me, description="private", **hour) for n in range(COUNT)]
    return [singer.schema("time_entries"), *rows, singer.state(done=COUNT)]


@pytest.fixture
def entries(target: TargetRunner) -> Callable[[], int]:
    """How many time entries Clockify holds."""
    return lambda: len(target.tables()["time_entries"])


@pytest.fixture(scope="session")
def _databases(postgres: Warehouse) -> Iterator[list[str]]:
    """Names of databases to drop at the end, when no target is connected to them any more."""
    names: list[str] = []
    yield names
    with psycopg.connect(postgres.uri, autocommit=True) as connection:
        for name in names:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def database(postgres: Warehouse, _databases: list[str]) -> Callable[[], str]:
    """Make an empty database of PostgreSQL; the answer is its name."""

    def make() -> str:
        _databases.append(f"ledger_{uuid.uuid4().hex[:12]}")
        with psycopg.connect(postgres.uri, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{_databases[-1]}"')
        return _databases[-1]

    return make


@pytest.fixture
def relay(postgres: Warehouse) -> Iterator[Relay]:
    """PostgreSQL, reached over a connection that may break."""
    with psycopg.connect(postgres.uri) as connection:
        user, password = (quote(part) for part in (connection.info.user, connection.info.password))
        account = f"{user}:{password}" if password else user
        relay = Relay(connection.info.host, connection.info.port, account)
    yield relay
    relay.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, target: TargetRunner) -> str:
    """A new ledger of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{target.folder / 'ledger.db'}"
    relay: Relay = request.getfixturevalue("relay")
    return relay.url(request.getfixturevalue("database")())


def assert_refused(result: Result, *said: str) -> None:
    """One line, nothing acknowledged, and no traceback."""
    errors = [line for line in result.log.splitlines() if line.startswith("ERROR |")]
    assert (result.code, result.states, len(errors)) == (1, [], 1), result.log
    assert "Traceback" not in result.log
    assert "reconnect" not in errors[0]
    for words in said:
        assert words in errors[0]


def lines_of(messages: list[dict[str, Any]]) -> bytes:
    """The messages as a tap writes them."""
    return b"".join(json.dumps(one).encode() + b"\n" for one in messages)
