"""One page for the owner of an agency: charts with filters from the models of transform/, in a single file."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from demo.page.questions import ask

if TYPE_CHECKING:
    from demo.page.questions import Row

_PARTS = Path(__file__).parent
_SCRIPTS = ("figures.js", "words.js", "drawing.js", "cards.js", "page.js")  # in this order


def write_page(uri: str, schema: str, path: Path) -> None:
    """Write one self-contained HTML file: the data of the models, and a script that draws and filters it.

    Args:
        uri: The address of PostgreSQL.
        schema: The schema of the models.
        path: The file to write.
    """
    with psycopg.connect(uri) as connection:
        answers = ask(connection, schema)
        connection.rollback()
    path.write_text(_page(answers), encoding="utf-8")


def _page(answers: Row) -> str:
    page = _part("page.html")
    names = " and ".join(workspace["name"] for workspace in answers["workspaces"][:2])
    contents = {
        "{title}": escape(f"{names}: budgets, money and time"),
        "/* style */": _part("style.css"),
        "/* script */": "\n".join(map(_part, _SCRIPTS)),
        # No `<` in a name can end the script.
        "{answers}": json.dumps(answers, separators=(",", ":")).replace("<", "\\u003c"),
    }
    # In one pass, so that no name is mistaken for a placeholder.
    return re.sub("|".join(map(re.escape, contents)), lambda mark: contents[mark[0]], page)


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8").strip()
