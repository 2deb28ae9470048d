"""Generates plugin definitions for a user's Meltano project from the `--about` of tap and target."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_clockify.tap import TapClockify
from target_clockify.target import TargetClockify

from release.version import ROOT, version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk.plugin_base import PluginBase

PLACE = ROOT / "orchestrate" / "meltano" / "clockify.meltano.yml"
_KINDS = {"array": "array", "boolean": "boolean", "integer": "integer", "number": "decimal", "object": "object"}
_LEAD = """\
# Tap and target for a Meltano project of your own: save this beside meltano.yml and name it there,
#
#   include_paths: [clockify.meltano.yml]
#
# or paste the plugins into meltano.yml. CLOCKIFY_WHEELS is a folder, or a web address, with the wheels of `make dist`.
# `pip_url: tap-clockify` would install another program, which has this name on the Python package index.
#
# Made by `make plugins` from the programs; changes belong there.
"""


def definitions() -> str:
    """Return the YAML text of both plugins: settings, capabilities and, for the tap, its default streams."""
    tap = _plugin(TapClockify)
    tap["select"] = list(_default_selection())
    return "\n".join(
        [
            f"{_LEAD}plugins:",
            "  extractors:",
            *_item(tap, "Meltano selects every stream by default; these are the tap's own default streams."),
            "",
            "  loaders:",
            *_item(_plugin(TargetClockify)),
            "",
        ]
    )


def _plugin(program: type[PluginBase]) -> dict[str, Any]:
    about = program._get_about_info()  # noqa: SLF001 the SDK prints it (`--about`), and has no other name for it
    wheels = " ".join(
        f"${{CLOCKIFY_WHEELS}}/{name.replace('-', '_')}-{version()}-py3-none-any.whl"
        for name in ("clockify-client", about.name)
    )
    workspaces = next(name for name in about.settings["properties"] if name.startswith("workspace_id"))
    return {
        "name": about.name,
        "namespace": about.name.replace("-", "_"),
        "pip_url": wheels,
        "executable": about.name,
        "capabilities": sorted(capability.value for capability in about.capabilities),
        "settings_group_validation": [["api_key"], ["addon_token", workspaces]],
        "settings": [_setting(name, schema) for name, schema in about.settings["properties"].items()],
    }


def _setting(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    allowed = [value for value in schema.get("enum", ()) if value is not None]
    declared = next(kind for kind in schema["type"] if kind != "null")
    setting: dict[str, Any] = {"name": name}
    if schema.get("title"):
        setting["label"] = schema["title"]
    if allowed:
        setting["kind"] = "options"
        setting["options"] = [{"label": value, "value": value} for value in allowed]
    elif declared in _KINDS:
        setting["kind"] = _KINDS[declared]
    if schema.get("secret"):
        setting["sensitive"] = True
    setting["description"] = schema["description"]
    return setting


def _default_selection() -> Iterable[str]:
    for stream in TapClockify(validate_config=False).catalog_dict["streams"]:
        name, fields = (
            stream["tap_stream_id"],
            {tuple(one["breadcrumb"]): one["metadata"] for one in stream["metadata"]},
        )
        if fields[()]["selected"]:
            yield f"{name}.*"
            for breadcrumb, metadata in fields.items():
                if breadcrumb and metadata.get("selected-by-default") is False:
                    yield f"!{name}.{breadcrumb[-1]}"


def _item(plugin: Mapping[str, Any], before_select: str = "") -> Iterable[str]:
    """Return the lines of a plugin in a list; every scalar and every setting is JSON, which is YAML too."""
    for number, (key, value) in enumerate(plugin.items()):
        lead = "  - " if number == 0 else "    "
        if key == "select":
            yield f"    # {before_select}"
        if isinstance(value, list):
            yield f"{lead}{key}:"
            yield from (f"    - {json.dumps(one)}" for one in value)
        else:
            yield f"{lead}{key}: {json.dumps(value)}"
