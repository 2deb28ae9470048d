"""Fixtures for pytest, which finds them by itself where this package is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_sandbox.testing import Origin


@pytest.fixture(scope="session")
def clockify_sandbox_options() -> dict[str, Any]:
    """Options of `clockify_sandbox.testing.Sandbox`; a project overrides this fixture to choose others."""
    return {}


@pytest.fixture(scope="session")
def clockify_sandbox_server(clockify_sandbox_options: dict[str, Any]) -> Iterator[Origin]:
    """A sandbox for the whole session, with whatever earlier tests left in it."""
    from clockify_sandbox.testing import Sandbox  # noqa: PLC0415 - who uses no fixture need not wait for the import

    try:
        sandbox = Sandbox(**clockify_sandbox_options)
    except ValueError as error:
        pytest.fail(f"clockify_sandbox_options: {error}", pytrace=False)
    with sandbox as origin:
        yield origin


@pytest.fixture
def clockify_sandbox(clockify_sandbox_server: Origin) -> Origin:
    """The sandbox of the session with a fresh world, fresh statistics and no faults."""
    clockify_sandbox_server.reset()
    return clockify_sandbox_server
