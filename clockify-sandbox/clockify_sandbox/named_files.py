"""Files that options name: none is waited for, and none is without an end."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_named(path: Path) -> bytes:
    """The content of a file.

    Raises:
        OSError: it cannot be read; the file is named.
    """
    require_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def require_file(path: Path) -> None:
    """Refuse what is there and is no file, such as a pipe or a device.

    Raises:
        OSError: it is none, or cannot be looked at; the file is named.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, and no file", str(path))
