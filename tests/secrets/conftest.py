"""Runs the programs with a key and values that are easy to find, and records all their output."""

from __future__ import annotations

import base64
import json
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.target.conftest import singer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Sandbox
    from tests.prefork import Prefork

__all__ = ["KEY", "SECONDS", "VALUE", "singer", "within_limits"]

SECONDS = 180
"""After which a program hangs, on a machine that has much else to do."""

KEY = "Kq7/unmistakable+key=9Zt"
VALUE = "Vx9unmistakable"
"""Part of every value of a record that people would not want in a log."""

_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s | %(name)s | %(message)s"}},
    "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "root": {"level": "DEBUG", "handlers": ["err"]},
    "loggers": {
        one: {"level": "DEBUG"}
        for one in ("urllib3", "requests", "sqlalchemy", "psycopg", "asyncio", "singer_sdk", "clockify_client")
    },
}
_LEVELS: tuple[dict[str, str], ...] = (
    {},
    {"LOGLEVEL": "DEBUG", "TAP_CLOCKIFY_LOGLEVEL": "DEBUG", "TARGET_CLOCKIFY_LOGLEVEL": "DEBUG"},
    {"SINGER_SDK_LOG_CONFIG": "log.json"},
)
"""Nothing, debug as the SDK has it, and debug of every library."""


@dataclass
class Ended:
    """What a program wrote."""

    code: int
    out: bytes
    err: bytes


class Programs:
    """Runs programs in a separate folder, and records their output."""

    def __init__(self, forks: Callable[[str], Prefork], folder: Path, around: dict[str, str]) -> None:
        self._forks = forks
        self.folder = folder
        self._around = around
        self.errors = b""
        self.outputs = b""

    def __call__(self, program: str, *words: str, given: list[dict[str, Any]] | None = None) -> Ended:
        """Run a program; `given` are the messages that it reads."""
        stdin = self.folder / "stdin"
        stdin.write_bytes(b"\n".join(json.dumps(one).encode() for one in given or ()))
        with (
            stdin.open("rb") as reads,
            (self.folder / "stdout").open("w+b") as out,
            (self.folder / "stderr").open("w+b") as err,
        ):
            files = {"stdin": reads, "stdout": out, "stderr": err}
            process = self._forks(program).start(words, **files, environment={**os.environ, **self._around})
            code = process.wait(SECONDS)
            if code is None:
                os.kill(process.pid, signal.SIGKILL)
            assert code is not None, f"{program} hangs"
            out.seek(0)
            err.seek(0)
            ended = Ended(code, out.read(), err.read())
        for file in (stdin, self.folder / "stdout", self.folder / "stderr"):
            file.unlink()
        self.errors += ended.err
        self.outputs += ended.out
        return ended

    def settings(self, **settings: Any) -> str:
        """Write a file of settings, and return its name."""
        path = self.folder / "config.json"
        path.write_text(json.dumps(settings))
        path.chmod(0o600)
        return str(path)


@pytest.fixture(params=range(len(_LEVELS)), ids=["as-is", "debug", "debug-of-all"])
def programs(
    request: pytest.FixtureRequest, forks: Callable[[str], Prefork], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Programs:
    """The programs, at every level of their logs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.json").write_text(json.dumps(_LOGGING))
    return Programs(forks, tmp_path, _LEVELS[request.param])


@pytest.fixture(scope="session")
def _box() -> Iterator[Sandbox]:
    from tests.conftest import Sandbox  # noqa: PLC0415 - of the plugin, once it is loaded

    box = Sandbox(api_key=KEY)
    yield box
    box.stop()


@pytest.fixture
def box(_box: Sandbox) -> Sandbox:
    """A sandbox whose owner has that key, with values everywhere."""
    _box.reset(scale="tiny")
    return _box


@contextmanager
def within_limits(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a process that does not end in time, or that still runs when a test fails."""
    limit = Timer(SECONDS, process.kill)
    limit.start()
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        limit.cancel()


def holds_key(content: bytes) -> bool:
    """Return whether data contains the key, in any encoding that programs use."""
    plain = KEY.encode()
    forms = [plain, quote(KEY, safe="").encode(), json.dumps(KEY)[1:-1].encode(), KEY.replace("/", "\\/").encode()]
    forms += [plain.hex().encode(), *(base64.b64encode(b" " * shift + plain)[4:-4] for shift in range(3))]
    return any(form in content for form in forms)
