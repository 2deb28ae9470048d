"""Connection settings: their sources, which are refused, and with which message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from clockify_client import configuration
from clockify_client.configuration import ConfigurationError
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: dict[str, Any] = {
    "properties": {
        **configuration.connection_properties("read"),
        "workspace_ids": {"type": ["array", "null"], "items": {"type": "string"}},
        "dry_run": {"type": ["boolean", "null"], "default": False},
        "streams": {
            "type": ["object", "null"],
            "additionalProperties": {
                "type": "object",
                "properties": {"match_on": {"type": "array"}, "operation": {"enum": ["insert", "update"]}},
                "additionalProperties": False,
            },
        },
    }
}
SECRET = "f0e1d2c3-very-secret"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("a\n\0é"), st.lists, max_leaves=5
)


def _problems(config: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        configuration.check(config, SCHEMA)
    assert "\n" not in str(caught.value)
    return caught.value.problems


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"workspace_id": "x"}, "workspace_id is not a setting; write workspace_ids"),
        ({"apiKey": SECRET}, "apiKey is not a setting; write api_key"),
        ({"zzz": 1}, "zzz is not a setting"),
        ({"streams": {"a": {"matchOn": []}}}, "streams.a.matchOn is not a setting; write streams.a.match_on"),
        ({"streams": {"a": {"x": 1}}}, "streams.a.x is not a setting; known are match_on, operation"),
        ({"streams": {"a": {"operation": "drop"}}}, "streams.a.operation must be one of insert, update"),
        ({"streams": []}, "streams must be an object"),
        ({"workspace_ids": "abc"}, "workspace_ids must be an array"),
        ({"workspace_ids": ["a", 1]}, "workspace_ids[1] must be text"),
        ({"api_key": [SECRET]}, "api_key must be text"),
        ({"addon_token": {SECRET: SECRET}}, "addon_token must be text"),
        ({"region": SECRET}, "region must be one of global, euc1, use2, euw2, apse2, developer"),
        ({"requests_per_second": 10**30}, "requests_per_second must be at most 1000"),
        ({"timeout_seconds": 10**30}, "timeout_seconds must be at most 86400"),
        ({"requests_per_hour": 10**30}, "requests_per_hour must be at most 3600000"),
        ({"requests_per_second": True}, "requests_per_second must be a number"),
        ({"requests_per_second": "50"}, "requests_per_second must be a number"),
        ({"page_size": 1.5}, "page_size must be a whole number"),
        ({"dry_run": "maybe"}, "dry_run must be true or false"),
    ],
)
def test_an_invalid_setting_is_one_line_with_the_correction(config: dict[str, Any], problem: str) -> None:
    assert _problems(config) == [problem]
    assert SECRET not in problem


@given(st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), _JSON))
def test_any_value_gives_a_client_or_a_one_line_error(config: dict[str, Any]) -> None:
    try:
        configuration.check(config, SCHEMA)
        configuration.client_of({"api_key": "k", **config}, "test").close()
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017  both outcomes are right


def test_fractions_and_whole_numbers_with_a_point_are_accepted() -> None:
    config = {"api_key": "k", "requests_per_second": 0.5, "timeout_seconds": 2.5, "max_workers": 8.0, "page_size": 50.0}
    configuration.check(config, SCHEMA)
    settings = configuration.client_of(config, "test").settings
    assert (settings.requests_per_second, settings.timeout_seconds) == (0.5, 2.5)
    assert (settings.max_workers, settings.page_size, settings.requests_per_hour) == (8, 50, None)


def test_environment_values_have_types_and_empty_means_unset() -> None:
    variables = {
        "APP_API_KEY": "123",
        "APP_PAGE_SIZE": "",
        "APP_REGION": "  ",
        "APP_MAX_WORKERS": "4",
        "APP_REQUESTS_PER_SECOND": "0.5",
        "APP_DRY_RUN": "True",
        "APP_WORKSPACE_IDS": '["a", "b"]',
        "APP_STREAMS": '{"a": {"operation": "insert"}}',
        "APP_LOGLEVEL": "debug",
        "APP_EU_API_KEY": "of another plugin that inherits from this one",
        "PAGE_SIZE": "no concern of this program",
    }
    found = configuration.from_environment(SCHEMA, "APP_", variables)
    assert found == {
        "api_key": "123",
        "max_workers": 4,
        "requests_per_second": 0.5,
        "dry_run": True,
        "workspace_ids": ["a", "b"],
        "streams": {"a": {"operation": "insert"}},
    }
    configuration.check(found, SCHEMA)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("MAX_WORKERS", "many", "max_workers must be a whole number"),
        ("REQUESTS_PER_SECOND", "NaN", "requests_per_second must be a number"),
        ("DRY_RUN", "perhaps", "dry_run must be true or false"),
        ("STREAMS", "{broken", "streams must be an object"),
        ("WORKSPACE_IDS", "[broken", "workspace_ids must be an array"),
    ],
)
def test_a_variable_of_another_type_is_refused_by_name(name: str, text: str, problem: str) -> None:
    assert _problems(configuration.from_environment(SCHEMA, "APP_", {f"APP_{name}": text})) == [problem]


def test_an_array_may_be_written_with_commas() -> None:
    found = configuration.from_environment(SCHEMA, "APP_", {"APP_WORKSPACE_IDS": "a, b"})
    assert found == {"workspace_ids": ["a", "b"]}


def test_a_misspelled_variable_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="APP_WORKSPACE_ID is not a setting; write APP_WORKSPACE_IDS"):
        configuration.from_environment(SCHEMA, "APP_", {"APP_WORKSPACE_ID": "a"})


def test_later_sources_win_and_null_means_unset(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    first.write_text(json.dumps({"api_key": SECRET, "page_size": 5, "region": "euc1"}))
    second.write_text(json.dumps({"page_size": 6, "region": None}), encoding="utf-8-sig")
    config = configuration.read_files([first, "ENV", second])
    with caplog.at_level("INFO"):
        config = configuration.merged(config, {"page_size": 7, "max_workers": 2, "api_key": SECRET})
    assert config == {"api_key": SECRET, "page_size": 7, "max_workers": 2}
    assert caplog.messages == ["The environment overrides the configuration file in page_size"]
    assert configuration.with_defaults(config, SCHEMA)["region"] == "global"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"api_key": "very-secret"', "is not JSON, line 1 column 26"),
        (b"[]", "must hold a JSON object of settings"),
        (b'"very-secret"', "must hold a JSON object of settings"),
        (b'{"page_size": NaN}', "is not JSON"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"[" * 100_000, "is not JSON"),
        (b"", "is not JSON"),
    ],
)
def test_a_broken_file_is_one_line_without_its_content(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=says) as caught:
        configuration.read_files([path])
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
