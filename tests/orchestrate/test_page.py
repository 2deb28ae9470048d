"""The settings that the page about schedules shows are settings, and it names every one that there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from tests.orchestrate import fleet

ASKED = """
import json, os
from clockify_fleet import settings
found = settings.Settings.of(os.environ)
print(json.dumps([found.tap, found.loader, found.schema, found.states, settings.key_names(os.environ)]))
"""


def test_settings_of_the_page_are_read() -> None:
    script = f"set -a\n{fleet.block('CLOCKIFY_TAP=/opt/tap-clockify/bin/tap-clockify' + chr(10) + 'CLOCKIFY_LOADER')}\n"
    script += f"exec {sys.executable} -c '{ASKED}'"
    said = subprocess.run(
        ["bash", "-euc", script],
        env=fleet.around() | {"PYTHONPATH": str(fleet.ORCHESTRATE)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    assert json.loads(said) == [
        ["/opt/tap-clockify/bin/tap-clockify"],
        ["/opt/target-postgres/bin/target-postgres", "--config=ENV"],
        "clockify_{workspace}",
        "s3://bucket/clockify/states",
        ["acme", "globex"],
    ]


def test_every_setting_is_on_the_page() -> None:
    files = [*fleet.ORCHESTRATE.rglob("clockify_fleet/*.py"), *fleet.ORCHESTRATE.glob("*/clockify_many.py")]
    read = {name for path in files for name in re.findall(r'"(CLOCKIFY_[A-Z]+)"', path.read_text(encoding="utf-8"))}
    page = (fleet.ORCHESTRATE / "README.md").read_text(encoding="utf-8")
    assert len(read) > 5
    assert not [name for name in read - {"CLOCKIFY_PAUSE"} if f"{name}" not in page]
