#!/usr/bin/env python3
"""A Singer tap for CSV files with one record per row. It never guesses: ambiguous input is refused in one line.

Each file of the folder is a stream with the name of the file. A repeated key is refused. An empty cell is left out, so
that it changes nothing. Every record carries its file and line. There is no ACTIVATE_VERSION, since a file may be
incomplete, and no STATE, since the target remembers what it has written. It needs only Python 3.9 or newer.

The configuration is a JSON file:

    {
      "path": "folder",                     a folder of CSV files (.csv or .tsv, in any case), or one file
      "files": {                            by stream, where its file does not show it
        "toggl_detailed": {
          "key": ["id"],                    the columns that identify a row; default: the first; [] for none
          "paths": "toggl-*.csv",           the files of the stream; default: the one of its name
          "encoding": "cp1252",             default: UTF-8, or what a byte order mark says
          "separator": ";",                 default: the one of , ; and tab that fits every row
          "header": 3                       the line with the names of the columns, below a title; default: the first
        }
      }
    }
"""

from __future__ import annotations

import argparse
import codecs
import csv
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
FILE, LINE = "_sdc_source_file", "_sdc_source_lineno"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SUFFIXES = {".csv", ".tsv"}
_SETTINGS = {"path", "files"}
_OF_FILES = {"key", "paths", "encoding", "separator", "header"}


class RefusedError(ValueError):
    """The input is ambiguous; the message says what to do."""


class NoTableError(RefusedError):
    """The file is not CSV with this separator."""


def main() -> int:
    """Write the messages of all files, or no message if one file has an error.

    Returns:
        The exit code: 1 with a line on stderr that says where the error is.
    """
    parser = argparse.ArgumentParser(
        prog="tap-csv", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True, help="the configuration")
    try:
        tables = [Table(*one) for one in _files(_config(parser.parse_args().config))]
        keys: dict[str, dict[bytes, tuple[str, int]]] = {}
        for table in tables:
            table.check(keys.setdefault(table.stream, {}))
        for table in tables:
            for message in table.messages():
                sys.stdout.write(json.dumps(message) + "\n")
    except (OSError, ValueError) as error:
        print(f"tap-csv: {error}", file=sys.stderr)
        return 1
    return 0


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RefusedError(f"{path} is no JSON: {error}") from None
    files = config.get("files") or {} if isinstance(config, dict) else {}
    if isinstance(files, str):  # as Meltano passes objects
        files = json.loads(files)
    if not isinstance(config, dict) or not config.get("path"):
        raise RefusedError("path must be set, to the folder of the CSV files")
    for name in config:
        if name not in _SETTINGS:
            raise RefusedError(f"{name} is not a setting; known are {', '.join(sorted(_SETTINGS))}")
    for stream, one in files.items():
        _check(stream, one)
    return {**config, "files": files}


def _check(stream: str, settings: dict[str, Any]) -> None:
    for name in settings:
        if name not in _OF_FILES:
            raise RefusedError(f"files.{stream}.{name} is not a setting; known are {', '.join(sorted(_OF_FILES))}")
    key = settings.get("key", [])
    if not isinstance(key, list) or not all(isinstance(column, str) for column in key):
        raise RefusedError(f"files.{stream}.key must be an array of columns")
    if settings.get("separator", ",") not in SEPARATORS:
        raise RefusedError(f"files.{stream}.separator must be one of {', '.join(SEPARATORS.values())}")
    header = settings.get("header", 1)
    if not isinstance(header, int) or isinstance(header, bool) or header < 1:
        raise RefusedError(f"files.{stream}.header must be the number of a line")
    try:
        codecs.lookup(settings.get("encoding", "utf-8"))
    except LookupError:
        raise RefusedError(f"files.{stream}.encoding is none that Python knows") from None


def _files(config: dict[str, Any]) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Yield each file with its stream and the stream's settings."""
    path = Path(config["path"])
    folder = path.parent if path.is_file() else path
    tables = sorted(one for one in folder.iterdir() if one.suffix.lower() in _SUFFIXES) if folder.is_dir() else []
    found = [path] if path.is_file() else tables
    streams: dict[Path, str] = {}
    for stream, settings in config["files"].items():
        named = [one for one in tables if one.stem == stream]
        chosen = sorted(folder.glob(settings["paths"])) if "paths" in settings else named
        if not chosen or not all(one.is_file() for one in chosen):
            raise RefusedError(f"files.{stream}: there is no such file in {folder}")
        for one in chosen:
            if streams.setdefault(one, stream) != stream:
                raise RefusedError(f"{one} is a file of two streams, {streams[one]} and {stream}")
    every = sorted({*found, *(() if path.is_file() else streams)})
    if not every:
        raise RefusedError(f"there is no CSV file in {folder}")
    for one in every:
        stream = streams.get(one, one.stem)
        yield one, stream, config["files"].get(stream, {})


@dataclass
class Header:
    """The columns of a file: their names, and the positions to read; a repeated column is read once."""

    names: list[str]
    places: list[int]


class Table:
    """One file.

    Args:
        path: The path of the file.
        stream: The stream of its rows.
        settings: `key`, `encoding`, `separator` and `header`.
    """

    def __init__(self, path: Path, stream: str, settings: dict[str, Any]) -> None:
        self.path = path
        self.stream = stream
        self._settings = settings
        marked, said = _encoding_of(path), settings.get("encoding", "")
        if marked and said and codecs.lookup(marked).name[:5] != codecs.lookup(said).name[:5]:
            raise RefusedError(f"{path} begins with the mark of {marked}, and its encoding is said to be {said}")
        self._encoding = marked or said or "utf-8"
        self._first = settings.get("header", 1)
        self._separator = settings.get("separator") or ""
        self._header = Header([], [])
        self._key: list[str] = []

    def check(self, keys: dict[bytes, tuple[str, int]]) -> None:
        """Read the whole file, find its separator and encoding, and check it.

        Args:
            keys: The keys of the stream so far, each with its file and line.

        Raises:
            RefusedError: The file is ambiguous, or a key comes twice; the message says where.
        """
        self._separator = self._separator or self._found_separator()
        names = self._first_row()
        self._header = self._columns(names)
        self._key = self._settings.get("key", self._header.names[:1])
        for name in self._key:
            if name not in self._header.names:
                raise RefusedError(
                    f"{self.path}: there is no column {name}, which is its key in files.{self.stream}.key"
                )
        for number, record in self._records():
            if not self._key:
                continue
            if missing := [name for name in self._key if name not in record]:
                raise RefusedError(f"{self.path}: the row in line {number} lacks its key, {', '.join(missing)}")
            value = json.dumps([record[name] for name in self._key]).encode()
            digest = hashlib.blake2b(value, digest_size=16).digest()
            file, line = keys.setdefault(digest, (self.path.name, number))
            if (file, line) != (self.path.name, number):
                raise RefusedError(
                    f"{self.path}: the row in line {number} repeats the key ({', '.join(self._key)}) of line {line} "
                    f'of {file}: name the columns that tell a row, {{"files": {{"{self.stream}": {{"key": [...]}}}}}}, '
                    "or [] where none do"
                )

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield the messages of the file, SCHEMA first."""
        text = {"type": ["string", "null"]}
        properties = {**dict.fromkeys(self._header.names, text), FILE: text, LINE: {"type": ["integer", "null"]}}
        schema = {"type": "object", "properties": properties}
        yield {"type": "SCHEMA", "stream": self.stream, "schema": schema, "key_properties": self._key}
        for number, record in self._records():
            place = {FILE: self.path.name, LINE: number}
            yield {"type": "RECORD", "stream": self.stream, "record": {**record, **place}}

    # -- inside --------------------------------------------------------------------------------

    def _rows(self, separator: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows that are not blank, each with its first line number."""
        number = 1
        try:
            with self.path.open(encoding=self._encoding, newline="") as text:
                reader = csv.reader(text, delimiter=separator, strict=True)
                for row in reader:
                    if any("\0" in cell for cell in row):
                        raise UnicodeError  # noqa: TRY301 - UTF-16 without its mark is the same mistake
                    says_something = any(cell.strip() for cell in row) and number >= self._first
                    if says_something and not (number == 1 and _names_separator(row, separator)):
                        yield number, row
                    number = reader.line_num + 1
        except UnicodeError:
            raise RefusedError(
                f"{self.path} is not in {self._encoding}: say in which encoding it is, "
                f'{{"files": {{"{self.stream}": {{"encoding": "cp1252"}}}}}} for Western European Windows'
            ) from None
        except csv.Error as error:
            raise NoTableError(f"{self.path} is no CSV, in the row of line {number}: {error}") from None

    def _first_row(self) -> list[str]:
        _, names = next(self._rows(self._separator), (1, []))
        return [name.strip() for name in names]

    def _columns(self, names: list[str]) -> Header:
        """Return the columns to read.

        Raises:
            RefusedError: A column has no name, or it has the name of another column but different cells.
        """
        key = self._settings.get("key", names[:1])
        first = {name: place for place, name in reversed(list(enumerate(names)))}
        again = [place for place, name in enumerate(names) if name and first[name] != place]
        nameless = [place for place, name in enumerate(names) if not name]
        if not any(names) or any(names[place] in key for place in again):
            raise RefusedError(f"{self.path}: every column needs a name of its own")
        rows = 0
        for number, row in self._ragged_refused(len(names)):
            rows += 1
            for place in again:
                if row[place].strip() != row[first[names[place]]].strip():
                    raise RefusedError(
                        f"{self.path}: every column needs a name of its own, and two are called {names[place]} with "
                        f"different cells in line {number}"
                    )
            for place in nameless:
                if row[place].strip():
                    raise RefusedError(
                        f"{self.path}: every column needs a name of its own, and that of a cell in line "
                        f"{number} has none{self._title()}"
                    )
        if again and not rows:
            raise RefusedError(f"{self.path}: every column needs a name of its own")
        places = [place for place, name in enumerate(names) if name and first[name] == place]
        return Header([names[place] for place in places], places)

    def _ragged_refused(self, width: int) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows below the header.

        Raises:
            RefusedError: A row has more or fewer cells than the file has columns.
        """
        rows = self._rows(self._separator)
        next(rows, None)
        for number, row in rows:
            if len(row) != width:
                than = "more" if len(row) > width else "fewer"
                raise RefusedError(
                    f"{self.path}: the row in line {number} has {than} cells than the file has columns{self._title()}"
                )
            yield number, row

    def _title(self) -> str:
        """Return a hint for a file whose first row may not be the header."""
        if self._first > 1 or sum(bool(name) for name in self._first_row()) > 1:
            return ""
        example = f'{{"files": {{"{self.stream}": {{"header": 3}}}}}}'
        return f"; if line 1 is a title, say in which line the names of the columns are: {example}"

    def _records(self) -> Iterator[tuple[int, dict[str, str]]]:
        names, places = self._header.names, self._header.places
        for number, row in self._ragged_refused(len(self._first_row())):
            cells = ((name, row[place]) for name, place in zip(names, places))  # noqa: B905 - Python 3.9 has no strict
            yield number, {name: cell for name, cell in cells if cell.strip()}

    def _found_separator(self) -> str:
        """Return the separator: the declared one, or the only one that fits every row.

        Raises:
            RefusedError: Several separators fit, or none.
        """
        with self.path.open(encoding=self._encoding, errors="replace", newline="") as text:
            head = text.readline().strip("\r\n\ufeff")
            if head.lower().startswith("sep=") and head[4:] in SEPARATORS:
                return head[4:]
            for _ in range(1, self._first):
                head = text.readline().strip("\r\n")
        able = [one for one in SEPARATORS if one in head]
        if not able:
            return ","
        fitting = able if len(able) == 1 else [one for one in able if self._fits(one)]
        if len(fitting) == 1:
            return fitting[0]
        said = " and ".join(SEPARATORS[one] for one in able)
        raise RefusedError(
            f"{self.path}: its columns may be separated by {said}: say which, "
            f'{{"files": {{"{self.stream}": {{"separator": ";"}}}}}}'
        )

    def _fits(self, separator: str) -> bool:
        try:
            widths = {len(row) for _, row in self._rows(separator)}
        except NoTableError:
            return False
        return len(widths) == 1


def _names_separator(row: list[str], separator: str) -> bool:
    """Return whether the first row is a spreadsheet program's note about the separator: `sep=;`."""
    return separator.join(row).lower() == f"sep={separator}"


def _encoding_of(path: Path) -> str:
    """Return the encoding of the byte order mark, blank if there is none."""
    with path.open("rb") as file:
        begins = file.read(4)
    return next((name for mark, name in _MARKS if begins.startswith(mark)), "")


if __name__ == "__main__":
    sys.exit(main())
