"""Finds in the workspace the clients, projects, tags and custom fields that a file names."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_clockify.model.objects import BY_NAME
from target_clockify.model.objects.work import has_default
from target_clockify.model.values import FLAG, NUMBER
from target_clockify.naming import compared, folded
from target_clockify.understand.layouts import KINDS
from target_clockify.understand.sheet import tags_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from target_clockify.mirror import Mirror
    from target_clockify.model.declaration import State
    from target_clockify.understand.sheet import Reading, Sheet


class Names:
    """The names in a workspace: existing names are found in upper or lower case, and keep their spelling.

    Args:
        mirror: The current workspace.
        projects: The client and project of rows that name a task, normalised; None for a client that the file does not
            name.
        new: New names in the files of this run, by kind and parent; this file adds more.
    """

    def __init__(
        self,
        mirror: Mirror,
        projects: Collection[tuple[str | None, str]],
        new: dict[str, dict[tuple[str | None, ...], str]],
    ) -> None:
        self._mirror = mirror
        self._new = new
        self._known: dict[str, dict[tuple[str | None, ...], set[str]]] = {kind: {} for kind in KINDS}
        clients = {}
        for one in mirror.each(BY_NAME["clients"]):
            clients[one["id"]] = str(one["name"])
            self._add("clients", (compared(one["name"]),), one["name"])
        places: dict[str, tuple[str, str]] = {}
        for one in mirror.each(BY_NAME["projects"]):
            name = str(one["name"])
            place = (compared(clients.get(one.get("clientId"), "")), compared(name))
            self._add("projects", place, name)
            self._add("projects", (None, place[1]), name)
            if place in projects or (None, place[1]) in projects:
                places[one["id"]] = place
        for one in mirror.each(BY_NAME["tags"]):
            self._add("tags", (compared(one["name"]),), one["name"])
        self._tags = {tag for (tag,) in self._known["tags"] if tag}
        for one in mirror.each(BY_NAME["tasks"], [(project,) for project in places]):
            if one["projectId"] in places:
                client, name = places[one["projectId"]]
                for first in (client, None):
                    self._add("tasks", (first, name, compared(one["name"])), one["name"])
        self._add_new()

    @cached_property
    def _fields(self) -> dict[str, State]:
        fields = self._mirror.each(BY_NAME["custom_fields"])
        return {str(one["name"]): one for one in fields if one.get("entityType") == "TIMEENTRY"}

    @property
    def custom_fields(self) -> dict[str, str]:
        """The names of the custom fields of entries, by folded name."""
        return {folded(name) or name: name for name in self._fields}

    def spelled(self, sheet: Sheet, said: Reading) -> tuple[str | None, str | None, str | None, list[str]]:
        """Return client, project, task and tags of a row in the spelling of the workspace or of the file's first row.

        Raises:
            ValueError: Several names differ only in case, or the tags of a cell are ambiguous.
        """
        columns = sheet.layout.cells["tags"].columns if "tags" in sheet.layout.cells else []
        separator = next((one for name in columns if (one := sheet.layout.splits.get(folded(name)))), "")
        try:
            tags = tags_of(said.tags, separator, self._tags) if said.tags else []
        except ValueError as error:
            msg = f"{sheet.title('tags')} {error}"
            raise ValueError(msg) from None
        client, project, task = said.client, said.project, said.task
        if client:
            client = self._spelled(sheet.title("client"), "clients", (compared(client),), client)
        if project:
            place = (None if client is None else compared(client), compared(project))
            project = self._spelled(sheet.title("project"), "projects", place, project)
            if task:
                task = self._spelled(sheet.title("task"), "tasks", (*place, compared(task)), task)
        spelled = [self._spelled(sheet.title("tags"), "tags", (compared(tag),), tag) for tag in tags]
        return client, project, task, list(dict.fromkeys(spelled))

    def values(self, custom: Mapping[str, str]) -> list[State]:
        """Return values of custom fields by id; a blank cell is included only if its field has a default.

        Raises:
            ValueError: A value does not fit the type of its field.
        """
        found = []
        for name, text in custom.items():
            one = self._fields[name]
            if text or has_default(one):
                value = _typed(name, str(one.get("type")), text) if text else None
                found.append({"customFieldId": one["id"], "value": value})
        return found

    def _add_new(self) -> None:
        for kind, names in self._new.items():
            for place, name in names.items():
                for known in {place, (None, *place[1:]) if len(place) > 1 else place}:
                    self._known[kind].setdefault(known, {name})

    def _add(self, kind: str, place: tuple[str | None, ...], name: str) -> None:
        self._known[kind].setdefault(place, set()).add(name)

    def _spelled(self, column: str, kind: str, place: tuple[str | None, ...], name: str) -> str:
        names = self._known[kind].get(place)
        if names is None:
            self._known[kind][place] = {name}
            self._new.setdefault(kind, {})[place] = name
            return name
        if name in names:
            return name
        if len(names) > 1:
            msg = f"{column}: several {kind} have this name, apart from case or spaces: spell it like one of them"
            raise ValueError(msg)
        return next(iter(names))


def _typed(name: str, kind: str, text: str) -> Any:
    """Convert the text of a cell to a value of a custom field of this type."""
    if kind == "NUMBER":
        value = NUMBER.coerce(text)
        if isinstance(value, str):
            msg = f"{name} must be a number"
            raise ValueError(msg)
        return value
    if kind == "CHECKBOX":
        value = FLAG.coerce(text)
        if isinstance(value, str):
            msg = f"{name} must be yes or no"
            raise ValueError(msg)
        return value
    return [part.strip() for part in text.split(",") if part.strip()] if kind == "DROPDOWN_MULTIPLE" else text
