"""Starts programs once and runs them often: a process imports a program, and forks for each run.

Most of the time of a short run is spent on imports. A fork is a separate process with its own arguments, environment
and streams. The process that keeps a program imported ends when its parent ends, and ends its forks, too. So a killed
worker leaves no tap or loader behind that would write at the same time as the next try.

This file is also the main program of that process. It is run by the Python of the imported program, and imports nothing
else from this package.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import re
import runpy
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

TYPE_CHECKING = False  # the Python of a loader may be older than ours
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO, Any

_NUMBER = struct.Struct("=q")
_LARGEST_REQUEST = 1 << 20
_GRACE = 10.0  # seconds in which it must end before it is killed
_GUARD = re.compile(r"^if __name__ == ['\"]__main__['\"]:", re.MULTILINE)
_PYTHON = re.compile(r"#!(\S*/python[\d.]*)\s*$")


class Warm:
    """A program that stays imported if it is a Python script written by an installer.

    Any other program is started for each run.
    """

    def __init__(self, program: str, *, warm: bool = True) -> None:
        """Start the process that imports it.

        Raises:
            FileNotFoundError: The program does not exist.
        """
        found = shutil.which(program)
        if not found:
            raise FileNotFoundError(f"there is no program {program}")
        python = _python_of(Path(found)) if warm else None
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [python or sys.executable, __file__, found, str(theirs.fileno()), "import" if python else "start"],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: IO[Any] | int,
        stdout: IO[Any] | int,
        stderr: IO[Any] | int,
    ) -> None:
        """Start a run; the previous run must have ended."""
        request = {"arguments": list(arguments), "environment": dict(environment)}
        files = [one if isinstance(one, int) else one.fileno() for one in (stdin, stdout, stderr)]
        socket.send_fds(self._connection, [json.dumps(request).encode()], files)

    def wait(self) -> int:
        """Wait for the run to end, and return its exit code, which is negative after a signal."""
        answer = self._connection.recv(_NUMBER.size)
        return int(_NUMBER.unpack(answer)[0]) if answer else self._process.wait() or 1

    def close(self) -> None:
        """End the process and the current run."""
        self._connection.close()
        self._process.wait()


def _python_of(script: Path) -> str | None:
    """Return the Python of an installed script, which does nothing when it is imported; None for any other program."""
    try:
        text = script.read_text(encoding="utf-8")
    except ValueError:
        return None
    first = _PYTHON.match(text.partition("\n")[0])
    return first[1] if first and _GUARD.search(text) else None


# -- the process that keeps a program --------------------------------------------------------------


class _End:
    """Ends a fork after all exit handlers of the program have run, without cleaning up imported modules."""

    def __init__(self) -> None:
        self.code: object = None
        atexit.register(self)  # registered before all others, and so called after them

    def __call__(self) -> None:
        if self.code is None:
            return
        code = self.code if isinstance(self.code, int) else 1
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            code = code or 1
        os._exit(code & 0xFF)


class _Keeper:
    """Forks for each request, one at a time."""

    def __init__(self, program: str, connection: socket.socket, imported: bool) -> None:  # noqa: FBT001 - older Pythons
        self._program = program
        self._connection = connection
        self._imported = imported
        self._child = 0
        self._woken, self._waking = socket.socketpair()  # wakes `select` when the child has ended
        for end in (self._woken, self._waking):
            end.setblocking(False)  # noqa: FBT003 - the method's own
        signal.set_wakeup_fd(self._waking.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> dict[str, Any] | None:
        """Fork for each request; return the request in a fork, None when the other end is gone."""
        while True:
            ready, _, _ = select.select([self._connection, self._woken], [], [])
            if self._woken in ready:
                self._report()
            if self._connection not in ready:
                continue
            message, files, _, _ = socket.recv_fds(self._connection, _LARGEST_REQUEST, 3)
            if not message:
                self._end()
                return None
            request: dict[str, Any] = json.loads(message)
            self._child = os.fork()
            if not self._child:
                self._become(request, files)
                return request
            for file in files:
                os.close(file)

    def _report(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(1 << 10)
        if not self._child:
            return
        ended, status = os.waitpid(self._child, os.WNOHANG)
        if ended:
            self._child = 0
            with contextlib.suppress(OSError):  # the caller is gone: the next iteration notices that
                self._connection.send(_NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def _end(self) -> None:
        """End the run of a caller that is gone."""
        if not self._child:
            return
        os.kill(self._child, signal.SIGTERM)
        select.select([self._woken], [], [], _GRACE)
        if not os.waitpid(self._child, os.WNOHANG)[0]:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)

    def _become(self, request: dict[str, Any], files: list[int]) -> None:
        """Use the streams of the request; start the program here if it is not imported."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in (self._woken, self._waking, self._connection):
            end.close()
        for descriptor, file in enumerate(files):
            os.dup2(file, descriptor)
            os.close(file)
        if not self._imported:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # which Python ignores
            command = [self._program, *request["arguments"]]
            os.execve(self._program, command, request["environment"])  # noqa: S606 - a command that is configured


def _main() -> None:
    program, descriptor, how = sys.argv[1:]
    sys.path.pop(0)  # the folder of this file; a script finds its modules without it
    imported = how == "import"
    end = _End()
    if imported:
        try:
            runpy.run_path(program, run_name="imported")
        except BaseException:  # noqa: BLE001 - started for a run, it says the same with the run's own stderr
            imported = False
        if threading.active_count() > 1:
            imported = False  # a fork has only one thread: code that needs other threads would wait for ever
        gc.collect()
        gc.freeze()  # imported objects never become garbage, so forks need not scan them
    connection = socket.socket(fileno=int(descriptor))
    connection.set_inheritable(False)
    request = _Keeper(program, connection, imported).serve()
    if request is None:
        return
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [program, *request["arguments"]]
    end.code = 0
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as ended:
        end.code = ended.code if ended.code is not None else 0
        raise
    except BaseException:
        end.code = 1
        raise


if __name__ == "__main__":
    _main()
