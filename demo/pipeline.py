"""The pipelines of the demo: `meltano run`, against the demo's sandbox and warehouse in place of the real ones."""

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
_QUOTED = 3  # complaints that are shown when it fails; the others are in the log


class PipelineError(RuntimeError):
    """Meltano ended with an error; the message quotes the first complaints and says where its log is."""


@dataclass(frozen=True)
class Plugin:
    """A plugin of meltano.yml, and the settings that it is to have in place of anybody else's.

    Attributes:
        name: Its name in meltano.yml.
        settings: By the names that meltano.yml gives them.
        command: Which of its commands `meltano run` is to run, where it has several.
        variables: Settings that are read from variables of other names than its own.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def block(self) -> str:
        """What `meltano run` calls it."""
        return f"{self.name}:{self.command}" if self.command else self.name

    @property
    def prefix(self) -> str:
        """What the names of its environment variables begin with."""
        return self.name.upper().replace("-", "_") + "_"

    @property
    def environment(self) -> dict[str, str]:
        """Its settings as Meltano and the SDK read them."""
        return {
            self.prefix + name.upper(): value if isinstance(value, str) else json.dumps(value)
            for name, value in self.settings.items()
        } | dict(self.variables)


def tap_clockify(sandbox: Sandbox, **settings: Any) -> Plugin:
    """Return the tap on a sandbox."""
    return Plugin("tap-clockify", _clockify(sandbox) | settings)


def target_clockify(sandbox: Sandbox, **settings: Any) -> Plugin:
    """Return the target on a sandbox."""
    return Plugin("target-clockify", _clockify(sandbox) | settings)


def target_postgres(warehouse: Warehouse) -> Plugin:
    """Return the definition of the loader into a warehouse."""
    location = {"sqlalchemy_url": warehouse.sqlalchemy_url, "default_target_schema": warehouse.schema}
    return Plugin("target-postgres", location)


def models(warehouse: Warehouse, today: str, folder: Path) -> Plugin:
    """Return dbt on a warehouse: the models of transform/, without the tests of their data.

    Args:
        warehouse: Where the loaded tables are, and the models go.
        today: The ISO day that the models look back from.
        folder: What dbt writes for itself is kept there.
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
    """Return this program's environment with the settings of plugins in place of what a person has set for real."""
    prefixes = tuple(plugin.prefix for plugin in plugins)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return inherited | {name: value for plugin in plugins for name, value in plugin.environment.items()}


def run_pipeline(plugins: Sequence[Plugin], log: Path, states: Path) -> None:
    """Run `meltano run` with plugins to its end.

    Args:
        plugins: What to read with, what to write with, and what to run then.
        log: The file that everything is written to that Meltano and the plugins say.
        states: The folder for STATE. It records what has been read into this warehouse, and so is kept beside it.

    Raises:
        PipelineError: It failed.
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
    """Write over the last line of a terminal; nothing where there is none."""
    if sys.stdout.isatty():
        print(f"\r\033[K{words}", end="", flush=True)
