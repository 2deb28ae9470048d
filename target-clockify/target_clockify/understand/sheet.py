"""A file in a layout: finds the columns of the layout's parts, and reads rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from target_clockify.model.values import FLAG, TEXT, WORD
from target_clockify.naming import compared, folded
from target_clockify.understand import dates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_clockify.understand.layouts import Cells, Layout

_NAMES_SOMEBODY = {
    *("user", "username", "email", "emailaddress", "member", "employee", "person", "name", "fullname", "firstname"),
    *("lastname", "who", "worker", "people", "staff", "team member", "teammember", "resource", "consultant"),
}
"""Common names of columns for people, normalised."""


@dataclass
class Reading:
    """The content of a row, before names are looked up.

    Attributes:
        email: The e-mail address of its person.
        name: Their full name.
        client: The client; None if the file has no column for it, "" if the cell is blank.
        project: The project, in the same way.
        task: The task, in the same way.
        tags: The cell with the tags.
        description: The description.
        billable: Whether it is billable; None if the row does not say so.
        type: The type of entry, in Clockify's words.
        start: The start: date, time of day or both.
        end: The end.
        length: The duration.
        custom: Values of custom fields, by field name; blank if the file states that there is no value.
    """

    email: str = ""
    name: str = ""
    client: str | None = None
    project: str | None = None
    task: str | None = None
    tags: str = ""
    description: str = ""
    billable: bool | None = None
    type: str = ""
    start: dates.Moment | None = None
    end: dates.Moment | None = None
    length: dates.Span | None = None
    custom: dict[str, str] = field(default_factory=dict)


class Sheet:
    """A layout and the columns of a file.

    Args:
        layout: The layout.
        columns: The columns.

    Raises:
        ValueError: A column that the layout needs is missing or exists twice; the message names it.
    """

    def __init__(self, layout: Layout, columns: Iterable[str]) -> None:
        self.layout = layout
        self._found: dict[str, str] = {}
        self.extra: list[str] = []
        doubles: dict[str, list[str]] = {}
        for column in columns:
            if not column.startswith("_sdc_"):
                doubles.setdefault(_folded(column), []).append(column)
        for name, some in doubles.items():
            self._found[name] = some[0]
            if len(some) > 1 and name in layout.columns:
                msg = f"it has the column {some[0]} more than once: {', '.join(some)}"
                raise ValueError(msg)
            if name not in layout.columns:
                self.extra += some
        self._alternatives = {
            name: self._there(cells) for name, cells in (*layout.cells.items(), *layout.person.items())
        }
        self._places = {name: next(iter(self._alternatives[name]), None) for name in layout.cells}
        self._person = {name: next(iter(self._alternatives[name]), None) for name in layout.person}
        self._check()

    @property
    def names_people(self) -> bool:
        """Whether the file has a column for people."""
        return any(self._person.values())

    def title(self, part: str) -> str:
        """Return the name of the columns of a part for messages."""
        columns = self._places.get(part) or self._person.get(part)
        return " and ".join(columns) if columns else part

    @property
    def person_title(self) -> str:
        """The name that messages use for the columns that hold people."""
        return ", ".join(self.title(name) for name, columns in self._person.items() if columns)

    def date_texts(self, row: Mapping[str, Any]) -> Iterable[str]:
        """Yield the texts of a row that may begin with a date of unknown format."""
        for part in ("start", "end", "date"):
            if part not in self.layout.formats:
                for column in self._places.get(part) or ():
                    if _folded(column) not in self.layout.formats and (text := self._text(row, column)):
                        yield text

    def lengths(self, row: Mapping[str, Any]) -> Iterable[str]:
        """Yield the durations of a row as text."""
        for column, *_ in self._alternatives.get("duration", ()):
            yield self._text(row, column)

    def project(self, row: Mapping[str, Any]) -> tuple[str | None, str] | None:
        """Return the client and project of a row that names a task, None for any other row."""
        if not self._joined(row, self._places.get("task") or ()):
            return None
        client, project = (self._places.get(part) for part in ("client", "project"))
        return None if client is None else self._joined(row, client), self._joined(row, project or ())

    def person(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """Return the e-mail address and name of a row's person, blank if it has none."""
        email, name = (self._joined(row, self._person.get(part) or ()) for part in ("email", "name"))
        return email, name

    def read(
        self, row: Mapping[str, Any], order: str, custom_fields: Mapping[str, str], *, commas: bool = False
    ) -> Reading:
        """Return the content of a row.

        Args:
            row: The row.
            order: The order of day and month in dates.
            custom_fields: The names of custom fields by column.
            commas: Durations of the file have a decimal comma.

        Raises:
            ValueError: It cannot be interpreted; the message names every wrong column.
        """
        problems: list[str] = []
        found = Reading(*self.person(row))
        for part in ("client", "project", "task"):
            columns = self._places.get(part)
            setattr(found, part, None if columns is None else self._joined(row, columns))
        found.tags, found.description = (
            self._joined(row, self._places.get(one) or ()) for one in ("tags", "description")
        )
        problems += [
            f"{self.title(part)} names a {part}, and {self.title('project')} no project, but an entry needs the "
            f"project for it"
            for part in ("client", "task")
            if getattr(found, part) and not found.project
        ]
        self._read_kind(row, found, problems)
        self._read_times(row, order, found, problems)
        found.length = self._length(row, problems, commas=commas)
        found.custom = {name: self._text(row, column) for column, name in custom_fields.items()}
        if (
            self.layout.custom_fields is not None
        ):  # only in an export of Clockify does a blank cell mean that there is no value
            found.custom = {name: text for name, text in found.custom.items() if text}
        if not problems:
            problems += self._lacks(found)
        if problems:
            raise ValueError("; ".join(problems))
        return found

    def custom_fields(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return the names of custom fields by column.

        Args:
            known: The names of the workspace's custom fields of entries, by folded name.

        Raises:
            ValueError: The layout names one that the workspace lacks.
        """
        if self.layout.custom_fields is None:
            return {column: known[_folded(column)] for column in self.extra if _folded(column) in known}
        found = {}
        for column, name in self.layout.custom_fields.items():
            if _folded(name) not in known:
                msg = f"custom_fields names {name}, which is no custom field of time entries in the workspace"
                raise ValueError(msg)
            if _folded(column) in self._found:
                found[self._found[_folded(column)]] = known[_folded(name)]
        return found

    # -- columns -------------------------------------------------------------------------------

    def _there(self, cells: Cells) -> list[tuple[str, ...]]:
        """Return the columns of every alternative that the file has."""
        return [
            tuple(self._found[_folded(one)] for one in some)
            for some in cells.alternatives
            if all(_folded(one) in self._found for one in some)
        ]

    def _check(self) -> None:
        cells = self.layout.cells
        needed = [name for name in ("project", "start", "date") if name in cells]
        needed += ["duration"] if "duration" in cells and not self._places.get("end") else []
        needed += ["end"] if "duration" not in cells else []
        if "start" in needed and "date" in needed:  # either contains the day
            needed.remove("date" if self._places["start"] else "start")
        lacking = [self._lacking(cells[name]) for name in needed if not self._places.get(name)]
        if self.layout.person and not self.names_people and any(_folded(one) in _NAMES_SOMEBODY for one in self.extra):
            lacking.append(" or ".join(map(self._lacking, self.layout.person.values())))
        if lacking:
            msg = f"it lacks the column {', '.join(lacking)}"
            raise ValueError(msg)

    def _lacking(self, cells: Cells) -> str:
        """Return the missing columns of the alternative that fits the file best."""
        lacking = [[one for one in some if _folded(one) not in self._found] for some in cells.alternatives]
        return " and ".join(min((len(one), one) for one in lacking)[1])

    # -- values --------------------------------------------------------------------------------

    def _read_kind(self, row: Mapping[str, Any], found: Reading, problems: list[str]) -> None:
        if text := self._joined(row, self._places.get("billable") or ()):
            flag = FLAG.coerce(text)
            found.billable = flag if isinstance(flag, bool) else None
            if found.billable is None:
                problems.append(f"{self.title('billable')} must be yes or no")
        found.type = str(WORD.coerce(self._joined(row, self._places.get("type") or ())))
        if found.type not in {"", "REGULAR", "BREAK"}:
            problems.append(f"{self.title('type')} is neither Regular nor Break: other entries come of time off")

    def _read_times(self, row: Mapping[str, Any], order: str, found: Reading, problems: list[str]) -> None:
        day = self._moment(row, "date", order, problems) or dates.Moment()
        found.start, found.end = (self._moment(row, part, order, problems) for part in ("start", "end"))
        if found.start is None:  # some programs write midnight next to a date if the time is not known
            found.start = replace(day, clock=None) if day.clock == datetime.min.time() else day
        elif found.start.day is None:
            found.start = replace(found.start, day=day.day)
        if found.end is not None and found.end.day is None:
            found.end = replace(found.end, day=day.day)

    def _text(self, row: Mapping[str, Any], column: str) -> str:
        """Return a cell as text, blank if it counts as empty."""
        text = "" if row.get(column) is None else str(TEXT.coerce(row[column])).strip()
        return "" if compared(text) in self.layout.blanks else text

    def _joined(self, row: Mapping[str, Any], columns: Iterable[str]) -> str:
        return " ".join(text for column in columns if (text := self._text(row, column)))

    def _moment(self, row: Mapping[str, Any], part: str, order: str, problems: list[str]) -> dates.Moment | None:
        columns = self._places.get(part)
        if not columns:
            return None
        texts = {column: text for column in columns if (text := self._text(row, column))}
        if not texts:
            return None
        if len(texts) < len(columns):
            problems += [f"{column} is blank" for column in columns if column not in texts]
            return None
        if form := self.layout.formats.get(part):
            texts = {self.title(part): " ".join(texts.values())}
        found = dates.Moment()
        for column, text in texts.items():
            try:
                one = dates.parsed(text, order, form or self.layout.formats.get(_folded(column), ""))
                found = found.joined(one)
            except ValueError as error:
                problems.append(f"{column} {error}")
                return None
        return found

    def _length(self, row: Mapping[str, Any], problems: list[str], *, commas: bool) -> dates.Span | None:
        """Return the duration of a row, from its most exact column."""
        lengths: dict[str, dates.Span] = {}
        for column, *_ in self._alternatives.get("duration", ()):
            if text := self._text(row, column):
                try:
                    lengths[column] = dates.span(text, self.layout.units.get(_folded(column)), commas=commas)
                except ValueError as error:
                    problems.append(f"{column} {error}")
        if not lengths:
            return None
        exact = min(lengths.values(), key=lambda one: one.slack)
        if not all(abs(one.seconds - exact.seconds) <= one.slack + exact.slack for one in lengths.values()):
            problems.append(f"{' and '.join(lengths)} are not the same length of time")
        return exact

    def _lacks(self, found: Reading) -> Iterable[str]:
        start = "start" if self._places.get("start") else "date"
        assert found.start is not None  # noqa: S101 - `read` has set it
        if found.start.day is None:
            yield f"{self.title(start)} names no day"
        if found.start.clock is None and "date" not in self.layout.cells:
            yield f"{self.title(start)} names no time of day"
        if found.end is not None and (found.end.day is None or found.end.clock is None):
            yield f"{self.title('end')} is no date and time"
        if found.end is None and found.length is None:
            parts = [part for part in ("end", "duration") if self._places.get(part)]
            yield f"{' and '.join(self.title(part) for part in parts)} {'are' if len(parts) > 1 else 'is'} blank"


def tags_of(text: str, separator: str, known: set[str]) -> list[str]:
    """Return the tags in a cell.

    Args:
        text: The cell.
        separator: The separator; empty if a cell is one tag.
        known: The normalised tags of the workspace, some of which may contain the separator.

    Raises:
        ValueError: The cell is ambiguous; the message follows the name of the column.
    """
    parts = [part.strip() for part in text.split(separator)] if separator else [text.strip()]
    found: list[str] = []
    at = 0
    while at < len(parts):
        joined = {
            to: whole
            for to in range(at + 2, len(parts) + 1)
            if compared(whole := f"{separator} ".join(parts[at:to])) in known
            or compared(whole := separator.join(parts[at:to])) in known
        }
        if joined and all(compared(part) in known for part in parts[at : max(joined)]):
            msg = "may mean one tag with the separator in its name or several tags: all of them are in the workspace"
            raise ValueError(msg)
        to = max(joined, default=at + 1)
        found.append(joined.get(to, parts[at]))
        at = to
    return list(dict.fromkeys(one for one in found if one))


def _folded(name: str) -> str:
    return folded(name) or name.strip()
