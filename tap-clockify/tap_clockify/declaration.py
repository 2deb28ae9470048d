"""Declares a stream: where its rows are read, and how a row becomes records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec  # noqa: TC002 - rows are decoded to this type

if TYPE_CHECKING:
    from datetime import datetime

    from clockify_client import Endpoint, Ids

    from tap_clockify.settings import Scope

Record = dict[str, Any]
Shape = Callable[[Record, "Ids"], Iterable[Record]]
"""Makes the records of a stream from one row of a response and the ids of the request."""


class Parent(TypedDict, total=False):
    """The fields of a parent's row that children are made from; no other fields are decoded."""

    id: Any
    workspaceId: Any
    projectId: Any
    userId: Any
    policyId: Any
    memberships: msgspec.Raw
    name: Any
    features: Any
    workspaceSettings: Any
    paid: Any
    daysOverdue: Any


Children = Callable[[list[Parent], "Ids", "Scope"], Iterable["Ids"]]
"""Makes the ids of the children from a page of parents' rows, the ids of the request, and the settings."""


@dataclass(frozen=True, eq=False)
class Source:
    """An endpoint and the parents it is read for. A source is read once, even if several streams use it.

    Attributes:
        endpoint: What to request; None if the settings decide (see `choose`).
        parent: The source whose rows are the parents, or None for the account itself.
        children: Makes the ids of the requests from the rows of the parent.
        choose: Chooses the endpoint by the settings.
        overlapping: Responses of one workspace may contain the same rows, so rows are compared by key.
        stand_in: The source that replaces this one as a parent if its list is refused.
        outlives_parent: Rows remain in Clockify when their parent is deleted, so a deleted parent does not explain
            missing rows.
    """

    endpoint: Endpoint | None = None
    parent: Source | None = None
    children: Children | None = None
    choose: Callable[[Scope], Endpoint] | None = None
    overlapping: bool = False
    stand_in: Source | None = None
    outlives_parent: bool = False

    def asked(self, scope: Scope) -> Endpoint:
        """Return the endpoint for these settings."""
        endpoint = self.choose(scope) if self.choose else self.endpoint
        if endpoint is None:
            msg = "a source needs an endpoint or a choice of endpoints"
            raise TypeError(msg)
        return endpoint


@dataclass(frozen=True)
class StreamDeclaration:
    """One stream of the catalog; its schema is the file of the same name.

    Attributes:
        name: Name of the stream.
        source: Where its rows come from.
        key: Its primary key.
        shape: Makes records from a row; None if the row already is the record, which is faster.
        keep: Returns for the settings which records belong to the stream; None if all do.
        selected: Whether the stream is read unless a catalog says otherwise.
        apart: Fields that are written only if a catalog selects them, because a separate stream contains them row by
            row.
        of_people: Its rows belong to the people for whom its source is requested, and remain when these people leave.
        under: Returns the declaration for these settings, None if they exclude the stream.
        narrowed: Returns the names of the settings that exclude some rows of the stream. Such rows may still exist, so
            no version may be activated. Empty if the stream is read in full.
        since: Returns the start of the window, if rows before it are not read.
    """

    name: str
    source: Source
    key: tuple[str, ...] = ("id",)
    shape: Shape | None = None
    keep: Callable[[Scope], Callable[[Mapping[str, Any]], bool] | None] | None = None
    selected: bool = True
    apart: tuple[str, ...] = ()
    narrowed: Callable[[Scope], Sequence[str]] | None = None
    since: Callable[[Scope], datetime] | None = None
    of_people: bool = False
    under: Callable[[StreamDeclaration, Scope], StreamDeclaration | None] | None = None

    def settled(self, scope: Scope) -> StreamDeclaration | None:
        """Return the declaration for these settings, None if they exclude the stream."""
        return self.under(self, scope) if self.under else self
