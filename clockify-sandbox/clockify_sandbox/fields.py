"""Fields of entities, whatever their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clockify_sandbox.world import Entity, Record

Stored = TypeVar("Stored", bound="Record")


def overlaid(entity: Stored, fields: Record) -> Stored:
    """The same entity after some of its fields were replaced.

    Raises:
        KeyError: for a field that the entity does not have.
    """
    if unknown := [key for key in fields if key not in entity]:
        raise KeyError(f"no such field: {', '.join(unknown)}")
    cast("Entity", entity).update(fields)  # every stored entity is a dict, but no type says so of all shapes
    return entity


def picked(entity: Record, names: Iterable[str]) -> Entity:
    """Some of the fields of an entity, in the order of their names."""
    return {name: entity[name] for name in names}
