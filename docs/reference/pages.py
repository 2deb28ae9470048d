"""Everything that the site generates from the declarations: whole pages, and parts of pages.

The line `<!-- made: NAME -->` in a page marks where a part is inserted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clockify_sandbox.world_options import OPTIONS
from tap_clockify.settings import CONFIG_SCHEMA as TAP_SCHEMA
from tap_clockify.streams import STREAMS
from target_clockify.model.objects import OBJECTS
from target_clockify.settings import CONFIG_SCHEMA as TARGET_SCHEMA
from target_clockify.settings import VARIABLES

from docs.reference import models, objects, procedures, streams
from docs.reference.diagram import entity_diagram
from docs.reference.markdown import code, codes, table
from docs.reference.settings import settings_table, stream_options_table

if TYPE_CHECKING:
    from collections.abc import Callable

_PLACE = re.compile(r"^<!-- made: ([\w ]+) -->$", re.MULTILINE)


def world_options() -> str:
    """Return a table of the options that choose a variant of the sandbox."""
    rows = [
        (
            code(option.name),
            code(option.flag),
            codes(option.choices) if option.choices else option.values,
            code(str(option.default).lower()),
            option.description,
        )
        for option in OPTIONS.values()
    ]
    return table(("Key", "Option", "Values", "Default", "Meaning"), rows)


PARTS: dict[str, Callable[[], str]] = {
    "settings of the tap": lambda: settings_table(TAP_SCHEMA, "TAP_CLOCKIFY_"),
    "settings of the target": lambda: settings_table(TARGET_SCHEMA, VARIABLES),
    "options of a stream": lambda: stream_options_table(TARGET_SCHEMA),
    "streams": streams.overview,
    "diagram": entity_diagram,
    "models": models.overview,
    "columns of the models": models.sections,
    "objects": objects.overview,
    "calls": procedures.overview,
    "procedures": procedures.sections,
}


def whole_pages() -> dict[str, str]:
    """Return the generated pages, by their path below docs/."""
    made = {f"streams/{stream.name}.md": streams.page(stream) for stream in STREAMS}
    return made | {f"objects/{target.name}.md": objects.page(target) for target in OBJECTS}


def navigation() -> dict[str, dict[str, list[str]]]:
    """Return the paths of the generated pages, by section and family."""
    return {
        "streams": {
            family: [f"streams/{stream.name}.md" for stream in some] for family, some in streams.FAMILIES.items()
        },
        "objects": {"": [f"objects/{target.name}.md" for target in OBJECTS]},
    }


def filled(text: str) -> str:
    """Return a page with its generated parts inserted.

    Raises:
        KeyError: The page names a part that does not exist.
    """
    return _PLACE.sub(lambda match: PARTS[match[1]](), text)
