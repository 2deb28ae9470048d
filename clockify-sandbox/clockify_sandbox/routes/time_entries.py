"""Time entries: lists, timers, single and bulk writes. The rules are in `clockify_sandbox.entries`."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import field

from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.call import Call
from clockify_sandbox.entries import (
    BulkChange,
    EntryBody,
    EntryChange,
    add_entry,
    change_entry,
    checked,
    make_way,
    owned_entry,
    remove_entry,
    require_open,
    shown,
    stop_running,
    visible_entry,
)
from clockify_sandbox.errors import ApiError, forbidden, not_on_plan
from clockify_sandbox.kinds import MEMBER, PROJECT, TAG, TASK
from clockify_sandbox.paging import IN_PROGRESS, KEBAB
from clockify_sandbox.people import managed_projects, oversight
from clockify_sandbox.permissions import visible_work
from clockify_sandbox.routing import Routes
from clockify_sandbox.values import DAY, epoch, wall_clock
from clockify_sandbox.world import BY_HAND, Entity, TimeEntry

routes = Routes(scope="TIME_ENTRY")

_OF_USER = "/workspaces/{ws}/user/{userId}/time-entries"
_ENTRIES = "/workspaces/{ws}/time-entries"
routes.gone(_ENTRIES + "/stop")  # timers are stopped with PATCH on the entries of their user


class EntriesQuery(Query):
    """Filters of the list. `start` and `end` are wall clocks in the time zone of the caller's account."""

    description: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    project: str | None = None
    task: str | None = None
    tags: list[str] = field(default_factory=list)
    project_required: bool | None = None
    task_required: bool | None = None
    hydrated: bool = False
    in_progress: bool | None = None
    get_week_before: datetime | None = None


class HydratedQuery(Query):
    """Whether entries contain the objects of their ids."""

    hydrated: bool | None = None


class FromQuery(Query):
    """An entry that provides the fields that are missing in the body."""

    from_entry: str | None = None


class DeleteQuery(Query):
    """The entries to delete."""

    time_entry_ids: list[str]


class StopBody(Body):
    """The time at which the timer stops."""

    end: datetime


class BatchBody(Body):
    """The requested entries."""

    time_entry_ids: list[str]
    hydrated: bool = False


class InvoicedBody(Body):
    """The entries to mark as invoiced or not invoiced."""

    time_entry_ids: list[str]
    invoiced: bool


@routes.get(_OF_USER, paging=KEBAB)
def list_entries(call: Call, query: EntriesQuery) -> Answer:
    """The entries of a user, newest start first; project managers see other users' entries only on their projects."""
    entries = _visible_entries(call)
    call.named(MEMBER, "userId")
    if query.project:
        call.find(PROJECT, query.project)
    if query.task:
        call.find(TASK, query.task)
    call.require_all(TAG, query.tags)
    rows = _within(call, entries, query)
    if fits := _filters(query):
        rows = [entry for entry in rows if all(fit(entry) for fit in fits)]
    return call.page(rows, shown(call, hydrated=query.hydrated))


@routes.get(_ENTRIES + "/status/in-progress", paging=IN_PROGRESS, role="ADMIN")
def list_running(call: Call) -> Answer:
    """The running timers of everybody."""
    return call.page(call.workspace.time_entries.running(), shown(call, hydrated=False))


@routes.get(_ENTRIES + "/{timeEntryId}")
def get_entry(call: Call, query: HydratedQuery) -> Entity:
    """One entry. Even when hydrated it comes without its user."""
    return shown(call, hydrated=query.hydrated, user=False)(visible_entry(call, call.path["timeEntryId"]))


@routes.post(_ENTRIES + "/batch", reads=True)
def get_entries(call: Call, body: BatchBody) -> list[Entity]:
    """Entries by id; unknown ids are left out."""
    show, found = shown(call, hydrated=body.hydrated), map(call.workspace.time_entries.get, body.time_entry_ids)
    visible = visible_work(call)
    return [show(entry) for entry in found if entry and visible(entry.user_id, entry.project_id)]


@routes.post(_ENTRIES, status=201, body_optional=True)
def create_own(call: Call, body: EntryBody) -> Entity:
    """A new entry of the caller; without an end it is a running timer."""
    return _create(call, body, call.user_id, may_be_manual=False)


@routes.post(_OF_USER, status=201, body_optional=True)
def create_entry(call: Call, query: FromQuery, body: EntryBody) -> Entity:
    """Create an entry for a user; only administrators on a paid plan may do so for other users."""
    user_id = call.path["userId"]
    call.named(MEMBER, "userId")
    if user_id != call.user_id:
        call.require_admin()
        if "ADD_TIME_FOR_OTHERS" not in call.workspace.record["features"]:
            raise not_on_plan(call.options.plan_refusal)
    if query.from_entry:
        body = _completed(call, body, query.from_entry)
    return _create(call, body, user_id, may_be_manual=call.is_admin)


@routes.post(_OF_USER + "/{timeEntryId}/duplicate", status=201, role="SELF")
def duplicate_entry(call: Call) -> Entity:
    """Duplicate an entry."""
    entry = owned_entry(call, call.path["timeEntryId"], call.path["userId"])
    copy = TimeEntry(
        id=call.new_id(),
        user_id=entry.user_id,
        start=entry.start,
        end=entry.end,
        description=entry.description,
        billable=entry.billable,
        project_id=entry.project_id,
        task_id=entry.task_id,
        tag_ids=entry.tag_ids,
        custom_fields=entry.custom_fields,
        type=entry.type,
    )
    return add_entry(call, copy)


@routes.put(_ENTRIES + "/{timeEntryId}")
def update_entry(call: Call, body: EntryChange) -> Entity:
    """Replace an entry; missing fields are reset."""
    return _replace(call, owned_entry(call, call.path["timeEntryId"]), body)


@routes.put(_OF_USER, role="SELF", feature="BULK_EDIT")
def update_entries(call: Call, query: HydratedQuery, body: list[BulkChange]) -> list[Entity]:
    """Replace several entries of a user, all or none."""
    entries = [owned_entry(call, change.id, call.path["userId"]) for change in body]
    for entry, change in zip(entries, body, strict=True):
        require_open(call, entry)
        checked(call, change, may_be_manual=call.is_admin)
    for entry, change in zip(entries, body, strict=True):
        _replace(call, entry, change)
    return [shown(call, hydrated=query.hydrated, rates=False)(entry) for entry in entries]


@routes.patch(_OF_USER, role="SELF")
def stop_timer(call: Call, body: StopBody) -> Entity:
    """Stop the running timer of a user."""
    call.named(MEMBER, "userId")
    return shown(call, hydrated=False, rates=False)(stop_running(call, call.path["userId"], epoch(body.end)))


@routes.patch(_ENTRIES + "/invoiced", role="ADMIN", feature="INVOICING", scope="INVOICE")
def mark_invoiced(call: Call, body: InvoicedBody) -> None:
    """Mark entries as invoiced; no response ever shows that."""
    for entry in [owned_entry(call, entry_id) for entry_id in body.time_entry_ids]:
        entry.invoice_id = (entry.invoice_id or BY_HAND) if body.invoiced else None


@routes.delete(_ENTRIES + "/{timeEntryId}", status=204)
def delete_entry(call: Call) -> None:
    """Delete an entry."""
    entry = owned_entry(call, call.path["timeEntryId"])
    require_open(call, entry)
    remove_entry(call, entry)


@routes.delete(_OF_USER, role="SELF")
def delete_entries(call: Call, query: DeleteQuery) -> list[Entity]:
    """Delete several entries of a user, all or none."""
    entries = [owned_entry(call, entry_id, call.path["userId"]) for entry_id in dict.fromkeys(query.time_entry_ids)]
    for entry in entries:
        require_open(call, entry)
    return [remove_entry(call, entry) for entry in entries]


def _visible_entries(call: Call) -> list[TimeEntry]:
    user_id, projects = call.path["userId"], managed_projects(call.workspace, call.user_id)
    entries = call.workspace.time_entries.of_user(user_id)
    if oversight(call)(user_id):
        return entries
    if not projects:
        raise forbidden()
    return [entry for entry in entries if entry.project_id in projects]


def _create(call: Call, body: EntryBody, user_id: str, *, may_be_manual: bool) -> Entity:
    fields = checked(call, body, may_be_manual=may_be_manual)
    if body.billable is None and body.project_id:
        fields["billable"] = call.workspace.projects[body.project_id]["billable"]
    return add_entry(call, TimeEntry(id=call.new_id(), user_id=user_id, **fields))


def _replace(call: Call, entry: TimeEntry, body: EntryChange) -> Entity:
    require_open(call, entry)
    fields = checked(call, body, may_be_manual=call.is_admin)
    stopped = entry.end is None and fields["end"] is not None
    if entry.end is not None and fields["end"] is None:
        make_way(call, entry.user_id, call.now)
    return change_entry(call, entry, fields, event="TIMER_STOPPED" if stopped else None)


def _completed(call: Call, body: EntryBody, entry_id: str) -> EntryBody:
    source = call.workspace.time_entries.get(entry_id)
    if source is None:
        raise ApiError(404)
    same_project = body.project_id in (None, source.project_id)
    return EntryBody(
        start=body.start,
        end=body.end,
        description=source.description if body.description is None else body.description,
        billable=source.billable if body.billable is None else body.billable,
        project_id=body.project_id or source.project_id,
        task_id=body.task_id or (source.task_id if same_project else None),
        tag_ids=list(source.tag_ids or ()) if body.tag_ids is None else body.tag_ids,
        type=body.type,
        custom_fields=body.custom_fields,
    )


def _within(call: Call, entries: Sequence[TimeEntry], query: EntriesQuery) -> Sequence[TimeEntry]:
    low = wall_clock(query.start, call.zone) if query.start else None
    high = wall_clock(query.end, call.zone) if query.end else None
    if query.get_week_before:
        high = wall_clock(query.get_week_before, call.zone)
        low = high - 7 * DAY
    first = bisect_left(entries, -high, key=_newest_first) if high is not None else 0
    last = bisect_right(entries, -low, key=_newest_first) if low is not None else len(entries)
    return entries[first:last]


def _newest_first(entry: TimeEntry) -> int:
    return -entry.start


def _filters(query: EntriesQuery) -> list[Callable[[TimeEntry], bool]]:
    wanted, tags = (query.description or "").lower(), set(query.tags)
    tests: list[tuple[object, Callable[[TimeEntry], bool]]] = [
        (query.description, lambda entry: wanted in entry.description.lower()),
        (query.project, lambda entry: entry.project_id == query.project),
        (query.task, lambda entry: entry.task_id == query.task),
        (query.tags, lambda entry: not tags.isdisjoint(entry.tag_ids or ())),
        (query.project_required, lambda entry: entry.project_id is not None),
        (query.task_required, lambda entry: entry.task_id is not None),
        (query.in_progress, lambda entry: entry.end is None),
    ]
    return [test for given, test in tests if given]
