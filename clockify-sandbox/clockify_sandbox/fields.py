"""Functions for the fields of all kinds of entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clockify_sandbox.world import Entity, Record

Stored = TypeVar("Stored", bound="Record")


def overlaid(entity: Stored, fields: Record) -> Stored:
    """A copy of the entity with some fields replaced.

    Raises:
        KeyError: for a field that the entity does not have.
    """
    if unknown := [key for key in fields if key not in entity]:
        raise KeyError(f"no such field: {', '.join(unknown)}")
    # every stored entity is a dict, but the types do not express that for all shapes
    cast("Entity", entity).update(fields)
    return entity


def picked(entity: Record, names: Iterable[str]) -> Entity:
    """Some of the fields of an entity, in the order of their names."""
    return {name: entity[name] for name in names}
