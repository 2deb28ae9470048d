"""Reads files that a user names. It never hangs, never reads without an end, and reports failures in one line."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_LOGS = "SINGER_SDK_LOG_CONFIG"
_DEVICE = "is a device: name a file"
_PREDICATES = ("is ", "has ", "can ")  # errors of this module, not of the operating system


def read(path: str | Path) -> bytes:
    """Return the content of a file, or of a pipe that has a writer, such as `<(command)` in a shell.

    Raises:
        OSError: It cannot be read, is a folder or a device, or the pipe has no writer. The error names the file.
    """
    try:
        with _opened(path) as file:
            is_pipe = stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
            content = file.read()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    if is_pipe and not content:
        raise OSError(errno.ENODATA, "is a pipe that nobody writes to", str(path))
    return content


def open_input(path: str | Path) -> IO[bytes]:
    """Open a file or a pipe for reading; the writer of a pipe may open it later.

    Raises:
        OSError: It cannot be read, or is a folder or a device. The error names the file.
    """
    is_pipe = stat.S_ISFIFO(Path(path).stat().st_mode)
    return Path(path).open("rb") if is_pipe else _opened(path)


def require_no_pipe(path: str | Path) -> None:
    """Require that a path can be opened without waiting, if it exists.

    Raises:
        OSError: It is a pipe or a device. The error names the file.
    """
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "is a pipe or a device: name a file", str(path))


def in_words(error: OSError) -> str:
    """Return the message of a failure: the file first, without the error number."""
    said = error.strerror or str(error) or type(error).__name__
    if not isinstance(error.filename, str):
        return said
    return f"{error.filename}{' ' if said.startswith(_PREDICATES) else ': '}{said}"


@contextmanager
def setting_up_logs() -> Iterator[None]:
    """Report in one line if the file in `SINGER_SDK_LOG_CONFIG` is not a valid log configuration.

    Raises:
        SystemExit: With code 1, if the file is not valid. There is no log yet.
    """
    named = os.environ.get(_LOGS)
    try:
        if named:
            require_no_pipe(named)
        yield
    except Exception as error:  # the log configuration may raise any exception
        if not named:
            raise
        why = error.strerror if isinstance(error, OSError) else f"it configures no logs ({type(error).__name__})"
        sys.stderr.write(f"{_LOGS} names {named}: {why}\n")
        sys.exit(1)


def _opened(path: str | Path) -> IO[bytes]:
    if Path(path).is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_WAIT))  # noqa: SIM115 - who asked closes it
    mode = os.fstat(file.fileno()).st_mode
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not file.isatty()):
        file.close()
        raise OSError(errno.EINVAL, _DEVICE, str(path))
    if _NO_WAIT:
        os.set_blocking(file.fileno(), True)
    return file
