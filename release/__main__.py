"""`python -m release VERSION` sets the version; `python -m release --plugins` writes the definitions for Meltano."""

from __future__ import annotations

import argparse
import sys

from release.plugins import PLACE, definitions
from release.version import ReleaseError, release


def main() -> None:
    """Run the command line; an invalid version is one line on stderr and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("version", nargs="?", metavar="VERSION", help="three numbers, later than the latest release")
    what.add_argument("--plugins", action="store_true", help=f"write {PLACE.name} anew")
    asked = parser.parse_args()
    try:
        if asked.version:
            release(asked.version)
        text = definitions()  # names the version too
    except ReleaseError as problem:
        sys.exit(f"release: {problem}")
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    PLACE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
