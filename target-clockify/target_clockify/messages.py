"""Singer messages as they come in, their records left as the JSON they are."""

from __future__ import annotations

import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader, SingerMessageType
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

from target_clockify.errors import StoppedError

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator


class Message(msgspec.Struct):
    """A Singer message, its record left as the JSON it is."""

    type: str
    stream: str | None = None
    record: msgspec.Raw = msgspec.Raw()
    time_extracted: str | None = None
    version: int | None = None
    value: Any = None
    schema: dict[str, Any] | None = None
    key_properties: list[str] | None = None


_DECODER = msgspec.json.Decoder(Message)


class MessageReader(GenericSingerReader[str]):
    """Reads messages without decoding the records in them."""

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

    def lines_of(self, lines: IO[Any]) -> Iterator[bytes]:
        """Yield lines until the end or a signal. Only the wait for a line may be broken off by an exception.

        Raises:
            StoppedError: A signal has come.
        """
        while True:
            self.is_waiting = True
            self.check()
            line = lines.readline()
            self.is_waiting = False
            if not line:
                return
            yield line

    def check(self) -> None:
        """End the run if a signal has come.

        Raises:
            StoppedError: One has.
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
        for line in self.lines_of(lines):
            try:
                message = _DECODER.decode(line)
            except msgspec.DecodeError as error:
                if not line.strip():
                    continue
                msg = f"line {counts.total() + records + 1} of the input is no Singer message: {error}"
                raise InvalidInputLine(msg) from None
            if message.type == "RECORD":
                records += 1
                on_record(message)
                continue
            callback = callbacks.get(message.type)
            if callback is None:
                msg = f"Unknown message type '{message.type}' in message."
                raise ValueError(msg)
            callback(message)
            counts[SingerMessageType(message.type)] += 1
        counts[SingerMessageType.RECORD] = records
        return counts
