"""Runs a program in processes forked from one that has imported it, since importing takes most of the time.

A fork is a separate process with its own arguments, environment, streams and exit code, as if started by a shell. It
does not clean up imported modules at its end, and does not wait long before it retries a request.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.patience import WAITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROGRAMS = {
    "tap-clockify": ("tap_clockify.tap", "TapClockify"),
    "target-clockify": ("target_clockify.target", "TargetClockify"),
    "clockify-call": ("target_clockify.call", "main"),
    "clockify-sandbox": ("clockify_sandbox.cli", "main"),
}
_LARGEST_REQUEST = 1 << 20
_NUMBER = struct.Struct("=q")


class Forked:
    """A process that was forked, with those of the methods of `subprocess.Popen` that are needed."""

    def __init__(self, guard: socket.socket) -> None:
        self._guard = guard
        self.pid = self._number()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, None as long as the process runs; the negative number of the signal that has ended it."""
        return self.wait(0)

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit code once the process has ended; None if it still runs after the seconds."""
        if self.returncode is None:
            self._guard.settimeout(seconds)
            try:
                self.returncode = self._number()
            except (BlockingIOError, TimeoutError):
                return None
            self._guard.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _number(self) -> int:
        (number,) = _NUMBER.unpack(self._guard.recv(_NUMBER.size))
        return int(number)


class Prefork:
    """A process that has imported a program, and forks."""

    def __init__(self, program: str) -> None:
        self.program = program
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.prefork", program, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=Path(__file__).parents[1],
            )
        self._connection = ours

    def start(
        self,
        arguments: Sequence[str],
        *,
        stdin: Any,
        stdout: Any,
        stderr: Any,
        environment: Mapping[str, str] | None = None,
    ) -> Forked:
        """Start the program with arguments, on open files, in this process' environment or another one."""
        around = os.environ if environment is None else environment
        request = {"arguments": list(arguments), "environment": dict(around), "folder": str(Path.cwd())}
        ours, theirs = socket.socketpair()
        with theirs:
            files = [one.fileno() for one in (stdin, stdout, stderr, theirs)]
            socket.send_fds(self._connection, [json.dumps(request).encode()], files)
        return Forked(ours)

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the program with arguments, nothing to read, and return what it wrote."""
        with (
            Path(os.devnull).open("rb") as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as errors,
        ):
            files = {"stdin": nothing, "stdout": out, "stderr": errors}
            code = self.start(arguments, **files, environment=environment).wait()
            assert code is not None
            out.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess([self.program, *arguments], code, out.read(), errors.read())

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.wait(timeout=60)


class _End:
    """Ends a fork after all exit handlers of the program have run."""

    def __init__(self) -> None:
        self.code: Any = 0
        atexit.register(self)  # registered before all others, and so called after them

    def __call__(self) -> None:
        code = self.code if isinstance(self.code, int) else int(self.code is not None)
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            code = code or 1
        os._exit(code & 0xFF)


def _serve(connection: socket.socket) -> bool:
    """Fork for each request until the other end closes; return whether this is a fork."""
    guards = 0
    while True:
        request, files, _, _ = socket.recv_fds(connection, _LARGEST_REQUEST, 4)
        if not request:
            return False
        if os.fork() == 0:
            _guard(files.pop())
            _dress(json.loads(request), files)
            return True
        guards += 1
        for file in files:
            os.close(file)
        while guards and os.waitpid(-1, os.WNOHANG)[0]:
            guards -= 1


def _guard(report: int) -> None:
    """Fork, and report the fork's pid, then its exit code; only the fork returns."""
    pid = os.fork()
    if pid:
        os.write(report, _NUMBER.pack(pid))
        _, status = os.waitpid(pid, 0)
        os.write(report, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os._exit(0)
    os.close(report)


def _dress(asked: dict[str, Any], files: list[int]) -> None:
    """Use the streams, environment, folder and arguments of the request."""
    for descriptor, file in enumerate(files):
        os.dup2(file, descriptor)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = [sys.argv[1], *asked["arguments"]]
    random.seed()


def _main() -> None:
    end = _End()
    module, name = _PROGRAMS[sys.argv[1]]
    found = getattr(import_module(module), name)
    for place, seconds in WAITS.items():
        module, _, constant = place.rpartition(".")
        waiting = import_module(module)
        assert hasattr(waiting, constant), place
        setattr(waiting, constant, seconds)
    gc.collect()
    gc.freeze()  # imported objects never become garbage, so forks need not scan them
    with socket.socket(fileno=int(sys.argv[2])) as requests:
        is_fork = _serve(requests)
    if not is_fork:
        return
    try:
        program = getattr(found, "cli", found)  # a plugin sets up its logs when it is asked for its command line
        end.code = program()
    except SystemExit as ended:
        end.code = ended.code
        raise
    except BaseException:
        end.code = 1
        raise


if __name__ == "__main__":
    _main()
