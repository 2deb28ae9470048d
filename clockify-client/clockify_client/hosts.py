"""The three base URLs of Clockify, chosen by region; each can be overridden."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

REGIONS = ("global", "euc1", "use2", "euw2", "apse2", "developer")
_GLOBAL = {
    "core": "https://api.clockify.me/api/v1",
    "reports": "https://reports.api.clockify.me/v1",
    "audit_log": "https://auditlog-api.api.clockify.me/v1",
}
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*|[0-9a-f]*:[0-9a-f:.]+")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(url: str) -> SplitResult | None:
    """Return the parts of an http URL, None if the text is not one."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.hostname or "") and parts.port != 0
    except ValueError:  # of a port or an IPv6 address
        return None
    return parts if usable else None


def _checked(name: str, url: str) -> str:
    if not {"@", "?", "#"}.isdisjoint(url):
        msg = f"{name} must be a plain base URL, without credentials, query or fragment"
        raise ValueError(msg)
    parts = _split(url)
    if parts is None:
        msg = f"{name} must be a URL such as {_GLOBAL['core']}"
        raise ValueError(msg)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        msg = f"{name} must use https: the key would travel in clear text to {parts.hostname}"
        raise ValueError(msg)
    return url.rstrip("/")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Hosts:
    """The base URLs of the core API, of the reports and of the audit log; `audit_log` is empty if none is known."""

    core: str
    reports: str
    audit_log: str

    @classmethod
    def of(
        cls,
        region: str = "global",
        api_url: str | None = None,
        reports_url: str | None = None,
        audit_log_url: str | None = None,
    ) -> Hosts:
        """Return the hosts of a region, except for those that are given.

        Regions share one host for the core and the reports, under different paths. The reports of a custom `api_url`
        are on the same host, so that a key is never sent to a host that the user did not name. No regional host of the
        audit log is documented: for other regions it must be given.

        Raises:
            ValueError: The region is unknown, or a URL is malformed or uses plain http.
        """
        if region not in REGIONS:
            msg = f"region must be one of {', '.join(REGIONS)}, not {region!r}"
            raise ValueError(msg)
        if api_url:
            core = _checked("api_url", api_url)
        elif region == "global":
            core = _GLOBAL["core"]
        else:
            core = f"https://{region}.clockify.me/api/v1"
        beside = {"reports": f"{_origin(core)}/report/v1", "audit_log": ""}
        if core == _GLOBAL["core"]:
            beside = _GLOBAL
        elif _is_loopback(urlsplit(core).hostname or ""):
            beside["audit_log"] = f"{_origin(core)}/auditlog/v1"
        return cls(
            core,
            _checked("reports_url", reports_url) if reports_url else beside["reports"],
            _checked("audit_log_url", audit_log_url) if audit_log_url else beside["audit_log"],
        )
