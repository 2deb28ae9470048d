"""The pipelines of the demo: `meltano run` with the demo's sandbox and warehouse instead of real ones."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict

from demo.sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demo.sandbox import Sandbox
    from demo.warehouse import Warehouse

HOUSE = Path(__file__).resolve().parent.parent
_MELTANO = HOUSE / ".venv-meltano" / "bin" / "meltano"
_QUOTED = 3  # error lines that are shown when it fails; the others are in the log


class PipelineError(RuntimeError):
    """Meltano ended with an error; the message quotes the first error lines and names the log."""


@dataclass(frozen=True)
class Plugin:
    """A plugin of meltano.yml, with settings that override those of the environment.

    Attributes:
        name: Its name in meltano.yml.
        settings: Settings by their names in meltano.yml.
        command: The command that `meltano run` calls, if the plugin has several.
        variables: Settings that are read from differently named variables.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def block(self) -> str:
        """Its name for `meltano run`."""
        return f"{self.name}:{self.command}" if self.command else self.name

    @property
    def prefix(self) -> str:
        """The prefix of its environment variables."""
        return self.name.upper().replace("-", "_") + "_"

    @property
    def environment(self) -> dict[str, str]:
        """Its settings as environment variables for Meltano and the SDK."""
        return {
            self.prefix + name.upper(): value if isinstance(value, str) else json.dumps(value)
            for name, value in self.settings.items()
        } | dict(self.variables)


def tap_clockify(sandbox: Sandbox, **settings: Any) -> Plugin:
    """Return the tap, connected to a sandbox."""
    return Plugin("tap-clockify", _clockify(sandbox) | settings)


def target_clockify(sandbox: Sandbox, **settings: Any) -> Plugin:
    """Return the target, connected to a sandbox."""
    return Plugin("target-clockify", _clockify(sandbox) | settings)


def target_postgres(warehouse: Warehouse) -> Plugin:
    """Return the definition of the loader into a warehouse."""
    location = {"sqlalchemy_url": warehouse.sqlalchemy_url, "default_target_schema": warehouse.schema}
    return Plugin("target-postgres", location)


def models(warehouse: Warehouse, today: str, folder: Path) -> Plugin:
    """Return dbt for a warehouse: it builds the models of transform/, without data tests.

    Args:
        warehouse: The warehouse with the loaded tables, where the models are built.
        today: The ISO day from which the models count back.
        folder: The folder for dbt's own files.
    """
    place = conninfo_to_dict(warehouse.uri)
    settings = {"host": place["host"], "user": place["user"], "dbname": place["dbname"], "as_of": today}
    schemas = {"schema": warehouse.models, "source_schema": warehouse.schema}
    project, written = str(HOUSE / "transform"), str(folder.resolve())
    variables = {"PROJECT_DIR": project, "PROFILES_DIR": project, "TARGET_PATH": written, "LOG_PATH": written}
    own = {f"DBT_{name}": value for name, value in variables.items()}
    return Plugin("dbt-clockify", {**settings, **schemas}, command="run", variables=own)


def _clockify(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "api_key": KEY,
        "api_url": f"{sandbox.origin}/api/v1",
        "reports_url": f"{sandbox.origin}/report/v1",
        "audit_log_url": f"{sandbox.origin}/auditlog/v1",
    }


def environment(*plugins: Plugin) -> dict[str, str]:
    """Return this program's environment, with the settings of plugins instead of a person's real ones."""
    prefixes = tuple(plugin.prefix for plugin in plugins)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return inherited | {name: value for plugin in plugins for name, value in plugin.environment.items()}


def run_pipeline(plugins: Sequence[Plugin], log: Path, states: Path) -> None:
    """Run `meltano run` with plugins until it ends.

    Args:
        plugins: The tap, the loader, and further plugins to run.
        log: The file for the output of Meltano and the plugins.
        states: The folder for STATE. It belongs to this warehouse, and so is kept next to it.

    Raises:
        PipelineError: Meltano failed.
    """
    if not _MELTANO.exists():
        msg = "Meltano is not installed; `make install` does it"
        raise PipelineError(msg)
    complaints = []
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            [_MELTANO, "run", "--force", "--state-id-suffix=demo", *(plugin.block for plugin in plugins)],
            cwd=HOUSE,
            env={**environment(*plugins), "MELTANO_STATE_BACKEND_URI": states.resolve().as_uri()},
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
                if begun := re.search(r"START sql table model \w+\.(\w+)", line):
                    _show(f"  building {begun[1]}")
                if "[error" in line or " is rejected as " in line:
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
    """Overwrite the last line of a terminal; do nothing without a terminal."""
    if sys.stdout.isatty():
        print(f"\r\033[K{words}", end="", flush=True)
