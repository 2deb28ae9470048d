"""Finds the person of a file's row: by e-mail address, otherwise by full name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_client import endpoints

from target_clockify.errors import RejectedError
from target_clockify.model.objects import BY_NAME
from target_clockify.naming import compared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clockify.mirror import Mirror
    from target_clockify.understand.sheet import Sheet


class People:
    """Finds people.

    Args:
        mirror: The current workspace.
        sheet: The file.
        emails: The addresses in its rows, by name of the person. Attributes:
        by_name: The number of rows with an unknown address whose person was found by name.
    """

    def __init__(self, mirror: Mirror, sheet: Sheet, emails: Mapping[str, set[str]]) -> None:
        self.by_name = 0
        self._mirror = mirror
        self._sheet = sheet
        self._emails_of = emails
        self._owner = ""
        self._emails: dict[str, list[str]] = {}
        self._names: dict[str, list[str]] = {}
        if sheet.names_people:
            for user in mirror.each(BY_NAME["users"]):
                self._emails.setdefault(str(user.get("email") or "").casefold(), []).append(user["id"])
                self._names.setdefault(compared(str(user.get("name") or "")), []).append(user["id"])

    def id_of(self, email: str, name: str, *, by_address: bool) -> str:
        """Return the id of a person.

        Args:
            email: Their e-mail address, blank if a row has none.
            name: Their full name, blank if a row has none.
            by_address: Only the address counts.

        Raises:
            RejectedError: Nobody matches, or several people do; the message names the columns.
        """
        if not self._sheet.names_people:
            if not self._owner:
                self._owner = str(next(iter(self._mirror.reader.client.rows(endpoints.CURRENT_USER, {})))["id"])
            return self._owner
        if not email and not name:
            msg = f"{self._sheet.person_title} names nobody"
            raise RejectedError("unknown_person", msg)
        if email and len(found := self._emails.get(email.casefold(), [])) == 1:
            return found[0]
        named = self._names.get(compared(name), []) if name else []
        columns = self._sheet.title("email") if email else self._sheet.title("name")
        if email and named and (by_address or len(self._emails_of.get(compared(name), ())) > 1):
            msg = f"{columns}: nobody in the workspace has this address, and the file knows several of this name"
            raise RejectedError("unknown_person", msg)
        if len(named) > 1:
            msg = f"{self._sheet.title('name')}: {len(named)} people of the workspace have this name; an e-mail tells"
            raise RejectedError("ambiguous_person", msg)
        if not named:
            what = "address, nor the name" if email and name else "address" if email else "name"
            msg = f"{self._sheet.person_title if email else columns}: nobody in the workspace has this {what}"
            raise RejectedError("unknown_person", msg)
        self.by_name += bool(email)
        return named[0]
