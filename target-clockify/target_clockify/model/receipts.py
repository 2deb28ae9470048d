"""Receipts: the files that are uploaded with expenses. Their paths come from the input and may be anything."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".pdf": "application/pdf",
}
"""The media type of each file extension that Clockify accepts."""

_MEGABYTES = 5
_LARGEST = _MEGABYTES << 20  # bytes
_TOO_LARGE = f"it has more than {_MEGABYTES} MB"
_NO_FILE = "it is a folder, a pipe or a device"
_UNSENDABLE = re.compile(r"[\x00-\x1f\x7f\"\\]")  # in a multipart form, such a name would be changed
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class Receipt(NamedTuple):
    """A receipt for a multipart form."""

    name: str
    content: bytes
    media: str


def problems(path: str) -> Iterator[str]:
    """Yield the reasons why a path cannot be that of a receipt.

    A missing file is allowed, since it may have been uploaded before.
    """
    if "\x00" in path or _UNSENDABLE.search(Path(path).name):
        yield "file must be a path whose file name holds no control characters, quotes or backslashes"
        return
    try:
        found = Path(path).stat()
    except OSError:
        return
    if not stat.S_ISREG(found.st_mode):
        yield f"file must be the path of a file: {_NO_FILE}"
    elif found.st_size > _LARGEST:
        yield f"file must have at most {_MEGABYTES} MB"


def read(path: str) -> Receipt:
    """Return the receipt at a path.

    Raises:
        OSError: It cannot be read, or is no longer a valid receipt.
    """
    place = Path(path)
    _require_file(place.stat())  # opening a device may already have an effect
    with open(os.open(place, os.O_RDONLY | _NO_WAIT), "rb") as file:  # noqa: PTH123 - with flags
        _require_file(os.fstat(file.fileno()))
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise OSError(errno.EFBIG, _TOO_LARGE)
    return Receipt(place.name, content, MEDIA[place.suffix.lower()])


def _require_file(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, _NO_FILE)
