"""`python -m clockify_sandbox`."""

from __future__ import annotations

import sys

from clockify_sandbox.cli import main

sys.exit(main())
