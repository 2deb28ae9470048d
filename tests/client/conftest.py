"""Fixtures of the client's tests: a stub server, and clients that do not wait between retries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clockify_client import Client, Hosts, Settings

from tests.client.stub import Stub

Connect = Callable[..., Client]


@pytest.fixture(autouse=True)
def _no_waiting_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clockify_client.client._FIRST_WAIT", 0.0)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def stub() -> Iterator[Stub]:
    server = Stub()
    yield server
    server.close()


@pytest.fixture
def connect(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Make clients of the stub, with additional settings."""
    monkeypatch.setattr("clockify_client.throttle._PAUSE", 0.001)
    made: list[Client] = []

    def connect(**more: Any) -> Client:
        given = {"api_key": "secret-key", "requests_per_second": 10_000, "timeout_seconds": 20, **more}
        made.append(Client(Settings(hosts=Hosts.of(api_url=f"{stub.origin}/api/v1"), **given)))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Connect) -> Client:
    return connect()
