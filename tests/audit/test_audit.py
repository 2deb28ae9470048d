"""The audit with the real pip-audit, against a local source that behaves like OSV."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).parents[2]
_KNOWN = {"jinja2": "GHSA-462w-v97r-4m45", "requests": "GHSA-0000-0000-0000"}


def _finding(package: str) -> dict[str, Any]:
    events = [{"introduced": "0"}, {"fixed": "99"}]
    affected = [
        {"package": {"name": package, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    ]
    return {"id": _KNOWN[package], "summary": "weak", "details": "weak", "aliases": [], "affected": affected}


@contextmanager
def _source(*weak: str, status: int = 200) -> Iterator[str]:
    """The URL of a source that knows weaknesses of some packages."""

    class Source(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            body = json.dumps({"vulns": [_finding(asked)]} if asked in weak else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Source) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        thread.join()


def _audit(url: str, **environment: str) -> tuple[int, str]:
    around = {name: value for name, value in os.environ.items() if name != "AUDIT"} | environment
    command = [sys.executable, "-m", "release.audit", f"--osv-url={url}"]
    ended = subprocess.run(command, cwd=HOUSE, env=around, capture_output=True, text=True, check=False, timeout=600)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def test_packages_without_known_weaknesses_pass() -> None:
    with _source("jinja2") as url:
        code, said = _audit(url, AUDIT="required")
    assert (code, "NOT AUDITED" in said) == (0, False), said
    assert "packages audited by osv, 0 problems" in said


def test_a_finding_fails() -> None:
    with _source("jinja2", "requests") as url:
        code, said = _audit(url)
    assert code == 1, said
    assert f": {_KNOWN['requests']}, mended in 99" in said


def test_without_a_source_nothing_is_audited() -> None:
    with _source(status=500) as broken, _source() as ignorant:
        for url in (broken, ignorant, "http://127.0.0.1:9/v1/query"):
            code, said = _audit(url)
            assert (code, said.count("NOT AUDITED"), "audited by" in said) == (0, 1, False), said
        code, said = _audit(ignorant, AUDIT="required")
    assert (code, "knows no weakness of jinja2" in said) == (1, True), said
