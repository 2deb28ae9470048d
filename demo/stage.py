"""The environment of the demo: one sandbox, one warehouse, one folder."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.sandbox import Sandbox, sandbox_serving
from demo.warehouse import Warehouse, postgres_running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """The running parts, and where files go.

    Attributes:
        sandbox: The local Clockify.
        warehouse: The destination of its data.
        output: The folder for files that a person looks at.
        backstage: The folder for state and logs, which is kept between runs.
        states: The folder for STATE of the pipelines, which records what has been loaded from this sandbox.
        corrections: The folder for corrections: files that a person may edit, and the target's ledger, plan and
            rejects.
    """

    sandbox: Sandbox
    warehouse: Warehouse
    output: Path
    backstage: Path
    states: Path
    corrections: Path


def warehouse_open(output: Path) -> AbstractContextManager[Warehouse]:
    """Start the warehouse alone, and stop it when the block ends."""
    return postgres_running(output / "demo" / "postgres")


@contextmanager
def stage_set(output: Path, scale: str) -> Iterator[Stage]:
    """Start everything, and stop it when the block ends, however it ends."""
    backstage = output / "demo"
    backstage.mkdir(parents=True, exist_ok=True)
    state = backstage / f"sandbox-{scale}.json"
    with (
        sandbox_serving(backstage / "sandbox.log", scale=scale, state=state, rate_per_second=50) as sandbox,
        warehouse_open(output) as warehouse,
    ):
        states = backstage / "states" / scale
        states.mkdir(parents=True, exist_ok=True)
        yield Stage(sandbox, warehouse, output, backstage, states, backstage / "corrections" / scale)
