"""The filters of a request for time entries and expenses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from clockify_sandbox.reports.request import AuditFilter, TagFilter
from clockify_sandbox.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clockify_sandbox.reports.inquiry import Inquiry
    from clockify_sandbox.reports.request import CustomFieldFilter, UserFilter
    from clockify_sandbox.shapes.work import Tag
    from clockify_sandbox.world import Record, TimeEntry

_HOUR = 3600
_STATUSES = {"ACTIVE_WITH_PENDING": {"ACTIVE", "PENDING"}}


def users_of(inquiry: Inquiry) -> list[str]:
    """The accounts whose work is requested."""
    request, workspace = inquiry.request, inquiry.workspace
    groups = workspace.user_groups
    found = list(inquiry.world.users)
    if request.users:
        found = [user_id for user_id in found if _keeps_user(inquiry, request.users, user_id, {user_id})]
    if request.user_groups:
        found = [
            user_id
            for user_id in found
            if _keeps_user(
                inquiry,
                request.user_groups,
                user_id,
                {group["id"] for group in groups.values() if user_id in group["userIds"]},
            )
        ]
    if wanted := request.user_custom_fields:
        members = workspace.members
        found = [
            user_id for user_id in found if user_id in members and _all_fit(wanted, members[user_id]["customFields"])
        ]
    return found


def entry_tests(inquiry: Inquiry) -> list[Callable[[TimeEntry], bool]]:
    """The tests for an entry of the right user and time; only filters in the request."""
    request, workspace, viewer = inquiry.request, inquiry.workspace, inquiry.viewer
    of_project, text = project_test(inquiry), (request.description or "").lower()
    of_task = _entity_test(request.tasks or Selection(), workspace.tasks, lambda task: task["status"] == "DONE")
    of_tags = _tag_test(request.tags or TagFilter(), workspace.tags)
    approved, invoiced = request.approval_state == "APPROVED", request.invoicing_state == "INVOICED"
    audit = request.detailed_filter and request.detailed_filter.audit_filter
    tests: tuple[tuple[object, Callable[[TimeEntry], bool]], ...] = (
        (not viewer.is_admin, lambda entry: viewer.sees(entry.user_id, entry.project_id)),
        (of_project, lambda entry: of_project is None or of_project(entry.project_id)),
        (request.tasks, lambda entry: of_task(entry.task_id)),
        (request.tags, of_tags),
        (request.billable is not None, lambda entry: entry.billable == request.billable),
        (text, lambda entry: text in entry.description.lower()),
        (request.without_description, lambda entry: not entry.description),
        (request.approval_state != "ALL", lambda entry: is_approved(inquiry, entry.approval_id) == approved),
        (request.invoicing_state != "ALL", lambda entry: bool(entry.invoice_id) == invoiced),
        (request.custom_fields, lambda entry: _all_fit(request.custom_fields, dict(entry.custom_fields))),
        (audit, _audit_test(audit or AuditFilter())),
    )
    return [test for asked, test in tests if asked]


def project_test(inquiry: Inquiry) -> Callable[[str | None], bool] | None:
    """A test of project ids for all filters about the project, its client and its currency; None if there are none."""
    request, workspace = inquiry.request, inquiry.workspace
    if not (request.projects or request.clients or request.currency or request.archived is not None):
        return None
    default = next(currency["id"] for currency in workspace.record["currencies"] if currency["isDefault"])

    @cache
    def fits(project_id: str | None) -> bool:
        project, client = inquiry.project(project_id), inquiry.client_of(project_id)
        archived = bool(project and project["archived"])
        if request.archived is not None and archived != request.archived:
            return False
        return (
            _keeps(request.projects, project, archived=archived)
            and _keeps(request.clients, client, archived=bool(client and client["archived"]))
            and (request.currency is None or request.currency.keeps((client and client["currencyId"]) or default))
        )

    return fits


def is_approved(inquiry: Inquiry, approval_id: str | None) -> bool:
    """Whether an approval request is approved."""
    approval = inquiry.workspace.approval_requests.get(approval_id or "")
    return bool(approval and approval["status"]["state"] == "APPROVED")


def _keeps(wanted: Selection | None, entity: Record | None, *, archived: bool) -> bool:
    if wanted is None:
        return True
    if entity is None and wanted.status != "ALL":
        return False
    return wanted.keeps(entity["id"] if entity else None, archived=archived)


def _entity_test(
    wanted: Selection, table: Mapping[str, Record], is_archived: Callable[[Record], bool]
) -> Callable[[str | None], bool]:
    @cache
    def keeps(entity_id: str | None) -> bool:
        entity = table.get(entity_id or "")
        return _keeps(wanted, entity, archived=bool(entity and is_archived(entity)))

    return keeps


def _keeps_user(inquiry: Inquiry, wanted: UserFilter, user_id: str, keys: set[str]) -> bool:
    if wanted.status != "ALL":
        member = inquiry.workspace.members.get(user_id)
        if not member or member["membershipStatus"] not in _STATUSES.get(wanted.status, {wanted.status}):
            return False
    return wanted.fits(keys)


def _tag_test(wanted: TagFilter, tags: dict[str, Tag]) -> Callable[[TimeEntry], bool]:
    ids = set(wanted.ids) or set(tags)
    if wanted.status != "ALL":
        ids = {tag_id for tag_id in ids if tag_id in tags and tags[tag_id]["archived"] == (wanted.status == "ARCHIVED")}
    mode = wanted.contained_in_timeentry or wanted.contains
    if not wanted.ids and wanted.status == "ALL" and mode != "DOES_NOT_CONTAIN":
        return lambda _: True
    if mode == "DOES_NOT_CONTAIN":
        return lambda entry: ids.isdisjoint(entry.tag_ids or ())
    if mode == "CONTAINS_ONLY":
        return lambda entry: bool(entry.tag_ids) and ids.issuperset(entry.tag_ids or ())
    return lambda entry: not ids.isdisjoint(entry.tag_ids or ())


def _audit_test(audit: AuditFilter) -> Callable[[TimeEntry], bool]:
    def fits(entry: TimeEntry) -> bool:
        if (audit.without_project and entry.project_id) or (audit.without_task and entry.task_id):
            return False
        if audit.duration is None:
            return True
        length, bound = (entry.end or entry.start) - entry.start, audit.duration * _HOUR
        return length < bound if audit.duration_shorter else length > bound

    return fits


def _all_fit(wanted: list[CustomFieldFilter], values: dict[str, Any]) -> bool:
    return all(_fits(field, values.get(field.id)) for field in wanted)


def _fits(wanted: CustomFieldFilter, value: Any) -> bool:
    empty = value in (None, "", [])
    if wanted.is_empty or wanted.value is None:
        return empty == wanted.is_empty
    if empty:
        return False
    if wanted.type == "NUMBER":
        number, bound = float(value), float(wanted.value)
        return {"EQUAL": number == bound, "GREATER_THAN": number > bound, "LESS_THAN": number < bound}[
            wanted.number_condition
        ]
    if wanted.type in ("TXT", "LINK"):
        return str(wanted.value).lower() in str(value).lower()
    return not set(map(str, _many(value))).isdisjoint(map(str, _many(wanted.value)))


def _many(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple)) else (value,)
