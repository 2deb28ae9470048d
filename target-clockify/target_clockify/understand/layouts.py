"""Layouts: the meaning of the columns in files with one row for each time entry.

A layout is data: built in, or from the configuration. It maps a value to one column (`"Project"`), several that are
joined with a space (`["First Name", "Last Name"]`), or the first of several that the file has (`{"first_of": ["Duration
(h)", "Duration (decimal)"]}`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from clockify_client.configuration import shown

from target_clockify.model.values import Measure
from target_clockify.naming import compared, folded, nearest
from target_clockify.understand.dates import order_of_format
from target_clockify.understand.units import UNITS, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LAYOUTS: dict[str, dict[str, Any]] = {
    "clockify": {
        "person": {"email": "Email", "name": "User"},
        "client": "Client",
        "project": "Project",
        "task": "Task",
        "tags": "Tags",
        "description": "Description",
        "billable": "Billable",
        "type": "Type",
        "start": ["Start Date", "Start Time"],
        "end": ["End Date", "End Time"],
        "duration": {"first_of": ["Duration (h)", "Duration (decimal)"]},
        "units": {"Duration (h)": "hours", "Duration (decimal)": "hours"},
        "splits": {"Tags": ","},
        "custom_fields": "*",
        "blanks": ["-", "(Without client)", "(Without project)", "(Without task)", "(Without tag)"],
    },
    "toggl": {
        "person": {"email": "Email", "name": {"first_of": ["User", "Member"]}},
        "client": "Client",
        "project": "Project",
        "task": "Task",
        "tags": "Tags",
        "description": "Description",
        "billable": "Billable",
        "start": ["Start date", "Start time"],
        "end": {"first_of": [["End date", "End time"], ["Stop date", "Stop time"]]},
        "duration": "Duration",
        "splits": {"Tags": ","},
        "blanks": ["-", "(No client)", "(No project)", "(No task)", "(No tag)"],
    },
    "harvest": {
        "person": {"name": ["First Name", "Last Name"]},
        "client": "Client",
        "project": "Project",
        "task": "Task",
        "description": "Notes",
        "billable": "Billable?",
        "date": "Date",
        "duration": "Hours",
        "units": {"Hours": "hours"},
        "blanks": ["-"],
    },
    "tempo": {
        "person": {"name": "Full name"},
        "client": "Account Key",
        "project": "Project Name",
        "task": ["Issue Key", "Issue summary"],
        "description": "Work Description",
        "date": "Work date",
        "duration": "Hours",
        "units": {"Hours": "hours"},
        "blanks": ["-"],
    },
}
"""The exports of other programs: Clockify's detailed report, Toggl Track's, Harvest's time report, Tempo's worklogs."""

PERSON = ("email", "name")
TIMES = ("start", "end", "date")
KINDS = ("clients", "projects", "tasks", "tags")
"""The kinds of objects that a row may create besides its time entry, parents first."""
ANY_COLUMN = "*"
_COLUMNS = ("client", "project", "task", "tags", "description", "billable", "type", *TIMES, "duration")
_SETTINGS = ("like", "person", "units", "formats", "splits", "blanks", "custom_fields", "day_start")
_DAY_START = "09:00"


@dataclass(frozen=True)
class Cells:
    """The columns of a value: those of the first alternative that the file has, joined."""

    alternatives: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> list[str]:
        """All columns of all alternatives."""
        return [name for some in self.alternatives for name in some]

    def __str__(self) -> str:
        """The columns, for a message."""
        return " or ".join(" and ".join(some) for some in self.alternatives)


@dataclass(frozen=True)
class Layout:
    """A validated layout.

    Attributes:
        person: The columns `email` and `name` of the row's person; empty if all rows belong to the key's owner.
        cells: The columns of each part of an entry: `client`, `project`, `task`, `tags`, `description`, `billable`,
            `type`, `start`, `end`, `date`, `duration`.
        units: Units of durations, by normalised column.
        formats: Formats of dates and times, by normalised column, or by `start`, `end` and `date` for joined columns.
        splits: The separator of several values in one cell, by normalised column.
        blanks: Texts that count as an empty cell, normalised.
        custom_fields: Names of custom fields of entries by column; None for every column that has the name of one.
        day_start: The start of the first entry of a day, if entries have no time.
        order: The order of day and month in a format, empty if it has none.
    """

    person: Mapping[str, Cells]
    cells: Mapping[str, Cells]
    units: Mapping[str, Unit]
    formats: Mapping[str, str]
    splits: Mapping[str, str]
    blanks: frozenset[str]
    custom_fields: Mapping[str, str] | None
    day_start: time
    order: str

    @property
    def stacks(self) -> bool:
        """Whether rows may lack the start time of their entry."""
        return "date" in self.cells

    @property
    def columns(self) -> set[str]:
        """All columns that it reads, normalised."""
        found = {one for cells in (*self.person.values(), *self.cells.values()) for one in cells.columns}
        return {_folded(one) for one in (*found, *(self.custom_fields or ()))}

    def reads(self, column: str) -> bool:
        """Return whether it reads a column, in any spelling."""
        return _folded(column) in self.columns


def layout_of(wanted: Any, settings: Mapping[str, Any], own: Mapping[str, Any], day_start: str = "") -> Layout:
    """Return the layout that a stream's settings name or contain.

    Args:
        wanted: The name of a layout, or a layout from the configuration.
        settings: The stream's own settings: `formats`, `units` and `day_start` override the layout's.
        own: The layouts of the configuration, by name.
        day_start: The default start of the day.

    Raises:
        ValueError: It is not a layout; the message says where and, for a name, suggests the nearest known one.
    """
    declared = _declared(wanted, own, ())
    for name in ("formats", "units"):
        if settings.get(name):
            declared = {**declared, name: {**(declared.get(name) or {}), **settings[name]}}
    declared = {
        **declared,
        "day_start": settings.get("day_start") or declared.get("day_start") or day_start or _DAY_START,
    }
    return _checked(declared)


def _declared(wanted: Any, own: Mapping[str, Any], through: tuple[str, ...]) -> dict[str, Any]:
    """Return the parts of a layout, merged into the layout that it is based on."""
    if isinstance(wanted, str):
        known = {**{folded(name): one for name, one in (LAYOUTS | dict(own)).items()}}
        if folded(wanted) not in known or wanted in through:
            near = nearest(wanted, [*LAYOUTS, *own])
            msg = f"{shown(wanted)!r} is no layout{near}; known are {', '.join((*LAYOUTS, *own))}"
            raise ValueError(msg)
        return _declared(known[folded(wanted)], own, (*through, wanted))
    if not isinstance(wanted, dict):
        msg = "a layout is the name of one, or an object"
        raise ValueError(msg)  # noqa: TRY004 - it is a setting, not an argument
    known_names = (*_COLUMNS, *_SETTINGS)
    if unknown := [name for name in wanted if name not in known_names]:
        near = nearest(unknown[0], known_names)
        msg = f"{shown(unknown[0])} is no part of a layout{near}; known are {', '.join(known_names)}"
        raise ValueError(msg)
    base = _declared(wanted["like"], own, through) if wanted.get("like") else {}
    both = {**base, **{name: value for name, value in wanted.items() if name != "like"}}
    for name in ("units", "formats", "splits"):
        if isinstance(base.get(name), dict) and isinstance(wanted.get(name), dict):
            both[name] = {**base[name], **wanted[name]}
    return {name: value for name, value in both.items() if value is not None}


def _checked(declared: Mapping[str, Any]) -> Layout:
    cells = {name: _cells(declared[name], name) for name in _COLUMNS if name in declared}
    person = declared.get("person") or {}
    if not isinstance(person, dict) or not set(person) <= set(PERSON):
        msg = f"person must be an object of {' and '.join(PERSON)}"
        raise ValueError(msg)
    if "start" not in cells and "date" not in cells:
        msg = "a layout needs the columns of start, or of date for files that tell the day alone"
        raise ValueError(msg)
    if "duration" not in cells and not {"start", "end"} <= cells.keys():
        msg = "a layout needs the column of duration, or those of start and end"
        raise ValueError(msg)
    if not cells.keys().isdisjoint({"client", "task"}) and "project" not in cells:
        msg = "a layout with clients or tasks needs the column of project: an entry has them by way of its project"
        raise ValueError(msg)
    formats = dict(_texts(declared, "formats"))
    known = {_folded(one) for name in TIMES if name in cells for one in cells[name].columns}
    for name, form in formats.items():
        if name not in TIMES and _folded(name) not in known:
            msg = f"formats names {name!r}, which is neither a column of a date or time nor one of {', '.join(TIMES)}"
            raise ValueError(msg)
        if not _is_format(form):
            msg = f"formats: {name} has the format {form!r}, which Python's strptime does not read"
            raise ValueError(msg)
    orders = {order for form in formats.values() if (order := order_of_format(form))}
    return Layout(
        person={name: _cells(value, f"person.{name}") for name, value in person.items() if value is not None},
        cells=cells,
        units={_folded(name): _unit(name, unit) for name, unit in _texts(declared, "units")},
        formats={_folded(name): form for name, form in formats.items()},
        splits={_folded(name): separator for name, separator in _texts(declared, "splits")},
        blanks=_blanks(declared.get("blanks") or ()),
        custom_fields=_custom_fields(declared.get("custom_fields") or ()),
        day_start=_time_of_day(str(declared["day_start"])),
        order=orders.pop() if len(orders) == 1 else "",
    )


def _cells(value: Any, name: str) -> Cells:
    if (
        isinstance(value, dict)
        and set(value) == {"first_of"}
        and isinstance(value["first_of"], list)
        and value["first_of"]
    ):
        return Cells(tuple(some for one in value["first_of"] for some in _cells(one, name).alternatives))
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(one, str) and one.strip() for one in names):
        return Cells((tuple(names),))
    msg = f'{name} must name a column, an array of columns that are joined, or {{"first_of": [...]}}'
    raise ValueError(msg)


def _texts(declared: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    given = declared.get(name) or {}
    if not isinstance(given, dict) or not all(isinstance(one, str) and one for one in given.values()):
        msg = f"{name} must be an object of texts by column"
        raise ValueError(msg)
    yield from given.items()


def _unit(name: str, unit: str) -> Unit:
    known = UNITS[Measure.DURATION]
    if unit not in known:
        msg = f"units: {name} can be in {', '.join(known)}, not in {unit!r}{nearest(unit, known)}"
        raise ValueError(msg)
    return Unit(unit)


def _custom_fields(given: Any) -> dict[str, str] | None:
    if given == ANY_COLUMN:
        return None
    if isinstance(given, dict) and all(isinstance(one, str) for one in given.values()):
        return dict(given)
    if isinstance(given, (list, tuple)) and all(isinstance(one, str) for one in given):
        return {one: one for one in given}
    msg = f'custom_fields must be an array of columns, an object of names by column, or "{ANY_COLUMN}"'
    raise ValueError(msg)


def _blanks(given: Any) -> frozenset[str]:
    if isinstance(given, (list, tuple)) and all(isinstance(one, str) and one.strip() for one in given):
        return frozenset(compared(one) for one in given)
    msg = "blanks must be an array of texts that say nothing, such as a dash"
    raise ValueError(msg)


def _time_of_day(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        msg = "day_start must be a time of day such as 09:00"
        raise ValueError(msg) from None


def _is_format(form: str) -> bool:
    example = datetime(2026, 1, 31, 13, 5, 9)  # noqa: DTZ001 - it is only written out
    try:
        datetime.strptime(example.strftime(form), form)  # noqa: DTZ007
    except ValueError:
        return False
    return "%" in form


def _folded(name: str) -> str:
    return folded(name) or name.strip()
