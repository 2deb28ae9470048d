"""A certificate for the sandbox, for clients that accept only https."""

from __future__ import annotations

import ssl
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from clockify_sandbox.named_files import require_file

if TYPE_CHECKING:
    from typing import Self

_NAMES = ("localhost", "127.0.0.1", "::1", "clockify.me", "*.clockify.me", "*.api.clockify.me")
CA_FILE_LINE = "certificate authority: "
"""The beginning of the line in which `serve` prints the path of the authority's certificate."""


class Certificate:
    """A certificate for this machine and the hosts of Clockify, issued by an authority that is created for it.

    Attributes:
        ca_file: the certificate of the authority, PEM; removed at the end if no file was named.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, ca_file: Path | None) -> None:
        import trustme  # noqa: PLC0415 - it takes a quarter of a second, and few need it

        authority = trustme.CA()
        self._issued = authority.issue_cert(*_NAMES)
        self._undo = ExitStack()
        self.ca_file = ca_file or Path(self._undo.enter_context(tempfile.TemporaryDirectory()), "ca.pem")
        require_file(self.ca_file)
        try:
            self.ca_file.write_bytes(authority.cert_pem.bytes())
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.ca_file)) from None

    def server_side(self) -> ssl.SSLContext:
        """What a server proves with that it may answer under these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._issued.configure_cert(context)
        return context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()
