"""The command line of the demo: `python -m demo`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from clockify_sandbox.testing import SandboxError

from demo import act_one, act_two
from demo.pipeline import PipelineError
from demo.stage import stage_set, warehouse_open

_INTERRUPTED = 130


def main() -> int:
    """Run the demo.

    Returns:
        The exit code: 0 if the warehouse agrees with the sandbox after both acts, 1 if not or if something failed.
    """
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--delete", type=int, default=0, metavar="N", help="delete N time entries and a tag first")
    parser.add_argument("--scale", default="agency", choices=["tiny", "agency", "large"], help="how much data there is")
    parser.add_argument("--output", type=Path, default=Path("output"), help="the folder that everything is written to")
    parser.add_argument("--sql", action="store_true", help="do not run the demo, open psql on the warehouse")
    options = parser.parse_args()
    # both signals end the demo and everything that it started
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    output = options.output.resolve()
    try:
        if options.sql:
            with warehouse_open(output) as warehouse:
                return warehouse.ask_interactively()
        with stage_set(output, options.scale) as stage:
            return 0 if act_one.play(stage, options.delete) and act_two.play(stage) else 1
    except (SandboxError, PipelineError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: stopped, with everything it had started", file=sys.stderr)
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
