"""The children that a page names: further objects to request because of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from clockify_client.belonging import Belonging
from clockify_client.errors import (
    ClockifyError,
    GoneError,
    InvalidRequestError,
    MalformedAnswerError,
    NotPermittedError,
)
from clockify_client.rows import UNLIKE, is_text, sound_rows_of

if TYPE_CHECKING:
    from clockify_client.endpoint import Ids
    from clockify_client.page import Page

MakeChildren = Callable[[list[Any], "Ids"], Iterable["Ids"]]
"""Makes the ids of the children from the unchanged rows of a page and the ids that the page was requested with."""

Fallback = Callable[["Ids"], Iterable["Ids"]]
"""Makes the ids of children that are known even if the list that names them is refused for these ids."""


class Family(NamedTuple):
    """How children are made: from rows decoded to the type `row`, or, if the list is refused, by the fallback."""

    make: MakeChildren
    row: Any
    fallback: Fallback | None = None


class Children(NamedTuple):
    """The children that a page names.

    Attributes:
        ids: By family.
        odd_rows: How many items name no child because they are not valid rows.
        foreign_rows: How many rows belong to another request.
        parents: The identity of each row that names children; empty if rows have no identity.
    """

    ids: list[list[Ids]]
    odd_rows: int
    foreign_rows: int
    parents: list[str]


def children_of(page: Page, families: Sequence[Family]) -> Children:
    """Return the children that a page names, by family; rows that cannot be parents are left out and counted.

    Raises:
        MalformedAnswerError: The page is not a list of rows at all.
        UnknownWorkspaceError: A workspace that was requested is not among the rows.
    """
    rows: dict[Any, list[Any]] = {family.row: [] for family in families}
    odd: Counter[Any] = Counter()
    foreign: Counter[Any] = Counter()
    belonging = Belonging(page.endpoint, page.ids)
    try:
        for piece in page.pieces() if families else ():
            for row, parents in rows.items():
                sound, odd_here = sound_rows_of(page.endpoint, piece, row)
                named = [one for one in sound if is_text(one.get(page.endpoint.identity))]
                own = belonging.own(named)
                foreign[row] += len(named) - len(own)
                parents.extend(own)
                odd[row] += odd_here + len(sound) - len(named)
        ids = [list(family.make(rows[family.row], page.ids)) for family in families]
    except (AttributeError, LookupError, TypeError) as error:
        raise MalformedAnswerError(page.endpoint.call, reason=UNLIKE) from error
    tells = page.endpoint.identity if page.endpoint.unique else ""
    parents = [row[tells] for row in next(iter(rows.values()), [])] if tells else []
    return Children(ids, max(odd.values(), default=0), max(foreign.values(), default=0), parents)


def fallen_back(families: Sequence[Family], ids: Ids, error: Exception) -> list[list[Ids]]:
    """Return the children that are known even if the list of these ids is refused, by family.

    It may send requests. If they fail, there are no children; the refusal is reported anyway.
    """
    children: list[list[Ids]] = [[] for _ in families]
    if isinstance(error, (GoneError, InvalidRequestError, NotPermittedError)):
        for number, family in enumerate(families):
            with suppress(ClockifyError):
                children[number] = list(family.fallback(ids)) if family.fallback else []
    return children
