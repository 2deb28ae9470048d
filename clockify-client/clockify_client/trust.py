"""Whom a connection trusts, and by which proxy it goes: what the environment says, as companies need it."""

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
"""The variables that name certificate authorities in place of the built-in ones; the first that is set holds. Requests
does not know the last, which OpenSSL and most other programs go by."""


def environments_of(session: requests.Session, urls: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the proxies and the certificate authorities for each URL, as arguments of a request.

    Plain http is for this machine only: no proxy on the way may see the key.

    Raises:
        ValueError: A variable names no certificates; the message says which.
    """
    urls = list(urls)
    name, place = next(((one, os.environ[one]) for one in CERTIFICATES if os.environ.get(one)), ("", ""))
    if place and any(url.startswith("https:") for url in urls):
        _require_certificates(name, place)
    found = {url: session.merge_environment_settings(url, {"http": ""}, True, None, None) for url in urls}  # noqa: FBT003
    return {url: {**settings, "verify": place or True} for url, settings in found.items()}


def _require_certificates(name: str, place: str) -> None:
    """Refuse a bundle that would fail at every request and be reported as a network failure."""
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
