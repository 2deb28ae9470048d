#!/usr/bin/env python3
"""A Singer tap for a folder of CSV files: each file is a stream of its name, its first column the key.

An empty cell says nothing, so that it wipes nothing. There is no ACTIVATE_VERSION, since corrections are not all there
is, and no STATE, since the target knows what it has written. The CSV taps on PyPI do not serve here: they rename
`_sdc_deleted_at`, or take the number of a line for its key. Python alone suffices, of any version since 3.9.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    """Write the messages of all files, or none of them if one has a mistake.

    Returns:
        The exit code: 1 with a line on stderr that says where the mistake is.
    """
    parser = argparse.ArgumentParser(prog="tap-csv", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help='a JSON file: {"path": "folder"}')
    config = parser.parse_args().config
    try:
        folder = Path(json.loads(config.read_text(encoding="utf-8"))["path"])
        lines = [json.dumps(message) for file in sorted(folder.glob("*.csv")) for message in messages(file)]
    except KeyError:
        return fail("path must be set, to the folder of the CSV files")
    except (OSError, ValueError) as error:
        return fail(str(error))
    if not lines:
        return fail(f"there is no CSV file in {folder}")
    print("\n".join(lines))
    return 0


def fail(message: str) -> int:
    """Say what is wrong, and return the exit code for it."""
    print(f"tap-csv: {message}", file=sys.stderr)
    return 1


def messages(file: Path) -> list[dict[str, Any]]:
    """Return the messages of a file, SCHEMA first.

    Raises:
        ValueError: It cannot be understood; the message says where.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:  # spreadsheets begin theirs with a byte order mark
            reader = csv.reader(text, strict=True)
            names = next(reader, [])
            rows = [(reader.line_num, row) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{file} is no CSV in UTF-8: {error}"
        raise ValueError(msg) from None
    if not all(names) or len(set(names)) < len(names) or not names:
        msg = f"{file}: every column needs a name of its own"
        raise ValueError(msg)
    for number, row in rows:
        if len(row) > len(names) or not row[0]:
            wrong = "lacks its key" if not row[0] else "has more cells than the file has columns"
            msg = f"{file}: the row that ends in line {number} {wrong}"
            raise ValueError(msg)
    schema = {"type": "object", "properties": {name: {"type": ["string", "null"]} for name in names}}
    return [
        {"type": "SCHEMA", "stream": file.stem, "schema": schema, "key_properties": names[:1]},
        *(
            {
                "type": "RECORD",
                "stream": file.stem,
                "record": {name: cell for name, cell in zip(names, row) if cell},  # noqa: B905 - Python 3.9 has no strict
            }
            for _, row in rows
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
