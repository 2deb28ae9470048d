"""Rules of time entries: allowed values, permissions, and effects of writes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.accounts import UserShow
from clockify_sandbox.binding import Body
from clockify_sandbox.bodies import CustomFieldValue
from clockify_sandbox.errors import ApiError, forbidden, invalid, not_in
from clockify_sandbox.kinds import CUSTOM_FIELD, MEMBER, PROJECT, TAG, TASK, TIME_ENTRY
from clockify_sandbox.permissions import visible_work
from clockify_sandbox.projects import default_of, workspace_default
from clockify_sandbox.render import project_of, task_of, time_entry_renderer
from clockify_sandbox.values import epoch, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.call import Call
    from clockify_sandbox.shapes.workspaces import WorkspaceSettings
    from clockify_sandbox.webhook_events import WebhookEvent
    from clockify_sandbox.world import Entity, TimeEntry


class EntryBody(Body):
    """The body for writing a time entry. Without `end` it is a running timer, without `start` it starts now."""

    start: datetime | None = None
    end: datetime | None = None
    description: Annotated[str, Meta(max_length=3000)] | None = None
    billable: bool | None = None
    project_id: str | None = None
    task_id: str | None = None
    tag_ids: list[str] | None = None
    type: Literal["REGULAR", "BREAK"] | None = None
    custom_fields: list[CustomFieldValue] | None = None


class EntryChange(EntryBody, kw_only=True):
    """The body of a write that requires a start."""

    start: datetime


class BulkChange(EntryChange, kw_only=True):
    """One entry of a bulk update."""

    id: str
    end: datetime


# -- permissions --


def owned_entry(call: Call, entry_id: str, user_id: str | None = None) -> TimeEntry:
    """An entry that the caller may change.

    Args:
        call: the call.
        entry_id: its id.
        user_id: the required owner, if the path names one.
    """
    entry = call.workspace.time_entries.get(entry_id)
    if entry is None or user_id not in (None, entry.user_id):
        raise not_in(TIME_ENTRY.noun)
    if entry.user_id != call.user_id and not call.is_admin:
        raise forbidden()
    return entry


def visible_entry(call: Call, entry_id: str) -> TimeEntry:
    """An entry that the caller may read."""
    entry = call.workspace.time_entries.get(entry_id)
    if entry is None:
        raise not_in(TIME_ENTRY.noun)
    if not visible_work(call)(entry.user_id, entry.project_id):
        raise forbidden()
    return entry


def require_open(call: Call, entry: TimeEntry) -> None:
    """Refuse an entry that is approved (4005), or locked for all but administrators (1003)."""
    request = call.workspace.approval_requests.get(entry.approval_id or "")
    if request and request["status"]["state"] == "APPROVED":
        raise forbidden(4005, messages.ENTRY_APPROVED)
    if (entry.locked or is_before_lock(call, entry.start)) and not call.is_admin:
        raise forbidden(1003, messages.ENTRY_LOCKED)


def is_before_lock(call: Call, start: int) -> bool:
    """Whether a point in time is in the locked period of the workspace."""
    lock = call.workspace.record["workspaceSettings"]["lockTimeEntries"]
    return lock is not None and timestamp(start) < lock


# -- values of a write --


def checked(call: Call, body: EntryBody, *, may_be_manual: bool) -> Entity:
    """The validated fields of an entry from a body.

    Raises:
        ApiError: if the workspace's settings, the ids or the times do not allow it.
    """
    if body.end and not body.start:
        raise invalid(messages.START_MISSING)
    start = epoch(body.start) if body.start else call.now
    end = epoch(body.end) if body.end else None
    if end is not None and start > end:
        raise invalid(messages.START_AFTER_END(start=timestamp(start), end=timestamp(end)))
    description = body.description or ""
    if "<" in description or ">" in description:
        raise invalid(messages.ANGLE_BRACKETS)
    _check_ids(call, body)
    settings = call.workspace.record["workspaceSettings"]
    if end is not None:
        if settings["timeTrackingMode"] == "STOPWATCH_ONLY" and not may_be_manual:
            raise forbidden(4030, messages.MANUAL_TIME_DISABLED)
        _check_required(settings, body)
    if is_before_lock(call, start) and not call.is_admin:
        raise forbidden(1003, messages.ENTRY_LOCKED)
    billable = bool(body.billable)
    if settings["onlyAdminsCanChangeBillableStatus"] and not call.is_admin:
        billable = bool(body.project_id and call.workspace.projects[body.project_id]["billable"])
    return {
        "start": start,
        "end": end,
        "description": description,
        "billable": billable,
        "project_id": body.project_id,
        "task_id": body.task_id,
        "tag_ids": tuple(body.tag_ids or ()),
        "type": body.type or "REGULAR",
        "locked": is_before_lock(call, start),
        "custom_fields": _custom_fields(call, body),
    }


def _check_ids(call: Call, body: EntryBody) -> None:
    if body.project_id:
        call.find(PROJECT, body.project_id)
    if body.task_id:
        task = call.workspace.tasks.get(body.task_id)
        if task is None or task["projectId"] != body.project_id:
            raise not_in(TASK.noun, PROJECT.noun)
    call.require_all(TAG, body.tag_ids or ())


def _check_required(settings: WorkspaceSettings, body: EntryBody) -> None:
    for required, given, name in (
        (settings["forceProjects"], body.project_id, messages.PROJECT),
        (settings["forceTasks"], body.task_id, messages.TASK),
        (settings["forceTags"], body.tag_ids, messages.TAGS),
        (settings["forceDescription"], body.description, messages.DESCRIPTION),
    ):
        if required and not given:
            raise invalid(messages.FIELD_REQUIRED(name=name))


def _custom_fields(call: Call, body: EntryBody) -> tuple[tuple[str, Any], ...]:
    values: dict[str, Any] = {}
    for field in call.workspace.custom_fields.values():
        default = default_of(field, body.project_id or "") or workspace_default(field)
        if field["entityType"] == "TIMEENTRY" and default["status"] != "INACTIVE" and default["value"] is not None:
            values[field["id"]] = default["value"]
    for given in body.custom_fields or ():
        call.find(CUSTOM_FIELD, given.custom_field_id)
        values[given.custom_field_id] = given.value
    return tuple(values.items())


# -- effects --


def stop_running(call: Call, user_id: str, end: int) -> TimeEntry:
    """Stop the running timer of a user."""
    running = next((entry for entry in call.workspace.time_entries.running() if entry.user_id == user_id), None)
    if running is None:
        raise ApiError(404, 404, messages.NOTHING_RUNNING(workspace=call.workspace.id, user=user_id))
    if end < running.start:
        raise invalid(messages.START_AFTER_END(start=timestamp(running.start), end=timestamp(end)))
    change_entry(call, running, {"end": end}, event="TIMER_STOPPED")
    return running


def add_entry(call: Call, entry: TimeEntry) -> Entity:
    """Store a new entry, and return it in the form of responses."""
    if entry.end is None:
        call.find(MEMBER, entry.user_id)
        make_way(call, entry.user_id, entry.start)
    call.workspace.time_entries.add([entry])
    shown = written(call)(entry)
    manual = "CREATE_TIME_PERSONAL_MANUAL" if entry.end is not None else "CREATE_TIME_PERSONAL_TIMER"
    action = manual if entry.user_id == call.user_id else "CREATE_TIME_FOR_OTHER"
    event: WebhookEvent = "NEW_TIME_ENTRY" if entry.end is not None else "NEW_TIMER_STARTED"
    call.recorder.change(TIME_ENTRY, "created", shown, audit=action, event=event, details={"entry": entry})
    return shown


def make_way(call: Call, user_id: str, start: int) -> None:
    """Stop the running timer of a user, if there is one, because another one starts."""
    for running in call.workspace.time_entries.running():
        if running.user_id == user_id:
            change_entry(call, running, {"end": max(start, running.start)}, event="TIMER_STOPPED")


def change_entry(call: Call, entry: TimeEntry, changes: Entity, event: WebhookEvent | None = None) -> Entity:
    """Change fields of an entry, and return it in the form of responses."""
    show = written(call)
    before = show(entry)
    call.workspace.time_entries.change(entry, **changes)
    shown = show(entry)
    action, details = f"UPDATE_TIME_{_whose(call, entry)}", {"entry": entry}
    call.recorder.change(TIME_ENTRY, "updated", shown, before=before, audit=action, event=event, details=details)
    return shown


def remove_entry(call: Call, entry: TimeEntry) -> Entity:
    """Remove an entry, and return it in the form of responses."""
    call.workspace.time_entries.remove(entry)
    shown = written(call)(entry)
    action = f"DELETE_TIME_{_whose(call, entry)}"
    call.recorder.change(TIME_ENTRY, "deleted", shown, audit=action, details={"entry": entry})
    return shown


def _whose(call: Call, entry: TimeEntry) -> str:
    return "PERSONAL" if entry.user_id == call.user_id else "FOR_OTHER"


# -- rendering --


def written(call: Call) -> Callable[[TimeEntry], Entity]:
    """Renders entries for responses to writes: without rates."""
    return time_entry_renderer(call.workspace, rates=False)


def shown(call: Call, *, hydrated: bool | None, user: bool = True, rates: bool = True) -> Callable[[TimeEntry], Entity]:
    """Renders entries; `hydrated` includes the objects of their ids, `user` also the user."""
    plain = time_entry_renderer(call.workspace, rates=rates)
    if not hydrated:
        return plain
    workspace, show_user = call.workspace, UserShow(call.world, call.workspace)

    def show(entry: TimeEntry) -> Entity:
        project = workspace.projects.get(entry.project_id or "")
        task = workspace.tasks.get(entry.task_id or "")
        return {
            **plain(entry),
            "project": project_of(workspace, project) if project else None,
            "task": task_of(workspace, task) if task else None,
            "tags": [workspace.tags[tag_id] for tag_id in entry.tag_ids or () if tag_id in workspace.tags],
            "user": show_user(entry.user_id) if user else None,
            "kiosk": None,
        }

    return show
