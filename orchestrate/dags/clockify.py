"""Loads Clockify into a warehouse with Airflow 3: a task per workspace during the day, everything once a day.

A run finds the workspaces that the key sees and reads each in a separate task, so that a failed workspace does not
affect the others and is retried alone. All tasks load into the same tables (`shared_destination`), so they delete
nothing: only a run that reads all workspaces can find deleted rows. Therefore the run at EVERYTHING_AT reads all
workspaces in one task, and so does a run that is triggered with `everything`.

All settings come from the environment of the workers; Airflow neither stores nor shows them:

    CLOCKIFY_TAP      path of tap-clockify, in a virtual environment of its own
    CLOCKIFY_LOADER   command of a loader that updates by key, such as `/opt/loader/bin/target-postgres --config=ENV`
    TAP_CLOCKIFY_API_KEY, TARGET_POSTGRES_SQLALCHEMY_URL, ...   the settings of both
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Param, dag, get_current_context, task

EVERYTHING_AT = 0  # o'clock, UTC
AT_ONCE = 2  # tasks of one run, which share the key's rate limit
REQUESTS_PER_SECOND = 50  # what paid plans allow

# Without pipefail, a failed tap would look like a complete run.
SYNC = """
set -euo pipefail
"$CLOCKIFY_TAP" --config=ENV | $CLOCKIFY_LOADER
"""


@dag(
    schedule="0 */3 * * *",
    # rows that another run writes at the same time would count as deleted when a run of everything ends
    max_active_runs=1,
    params={
        "everything": Param(default=False, type="boolean", description="Read all workspaces in one, with deletions")
    },
    default_args={"retries": 2},
    tags=["clockify"],
)
def clockify() -> None:
    """Read Clockify into a warehouse."""

    @task
    def readings() -> list[dict[str, str]]:
        """Return the additional environment of each task."""
        context = get_current_context()
        due = context["dag_run"].logical_date  # None if a person triggered the run
        if context["params"]["everything"] or (due and due.hour == EVERYTHING_AT):
            return [{}]
        pace = str(REQUESTS_PER_SECOND // AT_ONCE)
        part = {"TAP_CLOCKIFY_SHARED_DESTINATION": "true", "TAP_CLOCKIFY_REQUESTS_PER_SECOND": pace}
        return [{"TAP_CLOCKIFY_WORKSPACE_IDS": json.dumps([one]), **part} for one in workspace_ids()]

    sync = BashOperator.partial(
        task_id="sync",
        bash_command=SYNC,
        append_env=True,
        do_xcom_push=False,
        skip_on_exit_code=None,
        max_active_tis_per_dagrun=AT_ONCE,
        execution_timeout=timedelta(hours=6),
        map_index_template="{{ task.env.get('TAP_CLOCKIFY_WORKSPACE_IDS', 'everything') }}",
    ).expand(env=readings())

    @task(trigger_rule="all_done", retries=0)
    def summary() -> None:
        """Fail and name the failed tasks, if any failed: the state of the last task is that of the run."""
        context = get_current_context()
        found: dict[str, Any] = context["ti"].get_task_states(dag_id="clockify", run_ids=[context["run_id"]])
        states = {name: state for name, state in found[context["run_id"]].items() if name != "summary"}
        failed = sorted(name for name, state in states.items() if state != "success")
        if failed:
            raise RuntimeError(f"not read to the end: {', '.join(failed)}")

    sync >> summary()


def workspace_ids() -> list[str]:
    """Return the ids in the stream `workspaces`: all that the key sees, or those that the tap's own settings name."""
    tap = os.environ["CLOCKIFY_TAP"]
    catalog = json.loads(_said_by(tap, "--discover"))
    catalog["streams"] = [one for one in catalog["streams"] if one["tap_stream_id"] == "workspaces"]
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "catalog.json"
        chosen.write_text(json.dumps(catalog), encoding="utf-8")
        messages = map(json.loads, _said_by(tap, "--config=ENV", "--catalog", str(chosen)).splitlines())
        return [message["record"]["id"] for message in messages if message["type"] == "RECORD"]


def _said_by(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


clockify()
