"""Generates tables in READMEs from the code: `python docs/tables.py` rewrites the text between the markers.

The site does not need this, because its tables are generated while it is built. READMEs are for readers of the package.
`python docs/tables.py --check` changes nothing, and exits with 1 if a table is out of date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from docs.reference.pages import world_options  # noqa: E402

DOCUMENTS = {"clockify-sandbox/README.md": {"world options": world_options}}


def rewritten(document: str) -> tuple[str, str]:
    """Return the text of a document, before and after every table between markers is generated again.

    Raises:
        ValueError: The document lacks the markers of a table.
    """
    before = text = (ROOT / document).read_text(encoding="utf-8")
    for name, table in DOCUMENTS[document].items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(text):
            message = f"{document} has no markers for the table {name!r}"
            raise ValueError(message)
        made = table()
        text = pattern.sub(rf"\g<1>{made.replace(chr(92), chr(92) * 2)}\n\g<2>", text)
    return before, text


if __name__ == "__main__":
    for document in DOCUMENTS:
        before, after = rewritten(document)
        if "--check" not in sys.argv[1:]:
            (ROOT / document).write_text(after, encoding="utf-8")
        elif before != after:
            sys.exit(f"{document} is out of date: run `python docs/tables.py`")
