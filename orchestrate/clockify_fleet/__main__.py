"""`python -m clockify_fleet`: loads every workspace of every key, one after another; for cron and systemd.

The exit code is 0 if all are loaded, 1 if some are not (with a line for each), and 2 if a setting is wrong. `--run
NAME` continues the run with that name, and skips workspaces that it has loaded.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import UTC, datetime

from clockify_fleet import batch, discovery
from clockify_fleet.settings import Settings, SettingsError, key_names, key_of


def main(arguments: list[str]) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="clockify_fleet", description="Load every workspace of every key.")
    now = datetime.now(tz=UTC).isoformat(timespec="microseconds")
    parser.add_argument("--run", default=now, help="continue the run with this name; default: a new run")
    run = parser.parse_args(arguments).run
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # tap and loader end first
    try:
        settings = Settings.of(os.environ)
        keys = {name: key_of(name, os.environ) for name in key_names(os.environ)}
    except SettingsError as error:
        tell(f"clockify_fleet: {error}")
        return 2
    problems: dict[str, str] = {}
    taken: set[str] = set()
    loaded = 0
    for name, key in keys.items():
        try:
            ids = [one for one in discovery.workspaces_of(settings, key) if one not in taken]
            taken.update(ids)
            outcomes = list(batch.load(settings, key, ids, run, tell))
        except (discovery.DiscoveryError, FileNotFoundError) as error:
            problems[f"key {name}"] = str(error)
            continue
        problems |= batch.told(outcomes)
        loaded += sum(not one.problem for one in outcomes)
    tell(f"run {run}: {loaded} workspaces are loaded, {len(problems)} problems")
    if problems:
        tell(batch.listed(problems))
    return 1 if problems else 0


def tell(line: str) -> None:
    """Write a line for a log."""
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
