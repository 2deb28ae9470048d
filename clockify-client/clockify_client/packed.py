"""The body of a response, kept compressed. A large body is never decompressed as a whole."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from typing import TYPE_CHECKING

import msgspec

from clockify_client import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client.spool import Spool

_COMPRESS_FROM = 1024
_LARGE = 1 << 18
_PIECE = 1 << 18
_MANY = 16  # pieces in which no end of a row was found
_END_OF_GZIP = struct.Struct("<II")  # CRC-32 and length of the content
_DAMAGED = (OSError, EOFError, zlib.error)  # what gzip raises
_LARGEST = 1 << 29  # bytes of a body; a larger one is probably an attack on this machine's memory
_BEST = 1032  # the highest compression ratio of gzip


class Packed:
    """A body, compressed with gzip like most responses; small bodies are kept uncompressed.

    Args:
        content: The body, plain or compressed.
        gzipped: Whether it is compressed.

    Attributes:
        length: Bytes of the body.
        size: Bytes that it takes in memory.
        fingerprint: A value that differs for different bodies.
        replaced: Characters that were replaced to make it JSON.
    """

    __slots__ = ("_content", "_cuts", "_gzipped", "_spooled", "fingerprint", "length", "replaced", "size")

    def __init__(self, content: bytes, *, gzipped: bool = False) -> None:
        if not gzipped and len(content) >= _COMPRESS_FROM:
            content, gzipped = gzip.compress(content, 1, mtime=0), True
        self._content = content
        self._spooled: tuple[Spool, int] | None = None
        self._gzipped = gzipped
        self._cuts: tuple[int, ...] = ()
        self.replaced = 0
        self.size = len(content)
        if gzipped and content:  # the end of gzip data has both
            self.fingerprint, self.length = _END_OF_GZIP.unpack(content[-_END_OF_GZIP.size :].rjust(8, b"?"))
        else:
            self.fingerprint, self.length = zlib.crc32(content), len(content)

    @property
    def body(self) -> bytes:
        """The whole body, decompressed on each access."""
        if not self._gzipped:
            return self._kept()
        return gzip.decompress(self._kept()) if self.size * _BEST <= _LARGEST else b"".join(self._chunks())

    def as_words(self) -> bytes:
        """Return the body of an error response; if it cannot be decompressed, return it as it is, which is not JSON."""
        try:
            return self.body
        except _DAMAGED:
            return self._kept()

    def as_json(self) -> Packed | None:
        """Return the body as valid JSON, or empty; surrogates and NaN, which are not valid JSON, are replaced."""
        if not self.length or self.is_json():
            return self
        try:
            content, replaced = text.storable(self.body)
        except _DAMAGED:
            return None
        if not (replaced and _is_json(content)):
            without = text.without_rows_of_nan(content)
            if without is None:
                return None
            content = without
        made = Packed(content)
        made.replaced = replaced
        return made

    def is_json(self) -> bool:
        """Return whether it is valid JSON. A large array is checked piece by piece; `pieces` does that work again."""
        try:
            if self.length < _LARGE or not self._gzipped:
                return _is_json(self.body)
            cuts, rest, depth, next_look = [], bytearray(), 0, 0
            for chunk in self._chunks():
                begin = max(len(rest) - 1, 0)  # a brace may end one chunk, and its comma begin the next
                rest += chunk
                depth += chunk.count(b"{") - chunk.count(b"}")
                cut = _end_of_rows(rest, begin, depth) if len(rest) >= next_look else 0
                if cut and _is_json(rest[:cut] + b"]"):
                    cuts.append(cut)
                    rest[: cut + 1] = b"["
                elif cut and len(rest) > _MANY * _PIECE:  # checking the whole array with each piece would take too long
                    next_look = len(rest) * 5 // 4
            self._cuts = tuple(cuts)
            return _is_json(rest)
        except _DAMAGED:
            return False

    def pieces(self) -> Iterator[bytes]:
        """Yield the body in one piece, a large array as several arrays of whole rows."""
        if not self._cuts:
            yield self.body
            return
        chunks, rest = self._chunks(), bytearray()
        for cut in self._cuts:
            while len(rest) <= cut:
                rest += next(chunks)
            yield bytes(rest[:cut]) + b"]"
            rest[: cut + 1] = b"["
        yield b"".join((rest, *chunks))

    def move_to(self, spool: Spool) -> None:
        """Move it from memory to a file, before other threads use it.

        Raises:
            OSError: The file cannot be written.
        """
        self._spooled = spool, spool.put(self._content)
        self._content = b""

    def _kept(self) -> bytes:
        if self._spooled is None:
            return self._content
        spool, at = self._spooled
        return spool.get(at, self.size)

    def _chunks(self) -> Iterator[bytes]:
        """Yield the body in pieces.

        Raises:
            OSError: It is damaged, or larger than anything that Clockify sends.
        """
        size = 0
        with gzip.open(io.BytesIO(self._kept())) as unpacked:
            while chunk := unpacked.read(_PIECE):
                size += len(chunk)
                if size > _LARGEST:
                    msg = "the answer is too large"
                    raise OSError(msg)
                yield chunk


def _is_json(content: bytes | bytearray) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return not text.holds_long_number(content)


def _end_of_rows(begun: bytearray, begin: int, depth: int) -> int:
    """Return where the last whole row of an array that has begun seems to end, 0 if there is none.

    It counts braces. Braces inside strings make the result wrong; the rows up to that point are then not valid JSON.

    Args:
        begun: The array so far.
        begin: Where to start; everything before was scanned already.
        depth: The number of open braces at that position.
    """
    if not begun.startswith(b"["):
        return 0
    end = len(begun)
    while (brace := begun.rfind(b"},", begin, end)) >= 0:
        depth -= begun.count(b"{", brace + 1, end) - begun.count(b"}", brace + 1, end)
        end = brace + 1
        if depth == 0:
            return end
    return 0
