"""`python -m benchmarks` measures everything, prints the tables and writes them to docs/performance.md.

`python -m benchmarks economy startup` runs only the named benchmarks and writes nothing; `--write` writes their
sections into the page. `python -m benchmarks file --rows 100000` loads a larger file than usual, which takes 33 minutes
at the limit.
"""

from __future__ import annotations

import argparse
import inspect
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from clockify_sandbox.testing import SandboxProcess
from tap_clockify.streams import STREAMS

from benchmarks import file as loading
from benchmarks import pipeline as whole
from benchmarks import target as writing
from benchmarks.economy import least, least_beyond, records_in
from benchmarks.per_record import measured
from benchmarks.stage import BIN, run, tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clockify_sandbox.testing import Origin

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
SCALES = ("tiny", "agency", "large")
LATENCY, RATE = 0.2, 50
ROWS = 5_000  # of the loaded file
Row = tuple[str, ...]


def economy() -> Iterator[Row]:
    """Requests made, and the least possible number, computed from the data and the API's page limits."""
    yield "Read", "Requests made", "Least possible", "Ratio", "Asked twice"
    for scale, everything in (*((scale, False) for scale in SCALES), ("tiny", True), ("agency", True)):
        streams = [stream.name for stream in STREAMS] if everything else None
        with SandboxProcess(scale=scale) as sandbox, tempfile.NamedTemporaryFile() as out:
            tap(sandbox, streams=streams, requests_per_second=1000, stdout=Path(out.name))
            made = sandbox.stats()
            with tempfile.NamedTemporaryFile(suffix=".json") as file:
                state = Path(file.name)
                sandbox.dump_to(state)
                needed = least(state) + (least_beyond(state, Path(out.name)) if everything else 0)
        read = f"{scale}, {'every stream' if everything else 'default selection'}"
        yield read, f"{made['requests']:,}", f"{needed:,}", f"{made['requests'] / needed:.3f}", str(made["repeated"])


def rate() -> Iterator[Row]:
    """At the rate limit: wall time compared with the lower bound, and the cost of a lower limit."""
    yield "Read of agency", "Requests", "Refused (429)", "Peak a second", "Seconds", "Bound", "Ratio"
    for name, allowed, streams in (
        ("default streams, 50/s allowed", RATE, None),
        ("every stream, 50/s allowed", RATE, [stream.name for stream in STREAMS]),
        ("default streams, 10/s allowed, not told", 10, None),
    ):
        with SandboxProcess(scale="agency", latency_ms=LATENCY * 1000, rate_per_second=allowed) as sandbox:
            ended = tap(sandbox, streams=streams)
            stats = sandbox.stats()
        refused = stats["by_status"].get("429", 0)
        needed = stats["requests"] - refused
        bound = needed / allowed
        yield (
            name,
            f"{stats['requests']:,}",
            f"{refused} ({refused / stats['requests']:.1%})",
            str(stats["per_second_peak"]),
            f"{ended.seconds:.1f}",
            f"{bound:.1f}",
            f"{ended.seconds / bound:.3f}",
        )


def records() -> Iterator[Row]:
    """Records a second of the tap's own code."""
    with SandboxProcess(scale="agency") as sandbox:
        body = _largest_page(sandbox)
    found = measured(body)
    yield "Path", "Records a second", "The tap against it"
    yield "tap-clockify", f"{found.tap:,.0f}", ""
    yield "plain SDK stream", f"{found.plain_sdk:,.0f}", f"{found.tap / found.plain_sdk:.1f}"
    yield "msgspec decode and encode", f"{found.msgspec_only:,.0f}", f"{found.tap / found.msgspec_only:.2f}"


def _largest_page(sandbox: Origin) -> bytes:
    state = sandbox.dump()["workspaces"][0]
    users = Counter(entry["userId"] for entry in state["time_entries"])
    path = f"/api/v1/workspaces/{state['id']}/user/{users.most_common(1)[0][0]}/time-entries?page-size=5000"
    request = urllib.request.Request(sandbox + path, headers={"X-Api-Key": sandbox.key})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310  our own loopback origin
        body: bytes = answer.read()
        return body


def growth() -> Iterator[Row]:
    """Time, requests and memory by amount of data."""
    yield (
        "Scale",
        "Records",
        "Seconds",
        "Microseconds a record",
        "Requests a thousand records",
        "Peak MiB",
        "Above tiny",
    )
    smallest = 0.0
    for scale in SCALES:
        with SandboxProcess(scale=scale) as sandbox, tempfile.NamedTemporaryFile() as out:
            ended = tap(sandbox, requests_per_second=1000, stdout=Path(out.name))
            requests = sandbox.stats()["requests"]
            total = records_in(Path(out.name)).total()
        smallest = smallest or ended.peak_mib
        yield (
            scale,
            f"{total:,}",
            f"{ended.seconds:.1f}",
            f"{ended.seconds / total * 1e6:.1f}",
            f"{requests / total * 1e3:.2f}",
            f"{ended.peak_mib:.0f}",
            f"{ended.peak_mib - smallest:+.0f}",
        )


def startup() -> Iterator[Row]:
    """Discovery compared with importing the SDK, and the start of a sandbox until it answers; seven times each."""
    discover, imported, sandbox = [], [], []
    for _ in range(7):
        sandbox.append(_seconds_to_start())
        imported.append(run([sys.executable, "-c", "import singer_sdk.tap_base"]).seconds)
        discover.append(run([BIN / "tap-clockify", "--discover"]).seconds)
    ratios = sorted(a / b for a, b in zip(discover, imported, strict=True))
    yield "Command", "Seconds (median)"
    yield "import singer_sdk.tap_base", f"{median(imported):.2f}"
    yield "tap-clockify --discover", f"{median(discover):.2f}"
    yield "ratio, pair by pair", f"{median(ratios):.2f}"
    yield "clockify-sandbox serve --scale tiny, until it answers", f"{median(sandbox):.2f}"


def _seconds_to_start() -> float:
    began = time.monotonic()
    with SandboxProcess(scale="tiny") as origin:
        origin.stats()
        return time.monotonic() - began


def target() -> Iterator[Row]:
    """Rows that change nothing: only list pages are requested."""
    yield "Rows", "Requests", "Writes", "Seconds", "Rows a second", "Peak MiB"
    for rows, scale in ((100, "tiny"), (100_000, "large"), (1_000_000, "large")):
        yield from writing.unchanged(rows, scale)


def writes() -> Iterator[Row]:
    """Changes at the rate limit."""
    yield "Changes", "Requests", "Refused (429)", "Seconds", "Bound", "Ratio"
    yield from writing.changes()


def validation() -> Iterator[Row]:
    """The time of validating a row, compared with the time of a request at the rate limit."""
    yield "Object", "Microseconds a row", "Share of a request at 50/s"
    yield from writing.validation()


def file(rows: int = ROWS) -> Iterator[Row]:
    """Loading a file in a layout at the rate limit, and memory by number of rows."""
    yield "File", "Requests", "Refused (429)", "Seconds", "Bound", "Ratio", "Peak MiB"
    yield from loading.loading(rows)
    yield from loading.rehearsing()


def pipeline() -> Iterator[Row]:
    """Loading `agency` into a database, with 50 requests a second and 200 ms of latency: which part takes how long.

    "Reading" lasts from the first request to the last. If the loader is slower than the reading, its time continues
    after the last request. Seconds of CPU are user and system; tap, loader, database and sandbox share the cores.
    """
    yield whole.HEADER
    yield from whole.runs()


BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {
    "economy": economy,
    "rate": rate,
    "pipeline": pipeline,
    "records": records,
    "growth": growth,
    "startup": startup,
    "target": target,
    "writes": writes,
    "validation": validation,
    "file": file,
}


def main() -> None:
    """Run the named benchmarks, or run all and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; default: all of them")
    parser.add_argument("--rows", type=int, default=ROWS, help="of the file that is loaded (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write what is measured into docs/performance.md")
    given = parser.parse_args()
    names = given.names
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in names:
        benchmark = BENCHMARKS[name]
        header, *rows = file(given.rows) if benchmark is file else benchmark()
        lines = [header, tuple("---" for _ in header), *rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        section = f"## {name.capitalize()}\n\n{inspect.getdoc(benchmark)}\n\n{table}\n"
        print(section, flush=True)
        if given.write:
            _replace(name, section)
    if not names:
        PAGE.write_text("\n".join([_heading(), *map(_told_by_itself, BENCHMARKS)]), encoding="utf-8")


def _replace(name: str, section: str) -> None:
    """Put a section into the page: replace the old one, or append it."""
    head, *sections = re.split(r"^(?=## )", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    by_name = {one.split("\n")[0][3:].lower(): one.strip() + "\n" for one in sections} | {name: section}
    order = [*filter(by_name.__contains__, BENCHMARKS), *(one for one in by_name if one not in BENCHMARKS)]
    PAGE.write_text("\n".join([head.strip() + "\n", *(by_name[one] for one in order)]), encoding="utf-8")


def _heading() -> str:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    when = f"{datetime.now(tz=UTC):%Y-%m-%d}"
    return f"# Performance\n\nMade by `make bench` on {when} ({machine}); sandbox and programs share the machine.\n"


def _told_by_itself(name: str) -> str:
    """Run a benchmark in a separate process, since a program's peak memory starts with that of its parent."""
    told = subprocess.run([sys.executable, "-m", "benchmarks", name], stdout=subprocess.PIPE, text=True, check=True)
    print(told.stdout, flush=True)
    return told.stdout


if __name__ == "__main__":
    main()
