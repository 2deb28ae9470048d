"""Programs that are started once and run often: a process imports a program, and forks for each run.

A short run is mostly import. A fork is a process of its own with its own arguments, environment and streams. The
process that keeps a program warm ends with the one that started it, and ends what it has forked: a worker that is
killed leaves no tap and no loader behind, which would go on writing beside those of the next try.

This file is also the program of that process, run by the Python of the program that it keeps, and imports nothing else
of this package.
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

TYPE_CHECKING = False  # the oldest Python of a loader may be older than ours
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO, Any

_NUMBER = struct.Struct("=q")
_LARGEST_REQUEST = 1 << 20
_GRACE = 10.0  # seconds to end in, before it is killed
_GUARD = re.compile(r"^if __name__ == ['\"]__main__['\"]:", re.MULTILINE)
_PYTHON = re.compile(r"#!(\S*/python[\d.]*)\s*$")


class Warm:
    """A program that is kept warm if an installer wrote it as a script of Python; any other is started for each run."""

    def __init__(self, program: str, *, warm: bool = True) -> None:
        """Start the process that keeps it.

        Raises:
            FileNotFoundError: There is no such program.
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
        """Start a run; the one before must have ended."""
        request = {"arguments": list(arguments), "environment": dict(environment)}
        files = [one if isinstance(one, int) else one.fileno() for one in (stdin, stdout, stderr)]
        socket.send_fds(self._connection, [json.dumps(request).encode()], files)

    def wait(self) -> int:
        """Wait for the run to end, and return its exit code; that of one that a signal ended is negative."""
        answer = self._connection.recv(_NUMBER.size)
        return int(_NUMBER.unpack(answer)[0]) if answer else self._process.wait() or 1

    def close(self) -> None:
        """End the process, and a run that is under way."""
        self._connection.close()
        self._process.wait()


def _python_of(script: Path) -> str | None:
    """Return the Python of a script that does nothing when it is imported, None for any other program."""
    try:
        text = script.read_text(encoding="utf-8")
    except ValueError:
        return None
    first = _PYTHON.match(text.partition("\n")[0])
    return first[1] if first and _GUARD.search(text) else None


# -- the process that keeps a program --------------------------------------------------------------


class _End:
    """Ends a fork after everything that the program wants called at its end, without taking apart what was imported."""

    def __init__(self) -> None:
        self.code: object = None
        atexit.register(self)  # before all others, and so called after them

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
    """Answers requests with forks, one at a time."""

    def __init__(self, program: str, connection: socket.socket, imported: bool) -> None:  # noqa: FBT001 - older Pythons
        self._program = program
        self._connection = connection
        self._imported = imported
        self._child = 0
        self._woken, self._waking = socket.socketpair()  # which wakes `select` when the child has ended
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
            with contextlib.suppress(OSError):  # nobody waits for it any more: the next turn sees that
                self._connection.send(_NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def _end(self) -> None:
        """End a run whose caller is gone."""
        if not self._child:
            return
        os.kill(self._child, signal.SIGTERM)
        select.select([self._woken], [], [], _GRACE)
        if not os.waitpid(self._child, os.WNOHANG)[0]:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)

    def _become(self, request: dict[str, Any], files: list[int]) -> None:
        """Take on the streams of the request; start the program here where it is not imported."""
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
            imported = False  # a fork has no threads but one: what needs the others would wait for ever
        gc.collect()
        gc.freeze()  # what was imported becomes no garbage: a fork need not look through it
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
