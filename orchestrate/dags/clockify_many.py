"""Loads thousands of Clockify workspaces into a warehouse with Airflow 3, each into its own schema.

For each API key a run finds the workspaces that it sees, divides them into batches and loads each batch in a mapped
task. A workspace has its own schema and its own STATE, so every load follows deletions. A failed workspace does not
affect the others: the rest of its batch is loaded. Then the task fails with a line for each workspace that is not
loaded, and a retry of the task loads only those. The last task lists the workspaces that failed finally, and fails the
run.

Tasks share only lists of ids, and STATE in a store that every worker can reach. So tasks may run in any process on any
machine, with any executor of Airflow. `clockify_fleet`, the folder beside this file, does the work; its module
`settings` lists the environment variables of the workers. Airflow sees no key:

    CLOCKIFY_KEYS   names of the API keys, for the DAG processor too, by default `main`; a workspace that several keys
                    see is loaded with the first
    CLOCKIFY_POOL   the pool of the loads, by default `clockify`; `clockify_{key}` is a pool for each key
"""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from typing import Any

from airflow.sdk import dag, get_current_context, task, task_group
from clockify_fleet import batch, discovery
from clockify_fleet.settings import Settings, key_names, key_of

BATCH = int(os.environ.get("CLOCKIFY_BATCH", "50"))  # workspaces per task
# tasks per key: Airflow maps at most `max_map_length`, 1,024 tasks; for more workspaces, batches are larger
MOST = 1000
KEYS = key_names(os.environ)
POOL = os.environ.get("CLOCKIFY_POOL", "clockify")
PROBLEMS = "problems"

log = logging.getLogger(__name__)


class NotLoadedError(RuntimeError):
    """Workspaces are not loaded; the message has a line for each."""


@dag(
    schedule="0 */3 * * *",
    catchup=False,
    max_active_runs=1,  # a schema may have only one writer
    default_args={"retries": 2},
    tags=["clockify"],
)
def clockify_many() -> None:
    """Load every workspace of every key."""
    found: list[Any] = []
    groups = []
    for key in KEYS:
        found.append(workspaces.override(task_id=f"workspaces_{key}")(key))
        groups.append(loads.override(group_id=key)(key, list(found)))
    groups >> summary()


@task
def workspaces(key: str) -> list[str]:
    """Return the ids of the workspaces that a key sees."""
    return discovery.workspaces_of(Settings.of(os.environ), key_of(key, os.environ))


@task(trigger_rule="all_done", retries=0)
def batches(found: list[list[str] | None]) -> list[list[str]]:
    """Return the workspaces of the last key in batches, without those that an earlier key has."""
    *before, own = found
    if own is None:
        raise NotLoadedError("it is not known which workspaces there are: see the task before this one")
    taken = {one for ids in before for one in ids or []}
    return discovery.batches([one for one in own if one not in taken], BATCH, MOST)


@task(execution_timeout=timedelta(hours=6))
def load(key: str, ids: list[str]) -> None:
    """Load a batch of workspaces."""
    context = get_current_context()
    run = context["dag_run"]
    outcomes = list(
        batch.load(
            Settings.of(os.environ),
            key_of(key, os.environ),
            ids,
            f"{run.run_id} {run.clear_number or 0}",  # a person who clears a task wants it to run again
            log.info,
        )
    )
    if problems := batch.told(outcomes):
        context["ti"].xcom_push(PROBLEMS, problems)
        raise NotLoadedError(f"{len(problems)} of {len(ids)} workspaces are not loaded:\n{batch.listed(problems)}")


@task_group
def loads(key: str, found: list[Any]) -> None:
    """Load the workspaces of a key."""
    load.override(pool=POOL.replace("{key}", key)).partial(key=key).expand(ids=batches(found))


@task(trigger_rule="all_done", retries=0)
def summary() -> None:
    """Fail and list the failures, if anything failed: the state of the last task is that of the run."""
    context = get_current_context()
    run = context["run_id"]
    this = context["ti"]
    states = this.get_task_states(dag_id="clockify_many", run_ids=[run])[run]
    failed = sorted(name for name, state in states.items() if state not in ("success", "skipped", "running"))
    problems: dict[str, str] = {}
    for some in this.xcom_pull(task_ids=[f"{key}.load" for key in KEYS], key=PROBLEMS):
        problems |= some or {}
    if failed:
        raise NotLoadedError(f"not done: {', '.join(failed)}\n{batch.listed(problems)}")


clockify_many()
