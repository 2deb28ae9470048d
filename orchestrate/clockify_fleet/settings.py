"""Settings from the environment: programs, API keys, and the destination of each workspace.

CLOCKIFY_TAP command of tap-clockify, in its own virtual environment CLOCKIFY_LOADER command of a loader that
updates by key: `/opt/loader/bin/target-postgres --config=ENV` CLOCKIFY_STATES the store of STATE:
`s3://bucket/clockify`, `postgresql+psycopg://...`, or a folder CLOCKIFY_SCHEMA_SETTING variable that tells the
loader its schema: `TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA` CLOCKIFY_SCHEMA name of that schema, by default
`clockify_{workspace}` CLOCKIFY_KEYS names of the API keys, by default `main` CLOCKIFY_KEY_MAIN the API key of that
name; or CLOCKIFY_KEY_MAIN_FILE, a file that holds it CLOCKIFY_WARM `false` starts both programs anew for each
workspace Everything else goes to tap and loader as it is: `TAP_CLOCKIFY_REQUESTS_PER_SECOND`,
`TARGET_POSTGRES_SQLALCHEMY_URL`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class SettingsError(ValueError):
    """A variable is missing or wrong; the message names the variable, without its value."""


def key_names(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the API keys, in order of priority.

    Raises:
        SettingsError: A name has other characters than lower-case letters, digits and `_`, or comes twice.
    """
    names = environment.get("CLOCKIFY_KEYS", "main").split()
    if not names or len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
        raise SettingsError("CLOCKIFY_KEYS must hold names, each once, of small letters, digits and _, a space between")
    return names


@dataclass(frozen=True)
class Settings:
    """The settings of this process.

    Attributes:
        tap: The tap's command as a list of words, without its settings.
        loader: The loader's command as a list of words.
        states: URI of the store of STATE.
        schema_setting: The variable for the loader's schema.
        schema: The name of that schema, with `{workspace}`.
        warm: Whether a program is imported once for a whole batch.
        environment: The environment of tap and loader.
    """

    tap: list[str]
    loader: list[str]
    states: str
    schema_setting: str
    schema: str
    warm: bool
    environment: dict[str, str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            SettingsError: A setting is missing or wrong.
        """

        def needed(name: str) -> str:
            if not environment.get(name, "").strip():
                raise SettingsError(f"{name} is not set")
            return environment[name]

        schema = environment.get("CLOCKIFY_SCHEMA", "clockify_{workspace}")
        if schema.count("{workspace}") != 1:
            raise SettingsError("CLOCKIFY_SCHEMA must hold {workspace} once: each workspace has a schema of its own")
        return cls(
            tap=shlex.split(needed("CLOCKIFY_TAP")),
            loader=shlex.split(needed("CLOCKIFY_LOADER")),
            states=needed("CLOCKIFY_STATES"),
            schema_setting=needed("CLOCKIFY_SCHEMA_SETTING"),
            schema=schema,
            warm=environment.get("CLOCKIFY_WARM", "true").lower() != "false",
            environment={name: value for name, value in environment.items() if not name.startswith("CLOCKIFY_")},
        )

    def of_tap(self, key: str, workspace: str | None = None) -> dict[str, str]:
        """Return the tap's environment, for all workspaces that the key sees or for one workspace.

        Each workspace has its own schema, so its run follows deletions by itself.
        """
        own = {"TAP_CLOCKIFY_API_KEY": key}
        if workspace:
            own |= {"TAP_CLOCKIFY_WORKSPACE_IDS": f'["{workspace}"]', "TAP_CLOCKIFY_SHARED_DESTINATION": "false"}
        return self.environment | own

    def of_loader(self, workspace: str) -> dict[str, str]:
        """Return the loader's environment, without the Clockify key."""
        own = {self.schema_setting: self.schema.replace("{workspace}", workspace)}
        return {name: value for name, value in self.environment.items() if name != "TAP_CLOCKIFY_API_KEY"} | own


def key_of(name: str, environment: Mapping[str, str]) -> str:
    """Return the API key of a name.

    Raises:
        SettingsError: Neither the key nor its file is set, or the file cannot be read.
    """
    variable = f"CLOCKIFY_KEY_{name.upper()}"
    if key := environment.get(variable, "").strip():
        return key
    if not (file := environment.get(f"{variable}_FILE")):
        raise SettingsError(f"neither {variable} nor {variable}_FILE is set")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{variable}_FILE cannot be read: {error.strerror}") from None
