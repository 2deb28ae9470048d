"""Loads thousands of Clockify workspaces into a warehouse with Dagster, each into its own schema.

The job finds the workspaces of each API key, divides them into batches and loads each batch in a separate step. A
failed workspace does not affect the others: the rest of its batch is loaded. Then the step fails with a line for each
workspace that is not loaded, and its retries load only those. The run fails if a step fails; the other steps continue.

STATE, and the lists that steps pass to each other, are in stores that every machine can reach, so steps may run
anywhere. `clockify_fleet`, the folder beside this file, does the work, and its module `settings` lists the environment
variables.

    CLOCKIFY_STEPS   where steps leave lists of ids for each other, such as `s3://bucket/steps`
    CLOCKIFY_PAUSE   seconds before a further try of a step, by default 300

How many steps load at once is the limit of the pool `clockify`.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

from clockify_fleet import batch, discovery
from clockify_fleet.settings import Settings, key_names, key_of
from dagster import (
    DagsterRunStatus,
    Definitions,
    DynamicOut,
    DynamicOutput,
    Failure,
    OpExecutionContext,
    RetryPolicy,
    RunRequest,
    RunsFilter,
    ScheduleEvaluationContext,
    SkipReason,
    UPathIOManager,
    job,
    op,
    schedule,
)
from upath import UPath

BATCH = int(os.environ.get("CLOCKIFY_BATCH", "50"))  # workspaces per step
MOST = 1000  # steps per key
PAUSE = float(os.environ.get("CLOCKIFY_PAUSE", "300"))
UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


class Lists(UPathIOManager):
    """Stores the lists that steps pass to each other, as JSON."""

    extension = ".json"

    def dump_to_path(self, context: Any, obj: Any, path: UPath) -> None:  # noqa: ARG002 - the signature is Dagster's
        """Write the list of a step."""
        path.write_text(json.dumps(obj))

    def load_from_path(self, context: Any, path: UPath) -> Any:  # noqa: ARG002 - the signature is Dagster's
        """Read the list of another step."""
        return json.loads(path.read_text())


@op(out=DynamicOut(Any))
def batches(context: OpExecutionContext) -> Iterator[DynamicOutput[dict[str, Any]]]:
    """Find the workspaces of all keys: a workspace that several keys see is loaded with the first.

    A key that is not accepted becomes a batch that fails.
    """
    taken: set[str] = set()
    for key in key_names(os.environ):
        try:
            found = discovery.workspaces_of(Settings.of(os.environ), key_of(key, os.environ))
        except discovery.DiscoveryError as error:
            yield DynamicOutput({"key": key, "ids": [], "problem": str(error)}, mapping_key=f"{key}_not_accepted")
            continue
        own = [one for one in found if one not in taken]
        taken.update(own)
        context.log.info("key %s: %d workspaces", key, len(own))
        for number, ids in enumerate(discovery.batches(own, BATCH, MOST)):
            yield DynamicOutput({"key": key, "ids": ids, "problem": ""}, mapping_key=f"{key}_{number}")


@op(pool="clockify", retry_policy=RetryPolicy(max_retries=2, delay=PAUSE))
def load(context: OpExecutionContext, some: dict[str, Any]) -> None:
    """Load a batch of workspaces."""
    key, ids = some["key"], some["ids"]
    if some["problem"]:
        raise Failure(f"the workspaces of key {key} are not known: {some['problem']}", allow_retries=False)
    from_failure = context.run.tags.get("dagster/is_resume_retry") == "true"  # it continues the first run
    run = context.run.root_run_id if from_failure and context.run.root_run_id else context.run_id
    outcomes = batch.load(Settings.of(os.environ), key_of(key, os.environ), ids, run, context.log.info)
    if problems := batch.told(outcomes):
        raise Failure(f"{len(problems)} of {len(ids)} workspaces are not loaded:\n{batch.listed(problems)}")


@job
def clockify_many() -> None:
    """Load every workspace of every key."""
    batches().map(load)


@schedule(job=clockify_many, cron_schedule="0 */3 * * *")
def every_three_hours(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Request a run, unless the previous one is still running: a schema may have only one writer."""
    runs = context.instance.get_run_ids(RunsFilter(job_name="clockify_many", statuses=UNDER_WAY), limit=1)
    return SkipReason(f"run {runs[0]} is under way") if runs else RunRequest()


definitions = Definitions(
    jobs=[clockify_many],
    schedules=[every_three_hours],
    resources={"io_manager": Lists(base_path=UPath(os.environ.get("CLOCKIFY_STEPS", "clockify-steps")))},
)
