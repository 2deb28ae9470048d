"""`clockify-call`: one procedure, called by a person."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from clockify_client import ClockifyError, FanOut, configuration, files
from clockify_client.output import Output, OutputLostError, require

from target_clockify import streams
from target_clockify.apply.writer import Writer
from target_clockify.books.ledger import Ledger
from target_clockify.errors import RejectedError
from target_clockify.mirror import Mirror, Reader
from target_clockify.model.declaration import Change, Operation, Procedure
from target_clockify.model.objects import BY_NAME
from target_clockify.model.procedures import PROCEDURES, find_procedure
from target_clockify.naming import folded
from target_clockify.scratch import Taken, open_scratch
from target_clockify.settings import CONFIG_SCHEMA, VARIABLES, client_of
from target_clockify.understand.currencies import code_of, in_force
from target_clockify.understand.keys import is_clockify_id
from target_clockify.understand.references import References, UnresolvedError, referred
from target_clockify.understand.route import Incoming, Route
from target_clockify.understand.validation import check
from target_clockify.understand.zones import USER, Zones, in_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clockify.model.declaration import State

_USAGE = """usage: clockify-call NAME --workspace-id ID [--PARAMETER VALUE ...] [--config FILE] [--dry-run]

Calls one procedure of Clockify and prints the response as JSON. Names may have any spelling; arrays and objects are
JSON. Every setting of target-clockify is an option (--requests-per-hour 30), a variable (TARGET_CLOCKIFY_API_KEY) or a
name in the file: options override variables, and these the file. The key is not an option, since other users can read
command lines.

  clockify-call --list        the procedures and their parameters
  clockify-call NAME --help   the parameters of one
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a mistake is one line on stderr and exit code 1."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"-h", "--help"}:
        sys.stdout.write(_USAGE)
        return
    if words[0] == "--list":
        sys.stdout.writelines(f"{signature(one)}\n" for one in PROCEDURES)
        return
    try:
        if {"-h", "--help"} & set(words[1:]):
            sys.stdout.write(_help(_found(words[0])))
            return
        options = _options(words[1:])
        require("stdout")
        answers = _call(words[0], options)
        Output().write(b"".join(json.dumps(answer, indent=2).encode() + b"\n" for answer in answers))
    except OutputLostError as error:
        sys.stderr.write(f"clockify-call: the call was made. {error}\n")
        sys.exit(1)
    except (ClockifyError, RejectedError, ValueError, OSError) as error:
        said = files.in_words(error) if isinstance(error, OSError) else str(error)
        detail = getattr(error, "detail", "")
        sys.stderr.write(f"clockify-call: {said}{f': {detail}' if detail else ''}\n")
        sys.exit(1)


def _help(procedure: Procedure) -> str:
    """Return a procedure with its parameters and their descriptions."""
    required = set(procedure.mandatory)
    lines = [signature(procedure), ""]
    for one in procedure.fields:
        if one.name == "workspaceId":
            continue
        takes = [one.kind.name, *([f"one of {', '.join(one.rules['enum'])}"] if "enum" in one.rules else [])]
        named = one.refers if isinstance(one.refers, str) else next(iter(one.refers.values()), "")
        takes += [f"of {named}, or their names"] if named else []
        takes += [] if one.name in required else ["optional"]
        lines.append(f"  --{one.name}: {', '.join(takes)}")
    return "\n".join(lines) + "\n"


def signature(procedure: Procedure) -> str:
    """Return the name and the parameters of a procedure, optional ones in brackets."""
    required = set(procedure.mandatory)
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


def _found(name: str) -> Procedure:
    procedure = find_procedure(name)
    if procedure is None:
        msg = f"there is no procedure {name!r}; see clockify-call --list"
        raise ValueError(msg)
    return procedure


def _call(name: str, options: dict[str, Any]) -> list[Any]:
    procedure = _found(name)
    settings = {folded(setting): setting for setting in CONFIG_SCHEMA["properties"]}
    own = {folded(one.name) for one in procedure.fields}
    files = [options.pop("config")] if "config" in options else []
    environment = configuration.from_environment(CONFIG_SCHEMA, VARIABLES)
    config = configuration.merged(configuration.read_files(files), environment)
    parameters: State = {}
    for option, value in options.items():
        short = folded(option)
        if short in settings and short not in own - {"workspaceid"}:
            setting = settings[short]
            if CONFIG_SCHEMA["properties"][setting].get("secret"):
                msg = (
                    f"{setting} is no option, since everybody on this machine can read command lines: set the variable "
                    f"{VARIABLES}{setting.upper()}, or name a file with --config"
                )
                raise ValueError(msg)
            config[setting] = configuration.parsed(value, CONFIG_SCHEMA["properties"][setting])
        else:
            parameters[option] = value
    configuration.check(config, CONFIG_SCHEMA)
    workspace = config.get("workspace_id")
    if not workspace:
        msg = "--workspace-id is required"
        raise ValueError(msg)
    if problems := list(streams.problems(config)):
        raise ValueError("; ".join(problems))
    route = Route(procedure.name, procedure, (), streams.settings_of(config, procedure.name), destination=workspace)
    incoming = route.glance(Taken(0, procedure.name, 0, json.dumps(parameters).encode()))
    route.fill(incoming)
    client = client_of(config, "clockify-call")
    reader = Reader(client, workspace)
    zones = Zones(config.get("time_zone") or USER, reader, lambda one: reader.one(BY_NAME["users"], (), one))
    if route.columns.unknown:
        msg = f"{procedure.name} has no parameter {', '.join(sorted(route.columns.unknown))}: {signature(procedure)}"
        raise ValueError(msg)
    if lacking := [name for name in (procedure.mandatory) if name not in incoming.fields]:
        msg = f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} required"
        raise ValueError(msg)
    rehearsed = bool(config.get("dry_run"))  # a dry run sends no request, so names are not replaced by ids
    named = incoming.fields if rehearsed else _with_ids(incoming, Reader(client_of(config, "clockify-call"), workspace))
    given = in_zone(procedure, named, lambda: zones.of(named.get("userId")))
    if (
        not rehearsed
        and "currency" in procedure.by_name
        and (given.get("currency") or not procedure.field("currency").modifier)
    ):
        given = _in_currency(procedure, given, Reader(client_of(config, "clockify-call"), workspace))
    check(procedure, Operation.CALL, given, read_shape=False)
    if rehearsed:
        return [_rehearsed(procedure, given, workspace)]
    ledger = Ledger(None, workspace, "call")
    return Writer(client, reader, ledger).call(procedure, given)


def _with_ids(incoming: Incoming, reader: Reader) -> State:
    """Return the parameters with names replaced by ids.

    Raises:
        ValueError: No object has a name, or several have it.
    """
    procedure, given = incoming.route.object, incoming.fields
    if all(is_clockify_id(value) for _, value in referred(procedure, given)):
        return given
    fan_out = FanOut(reader.client)
    try:
        mirror = Mirror(reader, fan_out, open_scratch())
        ledger = Ledger(None, reader.workspace, "call")
        return References(ledger, mirror, BY_NAME).resolved(incoming)[0]
    except UnresolvedError as error:
        raise ValueError(str(error)) from None
    finally:
        fan_out.close()


def _in_currency(procedure: Procedure, given: State, reader: Reader) -> State:
    """Return the parameters; if the call needs a currency and they have none, add that of the workspace.

    Raises:
        ValueError: They have another currency.
    """
    fan_out = FanOut(reader.client)
    try:
        mirror = Mirror(reader, fan_out, open_scratch())
        code = mirror.answer(lambda: in_force(mirror, procedure, given))
    finally:
        fan_out.close()
    if code and (other := code_of(given.get("currency"))) and other != code:
        msg = f"currency must be {code}, the one in force: Clockify converts none"
        raise ValueError(msg)
    return given if procedure.field("currency").modifier or not code else {**given, "currency": code}


def _rehearsed(procedure: Procedure, given: State, workspace: str) -> Any:
    if procedure.calls is None:
        return {"procedure": procedure.name, "parameters": given}
    change = Change({**given, "workspaceId": workspace}, {}, given, frozenset(given), given)
    return [
        {"method": call.method, "path": call.path.format_map({**change.ids, **call.ids}), "json": call.json}
        for call in procedure.calls(change)
    ]
