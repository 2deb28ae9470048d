from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from clockify_client import REGIONS, Hosts
from hypothesis import given
from hypothesis import strategies as st


def test_the_global_hosts_are_three() -> None:
    assert Hosts.of() == Hosts(
        "https://api.clockify.me/api/v1",
        "https://reports.api.clockify.me/v1",
        "https://auditlog-api.api.clockify.me/v1",
    )


@pytest.mark.parametrize("region", [one for one in REGIONS if one != "global"])
def test_a_region_has_one_host_and_no_known_audit_log(region: str) -> None:
    origin = f"https://{region}.clockify.me"
    assert Hosts.of(region) == Hosts(f"{origin}/api/v1", f"{origin}/report/v1", "")


def test_an_unknown_region_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"region must be one of global, euc1, .* not 'mars'"):
        Hosts.of("mars")


def test_each_url_can_be_overridden() -> None:
    assert Hosts.of(reports_url="https://acme.clockify.me/report/v1/") == Hosts(
        "https://api.clockify.me/api/v1",
        "https://acme.clockify.me/report/v1",
        "https://auditlog-api.api.clockify.me/v1",
    )
    assert Hosts.of("euc1", audit_log_url="https://audit.example.com/v1").audit_log == "https://audit.example.com/v1"
    assert Hosts.of(api_url="https://api.clockify.me/api/v1/") == Hosts.of()


@given(st.sampled_from(REGIONS), st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True))
def test_the_key_never_travels_to_a_host_that_was_not_named(region: str, host: str) -> None:
    hosts = Hosts.of(region, api_url=f"https://{host}/api/v1")
    assert {urlsplit(url).hostname for url in (hosts.core, hosts.reports, hosts.audit_log) if url} == {host}


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8765", "http://localhost:1", "http://[::1]:8765"])
def test_plain_http_is_for_this_machine(origin: str) -> None:
    assert Hosts.of(api_url=f"{origin}/api/v1") == Hosts(
        f"{origin}/api/v1", f"{origin}/report/v1", f"{origin}/auditlog/v1"
    )


@pytest.mark.parametrize("setting", ["api_url", "reports_url", "audit_log_url"])
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://api.clockify.me/api/v1", "must use https: the key would travel in clear text to api.clockify.me"),
        ("http://127.0.0.1.example.com", "must use https"),
        ("http://10.0.0.1/api/v1", "must use https"),
        ("nonsense", "must be a URL such as"),
        ("ftp://example.com", "must be a URL such as"),
        ("https://", "must be a URL such as"),
        ("https://.", "must be a URL such as"),
        ("https://exam ple.com/api/v1", "must be a URL such as"),
        ("https://exam..ple.com/api/v1", "must be a URL such as"),
        ("https://example.com:port/api/v1", "must be a URL such as"),
        ("https://example.com:99999/api/v1", "must be a URL such as"),
        ("https://[::1/api/v1", "must be a URL such as"),
        ("https://user:hidden@example.com/api/v1", "must be a plain base URL"),
        ("ftp://user:hidden@example.com", "must be a plain base URL"),
        ("https://example.com/api/v1?a=hidden", "must be a plain base URL"),
        ("https://example.com/api/v1#hidden", "must be a plain base URL"),
    ],
)
def test_the_refusal_of_a_bad_url_names_its_setting(setting: str, url: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"{setting} {says}") as refused:
        Hosts.of(**{setting: url})
    assert "hidden" not in str(refused.value)
