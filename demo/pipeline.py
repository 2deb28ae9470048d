"""The pipeline of the demo: `meltano run`, against the demo's sandbox and warehouse in place of the real ones."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from demo.sandbox import KEY

if TYPE_CHECKING:
    from demo.sandbox import Sandbox
    from demo.warehouse import Warehouse

HOUSE = Path(__file__).resolve().parent.parent
_MELTANO = HOUSE / ".venv-meltano" / "bin" / "meltano"
_QUOTED = 3  # complaints that are shown when it fails; the others are in the log


class PipelineError(RuntimeError):
    """Meltano ended with an error; the message quotes the first complaints and says where its log is."""


def run_pipeline(sandbox: Sandbox, warehouse: Warehouse, log: Path) -> None:
    """Run `meltano run tap-clockify target-postgres` to its end.

    Args:
        sandbox: What to read.
        warehouse: Where to load.
        log: The file that everything is written to that Meltano, tap and loader say.

    Raises:
        PipelineError: It failed.
    """
    if not _MELTANO.exists():
        msg = "Meltano is not installed; `make install` does it"
        raise PipelineError(msg)
    settings = {
        "TAP_CLOCKIFY_API_KEY": KEY,
        "TAP_CLOCKIFY_API_URL": f"{sandbox.origin}/api/v1",
        "TAP_CLOCKIFY_REPORTS_URL": f"{sandbox.origin}/report/v1",
        "TAP_CLOCKIFY_AUDIT_LOG_URL": f"{sandbox.origin}/auditlog/v1",
        "TARGET_POSTGRES_SQLALCHEMY_URL": warehouse.sqlalchemy_url,
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": warehouse.schema,
    }
    # What a person has set for the real thing must not reach the demo.
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("TAP_CLOCKIFY_", "TARGET_POSTGRES_"))
    }
    complaints = []
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            [_MELTANO, "run", "--force", "--state-id-suffix=demo", "tap-clockify", "target-postgres"],
            cwd=HOUSE,
            env=inherited | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                output.write(line)
                if begun := re.search(r"Beginning sync of '(\w+)'", line):
                    _show(f"  reading {begun[1]}")
                if "[error" in line:
                    complaints.append(line.split("]", 1)[1].strip())
            process.wait()
        finally:
            _show("")
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGTERM)  # Meltano, the tap and the loader
    if process.returncode:
        msg = "\n  ".join([f"meltano ended with exit code {process.returncode}; its log: {log}", *complaints[:_QUOTED]])
        raise PipelineError(msg)


def _show(words: str) -> None:
    """Write over the last line of a terminal; nothing where there is none."""
    if sys.stdout.isatty():
        print(f"\r\033[K{words}", end="", flush=True)
