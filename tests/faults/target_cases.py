"""Cases of the target: a small scenario each, one fault, and runs until everything is done."""

from __future__ import annotations

import io
import json
import logging
import random
import re
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from clockify_sandbox.testing import Sandbox
from target_clockify.target import TargetClockify

from tests.faults.faults import FAULTS
from tests.faults.ledgers import SqliteLedgers
from tests.faults.pictures import difference, picture_of
from tests.faults.proxy import Proxy
from tests.faults.table import Case, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.ledgers import Ledgers

_RUNS = 4  # runs after which everything must be done
_SUMMARY = re.compile(r"\| ([\w-]+): (\d+) records: (.*?); \d+ requests")
_COUNT = re.compile(r"(\d+) (inserted|updated|unchanged|deleted|called|superseded|skipped|not copied|rejected)")
_UNCLEAR = re.compile(r"(\d+) unknown_outcome")
_WHEN = {"start": "2026-01-07T08:00:00Z", "end": "2026-01-07T09:00:00Z"}
_DATES = {"issuedDate": "2026-01-01", "dueDate": "2026-02-01"}
_DAY = {"datePeriod": {"startDate": "2026-05-01", "endDate": "2026-05-01"}, "everyoneIncludingNew": True}
_WEEK = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-06T23:59:59Z", "hoursPerDay": 2}
_READS = ("/invoices/info", "/time-off/requests")  # whose method is POST
_UNTOLD = {"spoiled-values-null", *(f"{status}-list{end}" for status in (200, 201) for end in ("", "-committed"))}
"""Faults that cannot be distinguished from a valid response to a read: values that are null, an empty list."""
_ADDITIVE = {"additive calls"}  # scenarios with calls whose effect cannot be looked up
_GONE = {"_sdc_deleted_at": "2026-01-01"}
_POLICY = {"everyoneIncludingNew": True, "approve": {"requiresApproval": True}, "allowNegativeBalance": True}
Rows = list[tuple[str, dict[str, Any]]]


def stories(me: str, item: str) -> dict[str, tuple[Rows, Rows]]:
    """Return the initial objects of each scenario, and its rows.

    Args:
        me: Id of the owner of the key.
        item: A type of an invoice item.
    """
    line = {"itemType": item, "quantity": 1, "unitPrice": 100000}
    head = {"clientId": "c", "currency": "USD", "note": "thanks", "clientAddress": "here", "taxPercent": 19, **_DATES}
    entry = {"userId": me, "description": "new", **_WHEN}
    expense = {"userId": me, "categoryId": "k", "date": "2026-01-08", "quantity": 10, "notes": "new"}
    field_ = {"name": "Place", "type": "TXT", "entityType": "TIMEENTRY", "workspaceDefaultValue": "there"}
    asked = {"period": {"start": "2027-01-04", "days": 1}}
    rate = {"amount": 4200, "since": "2026-01-01T00:00:00Z"}
    of_item = {**line, "invoiceId": "i", "description": "called", "applyTaxes": "NONE"}
    return {
        "calls": (
            [
                ("clients", {"id": "c", "name": "Client"}),
                ("projects", {"id": "p", "name": "Project"}),
                ("projects", {"id": "p2", "name": "Another"}),
                ("tasks", {"id": "t", "projectId": "p", "name": "Task"}),
                ("user_groups", {"id": "u", "name": "Group", "userIds": []}),
                ("expense_categories", {"id": "k", "name": "Travel"}),
                ("invoices", {"id": "i", "number": "N", **head, "items": [{**line, "description": "a"}]}),
            ],
            [
                ("AddUserToGroup", {"id": "1", "userGroupId": "u", "userId": me}),
                ("UpdateProjectUserBillableRate", {"id": "2", "projectId": "p", "userId": me, **rate}),
                ("UpdateTaskBillableRate", {"id": "3", "projectId": "p", "taskId": "t", **rate}),
                ("SetProjectMemberships", {"id": "4", "projectId": "p2", "memberships": [{"userId": me}]}),
                ("SetProjectTemplate", {"id": "5", "projectId": "p2", "isTemplate": True}),
                ("ArchiveExpenseCategory", {"id": "6", "categoryId": "k", "archived": True}),
                ("MarkTaskDone", {"id": "7", "projectId": "p", "taskId": "t"}),
                ("ChangeInvoiceStatus", {"id": "8", "invoiceId": "i", "invoiceStatus": "SENT"}),
            ],
        ),
        "additive calls": (
            [
                ("clients", {"id": "c", "name": "Client"}),
                ("invoices", {"id": "i", "number": "N", **head, "items": [{**line, "description": "a"}]}),
            ],
            [
                ("AddInvoiceItem", {"id": "1", **of_item}),
                ("AddInvoicePayment", {"id": "2", "invoiceId": "i", "amount": 500, "paymentDate": "2026-01-20"}),
                ("AddInvoicePayment", {"id": "3", "invoiceId": "i", "amount": 500, "paymentDate": "2026-01-20"}),
            ],
        ),
        "named": (
            [("clients", {"id": "oc", "name": "Old", "note": "old"}), ("tags", {"id": "og", "name": "Gone"})],
            [
                ("clients", {"id": "c", "name": "Client", "note": "new", "ccEmails": ["a@acme.example"]}),
                ("clients", {"id": "oc", "note": "changed"}),
                ("tags", {"id": "g", "name": "Tag", "archived": True}),
                ("tags", {"id": "og", **_GONE}),
            ],
        ),
        "projects": (
            [("projects", {"id": "op", "name": "Old"}), ("tasks", {"id": "ot", "projectId": "op", "name": "Old task"})],
            [
                ("projects", {"id": "p", "name": "Project", "note": "n", "memberships": [{"userId": me}]}),
                ("tasks", {"id": "t", "projectId": "p", "name": "Task", "hourlyRate": 1000}),
                ("tasks", {"id": "ot", "status": "DONE"}),
                ("projects", {"id": "op", "note": "changed", "billable": False}),
            ],
        ),
        "entries": (
            [("time_entries", {"id": "oe", **entry}), ("time_entries", {"id": "de", **entry})],
            [
                ("time_entries", {"id": "e1", **entry}),
                ("time_entries", {"id": "e2", **entry}),
                ("time_entries", {"id": "oe", "description": "changed"}),
                ("time_entries", {"id": "de", **_GONE}),
            ],
        ),
        "custom": (
            [("custom_fields", field_), ("time_entries", {"id": "oe", **entry, "customFieldValues": []})],
            [("time_entries", {"id": "oe", "description": "changed"}), ("time_entries", {"id": "e", **entry})],
        ),
        "expenses": (
            [
                ("expense_categories", {"id": "k", "name": "Travel"}),
                ("expenses", {"id": "ox", **expense, "notes": "old"}),
                ("expenses", {"id": "dx", **expense}),
            ],
            [
                ("expenses", {"id": "x1", **expense}),
                ("expenses", {"id": "x2", **expense}),
                ("expenses", {"id": "ox", "notes": "changed"}),
                ("expenses", {"id": "dx", **_GONE}),
            ],
        ),
        "invoices": (
            [
                ("clients", {"id": "c", "name": "Client"}),
                ("invoices", {"id": "oi", "number": "O", **head, "items": [{**line, "description": "first"}]}),
            ],
            [
                ("invoices", {"id": "i", "number": "N", **head, "items": [{**line, "description": "a"}] * 2}),
                ("invoices", {"id": "oi", "number": "O", **head, "items": [{**line, "description": "b"}]}),
                ("invoice_payments", {"id": "y1", "invoiceId": "i", "amount": 500, "date": "2026-01-20"}),
                ("invoice_payments", {"id": "y2", "invoiceId": "i", "amount": 500, "date": "2026-01-20"}),
            ],
        ),
        "absence": (
            [("holidays", {"id": "oh", "name": "Old", **_DAY}), ("holidays", {"id": "dh", "name": "Gone", **_DAY})],
            [
                ("holidays", {"id": "h", "name": "Day", **_DAY}),
                ("holidays", {"id": "oh", "name": "Changed"}),
                ("holidays", {"id": "dh", **_GONE}),
                ("time_off_policies", {"id": "o", "name": "Policy", **_POLICY}),
                ("time_off_requests", {"id": "q", "policyId": "o", "userId": me, "timeOffPeriod": asked}),
            ],
        ),
        "schedule": (
            [
                ("projects", {"id": "p", "name": "Project"}),
                ("assignments", {"id": "oa", "userId": me, "projectId": "p", "note": "old", **_WEEK}),
                ("user_groups", {"id": "ou", "name": "Old group", "userIds": [me]}),
            ],
            [
                ("assignments", {"id": "a", "userId": me, "projectId": "p", "note": "new", **_WEEK}),
                ("assignments", {"id": "oa", "hoursPerDay": 6}),
                ("user_groups", {"id": "u", "name": "Group", "userIds": [me]}),
                ("user_groups", {"id": "ou", "userIds": []}),
            ],
        ),
    }


@dataclass
class Run:
    """What one run of the target did."""

    code: int
    log: str
    traceback: str = ""

    @property
    def miscounted(self) -> str:
        """Records that the summary does not account for; empty if all read records are accepted or rejected."""
        for stream, read, told in _SUMMARY.findall(self.log):
            if sum(int(count) for count, _ in _COUNT.findall(told)) != int(read):
                return f"{stream}: {read} records, {told}"
        return ""


@dataclass
class Stage:
    """A repeatable scenario: its world, its ledger, and its end without a fault."""

    name: str
    before: Rows
    rows: Rows
    wanted: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    added: dict[str, int] = field(default_factory=dict)


class TargetCases:
    """Runs cases; each process has its own instance."""

    def __init__(self, folder: Path, world: dict[str, Any] | None = None, ledgers: Ledgers | None = None) -> None:
        self._folder = folder
        self._ledgers = ledgers or SqliteLedgers(folder)
        self._service = Sandbox(scale="empty", world=world or {})
        self.box = self._service.start()
        self.proxy = Proxy(str(self.box))
        self.workspace = self.box.workspace_ids[0]
        self._stages: dict[str, Stage] = {}
        self.box.snapshot()
        me = self._dump()["members"][0]["userId"]
        self._stories = stories(me, self._dump()["item_types"][0])

    def close(self) -> None:
        """End."""
        self.proxy.__exit__()
        self._service.stop()

    @property
    def story_names(self) -> list[str]:
        """The names of the stories."""
        return list(self._stories)

    def stage(self, name: str) -> Stage:
        """Return a scenario that was run once without a fault."""
        if name not in self._stages:
            before, rows = self._stories[name]
            stage = Stage(name, before, rows)
            self.box.restore()
            self._ledgers.begin()
            self.proxy.begin(None, lambda _, __: False)
            begun = self.run(before)
            assert begun.code == 0, begun.log
            self.box.snapshot(name)
            self._ledgers.keep(name)
            self.proxy.begin(None, lambda _, __: False)
            run = self.run(rows)
            assert (run.code, run.miscounted) == (0, ""), run.log
            stage.calls = Counter(self.proxy.counts)
            stage.wanted = picture_of(self._dump())
            stage.added = _added(self._dump())
            self._stages[name] = stage
        return self._stages[name]

    def every_case(self) -> Iterator[Case]:
        """Yield every case: each fault at each place of each operation of each story."""
        for name in self.story_names:
            calls = self.stage(name).calls
            for operation, count in sorted(calls.items()):
                for fault in FAULTS:
                    if fault in _UNTOLD and (operation.startswith("GET ") or operation.endswith(_READS)):
                        continue
                    for place in dict.fromkeys(("first", "middle" * (count > 2), "last" * (count > 1), "every")):
                        if place:
                            yield Case(name, operation, fault, place)

    def play(self, case: Case, seed: int = 0) -> Verdict:
        """Run a case, and return its result."""
        stage, fault = self.stage(case.story), FAULTS[case.fault]
        strikes = case.strikes(stage.calls[case.operation], random.Random(f"{case} {seed}"))
        self.set_up(stage)
        self.proxy.begin(lambda exchange: fault.act(self.proxy, exchange), strikes)
        settings = {"timeout_seconds": 1} if fault.stalls else {}
        first = self.run(stage.rows, **settings)
        struck = self.proxy.struck
        return self.until_done(stage, first, struck=struck > 0)

    def until_done(self, stage: Stage, first: Run, *, struck: bool) -> Verdict:
        """Run again without a fault until everything is done, and return the result.

        Args:
            stage: The scenario.
            first: The run with the fault.
            struck: Whether the fault happened.
        """
        run, runs = first, 1
        problem = self._problem(first)
        while not problem and run.code != 0 and runs < _RUNS:
            self.proxy.begin(None, lambda _, __: False)
            run = self.run(stage.rows)
            problem = self._problem(run)
            runs += 1
        self.proxy.end()
        if problem:
            return problem
        if run.code:
            unclear = sum(map(int, _UNCLEAR.findall(run.log))) if stage.name in _ADDITIVE else 0
            not_done = Verdict("lost", f"not done after {runs} runs: {_last_lines(run.log)}")
            return self._judged_as_unclear(stage, unclear) if unclear else not_done
        missing, surplus = difference(stage.wanted, picture_of(self._dump()))
        if surplus.total() > missing.total():
            return Verdict("doubled", f"too many: {dict(surplus)}, missing: {dict(missing)}")
        if missing:
            return Verdict("lost", f"missing: {dict(missing)}, in its place: {dict(surplus)}")
        if not struck:
            return Verdict("never struck")
        return Verdict("survived" if first.code == 0 else "refused")

    def _judged_as_unclear(self, stage: Stage, unclear: int) -> Verdict:
        """Return whether calls that are reported as unclear took effect at most once, and all others exactly once."""
        found = _added(self._dump())
        for name, count in found.items():
            if count > stage.added[name]:
                return Verdict("doubled", f"{count} {name} in place of {stage.added[name]}")
        if sum(stage.added.values()) - sum(found.values()) > unclear:
            return Verdict("lost", f"{found} in place of {stage.added}, with {unclear} unclear")
        return Verdict("refused")

    def set_up(self, stage: Stage) -> None:
        """Restore the start of a scenario."""
        self.box.restore(stage.name)
        self._ledgers.go_back(stage.name)

    def config(self, **settings: Any) -> Path:
        """Return the path of a configuration."""
        path = self._folder / "config.json"
        given = {
            "api_key": "sandbox-key",
            "api_url": f"{self.proxy.origin}/api/v1",
            "workspace_id": self.workspace,
            "ledger_url": self._ledgers.url,
            "rejects_path": str(self._folder / "rejects.jsonl"),
            "requests_per_second": 1000,
            "max_workers": 8,
            **settings,
        }
        path.write_text(json.dumps(given))
        return path

    def run(self, rows: Rows, **settings: Any) -> Run:
        """Run the target in this process."""
        log = io.StringIO()
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(levelname)s | %(message)s"))
        root = logging.getLogger()
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        command = ["--config", str(self.config(**settings))]
        try:
            outcome = CliRunner().invoke(TargetClockify.get_singer_command(), command, input=messages(rows))
        finally:
            root.removeHandler(handler)
        trace = ""
        if outcome.exception and not isinstance(outcome.exception, SystemExit):
            trace = "".join(traceback.format_exception(outcome.exception))
        return Run(outcome.exit_code, log.getvalue() + outcome.stderr, trace)

    def _problem(self, run: Run) -> Verdict | None:
        if run.traceback or "Traceback" in run.log:
            return Verdict("traceback", run.traceback or run.log)
        if run.code and "ERROR" not in run.log:
            return Verdict("lost", f"no line tells why it failed: {_last_lines(run.log)}")
        if run.code == 0 and run.miscounted:
            return Verdict("lost", f"not accounted for: {run.miscounted}")
        return None

    def _dump(self) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.box.dump()["workspaces"] if one["id"] == self.workspace)
        return found


def _added(workspace: dict[str, Any]) -> dict[str, int]:
    """Return the number of objects that additive calls have added."""
    return {name: sum(len(one[name]) for one in workspace["invoices"]) for name in ("items", "payments")}


def messages(rows: Rows) -> bytes:
    """Return rows as Singer messages."""
    schemas = [
        {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": ["id"]}
        for stream in dict(rows)
    ]
    records = [{"type": "RECORD", "stream": stream, "record": {"id": "f", **row}} for stream, row in rows]
    return b"\n".join(json.dumps(one).encode() for one in (*schemas, *records))


def _last_lines(log: str) -> str:
    return " / ".join(log.strip().splitlines()[-4:])
