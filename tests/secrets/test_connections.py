"""Private authorities, proxies and redirects, as the command lines of tap and target meet them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from clockify_client.trust import CERTIFICATES
from clockify_sandbox import testing

from tests.client.stub import Reply, Stub, Tunnel
from tests.secrets.conftest import KEY, holds_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PROGRAMS = ("tap-clockify", "target-clockify")
_TAG = (
    b'{"type": "SCHEMA", "stream": "tags", "schema": {"properties": {}}, "key_properties": ["id"]}\n'
    b'{"type": "RECORD", "stream": "tags", "record": {"id": 1, "name": "written"}}\n'
)


@pytest.fixture(scope="module")
def secure() -> Iterator[testing.Origin]:
    """A sandbox that speaks https, with a certificate of an authority that nobody else knows."""
    box = testing.Sandbox(scale="empty", tls=True, api_key=KEY)
    yield box.start()
    box.stop()


@pytest.fixture
def run(forks: Any, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Run a program against an API, with only these proxy and certificate variables; return exit code and log."""

    def start(program: str, api_url: str, workspace: str = "w1", **variables: str) -> tuple[int, str]:
        config: dict[str, Any] = {"api_key": KEY, "api_url": api_url, "requests_per_second": 1000}
        if program == "target-clockify":
            folder = f"sqlite:///{tmp_path / 'ledger.db'}"
            config |= {"workspace_id": workspace, "ledger_url": folder, "rejects_path": str(tmp_path / "rejects")}
        (tmp_path / "config").write_text(json.dumps(config))
        (tmp_path / "input").write_bytes(_TAG)
        kept = {name: one for name, one in os.environ.items() if not name.lower().endswith("_proxy")}
        around = {name: one for name, one in kept.items() if name not in CERTIFICATES} | variables
        with (
            (tmp_path / "input").open("rb") as given,
            (tmp_path / "out").open("w+b") as out,
            (tmp_path / "log").open("w+b") as log,
        ):
            streams = {"stdin": given, "stdout": out, "stderr": log}
            process = forks(program).start(["--config", str(tmp_path / "config")], **streams, environment=around)
            code = process.wait(120)
            if code is None:
                os.kill(process.pid, 9)
        assert code is not None
        said = (tmp_path / "log").read_text()
        assert not holds_key(said.encode() + (tmp_path / "out").read_bytes())
        assert "Traceback" not in said
        return code, said

    return start


@pytest.mark.parametrize("program", _PROGRAMS)
def test_an_authority_must_be_named(run: Any, secure: testing.Origin, program: str) -> None:
    workspace = secure.workspace_ids[0]
    code, said = run(program, secure.api_url, workspace)
    assert (code, "the certificate of the host is not trusted" in said) == (1, True), said
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        code, said = run(program, secure.api_url, workspace, **{variable: str(secure.ca_file)})
        assert code == 0, said


@pytest.mark.parametrize("program", _PROGRAMS)
def test_a_proxy_passes_on_what_it_cannot_read(run: Any, secure: testing.Origin, program: str) -> None:
    proxy, plain = Tunnel(), Stub()
    try:
        variables = {"SSL_CERT_FILE": str(secure.ca_file), "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        url, workspace = secure.api_url.replace("127.0.0.1", "localhost"), secure.workspace_ids[0]
        code, said = run(program, url, workspace, **variables)
        assert (code, proxy.passed[:18]) == (0, b"CONNECT localhost:"), said
        assert not holds_key(proxy.passed)
        before = len(proxy.passed)
        code, said = run(program, url, workspace, **variables, NO_PROXY="localhost")
        assert (code, len(proxy.passed)) == (0, before), said
        code, said = run(program, secure.api_url.replace("https:", "http:"), workspace, HTTP_PROXY=plain.origin)
        assert (code, plain.seen) == (1, []), said  # this machine is reached without one, and speaks https here
    finally:
        proxy.close()
        plain.close()


@pytest.mark.parametrize("program", _PROGRAMS)
@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_carries_the_key_nowhere(run: Any, program: str, status: int) -> None:
    here, elsewhere = Stub(), Stub()
    try:
        here.answers(Reply(status, b"", {"Location": f"{elsewhere.origin}/api/v1/user"}))
        code, said = run(program, f"{here.origin}/api/v1")
        assert (code, elsewhere.seen) == (1, []), said
        assert here.seen
        assert "check api_url" in said
    finally:
        here.close()
        elsewhere.close()


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirected_write_carries_the_key_nowhere(run: Any, box: Any, status: int) -> None:
    elsewhere = Stub()
    try:
        moved = {"route": "POST /workspaces/{ws}/tags", "nth": "every", "status": status}
        box.faults([{**moved, "headers": {"Location": f"{elsewhere.origin}/api/v1/tags"}}])
        code, said = run("target-clockify", box.api_url, box.workspace_id)
        assert (code, elsewhere.seen) == (1, []), said
    finally:
        box.faults([])
        elsewhere.close()
