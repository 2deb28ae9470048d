"""Cases of the tap: some streams, one fault, and the output compared with that of a run without faults."""

from __future__ import annotations

import json
import logging
import random
import re
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from clockify_sandbox.testing import Sandbox
from tap_clockify.tap import TapClockify

from tests.faults.faults import FAULTS, OF_WRITES
from tests.faults.proxy import Proxy
from tests.faults.table import Case, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

UNTOLD = {"200-list", "200-list-committed", "201-list", "201-list-committed", "spoiled-id-path", *OF_WRITES}
"""Faults that look like a valid response: an empty list instead of a full one, a row with other values."""

_WITHOUT_IDS = ("/entities/", "/shared-reports/*", "/reports/")
"""Streams whose rows need no id, so that a changed id is only another value."""

REFUSALS = {"400-clockify", "403-clockify", "404-clockify", "400-empty", "400-error", "409-empty"}
"""What Clockify itself answers where it refuses, with a body or without one."""

GROUPS: dict[str, tuple[str, ...]] = {
    "people": ("users", "user_groups", "user_group_members", "user_roles", "memberships", "user_managers"),
    "accounts": ("current_user", "workspaces", "member_profiles", "user_custom_fields", "custom_fields"),
    "work": ("clients", "projects", "tasks", "tags", "project_memberships", "project_custom_fields"),
    "time": ("time_entries", "time_entry_tags", "time_entry_custom_fields", "time_entries_in_progress"),
    "money": ("expenses", "expense_categories", "expense_details"),
    "invoices": ("invoices", "invoice_items", "invoice_payments", "invoice_settings"),
    "absence": ("holidays", "holiday_audiences", "time_off_policies", "time_off_policy_audiences"),
    "requests": ("time_off_requests", "time_off_balances", "balance_assignments"),
    "schedule": ("assignments", "assignment_project_totals", "user_capacity_totals", "user_capacity_days"),
    "approval": ("approval_requests", "approval_request_entries", "approval_request_expenses"),
    "hooks": ("webhooks", "webhook_logs", "shared_reports", "shared_report_data"),
    "reports": ("report_detailed", "report_summary", "report_weekly", "report_attendance"),
    "traces": ("entities_created", "entities_updated", "entities_deleted", "audit_log", "report_expenses_detailed"),
}


@dataclass
class Output:
    """What one run of the tap wrote."""

    code: int
    log: str
    traceback: str = ""
    rows: dict[str, Counter[str]] = field(default_factory=dict)
    activated: set[str] = field(default_factory=set)
    broken_lines: int = 0


class TapCases:
    """Runs cases; each process has its own instance."""

    def __init__(self, folder: Path, world: dict[str, Any] | None = None) -> None:
        self._folder = folder
        self._service = Sandbox(scale="tiny", world=world or {})
        self.box = self._service.start()
        self.proxy = Proxy(str(self.box))
        self._wanted: dict[str, tuple[Output, Counter[str]]] = {}
        self._catalogs: dict[frozenset[str], Path] = {}
        self._catalog = json.loads(self._invoke("--discover").stdout)

    def close(self) -> None:
        """End."""
        self.proxy.__exit__()
        self._service.stop()

    def without_fault(self, group: str) -> tuple[Output, Counter[str]]:
        """Return the output of a group of streams without a fault, and its calls."""
        if group not in self._wanted:
            self.proxy.begin(None, lambda _, __: False)
            wanted = self.run(GROUPS[group])
            assert wanted.code == 0, wanted.log + wanted.traceback
            self._wanted[group] = wanted, Counter(self.proxy.counts)
        return self._wanted[group]

    def every_case(self) -> Iterator[Case]:
        """Yield every case: each fault at each place of each operation of each group of streams."""
        for group in GROUPS:
            for operation, count in sorted(self.without_fault(group)[1].items()):
                for fault in FAULTS:
                    if fault in UNTOLD or fault.endswith("-committed"):
                        continue  # a read is the same for both
                    if fault.startswith("spoiled-id") and any(place in operation for place in _WITHOUT_IDS):
                        continue
                    for place in dict.fromkeys(("first", "middle" * (count > 2), "last" * (count > 1), "every")):
                        if place:
                            yield Case(group, operation, fault, place)

    def play(self, case: Case, seed: int = 0) -> Verdict:
        """Run a case, and return its result."""
        (wanted, calls), fault = self.without_fault(case.story), FAULTS[case.fault]
        strikes = case.strikes(calls[case.operation], random.Random(f"{case} {seed}"))
        self.proxy.begin(lambda exchange: fault.act(self.proxy, exchange), strikes)
        settings = {"timeout_seconds": 1} if fault.stalls else {}
        found = self.run(GROUPS[case.story], **settings)
        struck = self.proxy.struck
        self.proxy.end()
        return judged(found, wanted, GROUPS[case.story], struck=struck > 0, refused=case.fault in REFUSALS)

    def arguments(self, streams: Iterable[str], **settings: Any) -> list[Path | str]:
        """Return the arguments of a run."""
        config, catalog = self._folder / "tap.json", self._catalog_of(frozenset(streams))
        given = {
            "api_key": "sandbox-key",
            "api_url": f"{self.proxy.origin}/api/v1",
            "workspace_ids": self.box.workspace_ids[:1],
            "requests_per_second": 1000,
            "max_workers": 8,
            "start_date": "2026-01-01",
            "schedule_end_date": "2028-01-01",
            **settings,
        }
        config.write_text(json.dumps(given))
        return ["--config", config, "--catalog", catalog]

    def run(self, streams: Iterable[str], **settings: Any) -> Output:
        """Run the tap in this process."""
        arguments = self.arguments(streams, **settings)
        log = StringIO()
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(levelname)s | %(message)s"))
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            outcome = self._invoke(*map(str, arguments))
        finally:
            root.removeHandler(handler)
        output = output_of(outcome.exit_code, outcome.stdout_bytes, log.getvalue() + outcome.stderr)
        if outcome.exception and not isinstance(outcome.exception, SystemExit):
            output.traceback = "".join(traceback.format_exception(outcome.exception))
        return output

    def _invoke(self, *arguments: str) -> Any:
        return CliRunner().invoke(TapClockify.get_singer_command(), arguments)

    def _catalog_of(self, streams: frozenset[str]) -> Path:
        """Return the path of a catalog of these streams alone, all of them selected."""
        if streams not in self._catalogs:
            chosen = [one for one in self._catalog["streams"] if one["tap_stream_id"] in streams]
            for entry in (entry for one in chosen for entry in one["metadata"] if not entry["breadcrumb"]):
                entry["metadata"]["selected"] = True
            self._catalogs[streams] = self._folder / f"catalog{len(self._catalogs)}.json"
            self._catalogs[streams].write_text(json.dumps({"streams": chosen}))
        return self._catalogs[streams]


def output_of(code: int, out: bytes, log: str) -> Output:
    """Return what a run wrote, by streams."""
    output = Output(code, log)
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for line in out.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            output.broken_lines += 1
            continue
        if message["type"] == "RECORD":
            rows[message["stream"]][json.dumps(message["record"], sort_keys=True)] += 1
        elif message["type"] == "ACTIVATE_VERSION":
            output.activated.add(message["stream"])
    output.rows = dict(rows)
    return output


def judged(found: Output, wanted: Output, streams: Iterable[str], *, struck: bool, refused: bool = False) -> Verdict:
    """Return whether an output is the wanted one, or reports everything that it lacks.

    Args:
        found: The output.
        wanted: The output without a fault.
        streams: The streams that were read.
        struck: Whether the fault happened.
        refused: Whether Clockify itself has refused: that is reported in a line, and is not a failure.
    """
    if found.traceback or "Traceback" in found.log:
        return Verdict("traceback", found.traceback or found.log)
    if found.broken_lines:
        return Verdict("lost", f"{found.broken_lines} lines are no JSON")
    incomplete = [stream for stream in streams if not _is_whole(stream, found, wanted)]
    for stream in incomplete:
        if problem := _unsaid(stream, found, wanted, refused=refused):
            return problem
    if incomplete or found.code:
        return Verdict("refused")
    return Verdict("survived" if struck else "never struck")


def _is_whole(stream: str, found: Output, wanted: Output) -> bool:
    same = found.rows.get(stream) == wanted.rows.get(stream)
    return same and (stream in found.activated) == (stream in wanted.activated)


def _unsaid(stream: str, found: Output, wanted: Output, *, refused: bool) -> Verdict | None:
    """Return the error of an incomplete stream; None if it is reported as incomplete."""
    here, there = found.rows.get(stream, Counter()), wanted.rows.get(stream, Counter())
    lacking, surplus = there - here, here - there
    if stream in found.activated and (lacking or surplus):
        told = f"{stream} was activated with {lacking.total()} rows lacking and {surplus.total()} too many"
        return Verdict("lost" if lacking else "doubled", told)
    if not any(level in found.log for level in ("WARNING |", "ERROR |")):
        return Verdict("lost", f"no line says why {stream} is incomplete")
    if found.code == 0 and not refused:
        return Verdict("lost", f"{stream} is incomplete, and the exit code is 0: {_last_log_line(found.log)}")
    return None


def _last_log_line(log: str) -> str:
    lines = [line for line in log.splitlines() if re.match("WARNING|ERROR", line)]
    return " / ".join(lines[-3:])
