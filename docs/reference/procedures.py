"""The section of a procedure, and the page that holds all of them."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from target_clockify.call import signature
from target_clockify.model.procedures import PROCEDURES

from docs.reference import examples
from docs.reference.markdown import code, facts, fenced, table
from docs.reference.objects import refers_to, takes

if TYPE_CHECKING:
    from target_clockify.model.declaration import Field, Procedure

_OBJECT_OF_KEY = {row["id"]: (name, row) for name, row in examples.OBJECTS.items() if "id" in row} | {
    row["id"]: (name, row) for name, row in examples.BEFORE_CALLS
}


def overview() -> str:
    """Return every procedure with its parameters; parameters in brackets are optional."""
    rows = [
        (f"[`{signature(one)}`](#{one.name.lower()})", code(one.changes) if one.changes else "") for one in PROCEDURES
    ]
    return table(("Call", "Compared with"), rows)


def sections() -> str:
    """Return a section for each procedure."""
    return "\n\n".join(map(_section, PROCEDURES))


def _section(procedure: Procedure) -> str:
    required = set(procedure.mandatory)
    parameters = [
        (code(one.name), takes(one), _notes(one, one.name in required))
        for one in procedure.fields
        if one.name != "workspaceId"
    ]
    row = examples.PROCEDURES[procedure.name]
    message = {"type": "RECORD", "stream": procedure.name, "record": row}
    return "\n\n".join(
        (
            f"## {procedure.name}",
            facts(
                {
                    "The same row a second time": "nothing is sent"
                    if procedure.repeatable or procedure.changes
                    else "nothing is sent for the same key; another key makes a further call",
                    "Not called if it would change nothing": f"compared with `{procedure.changes}`"
                    if procedure.changes
                    else "",
                }
            ),
            table(("Parameter", "Takes", "Notes"), parameters),
            fenced("sh", " ".join(map(shlex.quote, command(procedure)))),
            fenced("json", json.dumps(message, indent=2, ensure_ascii=False)),
        )
    )


def _notes(field: Field, is_required: bool) -> str:  # noqa: FBT001
    notes = ["required" if is_required else "", f"refers to {refers_to(field)}" if field.refers else ""]
    text = "; ".join(note for note in notes if note)
    return f"{field.description} {text}".strip()


def command(procedure: Procedure) -> list[str]:
    """Return the command line for the call of the example, with names instead of keys."""
    words = ["clockify-call", procedure.name, "--config", "target.json"]
    for name, value in examples.PROCEDURES[procedure.name].items():
        if name == "id":
            continue
        said = _said(value) if procedure.field(name).refers else value
        words += [f"--{_option(name)}", said if isinstance(said, str) else json.dumps(said)]
    return words


def _said(value: Any) -> Any:
    """Return what a person writes instead of a key: a natural key, or an id if there is no natural key."""
    if isinstance(value, list):
        return [_said(one) for one in value]
    if not isinstance(value, str) or value not in _OBJECT_OF_KEY:
        return value
    _, row = _OBJECT_OF_KEY[value]
    return row.get("name") or row.get("number") or examples.PROJECT_ID


def _option(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
