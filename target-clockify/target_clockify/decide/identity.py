"""Finds the object of a record, and the rows that claim it: by ids, by the ledger, and by natural keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clockify.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clockify.books.ledger import Ledger, Row
    from target_clockify.decide.decisions import Desired
    from target_clockify.mirror import Mirror
    from target_clockify.model.declaration import WritableObject
    from target_clockify.scratch import Seen
    from target_clockify.understand.route import Incoming


class Identities:
    """Finds the object of a record, without changing anything.

    Args:
        ledger: The objects of rows.
        mirror: The current workspace.
        seen: The keys in the input of this run.
        by_all: Objects without a natural key are found by all fields of their create, since the ledger is lost.
    """

    def __init__(self, ledger: Ledger, mirror: Mirror, seen: Seen, *, by_all: bool = False) -> None:
        self._by_all = by_all
        self._ledger = ledger
        self._mirror = mirror
        self._seen = seen

    def found(self, target: WritableObject, desired: Desired) -> str | None:
        """Return the id of the object of a record, None if there is none.

        Raises:
            RejectedError: It is ambiguous, or was deleted.
        """
        incoming, given, row = desired.incoming, desired.given, desired.row
        destination = incoming.route.destination
        if target.one_per_workspace:
            return destination
        if target.is_workspace:
            # A copied workspace is mapped to the destination; a workspace without an id is a new one.
            return destination if incoming.id or incoming.workspace else (row.id if row else None)
        if target.identity:
            identity = ":".join(str(given.get(name)) for name in target.identity)
            return identity if target.implied or self._mirror.has(target, identity) else None
        if known := self._known(target, desired):
            return known
        if incoming.id and incoming.of_destination:
            msg = f"there is no such {target.noun} in the workspace any more"
            raise RejectedError("gone", msg)
        return self._matching(target, desired)

    def made_late(self, target: WritableObject, desired: Desired) -> str | None:
        """Return the id of an object that a create of the record created after an earlier run had given it up."""
        me = desired.incoming.identity
        entry = self._ledger.given_up(*me) if target.recognised_by else None
        if entry is None or entry.object != target.name or "given" not in entry.recovery:
            return None
        alike = self._mirror.resembling(target, entry.recovery["given"])
        new = [one for one in alike if one not in entry.recovery["before"]]
        of_calls = self._ledger.created_by_calls() if new else ()
        new = [one for one in new if one not in of_calls]
        return next((one for one in new if not self.claimants(target, one) - {me}), None)

    def found_or_none(self, target: WritableObject, desired: Desired) -> str | None:
        """Return the id of the object of a record, None if there is none or it is ambiguous."""
        try:
            return self.found(target, desired)
        except RejectedError:
            return None

    def doomed(self, target: WritableObject, desired: Desired) -> str | None:
        """Return the id of the object that a record deletes: by its id, by the ledger, or by `match_on`."""
        if target.identity:
            return self.found(target, desired)
        if known := self._known(target, desired):
            return known
        route = desired.incoming.route
        return self._matching(target, desired) if route.operation == "delete" and route.match_on else None

    def claimants(self, target: WritableObject, object_id: str) -> set[tuple[str, str]]:
        """Return the rows that belong to an object: those in the ledger, and those in this run's input."""
        rows = self._ledger.owners(target.name, [object_id]).get(object_id, ())
        return {*(row.identity for row in rows), *self._seen.claimants(target.name, object_id)}

    def taken_over(self, target: WritableObject, incoming: Incoming, found: str) -> Row | None:
        """Return the ledger row of the object under an old key of the same stream that is no longer in the input."""
        if target.several or incoming.copied or incoming.key == found or incoming.route.operation == "ensure":
            return None
        owners = self._ledger.owners(target.name, [found]).get(found, [])
        return next((row for row in owners if row.stream == incoming.route.name and row.key != incoming.key), None)

    def _known(self, target: WritableObject, desired: Desired) -> str | None:
        """Return the id in the record or in the ledger, if that object exists."""
        incoming, row = desired.incoming, desired.row
        if incoming.id and self._mirror.has(target, incoming.id):
            return incoming.id
        return row.id if row and self._mirror.has(target, row.id) else None

    def _matching(self, target: WritableObject, desired: Desired) -> str | None:
        incoming, given = desired.incoming, desired.given
        usable = (incoming.route.match_on,) if incoming.route.match_on else target.natural_keys
        natural = next((some for some in usable if given.get(some[0]) not in (None, "")), None)
        if natural is None:
            return self._alike(target, desired) if self._by_all and not incoming.deleted else None
        # Missing fields of a natural key match anything; the rows of a copy always have all of them.
        fields = natural if incoming.copied else tuple(name for name in natural if name in given)
        found = self._mirror.matching(target, fields, given)
        owners = self._ledger.owners(target.name, found) if found else {}
        ensures = incoming.route.operation == "ensure"  # it may belong to another row
        free = [one for one in found if ensures or self._is_free(target, incoming, one, owners.get(one, ()))]
        if len(free) > 1:
            msg = (
                f"{len(free)} {target.name} agree with the record in {', '.join(fields)}: add what tells them apart, "
                f"or the id of the one you mean"
            )
            raise RejectedError("ambiguous_match", msg)
        sole = target.sole and not incoming.deleted
        is_one_too_many = sole or (not target.several and _is_one_too_many(incoming))
        if found and not free and natural == target.natural and is_one_too_many:
            rest = "Clockify keeps only one" if sole else "only the operation insert makes a second"
            msg = f"another row is the {target.noun} of this {', '.join(fields)}; {rest}"
            raise RejectedError("duplicate", msg)
        return free[0] if free else None

    def _alike(self, target: WritableObject, desired: Desired) -> str | None:
        """Return the id of an object that a record could have created and that belongs to no row."""
        if not target.recognised_by:
            return None
        alike = self._mirror.resembling(target, desired.given)
        me = desired.incoming.identity
        return next((one for one in alike if not self.claimants(target, one) - {me}), None)

    def _is_free(self, target: WritableObject, incoming: Incoming, object_id: str, owners: Iterable[Row]) -> bool:
        """Return whether a record may claim an object that these rows claim.

        Rows of several streams may claim one object. A row of the same stream keeps its claim while its key is in the
        input.
        """
        others = {row.identity for row in owners} | set(self._seen.claimants(target.name, object_id))
        others.discard(incoming.identity)
        if target.several or incoming.copied or incoming.route.operation == "insert":
            return not others
        return not any(stream == incoming.route.name and self._seen.is_live(stream, key) for stream, key in others)


def _is_one_too_many(incoming: Incoming) -> bool:
    """Return whether a second object with the same natural key is forbidden, because no setting asks for one."""
    return not (incoming.deleted or incoming.route.operation in {"insert", "delete"} or incoming.copied)
