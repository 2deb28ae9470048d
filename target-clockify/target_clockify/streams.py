"""The settings of individual streams, by stream name in any spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clockify.model.objects import BY_NAME, find_object, why_not
from target_clockify.model.procedures import PROCEDURES, find_procedure
from target_clockify.naming import folded, nearest
from target_clockify.understand import layouts
from target_clockify.understand.keys import is_clockify_id
from target_clockify.understand.route import Route
from target_clockify.understand.zones import USER, zone_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from target_clockify.model.declaration import Writable
    from target_clockify.understand.layouts import Layout


def writable(name: str) -> Writable | None:
    """Return the object or procedure of a name in any spelling."""
    return find_object(name) or find_procedure(name)


def settings_of(config: Mapping[str, Any], stream: str) -> Mapping[str, Any]:
    """Return the settings of a stream."""
    streams: Mapping[str, Any] = config.get("streams") or {}
    found = streams.get(stream) or next((one for name, one in streams.items() if folded(name) == folded(stream)), None)
    return {**(found or {}), "source": source_of(config, stream)}


def source_of(config: Mapping[str, Any], stream: str) -> str:
    """Return the source of a stream's keys: its `source`, or the common default.

    If several streams write the same kind of object, they have different sources: by default the prefix of the stream
    name, such as `harvest` for `harvest_users` and `harvest_entries`.
    """
    streams = {folded(name): one or {} for name, one in (config.get("streams") or {}).items()}
    settings = streams.get(folded(stream), {})
    if settings.get("source"):
        return str(settings["source"])
    objects = [target.name for name, one in streams.items() if (target := writable(one.get("object") or name))]
    if settings.get("object") and len(objects) > len(set(objects)):
        return folded(stream.partition("_")[0])
    return ""


def layout_of(config: Mapping[str, Any], settings: Mapping[str, Any]) -> Layout:
    """Return the layout of a stream.

    Raises:
        ValueError: It is not a valid layout; the message says why.
    """
    return layouts.layout_of(
        settings["layout"], settings, config.get("layouts") or {}, str(config.get("day_start") or "")
    )


def creates(config: Mapping[str, Any], settings: Mapping[str, Any], default: Collection[str] = ()) -> Collection[str]:
    """Return the kinds of missing objects that a stream's rows create: its `create_missing`, or that of all streams."""
    chosen = settings.get("create_missing")
    if chosen is None:
        chosen = config.get("create_missing")
    return default if chosen is None else chosen


def problems(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield errors of settings that the schema does not find, such as unknown names; one line for each."""
    if (zone := config.get("time_zone") or USER) != USER and zone_named(zone) is None:
        yield "time_zone must be `user` or an IANA name such as Europe/Zurich"
    if (source := config.get("copy_from")) and not is_clockify_id(source):
        yield "copy_from must be the id of a workspace, 24 hexadecimal digits"
    names: dict[str, str] = {}
    for name, settings in (config.get("streams") or {}).items():
        other = names.setdefault(folded(name), name)
        if other != name:
            yield f"streams names one stream twice: {other} and {name}"
        if (settings or {}).get("layout"):
            yield from _sheet_problems(config, name, settings)
        else:
            yield from _problems(name, settings or {})
    for name in config.get("layouts") or {}:
        try:
            layouts.layout_of(name, {}, config["layouts"])
        except ValueError as error:
            yield f"layouts.{name}: {error}"


def _sheet_problems(config: Mapping[str, Any], name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    if others := [one for one in _NOT_IN_LAYOUTS if settings.get(one)]:
        yield f"streams.{name}: a layout says what {', '.join(others)} would say; put it into a layout of your own"
    try:
        layout_of(config, settings)
    except ValueError as error:
        yield f"streams.{name}.layout: {error}"


_NOT_IN_LAYOUTS = ("object", "operation", "match_on", "columns", "empty", "key", "source")


def _problems(name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    wanted = settings.get("object") or name
    target = writable(wanted)
    if target is not None:
        try:
            Route(name, target, (), settings)
        except ValueError as error:
            yield f"streams.{name}: {error}"
        if settings.get("day_start"):
            yield f"streams.{name}.day_start is for streams in a layout"
    elif why_not(wanted) is None:
        near = nearest(wanted, [*BY_NAME, *(one.name for one in PROCEDURES)])
        if settings.get("object"):
            yield f"streams.{name}.object names no object{near}"
        else:
            yield f"streams.{name} names no object{near}; a stream of another name needs its `object`"
