"""The settings of a program, as a table generated from their JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docs.reference.markdown import code, codes, table

if TYPE_CHECKING:
    from collections.abc import Mapping


def settings_table(schema: Mapping[str, Any], prefix: str) -> str:
    """Return one row for each setting; `prefix` is the prefix of their environment variables."""
    rows = [
        (code(name), _default(setting), setting["description"] + _values(setting) + _secret(setting))
        for name, setting in schema["properties"].items()
    ]
    example = next(iter(schema["properties"])).upper()
    lead = f"In the environment a setting has the prefix `{prefix}`: `{prefix}{example}`."
    return f"{lead}\n\n{table(('Setting', 'Default', 'Meaning'), rows)}"


def stream_options_table(schema: Mapping[str, Any]) -> str:
    """Return one row for each option of the setting `streams`."""
    options = schema["properties"]["streams"]["additionalProperties"]["properties"]
    return table(
        ("Option", "Meaning"),
        [(code(name), option.get("description", "") + _values(option)) for name, option in options.items()],
    )


def _default(setting: Mapping[str, Any]) -> str:
    default = setting.get("default")
    if default is None:
        return ""
    return code(str(default).lower() if isinstance(default, bool) else default)


def _values(setting: Mapping[str, Any]) -> str:
    allowed = [value for value in setting.get("enum", ()) if value is not None]
    return f" One of {codes(allowed)}." if allowed else ""


def _secret(setting: Mapping[str, Any]) -> str:
    return " Secret." if setting.get("secret") else ""
