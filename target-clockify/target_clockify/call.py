"""`clockify-call`: one procedure, called by a person."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clockify_client import ClockifyError

from target_clockify.current import Reader
from target_clockify.declaration import Change, Operation
from target_clockify.ledger import Ledger
from target_clockify.naming import folded
from target_clockify.procedures import PROCEDURES, find_procedure
from target_clockify.record import RejectedError, Route
from target_clockify.settings import CONFIG_SCHEMA, client_of
from target_clockify.validation import check
from target_clockify.write import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clockify.declaration import State, WritableObject

_USAGE = """usage: clockify-call NAME --workspace-id ID [--PARAMETER VALUE ...] [--config FILE] [--dry-run]

Calls one procedure of Clockify and prints the answer as JSON. Names may be spelled in any way; arrays and objects are
JSON. Settings come from the file, or from TARGET_CLOCKIFY_API_KEY and the like.

  clockify-call --list     the procedures and their parameters
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a mistake is one line on stderr and exit code 1."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"-h", "--help"}:
        sys.stdout.write(_USAGE)
        return
    if words[0] == "--list":
        sys.stdout.writelines(f"{told(one)}\n" for one in PROCEDURES)
        return
    try:
        answers = _call(words[0], _options(words[1:]))
    except (ClockifyError, RejectedError, ValueError, OSError) as error:
        detail = getattr(error, "detail", "")
        sys.stderr.write(f"clockify-call: {error}{f': {detail}' if detail else ''}\n")
        sys.exit(1)
    for answer in answers:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")


def told(procedure: WritableObject) -> str:
    """Return a procedure's name with its parameters, those that may be left out in brackets."""
    required = set(procedure.create.required if procedure.create else ())
    names = [one.name if one.name in required else f"[{one.name}]" for one in procedure.fields if not one.modifier]
    return f"{procedure.name}({', '.join(names)})"


def _options(words: list[str]) -> dict[str, Any]:
    """Read `--name value` and `--name=value`; a name without a value is true."""
    options: dict[str, Any] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            msg = f"{word!r} is no parameter: write --name value"
            raise ValueError(msg)
        name, equals, value = word[2:].partition("=")
        if not equals:
            value = words.pop(0) if words and not words[0].startswith("--") else "true"
        options[name] = value
    return options


def _call(name: str, options: dict[str, Any]) -> list[Any]:
    procedure = find_procedure(name)
    if procedure is None:
        msg = f"there is no procedure {name!r}; see clockify-call --list"
        raise ValueError(msg)
    settings = {folded(setting): setting for setting in CONFIG_SCHEMA["properties"]}
    own = {folded(one.name) for one in procedure.fields}
    config = _config(options.pop("config", None))
    dry_run = options.pop("dry-run", False)
    given: State = {}
    for option, value in options.items():
        short = folded(option)
        if short in settings and short not in own - {"workspaceid"}:
            config[settings[short]] = value
        else:
            given[option] = value
    workspace = config.get("workspace_id")
    if not workspace:
        msg = "--workspace-id is required"
        raise ValueError(msg)
    route = Route(procedure.name, procedure, (), {})
    incoming = route.glance(json.dumps(given).encode())
    route.fill(incoming)
    if route.unknown:
        msg = f"{procedure.name} has no parameter {', '.join(sorted(route.unknown))}: {told(procedure)}"
        raise ValueError(msg)
    check(procedure, Operation.CALL, incoming.fields, read_shape=False)
    if dry_run:
        return [_rehearsed(procedure, incoming.fields, workspace)]
    client = client_of(config, "clockify-call")
    ledger = Ledger("sqlite://", workspace, "call")
    return Writer(client, Reader(client, workspace), ledger).call(procedure, incoming.fields)


def _rehearsed(procedure: WritableObject, given: State, workspace: str) -> Any:
    if procedure.calls is None:
        return {"procedure": procedure.name, "parameters": given}
    change = Change({**given, "workspaceId": workspace}, {}, given, frozenset(given), given)
    return [
        {"method": call.method, "path": call.path.format_map({**change.ids, **call.ids}), "json": call.json}
        for call in procedure.calls(change)
    ]


def _config(path: str | None) -> dict[str, Any]:
    prefix = "TARGET_CLOCKIFY_"
    known: dict[str, Any] = CONFIG_SCHEMA["properties"]
    config: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    for name, schema in known.items():
        text = os.environ.get(prefix + name.upper())
        if text and name not in config:
            config[name] = float(text) if {"number", "integer"} & set(schema.get("type") or ()) else text
    for name in ("requests_per_second", "timeout_seconds"):
        if isinstance(config.get(name), str):
            config[name] = float(config[name])
    return config
