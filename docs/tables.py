"""Writes the tables of the READMEs out of the code: `python docs/tables.py` rewrites what stands between the markers.

`python docs/tables.py --check` changes nothing and exits with 1 where a table is out of date; the suite does the same.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clockify_sandbox.world_options import OPTIONS
from tap_clockify.settings import CONFIG_SCHEMA, Scope
from tap_clockify.stream import schema_of
from tap_clockify.streams import STREAMS
from tap_clockify.streams.people import WORKSPACES
from target_clockify.about import capability_table
from target_clockify.call import told
from target_clockify.model.objects import OBJECTS
from target_clockify.model.procedures import PROCEDURES
from target_clockify.settings import CONFIG_SCHEMA as TARGET_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_clockify.declaration import Source

ROOT = Path(__file__).parent.parent
_DEFAULTS: Any = {name: one.get("default") for name, one in CONFIG_SCHEMA["properties"].items()}


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _settings(schema: dict[str, Any]) -> str:
    rows = []
    for name, setting in schema["properties"].items():
        default = setting.get("default")
        shown = "" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        allowed = setting.get("enum")
        values = f" One of {', '.join(f'`{one}`' for one in allowed if one is not None)}." if allowed else ""
        secret = " Secret." if setting.get("secret") else ""
        rows.append((f"`{name}`", shown, setting["description"] + values + secret))
    return _table(("Setting", "Default", "Meaning"), rows)


def _streams() -> str:
    scope = Scope(_DEFAULTS, now=None)  # type: ignore[arg-type]  # no table depends on the moment
    holders: dict[Any, str] = {}  # the first stream that holds the rows of a source
    for stream in STREAMS:
        holders.setdefault(stream.source, f"`{stream.name}`")
    rows = []
    for stream in STREAMS:
        source, parent = stream.source, stream.source.parent
        per = f", for each of {holders.get(parent) or _call(parent, scope)}" if parent not in {None, WORKSPACES} else ""
        rows.append(
            (
                f"`{stream.name}`",
                "yes" if stream.selected else "",
                ", ".join(f"`{one}`" for one in stream.key),
                f"{_call(source, scope)}{per}",
                schema_of(stream.name)["description"],
            )
        )
    return _table(("Stream", "By default", "Key", "Read from", "A row is"), rows)


def _call(source: Source, scope: Scope) -> str:
    return f"`{source.asked(scope).call.replace('/workspaces/{workspaceId}', '…')}`"


def _world_options() -> str:
    rows = [
        (
            f"`{option.name}`",
            f"`{option.flag}`",
            ", ".join(f"`{value}`" for value in option.choices) if option.choices else option.values,
            f"`{str(option.default).lower()}`",
            option.description,
        )
        for option in OPTIONS.values()
    ]
    return _table(("Key", "Option", "Values", "Default", "Meaning"), rows)


DOCUMENTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {
        "tap settings": lambda: _settings(CONFIG_SCHEMA),
        "streams": _streams,
        "target settings": lambda: _settings(TARGET_SCHEMA),
        "objects": lambda: capability_table(OBJECTS),
        "procedures": lambda: "\n".join(["```text", *map(told, PROCEDURES), "```"]),
    },
    "clockify-sandbox/README.md": {"world options": _world_options},
}


def rewritten(document: str) -> tuple[str, str]:
    """Return the text of a document, and the same with every table between its markers made anew.

    Raises:
        ValueError: A table has no markers.
    """
    before = text = (ROOT / document).read_text(encoding="utf-8")
    for name, table in DOCUMENTS[document].items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(text):
            message = f"{document} has no place for the table {name!r}"
            raise ValueError(message)
        made = table()
        text = pattern.sub(lambda match, made=made: f"{match[1]}{made}\n{match[2]}", text)
    return before, text


if __name__ == "__main__":
    for document in DOCUMENTS:
        before, after = rewritten(document)
        if "--check" not in sys.argv[1:]:
            (ROOT / document).write_text(after, encoding="utf-8")
        elif before != after:
            sys.exit(f"{document} is out of date: run `python docs/tables.py`")
