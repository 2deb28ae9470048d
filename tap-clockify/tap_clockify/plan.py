"""What a run asks Clockify: every source that the selected streams need, each once, in the order of the streams."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clockify_client import FanOut, Page
from clockify_client.rows import rows_of

from tap_clockify.declaration import Parent
from tap_clockify.streams.people import WORKSPACES, in_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from clockify_client import Client, Ids, Reading

    from tap_clockify.declaration import Source, StreamDeclaration
    from tap_clockify.settings import Scope


class Plan:
    """The readings of a run. They start as soon as the plan is made, ahead of the streams that consume them.

    Raises:
        ClockifyError: The workspaces cannot be listed, or one that was asked for is not among them.
    """

    def __init__(self, client: Client, scope: Scope, streams: Sequence[StreamDeclaration]) -> None:
        self._fan_out = FanOut(client)
        self._scope = scope
        self._readings: dict[Source, Reading] = {}
        self._ranks: dict[Source, tuple[float, ...]] = {}
        self._consumers: Counter[Source] = Counter()
        self._left = {stream.name for stream in streams}
        for index, stream in enumerate(streams):
            settled = stream.settled(scope)
            if settled is not None:
                self._consumers[settled.source] += 1
                for depth, ancestor in enumerate(_line(settled.source)):
                    self._ranks.setdefault(ancestor, (index, depth))
        self._consumers[WORKSPACES] += WORKSPACES in self._ranks
        for source in self._ranks:
            self._open(source)
        for source, reading in self._readings.items():
            if source.parent is None:
                reading.feed(self._roots(source), last=True)
        self.left_out = WORKSPACES in self._ranks and self._workspaces_left_out()
        """Whether the key sees workspaces that the run was told to leave out."""

    def reading(self, stream: StreamDeclaration) -> Reading | None:
        """Return where a stream finds its answers, None where the settings rule the stream out."""
        settled = stream.settled(self._scope)
        return self._readings[settled.source] if settled else None

    def holds(self, stream: StreamDeclaration) -> bool:
        """Tell whether a stream has not been through with its reading yet."""
        return stream.name in self._left

    def consumed(self, stream: StreamDeclaration) -> None:
        """Note that a stream is through with its reading; the last one ends the plan."""
        self._left.discard(stream.name)
        if not self._left:
            self.close()

    def close(self) -> None:
        """Ask nothing more."""
        self._fan_out.close()

    def _open(self, source: Source) -> Reading:
        if source in self._readings:
            return self._readings[source]
        endpoint, rank, consumers = source.asked(self._scope), self._ranks[source], self._consumers[source]
        if source.parent is None:
            reading = self._fan_out.read(endpoint, rank=rank, consumers=consumers)
        else:
            parent = self._open(source.parent)
            reading = parent.branch(endpoint, self._children(source), Parent, rank=rank, consumers=consumers)
        self._readings[source] = reading
        return reading

    def _children(self, source: Source) -> Callable[[list[Parent], Ids], Iterable[Ids]]:
        children = source.children
        if children is None:
            msg = f"{source.asked(self._scope).call} has a parent, and nothing that makes its ids out of it"
            raise TypeError(msg)
        return lambda rows, ids: children(rows, ids, self._scope)

    def _roots(self, source: Source) -> Iterator[Ids]:
        if source is WORKSPACES and self._scope.config.get("addon_token"):
            yield from ({"workspaceId": one} for one in self._scope.workspace_ids)
        else:
            yield {}

    def _workspaces_left_out(self) -> bool:
        """Look at the workspaces first: nothing can be read without them, and a bad key shows here."""
        reading = self._readings[WORKSPACES]
        pages = [item for item in reading.items() if isinstance(item, Page)]
        answers = [(rows_of(page.endpoint, page.body, Parent), page.ids) for page in pages]
        seen = sum(len(rows) for rows, _ in answers)
        return seen > sum(1 for rows, ids in answers for _ in in_workspace(rows, ids, self._scope))


def _line(source: Source) -> list[Source]:
    """Return a source's ancestors, the oldest first, and the source itself."""
    line = [source]
    while line[0].parent is not None:
        line.insert(0, line[0].parent)
    return line
