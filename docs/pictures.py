"""`python -m docs.pictures` runs tap and target in a terminal, and saves screenshots as `docs/terminal-*.svg`."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clockify_sandbox.testing import SandboxProcess
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_sandbox.testing import Origin

_PLACE = Path(__file__).parent
_BIN = Path(sys.executable).parent
_COLUMNS = 120
_FONTS = re.compile(
    r"\s*@font-face \{\{.*?\}\}\n",
    re.DOTALL,
    # Fonts would be loaded from another host; our pages load nothing from elsewhere.
)
_COLOURS = {"brown": "yellow", "default": None}  # the names that pyte uses


def main() -> None:
    """Draw all pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with SandboxProcess(scale="agency", latency_ms=200, rate_per_second=50) as sandbox:
            _tap(sandbox, folder)
        with SandboxProcess(scale="tiny", latency_ms=50, rate_per_second=50) as sandbox:
            _target(sandbox, folder)


def _tap(sandbox: Origin, folder: Path) -> None:
    config = _file(folder / "config.json", {"api_key": sandbox.key, "api_url": sandbox.api_url})
    with Terminal(_COLUMNS, 48) as terminal:
        process = _started("tap-clockify", terminal, "--config", config, out=folder / "clockify.jsonl")
        terminal.wait_for(r"time_entries: [2-9]\d,\d+ records")
        _draw("terminal-tap", "tap-clockify --config config.json > clockify.jsonl", terminal)
        process.wait()
        terminal.close()
        _draw("terminal-tap-end", "tap-clockify --config config.json > clockify.jsonl", terminal)


def _target(sandbox: Origin, folder: Path) -> None:
    workspace = sandbox.workspace_ids[0]
    rows = folder / "rows.jsonl"
    rows.write_text("".join(f"{json.dumps(one)}\n" for one in _rows(sandbox.dump()["workspaces"][0])))
    given = {"api_key": sandbox.key, "api_url": sandbox.api_url, "workspace_id": workspace}
    files = {"ledger_url": f"sqlite:///{folder}/ledger.db", "rejects_path": f"{folder}/rejects.jsonl"}
    config = _file(folder / "target.json", given | files)
    few = folder / "few.jsonl"
    few.write_text("".join(f"{line}\n" for line in rows.read_text().splitlines() if '"e' not in line))
    command = "target-clockify --config target.json"
    with Terminal(_COLUMNS, 30) as terminal:
        _started("target-clockify", terminal, "--config", config, "--dry-run", given=few).wait()
        terminal.close()
        _draw("terminal-dry-run", f"{command} --dry-run < rows.jsonl", terminal)
    with Terminal(_COLUMNS, 30) as terminal:
        process = _started("target-clockify", terminal, "--config", config, given=rows)
        terminal.wait_for(r" [2-9]\d\d of \d+ records done.* left$")
        _draw("terminal-target", f"{command} < rows.jsonl", terminal)
        process.wait()


def _rows(workspace: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield messages: clients, projects, a deletion, and some hundred time entries."""
    user, project = workspace["members"][0]["userId"], workspace["projects"][0]
    rows: dict[str, list[dict[str, Any]]] = {
        "clients": [{"id": "c1", "name": "Delta Ltd", "note": "Pays within ten days"}],
        "projects": [{"id": project["id"], "billable": not project["billable"]}],
        "tags": [{"id": workspace["tags"][0]["id"], "_sdc_deleted_at": "2026-01-05T00:00:00Z"}],
        "time_entries": [
            {
                "id": f"e{number}",
                "userId": user,
                "description": f"Visit no. {number}",
                "start": f"2026-0{number // 160 + 1}-{number // 8 % 20 + 1:02}T{number % 8 + 9:02}:00:00Z",
                "end": f"2026-0{number // 160 + 1}-{number // 8 % 20 + 1:02}T{number % 8 + 9:02}:45:00Z",
            }
            for number in range(480)
        ],
    }
    for stream, records in rows.items():
        yield {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": ["id"]}
        yield from ({"type": "RECORD", "stream": stream, "record": record} for record in records)


def _file(place: Path, content: object) -> str:
    place.write_text(json.dumps(content), encoding="utf-8")
    return str(place)


def _started(
    program: str, terminal: Terminal, *options: str, given: Path | None = None, out: Path | None = None
) -> subprocess.Popen[bytes]:
    around = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    with Path(given or os.devnull).open("rb") as read, Path(out or os.devnull).open("wb") as written:
        return subprocess.Popen(  # noqa: S603 - our own programs
            [_BIN / program, *options], stdin=read, stdout=written, stderr=terminal.file, env=around
        )


def _draw(name: str, title: str, terminal: Terminal) -> None:
    console = Console(file=io.StringIO(), record=True, width=_COLUMNS, force_terminal=True, highlight=False)
    last = max((row for row, line in enumerate(terminal.screen.display) if line.strip()), default=0)
    for row in range(last + 1):
        cells = (terminal.screen.buffer[row][column] for column in range(_COLUMNS))
        line = Text()
        for (colour, bold), run in groupby(cells, lambda cell: (cell.fg, cell.bold)):
            line.append("".join(cell.data for cell in run), Style(color=_COLOURS.get(colour, colour), bold=bold))
        line.rstrip()
        console.print(line)
    text = console.export_svg(
        title=title, theme=MONOKAI, code_format=_FONTS.sub("", CONSOLE_SVG_FORMAT), unique_id=name
    )
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    (_PLACE / f"{name}.svg").write_text(f"{lines}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
