"""Files that contain values of records: only their owner can read them, and they are never opened through a link.

In a folder that others can write to, a link could redirect the values into another user's file.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_DEVICES = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
"""System folders, in which links such as /dev/stderr are allowed."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe without a reader would block
_SEVERAL = "has several names (hard links): keep one of them"


class NotPlainError(OSError):
    """The path is not a plain file with one name and one owner, but, for example, a pipe or a hard link."""

    def __str__(self) -> str:
        return f"{self.filename} {self.strerror}"


def create(path: Path) -> int:
    """Create a file that only its owner can read, and return a descriptor for appending; a device is opened.

    Raises:
        FileExistsError: The path exists already.
        OSError: The file cannot be created.
    """
    if path.parent in _DEVICES:
        return os.open(path, os.O_WRONLY | os.O_APPEND)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)


def replace(path: Path) -> int:
    """Return a descriptor of an empty file that only its owner can read; existing content is removed.

    Raises:
        OSError: The file cannot be written, or is not a plain file of this user.
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
    """Make an existing file readable only by its owner.

    The file is not opened for that, because closing it would release this process's own locks on it.

    Raises:
        NotPlainError: It is a link, has several names, or belongs to another user and can be read by others.
    """
    require_plain(path)
    try:
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            path.chmod(stat.S_IMODE(mode) & 0o700)
    except FileNotFoundError:
        return  # another run has removed it, as SQLite does with its journal
    except PermissionError:
        raise NotPlainError(errno.EPERM, "can be read by others, and belongs to another user", str(path)) from None


def require_file(path: Path) -> None:
    """Refuse a path that is neither a file nor a system device; a path that does not exist is accepted.

    Raises:
        NotPlainError: It is a folder, a pipe or a socket.
    """
    if path.parent not in _DEVICES and path.exists() and not path.is_file():
        raise NotPlainError(errno.EINVAL, "is no file: name one", str(path))


def is_read_only(path: Path) -> bool:
    """Return whether a file has no write permission at all; then root must not write to it either."""
    return not path.stat().st_mode & 0o222


def require_plain(path: Path) -> None:
    """Refuse links; a path that does not exist, a device or a pipe is accepted.

    Raises:
        NotPlainError: It is a symbolic link, or a file with several names.
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
