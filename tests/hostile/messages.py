"""Generates hostile Singer messages from a seed: lines that are not messages, impossible values, ids that are paths.

A run is a list of lines: schemas, hostile lines (mostly good records with one bad value), and good records, all of
which must be written.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_clockify.model.objects import OBJECTS
from target_clockify.model.procedures import PROCEDURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = tuple[str, dict[str, Any]]
"""A stream, and the fields of a record."""

GOOD = "tags"
"""The stream of the good records."""
_STREAMS = [*(one.name for one in OBJECTS), *(one.name for one in PROCEDURES)]
_FIELDS = {one.name: [field.name for field in one.fields] for one in (*OBJECTS, *PROCEDURES)}
_ID = "5e1f0c0d9a8b7c6d5e4f3a2b"

PATHS = (
    *("../users", "..", ".", "/etc/passwd", "a?b=c", "a#b", "a/b", "%2e%2e%2fusers", "%2Fetc%2Fpasswd", "a%3Fb=c"),
    *("..%5c..", "http://127.0.0.1/", "//host/x", "a;b", "a b", "{id}", "{workspaceId}", f"{_ID}/..", f"{_ID}?x=1"),
    *(f"{_ID}\r\nX-Api-Key: no", f"{_ID}\n", f" {_ID}", f"{_ID}%00", "..;/", "\\..\\users", "\uff0e\uff0e\uff0fusers"),
)
_WORDS = (
    *("", " ", "\t", "\r\n", "a\r\nb", "\u0000", "a\u0000b", "\ufeff", "\u202e", "\u200b", "\ufffd", "\U0001f4a9" * 9),
    *("e\u0301" * 99, "İı", "ß" * 7, "ﷺ" * 400, "=1+1", "@SUM(A1)", "+1", "-1", "=cmd|' /C calc'!A0", "<script>"),
    *("' OR 1=1 --", "${jndi:ldap://127.0.0.1/}", "%s%n%d", "{0}", "{{7*7}}", "\x1b[31m", "null", "None", "NaN"),
    *(
        "x" * 10_000,
        "true",
        "undefined",
        "-0",
        "1e999",
        "9" * 400,
        "\u0661\u0662",
        "1_000",
        "0x10",
        "1,000.5",
        "infinity",
    ),
)
_MOMENTS = (
    *("0000-00-00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30"),
    *("2026-13-01", "2026-01-31T25:00:00Z", "2026-01-31T09:00:60Z", "2026-W53-7", "+99999-01-01", "1969-12-31"),
    *("2026-01-31T09:00:00+99:99", "10000-01-01T00:00:00Z", "-0001-01-01", "31.12.2026", "2026-01-31T09:00", "now"),
    *(
        "P1Y",
        "PT-1H",
        "PT99999999999999999999H",
        "PT1e9H",
        "P",
        "PT",
        "-PT1S",
        "25:61",
        "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661",
        "12:00 AM",
    ),
)
_NUMBERS = (
    *(b"0", b"-0", b"-1", b"1.5", b"1e999", b"-1e999", b"1e-999", b"9223372036854775808", b"-9223372036854775809"),
    *(b"1" + b"0" * 30, b"9" * 500, b"9" * 5000, b"0.1" + b"0" * 400, b"1E400", b"1.7976931348623159e308", b"5e-324"),
)
_NOT_JSON = (b"NaN", b"Infinity", b"-Infinity", b"undefined", b"01", b"+1", b".5", b"0x10", b"'a'", b"True", b"")
_SURROGATES = (b'"\\ud800"', b'"a\\udfff"', b'"\\udc00\\ud800"', b'"\\uD83D"', b'{"\\ud800": 1}', b'"\\u0000"')
_NOT_TEXT = (
    b'"\xff"',
    b'"\xc3\x28"',
    b'"\xed\xa0\x80"',
    b'"\xf8\x88\x80\x80\x80"',
    b'{"\xff": 1}',
    b'"\x00"',
    b'"\x01"',
)
_NESTED = (b"[]", b"{}", b"[[]]", b'[{"id": 1}]', b"[null]", b'{"": null}', b"[1, [2, [3]]]", b'{"id": {"id": "x"}}')
_DEPTHS = (10, 60, 70, 200, 500, 900, 1000, 1500, 100_000)


@dataclass
class Run:
    """The lines of a run.

    Attributes:
        lines: All of them.
        kinds: The kind of each hostile line, by its number in the run, from 1.
        records: The numbers of the lines that are records, or would be.
        good: The names of the good records.
    """

    lines: list[bytes] = field(default_factory=list)
    kinds: dict[int, str] = field(default_factory=dict)
    records: set[int] = field(default_factory=set)
    good: list[str] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """The run as the target reads it."""
        return b"\n".join(self.lines) + b"\n"

    def add(self, line: bytes, kind: str = "", *, is_record: bool = False) -> None:
        """Add a line."""
        self.lines.append(line)
        if kind:
            self.kinds[len(self.lines)] = kind
        if is_record:
            self.records.add(len(self.lines))

    def add_good(self) -> None:
        """Add a good record."""
        name = f"good {len(self.lines)}"
        self.good.append(name)
        self.add(_record(GOOD, {"id": name, "name": name}), is_record=True)


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _record(stream: str, fields: dict[str, Any]) -> bytes:
    return _dumps({"type": "RECORD", "stream": stream, "record": fields})


def schema(stream: str) -> bytes:
    """A SCHEMA message."""
    return _dumps({"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": ["id"]})


class Generator:
    """Makes runs from a seed.

    Args:
        seed: The seed.
        rows: Good rows of some streams, which are then corrupted.
    """

    def __init__(self, seed: int, rows: Sequence[Row] = ()) -> None:
        self._random = random.Random(seed)
        self._rows = rows

    def run(self, hostile: int) -> Run:
        """Return a run with so many hostile lines."""
        run = Run()
        rows = [(name, {"id": "7", "name": "x"}) for name in self._random.sample(_STREAMS, 12)]
        rows += [(name, _made_up(self._random, name)) for name, _ in rows]
        rows += [one for one in self._rows for _ in range(4)]
        for stream in dict.fromkeys([GOOD, *(stream for stream, _ in rows)]):
            run.add(schema(stream))
        for stream, fields in self._rows:
            run.add(_record(stream, fields), is_record=True)
        kinds = list(_KINDS)
        weights = [10 if name.startswith("a value") else 1 for name in kinds]
        for kind in self._random.choices(kinds, weights, k=hostile):
            if len(run.lines) % 7 == 0:
                run.add_good()
            line, is_record = _KINDS[kind](self._random, self._random.choice(rows))
            if line.strip():
                run.add(line.replace(b"\n", b" "), kind, is_record=is_record)
        run.add_good()
        run.add(_dumps({"type": "STATE", "value": {"done": True}}))
        return run


# -- kinds of lines: each returns a line, and whether it counts as a record ------------------------

_Random = random.Random
_Made = tuple[bytes, bool]
_Make = Callable[[_Random, Row], _Made]
_KINDS: dict[str, _Make] = {}


def _kind(name: str) -> Callable[[_Make], _Make]:
    def note(make: _Make) -> _Make:
        _KINDS[name] = make
        return make

    return note


def _plausible(chance: _Random, name: str) -> Any:
    if name.endswith("Ids"):
        return [_ID] * chance.randint(0, 2)
    if name.endswith("Id"):
        return chance.choice([_ID, "some key", 7])
    if "start" in name.lower() or "end" in name.lower() or "date" in name.lower():
        return chance.choice(["2026-01-31T09:00:00Z", "2026-01-31"])
    return chance.choice(["a name", 7, True, "USD", None, [], "PT1H", {"amount": 100, "currency": "USD"}])


def _made_up(chance: _Random, stream: str) -> dict[str, Any]:
    names = _FIELDS[stream]
    chosen = chance.sample(names, min(len(names), chance.randint(1, 6)))
    return {"name": f"n {chance.getrandbits(40):x}", **{name: _plausible(chance, name) for name in chosen}}


def _with(chance: _Random, row: Row, value: bytes, name: str = "") -> bytes:
    """A record with one changed value, which may be its key or a nested value."""
    stream, fields = row[0], copy.deepcopy(row[1])
    if chance.random() < _NEW:  # another row, and not a change of the same one
        fields["id"] = f"{chance.getrandbits(40):x}"
        fields |= {one: f"{fields[one]} {chance.getrandbits(40):x}" for one in ("name", "number") if one in fields}
    further = [chance.choice(_FIELDS[stream]), "workspaceId", "_sdc_deleted_at", "clockify_id"]
    inside, name = fields, name or chance.choice([*fields, *fields, *fields, *further])
    while isinstance(inside.get(name), (dict, list)) and inside[name] and chance.random() < _INSIDE:
        below = inside[name]
        if isinstance(below, list):
            place = chance.randrange(len(below))
            if not isinstance(below[place], dict):
                below[place] = _MARK
                break
            below = below[place]
        inside, name = below, chance.choice(list(below))
    else:
        inside[name] = _MARK
    return _record(stream, fields).replace(json.dumps(_MARK).encode(), value, 1)


_MARK = "\x02"
_NEW, _INSIDE = 0.7, 0.8  # how often


@_kind("a value: a path or a query")
def _path(chance: _Random, row: Row) -> _Made:
    names = [name for name in _FIELDS[row[0]] if name.endswith(("Id", "Ids"))]
    value = chance.choice(PATHS)
    name = chance.choice([*names, "id", "id", "clockify_id", "workspaceId"])
    return _with(chance, row, _dumps([value] if name.endswith("Ids") else value), name), True


@_kind("a value: odd text")
def _word(chance: _Random, row: Row) -> _Made:
    return _with(chance, row, _dumps(chance.choice(_WORDS))), True


@_kind("a value: an odd date or duration")
def _moment(chance: _Random, row: Row) -> _Made:
    times = [name for name in _FIELDS[row[0]] if any(one in name.lower() for one in ("start", "end", "date", "time"))]
    return _with(chance, row, _dumps(chance.choice(_MOMENTS)), chance.choice([*times, "", "_sdc_deleted_at"])), True


@_kind("a value: an odd number")
def _number(chance: _Random, row: Row) -> _Made:
    return _with(chance, row, chance.choice(_NUMBERS)), True


@_kind("a value: lone surrogates and NUL")
def _surrogate(chance: _Random, row: Row) -> _Made:
    return _with(chance, row, chance.choice(_SURROGATES)), True


@_kind("a value: bytes that are no UTF-8")
def _bytes(chance: _Random, row: Row) -> _Made:
    return _with(chance, row, chance.choice(_NOT_TEXT)), True


@_kind("a value: lists and objects")
def _nested(chance: _Random, row: Row) -> _Made:
    return _with(chance, row, chance.choice(_NESTED)), True


@_kind("a value: deep nesting")
def _deep(chance: _Random, row: Row) -> _Made:
    depth = chance.choice(_DEPTHS)
    opening, closing = chance.choice([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"id":', b"}]")])
    return _with(chance, row, opening * depth + b"1" + closing * depth), True


@_kind("a value: no JSON")
def _no_json(chance: _Random, row: Row) -> _Made:
    return _with(chance, row, chance.choice(_NOT_JSON)), True


@_kind("a huge record")
def _huge(chance: _Random, row: Row) -> _Made:
    return _with(chance, row, _dumps("x" * chance.choice([100_000, 1_000_000]))), True


@_kind("many columns")
def _wide(_chance: _Random, row: Row) -> _Made:
    return _record(row[0], {"id": "wide", **{f"column {number}": number for number in range(3000)}}), True


@_kind("a receipt of a strange name")
def _receipt(chance: _Random, _row: Row) -> _Made:
    name = chance.choice(["a\u0000b", "a\nb", "/dev/zero", "/dev/full", ".", "/", "no/such/file", "\ud800", "x" * 5000])
    return _with(chance, ("expenses", {}), json.dumps(name).encode(), "receipt"), True


@_kind("the same column twice")
def _twice(_chance: _Random, row: Row) -> _Made:
    record = b'{"id": "a", "id": "b", "name": "c", "name": ["d"]}'
    return b'{"type": "RECORD", "stream": "%s", "record": %s}' % (row[0].encode(), record), True


@_kind("a record that is no object")
def _no_object(chance: _Random, row: Row) -> _Made:
    value = chance.choice([*_NESTED, *_NUMBERS, *_SURROGATES, b"null", b"true", b'"text"'])
    return b'{"type": "RECORD", "stream": "%s", "record": %s}' % (row[0].encode(), value), True


@_kind("a broken line")
def _broken(chance: _Random, row: Row) -> _Made:
    line = bytearray(_record(*row))
    how = chance.randrange(5)
    if how == 0:
        line = line[: chance.randrange(1, len(line))]
    elif how == 1:
        line[chance.randrange(len(line))] = chance.randrange(256)
    elif how == 2:
        line += bytes(line)
    elif how == 3:
        line = bytearray(chance.choice([b"\xef\xbb\xbf", b"[1]", b"\x00", b"\x1e", b"//"])) + line
    else:
        del line[chance.randrange(len(line))]
    return bytes(line).replace(b"\n", b" ").replace(b"\r", b" "), True


@_kind("no message at all")
def _no_message(chance: _Random, _row: Row) -> _Made:
    made = [b"null", b"[]", b"{}", b'"RECORD"', b"7", b"hello", b'{"type": null}', b'{"type": ["RECORD"]}', b"<html>"]
    return chance.choice([*made, *_NOT_JSON, *_NOT_TEXT, b"\xff\xfe{", b"[" * 100_000, b'{"a":' * 100_000]), True


@_kind("a message of an odd shape")
def _odd_message(chance: _Random, row: Row) -> _Made:
    message: dict[str, Any] = {"type": "RECORD", "stream": row[0], "record": {"id": "x", "name": "x"}}
    name = chance.choice(["type", "stream", "record", "version", "time_extracted"])
    odd: list[Any] = [None, [], {}, 7, 1.5, True, "", "x", "\x00", "RECORDS", "record", 10**30, [row[0]], "no stream"]
    message[name] = chance.choice(odd)
    if chance.random() < 0.3:
        del message[chance.choice(list(message))]
    return json.dumps(message).encode(), True


@_kind("a schema of an odd shape")
def _odd_schema(chance: _Random, row: Row) -> _Made:
    stream = "clients" if row[0] == GOOD else row[0]  # records after an invalid schema are rejected as well
    message: dict[str, Any] = json.loads(schema(stream))
    odd: list[Any] = [None, [], {}, 7, "x", {"properties": None}, {"properties": []}, {"type": 7}, [7], [[]]]
    properties: list[Any] = [None, 7, [], {"type": "x"}, {"type": [7]}, {"$ref": "#/a"}]
    odd += [{"properties": {"id": value}} for value in properties]
    name = chance.choice(["schema", "key_properties"])
    message[name] = chance.choice(
        [one for one in odd if one or name == "schema"]
    )  # a stream without a key ends the run
    if chance.random() < 0.2:
        del message[chance.choice(["type", "stream", "schema"])]
    return json.dumps(message).encode(), False


@_kind("other messages of an odd shape")
def _odd_other(chance: _Random, row: Row) -> _Made:
    odd: list[Any] = [None, [], {}, 7, 1.5, "x", 10**30, {"bookmarks": None}, "\ud800", [[[]]] * 3, {"a": "\x00"}]
    kind = chance.choice(["STATE", "ACTIVATE_VERSION", "BATCH", "state", "CONTROL", "", "\x00"])
    message = {"type": kind, "stream": chance.choice([row[0], *odd]), "value": chance.choice(odd)}
    message["version"] = chance.choice(odd)
    for name in chance.sample(["stream", "value", "version"], chance.randint(0, 2)):
        del message[name]
    return json.dumps(message).encode(), False


def kinds() -> Iterator[str]:
    """Every kind of hostile line."""
    yield from _KINDS
