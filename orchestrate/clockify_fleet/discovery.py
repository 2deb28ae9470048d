"""Finds the workspaces that a key sees, and divides them into batches."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from clockify_fleet.lines import reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clockify_fleet.settings import Settings


class DiscoveryError(RuntimeError):
    """The tap could not list the workspaces; the message is the tap's own line."""


def workspaces_of(settings: Settings, key: str) -> list[str]:
    """Return the ids in the stream `workspaces`: all that the key sees, or those in the tap's own settings.

    Raises:
        DiscoveryError: The tap failed.
    """
    program = settings.tap[0]
    environment = settings.of_tap(key)
    catalog = json.loads(_said([program, "--discover"], environment))
    catalog["streams"] = [one for one in catalog["streams"] if one["tap_stream_id"] == "workspaces"]
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "catalog.json"
        chosen.write_text(json.dumps(catalog), encoding="utf-8")
        lines = _said([program, "--config=ENV", "--catalog", str(chosen)], environment).splitlines()
    messages = map(json.loads, lines)
    return sorted({message["record"]["id"] for message in messages if message["type"] == "RECORD"})


def batches(workspaces: Sequence[str], size: int, most: int) -> list[list[str]]:
    """Divide workspaces into batches of a size; use larger batches if there would be more than `most` of them."""
    size = max(size, -(-len(workspaces) // most))
    return [list(workspaces[start : start + size]) for start in range(0, len(workspaces), size)]


def _said(command: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise DiscoveryError(f"there is no program {command[0]}: {error.strerror}") from None
    if done.returncode:
        why = reason(done.stderr.strip().splitlines()) or f"it ended with {done.returncode}"
        raise DiscoveryError(f"{Path(command[0]).name}: {why}")
    return done.stdout
