"""Reads Singer messages without decoding their records."""

from __future__ import annotations

import re
import select
import sys
from collections import Counter
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException
from singer_sdk.singerlib.encoding.base import GenericSingerReader, SingerMessageType
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

from target_clockify.decoding import UNDECODABLE, is_sound
from target_clockify.errors import StoppedError

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator

INVALID = "INVALID"
"""The type of a message in a rejects file that contains an invalid line of an earlier run; it is read as that line."""
INVALID_LINE = (InvalidInputLine, RecordsWithoutSchemaException, MissingKeyPropertiesError)
"""The exceptions for an invalid input line."""

_BLOCK = 1 << 18
_QUIET = 1.0  # seconds without input after which the received records are processed
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},:"]|[^\s"\[\]{},:]++', re.DOTALL)


class Message(msgspec.Struct):
    """A Singer message with its record as undecoded JSON."""

    type: str
    stream: str | None = None
    record: msgspec.Raw = msgspec.Raw()
    time_extracted: str | None = None
    version: int | None = None
    value: Any = None
    schema: dict[str, Any] | None = None
    key_properties: list[str] | None = None
    line: Any = None  # other taps may use it differently


_DECODER = msgspec.json.Decoder(Message)


class MessageReader(GenericSingerReader[str]):
    """Reads messages without decoding their records.

    Attributes:
        stopped: The signal that was received.
        is_waiting: It waits for input; a signal may interrupt that.
        on_quiet: Called when no further input comes for a while.
        on_invalid: Called with the number of an invalid line, the line, and the reason.
    """

    @property
    @override
    def default_input(self) -> IO[Any]:
        return sys.stdin.buffer

    @override
    def deserialize_json(self, line: str) -> dict[str, Any]:
        raise NotImplementedError  # messages are never dicts here

    def __init__(self) -> None:
        super().__init__()
        self.stopped: signal.Signals | None = None
        self.is_waiting = False
        self.on_quiet: Callable[[], None] = lambda: None
        self.on_invalid: Callable[[int, bytes, Exception], None] = _raised

    def lines_of(self, lines: IO[Any]) -> Iterator[bytes]:
        """Yield lines until the end or a signal. A signal raises an exception only while waiting for input.

        Raises:
            StoppedError: A signal was received.
        """
        begun: list[bytes] = []
        for block in self._blocks(lines):
            first, *others = block.split(b"\n")
            begun.append(first)
            if others:
                yield b"".join(begun)
                begun = [others.pop()]
                yield from others
        yield b"".join(begun)

    def _blocks(self, lines: IO[Any]) -> Iterator[bytes]:
        read = getattr(lines, "read1", None) or (
            lambda size: lines.read(size).encode()
        )  # a text stream has no file descriptor to wait for
        came = False
        while True:
            self.is_waiting = True
            self.check()
            if came and _is_quiet(lines):
                self.is_waiting = False
                self.on_quiet()
                self.is_waiting = True
                self.check()
            try:
                block = read(_BLOCK)
            except OSError as error:
                raise OSError(error.errno, f"the input cannot be read: {error.strerror}", _name_of(lines)) from None
            self.is_waiting = False
            if not block:
                return
            came = True
            yield block

    def check(self) -> None:
        """End the run if a signal has come.

        Raises:
            StoppedError: A signal was received.
        """
        if self.stopped is not None:
            msg = f"stopped by {self.stopped.name}"
            raise StoppedError(msg)

    @override
    def process_lines(self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[Any], None]]) -> Counter[str]:
        lines = file_input or self.default_input
        lines = getattr(lines, "buffer", lines)
        counts: Counter[str] = Counter()
        on_record, records = callbacks[SingerMessageType.RECORD], 0
        for number, line in enumerate(self.lines_of(lines), start=1):
            try:
                message = _message(line)
                if message is None:
                    continue
                if message.type == "RECORD":
                    records += 1
                    on_record(message)
                    continue
                callback = callbacks.get(message.type)
                if callback is None:
                    msg = f"{message.type!r} is no type of message"
                    raise InvalidInputLine(msg)
                callback(message)
                counts[SingerMessageType(message.type)] += 1
            except INVALID_LINE as error:
                self.on_invalid(number, line, error)
        counts[SingerMessageType.RECORD] = records
        return counts


def _message(line: bytes) -> Message | None:
    """Return the message in a line, None for a blank line.

    Raises:
        InvalidInputLine: The line is not a message.
    """
    try:
        message = _DECODER.decode(line)
    except UNDECODABLE as error:
        if not line.strip():
            return None
        if (found := _of_unreadable_record(line)) is not None:
            return found
        msg = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise InvalidInputLine(msg) from None
    if message.type == INVALID and isinstance(message.line, str):
        return _message(message.line.encode())
    return message


def _of_unreadable_record(line: bytes) -> Message | None:
    """Return the RECORD message in a line whose record is malformed, so that only the record is rejected."""
    members = _members(line)
    if members.get("type") != b'"RECORD"' or "record" not in members:
        return None
    record = members.pop("record")
    rest = {name: msgspec.Raw(value) for name, value in members.items()}
    with suppress(*UNDECODABLE):
        message = _DECODER.decode(msgspec.json.encode(rest))
        message.record = msgspec.Raw(record)
        return None if is_sound(record) else message
    return None


def _members(line: bytes) -> dict[str, bytes]:
    """Return the undecoded members of the object in a line; empty if the line is not an object."""
    depth, begin, name, members = 0, 0, "", {}
    for token in _TOKEN.finditer(line):
        sign = token[0]
        if sign == b'"' or (depth == 0 and (begin or sign != b"{")):  # an unterminated string, or text after the object
            return {}
        if depth == 1 and sign in b",}" and name:
            members[name], name = line[begin : token.start()].strip(), ""
        if sign in b"{[":
            depth += 1
            begin = begin or token.end()
        elif sign in b"}]":
            depth -= 1
        elif depth == 1 and sign == b":" and not name:
            name, begin = line[begin : token.start()].strip().strip(b'"').decode(errors="replace"), token.end()
        elif depth == 1 and sign == b",":
            begin = token.end()
    return {} if depth else members


def _name_of(lines: IO[Any]) -> str | None:
    name = getattr(lines, "name", None)
    return name if isinstance(name, str) else None


def _is_quiet(lines: IO[Any]) -> bool:
    """Return whether no input comes for a while; False if that cannot be found out."""
    try:
        return not select.select([lines.fileno()], [], [], _QUIET)[0]
    except (OSError, ValueError):  # not a file, or not one that the system can wait for
        return False


def _raised(_number: int, _line: bytes, error: Exception) -> None:
    raise error
