"""The settings of a connection, one set for every program: schema, files and environment, validation, client.

A program builds its JSON Schema from `connection_properties` and its own properties, with `additionalProperties` false
in every object where an unknown name is a mistake. Then it takes three steps:

    config = read_files(paths)                                        # `--config`, later files win
    config = merged(config, from_environment(schema, "TAP_CLOCKIFY_"))
    check(config, schema)                                             # one `ConfigurationError` with every problem
    client = client_of(with_defaults(config, schema), user_agent)

An empty environment variable means unset, and so does null. No message repeats a value, since a key may be in the wrong
setting. `unknown_setting` makes the message about an unknown name, for programs that check names themselves.
"""

from __future__ import annotations

import difflib
import json
import logging
import os
import re
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator

from clockify_client import files
from clockify_client.client import Client, Settings
from clockify_client.hosts import REGIONS, Hosts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from jsonschema import ValidationError

logger = logging.getLogger("clockify_client")

ENVIRONMENT = "ENV"
"""The word that stands for the environment among the files of `--config`, as in the Singer SDK."""

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
_PLAIN = re.compile(r"[\w. -]{1,40}")
_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


class ConfigurationError(ValueError):
    """Settings that cannot be used; `problems` holds one line for each, without values."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The settings are not valid: " + "; ".join(problems))
        self.problems = problems


def connection_properties(purpose: str) -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each connection setting, by name.

    Args:
        purpose: What the key is for, in the descriptions: "read" or "write".
    """
    return {
        "api_key": {
            "type": ["string", "null"],
            "secret": True,
            "title": "API key",
            "description": f"API key of the account to {purpose} with (Preferences, Advanced). "
            "Give this or `addon_token`.",
        },
        "addon_token": {
            "type": ["string", "null"],
            "secret": True,
            "title": "Add-on token",
            "description": f"Add-on token to {purpose} with instead of a key; needs the workspace to be named.",
        },
        "region": {
            "type": ["string", "null"],
            "enum": [*REGIONS, None],
            "default": "global",
            "title": "Region",
            "description": "Where the account's data resides.",
        },
        "api_url": {
            "type": ["string", "null"],
            "title": "API URL",
            "description": "Base URL of the core API instead of the region's, such as https://acme.clockify.me/api/v1.",
        },
        "reports_url": {
            "type": ["string", "null"],
            "title": "Reports URL",
            "description": "Base URL of the reports. Default: beside `api_url`, or the region's.",
        },
        "audit_log_url": {
            "type": ["string", "null"],
            "title": "Audit log URL",
            "description": "Base URL of the audit log. Default: the global one; none is known for the other regions.",
        },
        "requests_per_second": {
            "type": ["number", "null"],
            "minimum": 0.001,
            "maximum": 1000,
            "default": 50,
            "title": "Requests a second",
            "description": "The highest number of requests a second; may be a fraction. Paid plans allow 50.",
        },
        "requests_per_hour": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 3_600_000,
            "title": "Requests an hour",
            "description": "The highest number of requests in any 60 minutes. New Free workspaces allow 30.",
        },
        "max_workers": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 200,
            "default": 64,
            "title": "Workers",
            "description": "How many requests may run at the same time.",
        },
        "timeout_seconds": {
            "type": ["number", "null"],
            "minimum": 0.001,
            "maximum": 86_400,
            "default": 60,
            "title": "Timeout",
            "description": "Seconds to wait for a connection, and for each part of a response; may be a fraction.",
        },
        "page_size": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 5000,
            "title": "Page size",
            "description": "Rows to request at once. Default: the maximum of each endpoint. If Clockify refuses the "
            "size, it is reduced automatically.",
        },
    }


# -- where settings come from ----------------------------------------------------------------------


def read_files(paths: Iterable[str | Path]) -> dict[str, Any]:
    """Return the settings of configuration files, later ones over earlier ones; `ENV` is ignored.

    Raises:
        ConfigurationError: A file cannot be read or is not a JSON object.
    """
    config: dict[str, Any] = {}
    for path in paths:
        if str(path) == ENVIRONMENT:
            continue
        try:
            content = json.loads(files.read(path).decode("utf-8-sig"), parse_constant=_reject_constant)
        except UnicodeDecodeError:
            raise ConfigurationError([f"{path} is not UTF-8 text"]) from None
        except json.JSONDecodeError as error:
            raise ConfigurationError(
                [f"{path} is not JSON, line {error.lineno} column {error.colno}: {error.msg}"]
            ) from None
        except OSError as error:
            raise ConfigurationError([f"{path} cannot be read: {files.in_words(error)}"]) from None
        except (ValueError, RecursionError):
            raise ConfigurationError([f"{path} is not JSON"]) from None
        if not isinstance(content, dict):
            raise ConfigurationError([f"{path} must hold a JSON object of settings"])
        config |= content
    return config


def from_environment(
    schema: Mapping[str, Any], prefix: str, environment: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Return the settings in environment variables; an empty variable means unset.

    A value that does not fit its setting's type is left as text, for `check` to refuse. Other variables with the
    prefix belong to the logger, to Meltano or to a plugin that inherits from this one.

    Args:
        schema: JSON Schema of the settings.
        prefix: The prefix of the variables, such as `TAP_CLOCKIFY_`.
        environment: The variables.

    Raises:
        ConfigurationError: The name of a variable is almost that of a setting.
    """
    known = schema["properties"]
    if lines := [line for name in environment if (line := _misspelled(name, prefix, known))]:
        raise ConfigurationError(lines)
    found = ((name, one, environment.get(prefix + name.upper(), "")) for name, one in known.items())
    return {name: parsed(text, one) for name, one, text in found if text.strip()}


def parsed(text: str, schema: Mapping[str, Any]) -> Any:
    """Convert the text of a setting to the type in its schema; return the text itself if it does not fit."""
    types = schema.get("type") or [kind for one in schema.get("anyOf", ()) for kind in [one.get("type")]]
    kinds = {types} if isinstance(types, str) else {kind for kind in types if isinstance(kind, str)}
    if "string" in kinds:
        return text
    if "boolean" in kinds:
        return _BOOLEANS.get(text.strip().lower(), text)
    try:
        return json.loads(text, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return [one.strip() for one in text.split(",")] if "array" in kinds and text[:1] not in {"[", "{"} else text


def merged(config: Mapping[str, Any], environment: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the settings of files and environment, which takes precedence; null means unset in both."""
    both = [name for name in environment if config.get(name, environment[name]) != environment[name]]
    if both:
        logger.info("The environment overrides the configuration file in %s", ", ".join(sorted(both)))
    return {name: value for name, value in {**config, **environment}.items() if value is not None}


def with_defaults(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the schema's defaults for those that are unset."""
    defaults = {name: one["default"] for name, one in schema["properties"].items() if "default" in one}
    return {**defaults, **{name: value for name, value in config.items() if value is not None}}


def client_of(config: Mapping[str, Any], user_agent: str) -> Client:
    """Return a client for connection settings that `check` has accepted.

    Raises:
        ValueError: Settings contradict each other or a URL is not acceptable; the message names the setting.
    """
    chosen = with_defaults(config, {"properties": connection_properties("")})
    hosts = Hosts.of(chosen["region"], *(chosen.get(name) for name in ("api_url", "reports_url", "audit_log_url")))
    return Client(
        Settings(
            hosts=hosts,
            api_key=chosen.get("api_key"),
            addon_token=chosen.get("addon_token"),
            requests_per_second=float(chosen["requests_per_second"]),
            requests_per_hour=_whole(chosen.get("requests_per_hour")),
            max_workers=int(chosen["max_workers"]),
            timeout_seconds=float(chosen["timeout_seconds"]),
            page_size=_whole(chosen.get("page_size")),
            user_agent=user_agent,
        )
    )


# -- validation ------------------------------------------------------------------------------------


def check(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check settings against their schema, and refuse unknown names.

    Raises:
        ConfigurationError: With a line for each problem.
    """
    given = {name: value for name, value in config.items() if value is not None}
    closed = {**_sound(schema), "additionalProperties": False}
    if problems := [line for error in Draft7Validator(closed).iter_errors(given) for line in _problems(error)]:
        raise ConfigurationError(problems)


def _sound(schema: Any) -> Any:
    """Return a schema without invalid choices: the SDK adds the text "null" as a choice."""
    if isinstance(schema, dict):
        return {
            name: [_sound(one) for one in part if isinstance(one, dict)] if name == "anyOf" else _sound(part)
            for name, part in schema.items()
        }
    return schema


def unknown_setting(name: str, known: Iterable[str], where: str = "") -> str:
    """Return a line that refuses an unknown setting and suggests the nearest known one.

    Args:
        name: The name that is not known.
        known: The known names.
        where: The setting that it stands in, empty at the top.
    """
    names = list(known)
    inside = f"{where}." if where else ""
    folded = {_folded(one): one for one in names}
    near = folded.get(_folded(name)) or next(iter(difflib.get_close_matches(name.lower(), names, 1, 0.7)), None)
    if near:
        return f"{inside}{name} is not a setting; write {inside}{near}"
    some = f"{inside}{shown(name)} is not a setting"
    return f"{some}; known are {', '.join(names)}" if where and names else some


def shown(name: str) -> str:
    """Return a name for a message; hide a text that is long or has unusual characters, since it may be a key."""
    return name if _PLAIN.fullmatch(name) else f"a name of {len(name)} characters"


def _problems(error: ValidationError) -> Iterator[str]:
    where = _path(error)
    rule: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    match error.validator:
        case "additionalProperties":
            known = schema.get("properties", {})
            yield from (unknown_setting(str(name), known, where) for name in instance if name not in known)
        case "type":
            kinds = [_TYPES[one] for one in ([rule] if isinstance(rule, str) else rule) if one in _TYPES]
            yield f"{where or 'the configuration'} must be {' or '.join(kinds)}"
        case "enum":
            yield f"{where} must be one of {', '.join(str(one) for one in rule if one is not None)}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" as bound:
            yield f"{where} must be {_BOUNDS[bound]} {rule}"
        case "minItems":
            yield f"{where} must not be empty; leave it out"
        case "required":
            yield f"{where or 'the configuration'} lacks {', '.join(one for one in rule if one not in instance)}"
        case _:
            yield f"{where or 'the configuration'} is not valid ({error.validator})"


def _misspelled(variable: str, prefix: str, known: Collection[str]) -> str:
    """Return a line about a variable whose name is almost that of a setting; empty for any other variable."""
    name = variable.removeprefix(prefix).lower()
    if name == variable.lower() or name in known or any(name.endswith(f"_{one}") for one in known):
        return ""
    near = next(iter(difflib.get_close_matches(name, known, 1, 0.9)), None)
    return f"the variable {variable} is not a setting; write {prefix}{near.upper()}" if near else ""


def _path(error: ValidationError) -> str:
    words = (f"[{one}]" if isinstance(one, int) else f".{shown(one)}" for one in error.absolute_path)
    return "".join(words).removeprefix(".")


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)  # 30.0 is a whole number to JSON Schema


def _reject_constant(name: str) -> None:
    msg = f"{name} is not JSON"
    raise ValueError(msg)
