"""The certificate authorities and proxies of a connection, from the environment variables that companies use."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clockify_client.files import require_no_pipe

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""The variables that replace the built-in certificate authorities; the first that is set counts.

The library requests ignores the last one, which OpenSSL and most other programs use.
"""


def environments_of(session: requests.Session, urls: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the proxies and the certificate authorities for each URL, as arguments of a request.

    Plain http is allowed only to this machine: no proxy may see the key.

    Raises:
        ValueError: The file in a variable has no certificates; the message names the variable.
    """
    urls = list(urls)
    name, place = next(((one, os.environ[one]) for one in CERTIFICATES if os.environ.get(one)), ("", ""))
    if place and any(url.startswith("https:") for url in urls):
        _require_certificates(name, place)
    found = {url: session.merge_environment_settings(url, {"http": ""}, True, None, None) for url in urls}  # noqa: FBT003
    return {url: {**settings, "verify": place or True} for url, settings in found.items()}


def _require_certificates(name: str, place: str) -> None:
    """Refuse a bundle with which every request would fail as if the network had failed."""
    path = Path(place)
    try:
        require_no_pipe(place)
    except OSError:
        msg = f"{name} names {place}, which is a pipe or a device: name a file of certificates, or unset it"
        raise ValueError(msg) from None
    if not path.exists():
        msg = f"{name} names {place}, which is not there: name a file of certificates, or unset it"
        raise ValueError(msg)
    if path.is_dir():
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(place)
    except OSError:
        msg = f"{name} names {place}, which holds no certificates in PEM, or cannot be read"
        raise ValueError(msg) from None
