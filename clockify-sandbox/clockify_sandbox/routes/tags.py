"""Tags."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import SortOrder
from clockify_sandbox.call import Call
from clockify_sandbox.entities import tag as new_tag
from clockify_sandbox.kinds import TAG
from clockify_sandbox.lists import by_id, by_name, in_order, is_or_any, matches
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.permissions import require_creator
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.work import Tag

routes = Routes(scope="TAG")

_ORDER = {"ID": by_id, "NAME": by_name}


class TagQuery(Query):
    """Filters and order of the list."""

    name: str | None = None
    strict_name_search: bool = False
    excluded_ids: list[str] = field(default_factory=list)
    archived: bool | None = None
    sort_column: Literal["ID", "NAME"] | None = None
    sort_order: SortOrder | None = None


class NewTag(Body):
    """The body of a create."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class TagChange(NewTag):
    """The body of an update. It replaces the tag: without `archived`, the tag becomes active."""

    archived: bool = False


@routes.get("/workspaces/{ws}/tags", paging=KEBAB)
def list_tags(call: Call, query: TagQuery) -> Answer:
    """All tags, including archived ones unless the query excludes them."""
    found = [
        tag
        for tag in call.workspace.tags.values()
        if matches(tag["name"], query.name, strict=query.strict_name_search)
        and is_or_any(tag["archived"], query.archived)
        and tag["id"] not in query.excluded_ids
    ]
    rows = in_order(found, _ORDER, query.sort_column, query.sort_order, "NAME")
    return call.page(rows, total_header="total-count")


@routes.post("/workspaces/{ws}/tags", status=201)
def create_tag(call: Call, body: NewTag) -> Tag:
    """A new tag."""
    require_creator(call, "whoCanCreateTags")
    call.require_free_name(TAG, body.name, call.workspace.tags.values())
    return call.insert(TAG, new_tag(call.new_id(), call.workspace.id, body.name))


@routes.get("/workspaces/{ws}/tags/{tagId}")
def get_tag(call: Call) -> Tag:
    """One tag."""
    return call.named(TAG, "tagId")


@routes.put("/workspaces/{ws}/tags/{tagId}")
def update_tag(call: Call, body: TagChange) -> Tag:
    """Replace a tag."""
    require_creator(call, "whoCanCreateTags")
    tag = call.named(TAG, "tagId")
    call.require_free_name(TAG, body.name, call.workspace.tags.values(), tag["id"])
    return call.of(TAG).update(tag, {"name": body.name, "archived": body.archived})


@routes.delete("/workspaces/{ws}/tags/{tagId}")
def delete_tag(call: Call) -> Tag:
    """Delete a tag, and remove it from time entries."""
    require_creator(call, "whoCanCreateTags")
    tag = call.named(TAG, "tagId")
    for entry in call.workspace.time_entries:
        if entry.tag_ids and tag["id"] in entry.tag_ids:
            entry.tag_ids = tuple(other for other in entry.tag_ids if other != tag["id"])
    return call.remove(TAG, tag)
