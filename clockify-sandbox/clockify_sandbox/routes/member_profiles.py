"""Profiles of members, and their values of the custom fields for users."""

from typing import Annotated, Any

from msgspec import Meta, field

from clockify_sandbox import messages
from clockify_sandbox.binding import Body
from clockify_sandbox.bodies import CustomFieldValue, Day
from clockify_sandbox.call import Call
from clockify_sandbox.errors import invalid
from clockify_sandbox.kinds import CUSTOM_FIELD, MEMBER
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.people import Member
from clockify_sandbox.shapes.work import CustomField
from clockify_sandbox.values import seconds_of
from clockify_sandbox.workspaces import adjust
from clockify_sandbox.world import Entity

routes = Routes(scope="USER")


class ProfileChange(Body):
    """The changed fields; others are kept. Name and picture can be changed only for members without an account."""

    week_start: Day | None = None
    work_capacity: str | None = None
    working_days: list[Day] | None = None
    user_custom_fields: list[CustomFieldValue] = field(default_factory=list)
    name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    image_url: str | None = None
    remove_profile_image: bool = False


class ValueBody(Body):
    """A value of a custom field."""

    value: Any = None


@routes.get("/workspaces/{ws}/member-profile/{userId}", role="SELF")
def get_profile(call: Call) -> Entity:
    """The profile of a member."""
    user_id = call.path["userId"]
    member, user = call.named(MEMBER, "userId"), call.world.users[user_id]
    profile = member["profile"]
    return {
        "email": user["email"],
        "name": user["name"],
        "imageUrl": profile["imageUrl"],
        "hasPassword": profile["hasPassword"],
        "hasPendingApprovalRequest": any(
            request["ownerId"] == user_id and request["status"]["state"] == "PENDING"
            for request in call.workspace.approval_requests.values()
        ),
        "weekStart": profile["weekStart"],
        "workCapacity": profile["workCapacity"],
        "workingDays": profile["workingDays"],
        "workspaceNumber": profile["workspaceNumber"],
        "userCustomFieldValues": [
            _value(field, user_id, member)
            for field in call.workspace.custom_fields.values()
            if field["entityType"] == "USER" and field["status"] != "INACTIVE"
        ],
    }


@routes.patch("/workspaces/{ws}/member-profile/{userId}", role="SELF", feature="EDIT_MEMBER_PROFILE")
def change_profile(call: Call, body: ProfileChange) -> Entity:
    """Change parts of a profile."""
    member, user = call.named(MEMBER, "userId"), call.world.users[call.path["userId"]]
    for value in body.user_custom_fields:
        call.find(CUSTOM_FIELD, value.custom_field_id)
    if body.work_capacity is not None:
        seconds_of(body.work_capacity)
    adjust(member["profile"], body.week_start, body.work_capacity, body.working_days)
    if user["status"] == "LIMITED":
        user["name"] = body.name or user["name"]
        picture = "" if body.remove_profile_image else body.image_url
        if picture is not None:
            member["profile"]["imageUrl"] = picture
    member["customFields"].update({value.custom_field_id: value.value for value in body.user_custom_fields})
    call.recorder.change(MEMBER, "updated", {"id": user["id"], **member})
    return get_profile(call)


@routes.put(
    "/workspaces/{ws}/users/{userId}/custom-field/{customFieldId}/value",
    status=201,
    role="ADMIN",
    feature="USER_CUSTOM_FIELDS",
)
def set_value(call: Call, body: ValueBody) -> Entity:
    """Set the value of a custom field for a user."""
    member, field = call.named(MEMBER, "userId"), call.named(CUSTOM_FIELD, "customFieldId")
    if body.value is None:
        raise invalid(messages.NOT_NULL)
    member["customFields"][field["id"]] = body.value
    call.recorder.change(MEMBER, "updated", {"id": call.path["userId"], **member})
    return {
        "customFieldId": field["id"],
        "customFieldName": field["name"],
        "customFieldType": field["type"],
        "userId": call.path["userId"],
        "value": body.value,
    }


def _value(field: CustomField, user_id: str, member: Member) -> Entity:
    own = field["id"] in member["customFields"]
    return {
        "customFieldId": field["id"],
        "name": field["name"],
        "sourceType": "USER" if own else "WORKSPACE",
        "type": field["type"],
        "userId": user_id,
        "value": member["customFields"][field["id"]] if own else field["workspaceDefaultValue"],
        "customField": field,
    }
