"""Common parts of holidays and time-off policies: the people they apply to, and the time entries they create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from clockify_sandbox import messages
from clockify_sandbox.binding import Body
from clockify_sandbox.errors import invalid, not_in
from clockify_sandbox.kinds import MEMBER, PROJECT, TASK, USER_GROUP
from clockify_sandbox.people import assigned

if TYPE_CHECKING:
    from clockify_sandbox.call import Call
    from clockify_sandbox.people import Pick
    from clockify_sandbox.shapes.absence import Audience, AutomaticCreation


class DefaultEntities(Body):
    """The project and task of time entries that are created automatically."""

    project_id: str | None = None
    task_id: str | None = None


class AutomaticEntries(Body):
    """Whether time entries are created automatically, and for which project and task."""

    default_entities: DefaultEntities
    enabled: bool = False


class ForPeople(Protocol):
    """A request body with the people that something applies to."""

    everyone_including_new: bool

    @property
    def users(self) -> Pick | None:
        """Individual people."""

    @property
    def user_groups(self) -> Pick | None:
        """Groups of people."""


def audience(call: Call, body: ForPeople) -> Audience:
    """The people and groups that a holiday or policy applies to.

    Raises:
        ApiError: 400/501 for unknown people, 400/400 if it applies to nobody.
    """
    users, groups = assigned(call, MEMBER, body.users), assigned(call, USER_GROUP, body.user_groups)
    if not body.everyone_including_new and not users and not groups:
        raise invalid(messages.FOR_NOBODY, 400)
    return {"everyoneIncludingNew": body.everyone_including_new, "userIds": users, "userGroupIds": groups}


def automatic_entries(call: Call, wanted: AutomaticEntries | None) -> AutomaticCreation | None:
    """The stored form of automatic time entries.

    Raises:
        ApiError: 400/501 if project or task do not exist.
    """
    if wanted is None:
        return None
    project_id, task_id = wanted.default_entities.project_id or None, wanted.default_entities.task_id or None
    if project_id:
        call.find(PROJECT, project_id)
    if task_id and call.find(TASK, task_id)["projectId"] != project_id:
        raise not_in(TASK.noun, PROJECT.noun)
    return {"enabled": wanted.enabled, "defaultEntities": {"projectId": project_id, "taskId": task_id}}
