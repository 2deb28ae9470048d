"""Files that hold values of records: readable by their owner alone, and never opened through a link.

In a folder that others may write to, a link could lead the values into a file of somebody else.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_DEVICES = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
"""Folders of the system, where links are its own, as /dev/stderr is."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe that nobody reads would be waited for
_SEVERAL = "has several names (hard links): keep one of them"


class NotPlainError(OSError):
    """The path is not a plain file that is ours alone, but a pipe, say, or a file with several names."""

    def __str__(self) -> str:
        return f"{self.filename} {self.strerror}"


def create(path: Path) -> int:
    """Return a descriptor of a new file that its owner alone may read, to write at its end; a device is opened.

    Raises:
        FileExistsError: There is something of that name.
        OSError: The file cannot be made.
    """
    if path.parent in _DEVICES:
        return os.open(path, os.O_WRONLY | os.O_APPEND)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)


def replace(path: Path) -> int:
    """Return a descriptor of a file that its owner alone may read, emptied where it is there already.

    Raises:
        OSError: The file cannot be written, or it is none of ours alone.
    """
    if path.parent in _DEVICES:
        return os.open(path, os.O_WRONLY)
    require_plain(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | _NO_FOLLOW | _NO_WAIT, 0o600)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise NotPlainError(errno.ENXIO, "is a pipe that nobody reads", str(path)) from None
        raise
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode):
            if found.st_nlink > 1:
                raise NotPlainError(errno.EMLINK, _SEVERAL, str(path))
            os.chmod(descriptor if os.chmod in os.supports_fd else path, 0o600)  # noqa: PTH101 - of what is open
            os.ftruncate(descriptor, 0)
    except OSError as error:
        os.close(descriptor)
        raise type(error)(error.errno, error.strerror, str(path)) from None
    return descriptor


def keep_private(path: Path) -> None:
    """Let the owner alone read a file that is there.

    It is not opened for that: closing it would let go of the locks that this very process has on it.

    Raises:
        NotPlainError: It is a link, has several names, or belongs to somebody else who lets others read it.
    """
    require_plain(path)
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode) and mode & 0o077:
        try:
            path.chmod(stat.S_IMODE(mode) & 0o700)
        except PermissionError:
            raise NotPlainError(errno.EPERM, "can be read by others, and belongs to another user", str(path)) from None


def require_file(path: Path) -> None:
    """Refuse what is neither a file nor a device of the system; a name that is free will do.

    Raises:
        NotPlainError: It is a folder, a pipe or a socket.
    """
    if path.parent not in _DEVICES and path.exists() and not path.is_file():
        raise NotPlainError(errno.EINVAL, "is no file: name one", str(path))


def is_read_only(path: Path) -> bool:
    """Return whether the owner of a file has taken the right to write to it from everybody, also from root."""
    return not path.stat().st_mode & 0o222


def require_plain(path: Path) -> None:
    """Refuse a name that leads to another one; one that is free, a device or a pipe will do.

    Raises:
        NotPlainError: It is a link, or one name of a file among several.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if path.parent in _DEVICES:
        return
    if stat.S_ISLNK(found.st_mode):
        raise NotPlainError(errno.ELOOP, "is a symbolic link: name the file itself", str(path))
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        raise NotPlainError(errno.EMLINK, _SEVERAL, str(path))
