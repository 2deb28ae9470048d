"""The summary report: time entries in groups, up to three levels deep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid
from clockify_sandbox.render import default_currency, project_currency
from clockify_sandbox.reports.exports import Sheet
from clockify_sandbox.reports.inquiry import Report
from clockify_sandbox.reports.lines import Sums, lines_of, totals_of
from clockify_sandbox.reports.span import week_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clockify_sandbox.reports.inquiry import Inquiry
    from clockify_sandbox.reports.lines import Line
    from clockify_sandbox.world import Entity, Record

_SORT_COLUMNS = ("GROUP", "DURATION", "AMOUNT", "EARNED", "COST", "PROFIT")
_LEVELS = ("groupOneTotalCount", "groupTwoTotalCount", "groupThreeTotalCount")


class Group:
    """A group with its sums and the groups in it, by key."""

    __slots__ = ("groups", "sums")

    def __init__(self) -> None:
        self.sums = Sums()
        self.groups: dict[str, Group] = {}

    def add(self, line: Line, keys: list[Callable[[Line], Iterable[str]]]) -> None:
        """Add a line to this group, and to each subgroup that the first key function returns."""
        self.sums.add(line)
        if keys:
            for key in keys[0](line):
                group = self.groups.get(key)
                if group is None:
                    group = self.groups[key] = Group()
                group.add(line, keys[1:])


def summary(inquiry: Inquiry) -> Report:
    """Sums of nested groups; an entry with several tags counts in each of them."""
    wanted = inquiry.request.summary_filter
    if wanted is None:
        raise invalid(messages.SUMMARY_FILTER_MISSING)
    if wanted.sort_column and wanted.sort_column not in _SORT_COLUMNS:
        raise invalid(messages.SORT_COLUMN_INVALID)
    grouping = Grouping(inquiry)
    lines = list(lines_of(inquiry))
    root = Group()
    by_level = [grouping.keys[kind] for kind in wanted.groups]
    for line in lines:
        root.add(line, by_level)
    rows = _rows(root, grouping, wanted.groups, {})
    body = {
        "totals": totals_of(root.sums, inquiry.amounts),
        "donutChart": _chart(inquiry, grouping, lines),
        "groupTotals": dict(zip(_LEVELS, _counts(root, len(wanted.groups)), strict=False)),
        "groupOne": rows,
    }
    return Report(body, lambda: _sheet(inquiry, wanted.groups, rows))


class Grouping:
    """How lines are grouped, and how groups are rendered. `keys` gives the groups of a line per kind; "" means none."""

    def __init__(self, inquiry: Inquiry) -> None:
        self.inquiry = inquiry
        settings = inquiry.user(inquiry.viewer.user_id)["settings"]
        self._week_start = inquiry.request.week_start or (settings["weekStart"] if settings else "MONDAY")
        day = inquiry.calendar.day
        self.keys: dict[str, Callable[[Line], Iterable[str]]] = {
            "CLIENT": self._client,
            "PROJECT": lambda line: (line.entry.project_id or "",),
            "TASK": lambda line: (line.entry.task_id or "",),
            "USER": lambda line: (line.entry.user_id,),
            "TAG": lambda line: line.entry.tag_ids or ("",),
            "TIMEENTRY": lambda line: (line.entry.description,),
            "DATE": lambda line: (day(line.entry.start).isoformat(),),
            "WEEK": lambda line: (week_of(day(line.entry.start), self._week_start).isoformat(),),
            "MONTH": lambda line: (day(line.entry.start).isoformat()[:7],),
        }

    def _client(self, line: Line) -> Iterable[str]:
        client = self.inquiry.client_of(line.entry.project_id)
        return (client["id"] if client else "",)

    def about(self, kind: str, key: str) -> Entity:
        """The name of a group, and further data about it."""
        inquiry, workspace = self.inquiry, self.inquiry.workspace
        tables: dict[str, Mapping[str, Record]] = {
            "CLIENT": workspace.clients,
            "TASK": workspace.tasks,
            "TAG": workspace.tags,
        }
        table = tables.get(kind)
        if kind == "PROJECT":
            return self._project(key)
        if kind == "USER":
            name = inquiry.user(key)["name"] or ""
            return {**_named(name), "hasMembership": key in workspace.members, "sortingField": name.lower()}
        if table is not None:
            return _named(table[key]["name"] if key in table else f"(Without {kind.lower()})")
        return _named(key or "(Without description)")

    def _project(self, project_id: str) -> Entity:
        inquiry, workspace = self.inquiry, self.inquiry.workspace
        project, client = inquiry.project(project_id), inquiry.client_of(project_id)
        return {
            **_named(project["name"] if project else "(Without project)"),
            "color": project["color"] if project else None,
            "clientName": client["name"] if client else "",
            "currency": project_currency(workspace, project) if project else default_currency(workspace),
            "workspaceCurrencyCode": default_currency(workspace),
        }

    def ordered(self, rows: list[Entity]) -> list[Entity]:
        """Rows in the requested order, by default ascending by group."""
        request = self.inquiry.request
        column = request.summary_filter.sort_column if request.summary_filter else None
        descending = request.sort_order == "DESCENDING"
        if column in (None, "GROUP"):
            return sorted(rows, key=lambda row: (row["nameLowerCase"], str(row["_id"])), reverse=descending)
        if column == "DURATION":
            return sorted(rows, key=lambda row: row["duration"], reverse=descending)
        kind = self.inquiry.amounts[:1] if column == "AMOUNT" else (column,)
        values = {
            id(row): next((item["value"] for item in row["amounts"] if item["type"] in kind), 0.0) for row in rows
        }
        return sorted(rows, key=lambda row: values[id(row)], reverse=descending)


def _named(name: str) -> Entity:
    return {"name": name, "nameLowerCase": name.lower()}


def _rows(group: Group, grouping: Grouping, kinds: list[Any], above: dict[str, str]) -> list[Entity]:
    kind, *below = kinds
    amounts = grouping.inquiry.amounts
    rows = []
    for key, inner in group.groups.items():
        path = {**above, kind: key}
        row: Entity = {
            # The name of the innermost of three levels has the keys of all three.
            "_id": path if len(path) == len(_LEVELS) else key,
            "duration": inner.sums.seconds,
            "amount": inner.sums.amount(amounts),
            "amounts": inner.sums.shown(amounts),
            **grouping.about(kind, key),
        }
        if below:
            row["children"] = _rows(inner, grouping, below, path)
        rows.append(row)
    return grouping.ordered(rows)


def _counts(group: Group, depth: int) -> list[int]:
    level, counts = [group], []
    for _ in range(depth):
        level = [inner for outer in level for inner in outer.groups.values()]
        counts.append(len(level))
    return counts


def _chart(inquiry: Inquiry, grouping: Grouping, lines: list[Line]) -> list[Entity]:
    wanted = inquiry.request.summary_filter
    by_project = wanted is not None and wanted.summary_chart_type == "PROJECT"
    root = Group()
    keys = (
        grouping.keys["PROJECT"]
        if by_project
        else lambda line: ("BILLABLE" if line.entry.billable else "NON_BILLABLE",)
    )
    for line in lines:
        root.add(line, [keys])
    return [
        {
            "id": key,
            "totalTime": part.sums.seconds,
            "totalBillableTime": part.sums.billable_seconds,
            "totalAmount": part.sums.amount(inquiry.amounts),
            "earned": part.sums.amount(("EARNED",) if inquiry.amounts else ()),
        }
        for key, part in sorted(root.groups.items())
    ]


def _sheet(inquiry: Inquiry, kinds: list[Any], rows: list[Entity]) -> Sheet:
    columns = (*(kind.capitalize() for kind in kinds), "Duration (decimal)", "Amount")
    flat: list[tuple[Any, ...]] = []

    def walk(level: list[Entity], above: tuple[str, ...]) -> None:
        for row in level:
            path = (*above, row["name"])
            if "children" in row:
                walk(row["children"], path)
            else:
                flat.append((*path, round(row["duration"] / 3600, 2), row["amount"]))

    walk(rows, ())
    return Sheet(inquiry.title("Time Summary"), columns, flat)
