"""Runs the tap in processes forked from one that has imported it: most of the time of a short run is the import.

A fork is a process of its own with its own arguments, environment, streams and exit code, as a shell would start it.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LARGEST_REQUEST = 1 << 20


class Prefork:
    """A process that has imported the tap, and forks."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.prefork", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=Path(__file__).parents[1],
            )
        self._connection = ours

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
        """Run `tap-clockify` with arguments, nothing to read, and return what it wrote."""
        with (
            Path(os.devnull).open("rb") as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as errors,
        ):
            request = json.dumps(
                {"arguments": list(arguments), "environment": dict(environment), "folder": str(Path.cwd())}
            )
            socket.send_fds(self._connection, [request.encode()], [one.fileno() for one in (nothing, out, errors)])
            code = int(self._connection.recv(16))
            out.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(["tap-clockify", *arguments], code, out.read(), errors.read())

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.wait(timeout=60)


def _serve(connection: socket.socket) -> bool:
    """Fork for each request until the other end closes; return whether this is a fork."""
    while True:
        request, files, _, _ = socket.recv_fds(connection, _LARGEST_REQUEST, 3)
        if not request:
            return False
        if os.fork() == 0:
            for descriptor, file in enumerate(files):
                os.dup2(file, descriptor)
            asked = json.loads(request)
            os.environ.clear()
            os.environ.update(asked["environment"])
            os.chdir(asked["folder"])
            sys.argv = ["tap-clockify", *asked["arguments"]]
            random.seed()
            return True
        for file in files:
            os.close(file)
        _, status = os.wait()
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    from tap_clockify.tap import TapClockify

    with socket.socket(fileno=int(sys.argv[1])) as requests:
        is_fork = _serve(requests)
    if is_fork:
        TapClockify.cli()
