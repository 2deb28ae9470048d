"""A sandbox of one's own, and a real PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from demo.sandbox import Sandbox, sandbox_serving
from tests.postgres import postgres_for_tests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.warehouse import Warehouse


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with postgres_for_tests(tmp_path_factory.mktemp("warehouse") / "data") as warehouse:
        yield warehouse


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox_serving(tmp_path / "sandbox.log") as sandbox:
        yield sandbox
