"""The streams that are selected by default and their references, drawn as SVG without another program or the network.

There are two columns of boxes with lines between them. Every stream that others refer to has one connecting line, from
its title to each field that holds its id. Colours and text follow the theme of the page.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docs.reference.links import links_of
from docs.reference.streams import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clockify.declaration import StreamDeclaration

_BOX, _LINE, _TITLE, _GAP, _RAIL = 250, 15, 20, 12, 15
_TOP, _SIDE = 8, 8


@dataclass(frozen=True)
class _Box:
    """A stream with its position: the left edge, and the vertical centre of its title and of each line."""

    name: str
    x: int
    y: int
    lines: tuple[tuple[str, str, bool], ...]  # field, stream it refers to or "", whether it is part of the key

    @property
    def height(self) -> int:
        return _TITLE + _LINE * len(self.lines) + 4

    @property
    def title(self) -> int:
        return self.y + _TITLE // 2

    def middle(self, index: int) -> int:
        return self.y + _TITLE + _LINE * index + _LINE // 2 + 2

    def edge(self, rail: int) -> int:
        return self.x + _BOX if rail > self.x else self.x


def entity_diagram() -> str:
    """Return the SVG element."""
    streams = [one for family in FAMILIES.values() for one in family if one.selected]
    names = {one.name for one in streams}
    lines = {one.name: tuple(_lines(one, names)) for one in streams}
    parents = [one.name for one in streams if any(one.name == to for some in lines.values() for _, to, _ in some)]
    right = _SIDE + _BOX + _RAIL * (len(parents) + 1)
    boxes = list(_placed(streams, lines, right))
    rails = {name: _SIDE + _BOX + _RAIL * (index + 1) for index, name in enumerate(parents)}
    width, height = right + _BOX + _SIDE, max(box.y + box.height for box in boxes) + _TOP
    parts = [
        *(part for index, name in enumerate(parents) for part in _rail(name, index, rails[name], boxes)),
        *(part for box in boxes for part in _drawn(box)),
    ]
    return (
        f'<svg class="entities" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        'xmlns="http://www.w3.org/2000/svg" font-family="monospace" font-size="11">'
        "<title>The streams selected by default and the streams that their fields refer to</title>"
        + "".join(parts)
        + "</svg>"
    )


def _lines(stream: StreamDeclaration, names: set[str]) -> Iterator[tuple[str, str, bool]]:
    links = {
        field: to
        for field, to in links_of(stream.name).items()
        if to in names and to != "workspaces" and "[]" not in field and field.count(".") < 2  # noqa: PLR2004
    }
    for field in stream.key:
        if field != "workspaceId" or len(stream.key) == 1:
            yield field, links.pop(field, ""), True
    for field, to in links.items():
        yield field, to, False


def _placed(
    streams: list[StreamDeclaration], lines: dict[str, tuple[tuple[str, str, bool], ...]], right: int
) -> Iterator[_Box]:
    heights = [_TITLE + _LINE * len(lines[one.name]) + 4 + _GAP for one in streams]
    x, y = _SIDE, _TOP
    for stream, height in zip(streams, heights, strict=True):
        if x == _SIDE and y > sum(heights) / 2:
            x, y = right, _TOP
        yield _Box(stream.name, x, y, lines[stream.name])
        y += height


def _drawn(box: _Box) -> Iterator[str]:
    yield (
        f'<a href="../streams/{box.name}/"><rect x="{box.x}" y="{box.y}" width="{_BOX}" height="{box.height}" rx="3" '
        'fill="none" stroke="currentColor"/>'
        f'<text x="{box.x + 8}" y="{box.title + 4}" fill="currentColor" font-weight="bold">{box.name}</text></a>'
    )
    for index, (field, _, is_key) in enumerate(box.lines):
        mark = ' font-weight="bold"' if is_key else ""
        yield (
            f'<text x="{box.x + 8}" y="{box.middle(index) + 4}" fill="currentColor"{mark}>{html.escape(field)}'
            f"{' (key)' if is_key else ''}</text>"
        )


def _rail(name: str, index: int, x: int, boxes: list[_Box]) -> Iterator[str]:
    """Draw the connecting line of a stream: a bar at its title, a crow's foot at each field that refers to it."""
    colour = f"hsl({index * 137 % 360} 65% 48%)"
    (parent,) = (box for box in boxes if box.name == name)
    ends = [parent.title]
    edge = parent.edge(x)
    inward = 1 if x > edge else -1
    yield f'<g stroke="{colour}" fill="none" stroke-width="1.4"><title>{name}</title>'
    yield f'<path d="M{edge} {parent.title}H{x}M{edge + 5 * inward} {parent.title - 4}v8"/>'
    for box in boxes:
        for line, (_, to, _) in enumerate(box.lines):
            if to != name:
                continue
            y, edge = box.middle(line), box.edge(x)
            inward = 1 if x > edge else -1
            ends.append(y)
            tip = f"M{edge + 7 * inward} {y}L{edge}"
            yield f'<path d="M{x} {y}H{edge}{tip} {y - 4}{tip} {y + 4}"/>'
            yield f'<circle cx="{x}" cy="{y}" r="2.2" fill="{colour}"/>'
    yield f'<path d="M{x} {min(ends)}V{max(ends)}"/></g>'
