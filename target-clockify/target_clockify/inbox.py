"""Accepts records, and passes on those to decide now: the newest of each key, and every call."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from target_clockify import waiting
from target_clockify.copying import Admission, Copying
from target_clockify.errors import RejectedError
from target_clockify.model.declaration import Procedure

if TYPE_CHECKING:
    from target_clockify.scratch import Seen, Taken
    from target_clockify.under_way import UnderWay
    from target_clockify.understand.route import Incoming, Route

_SAME_KEY = "an earlier record of the same key"


class Arrivals:
    """The records of a chunk, grouped by what happens to them.

    Attributes:
        ready: Records to decide now.
        superseded: Records that a newer record of the same key replaces.
        skipped: Records of a workspace that is not copied.
        rejected: Records that are not valid for their stream.
    """

    def __init__(self) -> None:
        self.ready: list[Incoming] = []
        self.superseded: list[Incoming] = []
        self.skipped: list[Incoming] = []
        self.rejected: list[tuple[Taken, RejectedError]] = []


class Inbox:
    """Accepts records.

    Args:
        routes: How the records of each stream are treated.
        copying: The copy that the run makes.
        seen: The keys in the input.
        waiting: The records that wait.
        under_way: The writes that are being sent.
    """

    def __init__(
        self,
        routes: dict[str, Route],
        copying: Copying,
        seen: Seen,
        waiting: waiting.Waiting,
        under_way: UnderWay,
    ) -> None:
        self.nameless: set[str] = set()  # streams with a record whose key cannot be read
        self._routes = routes
        self._copying = copying
        self._seen = seen
        self._waiting = waiting
        self._under_way = under_way

    def glance(self, taken: Taken) -> Incoming:
        """Read the key of a record."""
        return self._routes[taken.stream].glance(taken)

    def arrivals(self, chunk: list[Taken]) -> Arrivals:
        """Return the records of a chunk to decide now, and the others by what happened to them.

        The newest record of a key replaces older ones, also one that is still waiting; fields that it lacks are taken
        from the older record. A record whose key is being written waits for that write.
        """
        arrivals = Arrivals()
        admitted = self._admitted(chunk, arrivals)
        self._seen.add((one.key, one.route.name, one.taken.number, not one.deleted) for one in admitted)
        found: dict[tuple[str, str], Incoming] = {}
        for one in admitted:
            identity = one.identity
            is_busy = bool(self._under_way) and self._under_way.has(waiting.key(identity))
            if isinstance(one.route.object, Procedure):  # every call is made
                if is_busy or identity in found:
                    self._wait_for_key(one)
                else:
                    found[identity] = one
                continue
            newest = one
            if self._waiting or identity in found:
                older = [self.glance(taken) for taken in self._waiting.take(*identity)]
                older += [found.pop(identity)] if identity in found else []
                newest = self._merged([*older, one], arrivals) if older else one
            if is_busy:
                self._wait_for_key(newest)
            else:
                found[identity] = newest
        arrivals.ready = list(found.values())
        return arrivals

    def _admitted(self, chunk: list[Taken], arrivals: Arrivals) -> list[Incoming]:
        admitted: list[Incoming] = []
        for taken in chunk:
            try:
                one = self.glance(taken)
            except RejectedError as error:
                self.nameless.add(taken.stream)
                arrivals.rejected.append((taken, error))
                continue
            admission = self._copying.admit(one)
            if admission is Admission.NOW:
                admitted.append(one)
            elif admission is Admission.HELD:
                self._waiting.add(waiting.COPY, taken, waiting.COPY.what, one.identity)
            else:
                arrivals.skipped.append(one)
        return admitted

    def _wait_for_key(self, one: Incoming) -> None:
        self._waiting.add(waiting.key(one.identity), one.taken, _SAME_KEY, one.identity)

    def _merged(self, records: list[Incoming], arrivals: Arrivals) -> Incoming:
        """Return the newest record of a key, with the fields that only older ones have."""
        merged, *newer = sorted(records, key=attrgetter("taken.number"))
        for one in newer:
            arrivals.superseded.append(merged)
            alone = one.deleted or merged.deleted
            raw = one.raw if alone else one.route.columns.merged(merged.raw, one.raw)
            origin = one.taken.origin
            if origin and not alone:
                origin = b"\n".join((merged.taken.origin or merged.raw, origin))
            merged = self.glance(one.taken._replace(raw=raw, origin=origin))
        return merged
