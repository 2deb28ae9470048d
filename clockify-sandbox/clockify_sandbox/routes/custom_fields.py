"""Custom fields of the workspace."""

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from clockify_sandbox import entities, messages
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.call import Call
from clockify_sandbox.errors import invalid, not_on_plan
from clockify_sandbox.kinds import CUSTOM_FIELD
from clockify_sandbox.lists import matches
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.work import CustomField, CustomFieldFields

routes = Routes(feature="CUSTOM_FIELDS", role="ADMIN")

_MAX_VISIBLE = 50
_Status = Literal["VISIBLE", "INVISIBLE", "INACTIVE"]
_EntityType = Literal["TIMEENTRY", "USER"]


class FieldQuery(Query):
    """Filters of the list."""

    name: str | None = None
    status: _Status | None = None
    entity_type: list[_EntityType] | None = None


class FieldChange(Body):
    """The body of an update; missing fields are cleared."""

    name: Annotated[str, Meta(min_length=2, max_length=250)]
    type: Literal["TXT", "NUMBER", "DROPDOWN_SINGLE", "DROPDOWN_MULTIPLE", "CHECKBOX", "LINK"]
    status: _Status = "VISIBLE"
    description: str | None = None
    placeholder: str | None = None
    allowed_values: list[str] = field(default_factory=list)
    workspace_default_value: Any = None
    only_admin_can_edit: bool = False
    required: bool = False


class NewField(FieldChange):
    """The body of a create."""

    entity_type: _EntityType = "TIMEENTRY"


@routes.get("/workspaces/{ws}/custom-fields", scope="CUSTOM_FIELDS", role="MEMBER")
def list_fields(call: Call, query: FieldQuery) -> list[CustomField]:
    """All custom fields, without pages."""
    return [
        field
        for field in call.workspace.custom_fields.values()
        if matches(field["name"], query.name)
        and query.status in (None, field["status"])
        and (query.entity_type is None or field["entityType"] in query.entity_type)
    ]


@routes.post("/workspaces/{ws}/custom-fields", status=201)
def create_field(call: Call, body: NewField) -> CustomField:
    """Create a field, up to the limit of the plan."""
    workspace = call.workspace
    if body.entity_type == "USER" and "USER_CUSTOM_FIELDS" not in workspace.record["features"]:
        raise not_on_plan(call.options.plan_refusal)
    _require_room(call, body, None)
    fields: CustomFieldFields = {**_fields(body), "entityType": body.entity_type}
    return call.insert(CUSTOM_FIELD, entities.custom_field(call.new_id(), workspace.id, **fields))


@routes.put("/workspaces/{ws}/custom-fields/{customFieldId}")
def update_field(call: Call, body: FieldChange) -> CustomField:
    """Replace a field; its values on projects are kept."""
    field = call.named(CUSTOM_FIELD, "customFieldId")
    _require_room(call, body, field["id"])
    return call.of(CUSTOM_FIELD).update(field, _fields(body))


@routes.delete("/workspaces/{ws}/custom-fields/{customFieldId}", status=204)
def delete_field(call: Call) -> None:
    """Delete a field and its values."""
    field = call.named(CUSTOM_FIELD, "customFieldId")
    for member in call.workspace.members.values():
        member["customFields"].pop(field["id"], None)
    for entry in call.workspace.time_entries:
        if entry.custom_fields:
            entry.custom_fields = tuple(pair for pair in entry.custom_fields if pair[0] != field["id"])
    call.remove(CUSTOM_FIELD, field)


def _fields(body: FieldChange) -> CustomFieldFields:
    return {
        "name": body.name,
        "description": body.description,
        "placeholder": body.placeholder,
        "type": body.type,
        "status": body.status,
        "required": body.required,
        "onlyAdminCanEdit": body.only_admin_can_edit,
        "allowedValues": body.allowed_values,
        "workspaceDefaultValue": body.workspace_default_value,
    }


def _require_room(call: Call, body: FieldChange, own_id: str | None) -> None:
    others = [field for field in call.workspace.custom_fields.values() if field["id"] != own_id]
    visible = sum(field["status"] == "VISIBLE" for field in others)
    if body.status == "VISIBLE" and visible >= _MAX_VISIBLE:
        raise invalid(messages.VISIBLE_FIELDS(limit=_MAX_VISIBLE), 4033)
