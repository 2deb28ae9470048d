"""What the acts of the demo play on: one sandbox, one warehouse, one folder."""

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
        sandbox: Clockify, as far as the demo is concerned.
        warehouse: Where its data ends up.
        output: For what a person looks at.
        backstage: For state and logs; what is in it survives from run to run.
        states: For STATE of the pipelines, which records what of this sandbox has been loaded.
        corrections: For what is written back: files that a person may edit, and the target's ledger, plan and rejects.
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
