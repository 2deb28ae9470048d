"""Fixtures for pytest, which are available if this package is installed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clockify_sandbox.testing import Origin


@pytest.fixture(scope="session")
def clockify_sandbox_options() -> dict[str, Any]:
    """Options of `clockify_sandbox.testing.Sandbox`; projects override this fixture, in any scope."""
    return {}


@pytest.fixture(scope="session")
def clockify_sandbox_servers() -> Iterator[Callable[[dict[str, Any]], Origin]]:
    """Return a sandbox with some options; it is shared in the session and contains changes of earlier tests."""
    from clockify_sandbox.testing import Sandbox  # noqa: PLC0415 - who uses no fixture need not wait for the import

    running: list[tuple[dict[str, Any], Origin]] = []
    with ExitStack() as servers:

        def serve(options: dict[str, Any]) -> Origin:
            for known, origin in running:
                if known == options:
                    return origin
            running.append((dict(options), servers.enter_context(Sandbox(**options))))
            return running[-1][1]

        yield serve


@pytest.fixture
def clockify_sandbox(
    clockify_sandbox_servers: Callable[[dict[str, Any]], Origin], clockify_sandbox_options: dict[str, Any]
) -> Origin:
    """A sandbox with these options, a fresh world, fresh statistics and no faults."""
    try:
        origin = clockify_sandbox_servers(clockify_sandbox_options)
    except ValueError as error:
        pytest.fail(f"clockify_sandbox_options: {error}", pytrace=False)
    origin.reset()
    return origin
