"""Reads files that options name, and refuses files that would block or never end."""

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
        OSError: it cannot be read; the message names the file.
    """
    require_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def require_file(path: Path) -> None:
    """Refuse an existing path that is not a file, such as a pipe or a device.

    Raises:
        OSError: it is not a file, or cannot be checked; the message names the file.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
