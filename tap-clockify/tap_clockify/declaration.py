"""What a stream is made of: where its rows are read, and how a row becomes records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from datetime import datetime

    from clockify_client import Endpoint, Ids

    from tap_clockify.settings import Scope

Record = dict[str, Any]
Shape = Callable[[Record, "Ids"], Iterable[Record]]
"""Makes the records of a stream out of one row of an answer and the ids it was asked with."""


class Parent(TypedDict, total=False):
    """The fields of a parent's row that children are made from; no other fields are decoded."""

    id: Any
    userId: Any
    policyId: Any
    name: Any
    features: Any
    workspaceSettings: Any
    paid: Any
    daysOverdue: Any


Children = Callable[[list[Parent], "Ids", "Scope"], Iterable["Ids"]]
"""Makes the ids of the children out of a page of parents' rows, the ids the page was asked with, and the settings."""


@dataclass(frozen=True, eq=False)
class Source:
    """An endpoint and the parents it is read for. Streams that share a source share its answers: it is read once.

    Attributes:
        endpoint: What to ask; None if the settings decide (see `choose`).
        parent: The source whose rows are the parents, or None for the account itself.
        children: Makes the ids to ask with out of the rows of the parent.
        choose: Chooses the endpoint by the settings.
        overlapping: Answers of one workspace may repeat rows of each other, so their key identifies rows.
        stand_in: What may be read in place of this source as a parent where its list is refused.
        outlives_parent: Rows stay in Clockify when their parent goes, so a parent that is gone explains nothing.
    """

    endpoint: Endpoint | None = None
    parent: Source | None = None
    children: Children | None = None
    choose: Callable[[Scope], Endpoint] | None = None
    overlapping: bool = False
    stand_in: Source | None = None
    outlives_parent: bool = False

    def asked(self, scope: Scope) -> Endpoint:
        """Return the endpoint that these settings ask."""
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
        shape: Makes records out of a row; None if the row already is the record, which is faster.
        keep: Tells by the settings which records belong to the stream; None if all do.
        selected: Whether the stream is read unless a catalog says otherwise.
        apart: Fields that are written only where a catalog selects them: a stream of their own holds them, row by row.
        of_people: Its rows belong to the people that its source is requested for, and outlive their membership.
        under: Returns the declaration as these settings have it, None if they rule the stream out.
        narrowed: Returns the names of the settings by which less of the stream is read than it holds, so that what is
            missing may still exist and no version may be activated; none if they leave it whole.
        since: Returns the start of the window that is read, where rows before it are out of reach.
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
        """Return the declaration as these settings have it, None if they rule the stream out."""
        return self.under(self, scope) if self.under else self
