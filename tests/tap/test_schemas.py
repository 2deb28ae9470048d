"""Every stream's JSON Schema follows the rules that readers and loaders rely on."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from singer_sdk.helpers._flattening import flatten_schema
from tap_clockify.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

KEYS: dict[str, list[str]] = {stream.name: list(stream.key) for stream in STREAMS}
WITHOUT_WORKSPACE = {"workspaces", "current_user"}
SECRETS = {"authtoken", "token", "secret", "apikey"}

FOLDER = resources.files("tap_clockify") / "schemas"
SCHEMAS: dict[str, Schema] = {
    file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8"))
    for file in sorted(FOLDER.iterdir(), key=lambda file: file.name)
}

each_stream = pytest.mark.parametrize("stream", SCHEMAS)


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield the schema and everything below it with a dotted path; array items as ``[]``."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}".lstrip("."))
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")


def types(schema: Schema) -> set[str]:
    declared = schema.get("type", [])
    return {declared} if isinstance(declared, str) else set(declared)


def test_there_is_one_file_per_stream_and_nothing_else() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {f"{stream}.json" for stream in KEYS}


@each_stream
def test_schema_is_valid_in_both_drafts_that_loaders_use(stream: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[stream])
    Draft202012Validator.check_schema(SCHEMAS[stream])


@each_stream
def test_the_schema_of_a_stream_is_an_object_without_references(stream: str) -> None:
    schema = SCHEMAS[stream]
    assert schema["type"] == "object"
    assert schema["properties"]
    keywords = {keyword for _, node in nodes(schema) for keyword in node}
    assert keywords <= {"type", "description", "properties", "items", "additionalProperties", "format"}


@each_stream
def test_stream_and_every_field_at_every_depth_are_described(stream: str) -> None:
    described = [(path, node.get("description", "")) for path, node in nodes(SCHEMAS[stream]) if path[-2:] != "[]"]
    poor = [path for path, text in described if len(text) < 5 or not text.endswith(".") or text != text.strip()]
    assert poor == []


@each_stream
def test_keys_are_scalar_and_not_null_and_all_other_fields_may_be_null(stream: str) -> None:
    properties = SCHEMAS[stream]["properties"]
    assert set(KEYS[stream]) <= set(properties)
    required = {name for name, node in properties.items() if "null" not in types(node)}
    assert required == set(KEYS[stream])
    assert all(types(properties[name]) in ({"string"}, {"integer"}) for name in KEYS[stream])


@each_stream
def test_nested_fields_may_be_null_and_nested_objects_are_open(stream: str) -> None:
    for path, node in nodes(SCHEMAS[stream]):
        if "." in path and not path.endswith("[]"):
            assert "null" in types(node), path
        if path and "properties" in node:
            assert node["additionalProperties"] is True, path


@each_stream
def test_every_array_declares_its_items(stream: str) -> None:
    assert [path for path, node in nodes(SCHEMAS[stream]) if "array" in types(node) and "items" not in node] == []


@each_stream
def test_objects_in_arrays_declare_properties_because_the_sdk_walks_them(stream: str) -> None:
    rows = [(path, node) for path, node in nodes(SCHEMAS[stream]) if path.endswith("[]")]
    assert [path for path, node in rows if "object" in types(node) and "properties" not in node] == []


@each_stream
def test_formats_are_only_promised_for_dates_in_strings(stream: str) -> None:
    for path, node in nodes(SCHEMAS[stream]):
        if "format" in node:
            assert node["format"] in {"date", "date-time"}, path
            assert types(node) <= {"null", "string"}, path


@each_stream
def test_no_secret_has_a_column(stream: str) -> None:
    names = {path.rpartition(".")[2].removesuffix("[]").lower() for path, _ in nodes(SCHEMAS[stream])}
    assert names.isdisjoint(SECRETS)


@each_stream
def test_identity_comes_first_and_every_row_says_its_workspace(stream: str) -> None:
    names = list(SCHEMAS[stream]["properties"])
    own_id = [name for name in names if name in {"id", "_id"}]
    if stream in WITHOUT_WORKSPACE:
        assert names[0] == "id"
        assert "workspaceId" not in names
    elif own_id and stream != "report_summary":
        assert names[:2] == [*own_id, "workspaceId"]
    else:
        assert names[0] == "workspaceId"


@each_stream
def test_a_row_with_nothing_but_its_key_is_valid_and_one_without_is_not(stream: str) -> None:
    properties = SCHEMAS[stream]["properties"]
    validator = Draft202012Validator(SCHEMAS[stream])
    key = {name: 1 if types(properties[name]) == {"integer"} else "x" for name in KEYS[stream]}
    row: Schema = dict.fromkeys(properties) | key
    assert validator.is_valid(row)
    assert validator.is_valid(row | {"somethingNew": {"of": ["Clockify"]}})
    assert not any(validator.is_valid(row | {name: None}) for name in key)


@each_stream
def test_a_column_has_one_scalar_type(stream: str) -> None:
    for path, node in nodes(SCHEMAS[stream]):
        if "[]" not in path:
            assert len(types(node) & {"string", "number", "integer", "boolean"}) <= 1, path


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 10])
@each_stream
def test_names_of_columns_differ_within_63_characters_and_in_lower_case(stream: str, depth: int) -> None:
    columns = list(flatten_schema(SCHEMAS[stream], max_level=depth)["properties"])
    assert [name for name in columns if len(name) > 63] == []
    assert len({name.lower() for name in columns}) == len(columns)


def test_custom_field_values_inside_time_entries_take_any_json() -> None:
    validator = Draft202012Validator(SCHEMAS["time_entries"]["properties"]["customFieldValues"])
    values = ["text", 12.5, 7, True, ["red", "blue"], None]
    assert validator.is_valid([{"customFieldId": "5e4117fe8c625f38930d57b7", "value": value} for value in values])


def test_report_totals_may_hold_null_and_hidden_amounts_an_empty_object() -> None:
    validator = Draft202012Validator(SCHEMAS["shared_report_data"]["properties"]["totals"])
    assert validator.is_valid([None])
    assert validator.is_valid([{"totalTime": 3600, "totalAmount": None, "totalAmountByCurrency": {}}])
    assert validator.is_valid({"expensesCount": 2, "totalAmount": 24690.0})
