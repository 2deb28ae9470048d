"""The options of the world: differences between accounts and servers of Clockify that the sandbox can simulate.

Their names, values and defaults are declared only here. The options of `clockify-sandbox serve`, the keys of
`/__sandbox/world` and the table in the README are derived from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from clockify_sandbox.declarations import checked, declared

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["en", "es", "de"]
PlanRefusal = Literal["403-empty", "403", "403-501", "402", "400"]
Totals = Literal["all", "page", "none"]


class WorldOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a world. The defaults follow most recordings."""

    language: Annotated[
        Language,
        Meta(description="Language of the messages of errors; statuses and codes are the same in all of them."),
    ] = "en"
    # Expenses without the feature were seen refused with 400 and with 403: no route is known to have only one variant.
    plan_refusal: Annotated[
        PlanRefusal,
        Meta(
            description="How a request for a feature that the plan lacks is refused: 403 with an empty body, "
            "403 with code 403, "
            "403 with code 501 (Access Denied), 402, or 400 with code 501 and a message about the subscription."
        ),
    ] = "403-empty"
    users_list: Annotated[
        Literal["everyone", "admins"],
        Meta(
            description="Who may call `GET /workspaces/{ws}/users`. With `admins`, members without a manager "
            "role get 403 with code 501; `GET /user` still answers."
        ),
    ] = "everyone"
    group_access: Annotated[
        Literal["full", "without-tasks"],
        Meta(
            description="What a member sees of a project that is accessible only through a user group. With "
            "`without-tasks`, its list of tasks is refused with 400 and code 501, although the project is listed."
        ),
    ] = "full"
    page_cap: Annotated[
        int,
        Meta(
            ge=0,
            description="The maximum number of rows on a page, whatever size is requested; pages are counted "
            "in that size. 0 means no limit.",
        ),
    ] = 0
    without_last_page: Annotated[bool, Meta(description="Leave out the header `Last-Page`.")] = False
    totals: Annotated[
        Totals,
        Meta(
            description="What the fields `total` and `count` of a list and its header `total-count` count: "
            "all rows of the list, the rows of the page, or nothing (they are omitted). Sums in "
            "reports are not affected."
        ),
    ] = "all"
    former_members: Annotated[
        Literal["listed", "hidden"],
        Meta(
            description="Whether lists of users return people with the account status `DELETED` or `LIMITED_DELETED` "
            "when `account-statuses` requests them. Their time entries are kept and reported either way."
        ),
    ] = "listed"

    def changed(self, wishes: Mapping[str, Any]) -> WorldOptions:
        """A copy of these options with some changed.

        Raises:
            ValueError: an unknown option or value; the message lists the known ones.
        """
        return msgspec.structs.replace(self, **checked(OPTIONS, wishes, "world option"))


OPTIONS = declared(WorldOptions)
"""All options by name."""

PLAIN = WorldOptions()
"""The world with default options."""
