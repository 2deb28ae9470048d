"""Holidays. A single holiday cannot be read; only the response to a delete contains all its fields."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.absence import AutomaticEntries, audience, automatic_entries
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import Color
from clockify_sandbox.call import Call
from clockify_sandbox.entities import holiday as new_holiday
from clockify_sandbox.entities import no_default_entities
from clockify_sandbox.errors import ApiError, forbidden, invalid
from clockify_sandbox.fields import overlaid, picked
from clockify_sandbox.kinds import HOLIDAY, MEMBER
from clockify_sandbox.naming import name_of
from clockify_sandbox.people import NewPick, Pick, applies_to
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.absence import Holiday, HolidayFields
from clockify_sandbox.workdays import occurs_in
from clockify_sandbox.world import Entity

routes = Routes(scope="TIME_OFF", feature="TIME_OFF")

_COLOR = "#8BC34A"
_FLAT = (
    "id",
    "workspaceId",
    "name",
    "datePeriod",
    "occursAnnually",
    "everyoneIncludingNew",
    "userIds",
    "userGroupIds",
)
_IN_PERIOD = ("id", "name", "datePeriod", "occursAnnually", "everyoneIncludingNew")


class HolidayQuery(Query):
    """The only filter of the list: the id of a user."""

    assigned_to: str | None = None


class PeriodQuery(Query):
    """Holidays of a user in a period; all three are required."""

    assigned_to: str
    start: datetime
    end: datetime


class DatePeriod(Body):
    """Whole days, the last one included."""

    start_date: date
    end_date: date


class HolidayBody(Body):
    """The common fields of both writes."""

    name: Annotated[str, Meta(min_length=2, max_length=100)]
    date_period: DatePeriod
    occurs_annually: bool = False
    everyone_including_new: bool = False
    color: Color = _COLOR
    users: Pick | None = None
    user_groups: Pick | None = None
    automatic_time_entry_creation: AutomaticEntries | None = None


class NewHoliday(HolidayBody):
    """The body of a create."""

    users: NewPick | None = None
    user_groups: NewPick | None = None


class HolidayChange(HolidayBody, kw_only=True):
    """The body of an update: a full replacement; the name must be shorter than in a create."""

    name: Annotated[str, Meta(min_length=1, max_length=50)]
    occurs_annually: bool


@routes.get("/workspaces/{ws}/holidays")
def list_holidays(call: Call, query: HolidayQuery) -> list[Entity]:
    """All holidays, or those of one user."""
    if query.assigned_to:
        call.find(MEMBER, query.assigned_to)
    return [
        _row(holiday)
        for holiday in call.workspace.holidays.values()
        if not query.assigned_to or applies_to(call.workspace, holiday, query.assigned_to)
    ]


@routes.get("/workspaces/{ws}/holidays/in-period")
def list_holidays_in_period(call: Call, query: PeriodQuery) -> list[Entity]:
    """The holidays of one user in a period, without the ids of the people they are assigned to.

    For an unknown user, the service fails with a server error; a group id is handled like a user whom the caller may
    not see.
    """
    if query.assigned_to in call.workspace.user_groups:
        raise forbidden()
    if query.assigned_to not in call.workspace.members:
        raise ApiError(500, 500, messages.INTERNAL_ERROR)
    return [
        {**picked(holiday, _IN_PERIOD), **_automatic(holiday)}
        for holiday in call.workspace.holidays.values()
        if applies_to(call.workspace, holiday, query.assigned_to)
        and occurs_in(holiday, query.start.date(), query.end.date())
    ]


@routes.post("/workspaces/{ws}/holidays", role="ADMIN")
def create_holiday(call: Call, body: NewHoliday) -> Entity:
    """A new holiday; names need not be unique. Unlike other creates it returns 200."""
    values = _values(call, body)
    period = values["datePeriod"]
    holiday = new_holiday(call.new_id(), call.workspace.id, body.name, period["startDate"], period["endDate"])
    return _row(call.insert(HOLIDAY, overlaid(holiday, values)))


@routes.put("/workspaces/{ws}/holidays/{holidayId}", role="ADMIN")
def update_holiday(call: Call, body: HolidayChange) -> Entity:
    """Replace a holiday; missing fields get their defaults, including the colour."""
    return _row(call.of(HOLIDAY).update(call.named(HOLIDAY, "holidayId"), _values(call, body)))


@routes.delete("/workspaces/{ws}/holidays/{holidayId}", role="ADMIN")
def delete_holiday(call: Call) -> Entity:
    """Delete a holiday, and return all its fields."""
    holiday = call.remove(HOLIDAY, call.named(HOLIDAY, "holidayId"))
    groups = call.workspace.user_groups
    return {
        **holiday,
        "users": [{"id": user_id, "name": name_of(call.world, user_id)} for user_id in holiday["userIds"]],
        "userGroups": [
            {"id": group_id, "name": groups[group_id]["name"]}
            for group_id in holiday["userGroupIds"]
            if group_id in groups
        ],
    }


def _values(call: Call, body: HolidayBody) -> HolidayFields:
    start, end = body.date_period.start_date, body.date_period.end_date
    if start > end:
        raise invalid(messages.START_DATE_AFTER_END(start=start, end=end))
    return {
        "name": body.name,
        "datePeriod": {"startDate": start.isoformat(), "endDate": end.isoformat()},
        "occursAnnually": body.occurs_annually,
        **audience(call, body),
        "color": body.color,
        "automaticTimeEntryCreation": automatic_entries(call, body.automatic_time_entry_creation)
        or no_default_entities(),
    }


def _row(holiday: Holiday) -> Entity:
    return {**picked(holiday, _FLAT), **_automatic(holiday)}


def _automatic(holiday: Holiday) -> Entity:
    creation = holiday["automaticTimeEntryCreation"]
    return {"automaticTimeEntryCreation": creation["enabled"], **creation["defaultEntities"]}
