"""Saves and loads a world, and dumps it as JSON."""

from __future__ import annotations

import dataclasses
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from clockify_sandbox.named_files import read_named
from clockify_sandbox.render import time_entry_renderer
from clockify_sandbox.world import TimeEntries, TimeEntry, Workspace, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clockify_sandbox.sandbox import Sandbox

_CHUNK = 1000


class Saved(msgspec.Struct):
    """The content of a state file: the world, and the number of ids that were created since its start."""

    ids: int
    world: World


def saved(sandbox: Sandbox) -> bytes:
    """The content of a state file."""
    return msgspec.json.encode(Saved(sandbox.clock.ids, sandbox.world), enc_hook=_encode)


def loaded(content: bytes) -> Saved:
    """Read the content of a state file.

    Raises:
        msgspec.DecodeError: if it is not one.
    """
    return msgspec.json.decode(content, type=Saved, dec_hook=_decode)


def save(path: Path, sandbox: Sandbox) -> None:
    """Write a state file, completely or not at all."""
    content, path = saved(sandbox), path.resolve()  # the target of a link is replaced, not the link
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}, so the state is not kept", str(path)) from None


def load(path: Path) -> Saved:
    """Read a state file.

    Raises:
        ValueError: if it is not one.
        OSError: if it cannot be read.
    """
    try:
        return loaded(read_named(path))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"{path} is not a saved state of the sandbox: {error}") from None


def dump_chunks(sandbox: Sandbox) -> Iterator[bytes]:
    """The whole state as JSON, piece by piece: {now, users, workspaces: [{id, ..., clients: [...], ...}]}.

    Every table is a list of stored rows, with the names of the API; a member has its `userId`, and time entries are in
    the form of lists.
    """
    world = sandbox.world
    yield b'{"now":' + msgspec.json.encode(world.now) + b',"users":' + msgspec.json.encode(list(world.users.values()))
    yield b',"workspaces":['
    for number, workspace in enumerate(world.workspaces.values()):
        yield (b"," if number else b"") + msgspec.json.encode(workspace.record)[:-1]
        yield b',"plan":' + msgspec.json.encode(workspace.plan)
        for name, value in _tables(workspace):
            yield b',"' + name.encode() + b'":' + msgspec.json.encode(value)
        yield b',"time_entries":['
        yield from _entries(workspace)
        yield b"]}"
    yield b"]}"


def _tables(workspace: Workspace) -> Iterator[tuple[str, Any]]:
    for known in dataclasses.fields(workspace):
        value = getattr(workspace, known.name)
        if known.name.startswith("_"):
            continue
        if known.name == "members":
            yield known.name, [{"userId": user_id, **member} for user_id, member in value.items()]
        elif known.name == "files":
            yield known.name, [{"id": key, "name": name, "size": len(data)} for key, (name, data) in value.items()]
        elif known.name == "addon_webhooks":
            yield known.name, {addon: list(table.values()) for addon, table in value.items()}
        elif known.name == "invoice_settings" or isinstance(value, list):
            yield known.name, value
        elif isinstance(value, dict):
            yield known.name, list(value.values())


def _entries(workspace: Workspace) -> Iterator[bytes]:
    show, entries, first = time_entry_renderer(workspace), iter(workspace.time_entries), True
    while rows := [show(entry) for entry in islice(entries, _CHUNK)]:
        yield (b"" if first else b",") + msgspec.json.encode(rows)[1:-1]
        first = False


def _encode(value: object) -> Any:
    if isinstance(value, TimeEntries):
        return list(value)
    raise NotImplementedError(f"cannot save {type(value).__name__}")


def _decode(kind: type, value: Any) -> Any:
    if kind is TimeEntries:
        entries = TimeEntries()
        entries.add(msgspec.convert(value, list[TimeEntry]))
        return entries
    raise NotImplementedError(f"cannot load {kind.__name__}")
