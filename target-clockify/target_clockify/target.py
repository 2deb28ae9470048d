"""The target: settings, messages, and the command line."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, ClassVar

import click
import msgspec
import sqlalchemy.exc
from clockify_client import ClockifyError, configuration, endpoints, files
from clockify_client.output import Output, OutputLostError, require
from clockify_client.terminal import share
from singer_sdk import Target
from singer_sdk.cli import plugin_cli
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.plugin_base import PluginBase, _ConfigInput
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

from target_clockify import sheets, streams
from target_clockify.about import capability_table
from target_clockify.books.database import LedgerError
from target_clockify.books.ledger import Ledger, report
from target_clockify.decide.reversal import TAKEN_BACK
from target_clockify.decoding import decoded, is_sound
from target_clockify.errors import StoppedError
from target_clockify.messages import INVALID_LINE, Message, MessageReader
from target_clockify.model.objects import BY_NAME, OBJECTS, why_not
from target_clockify.run import Run
from target_clockify.settings import CONFIG_SCHEMA, VARIABLES, Settings, client_of
from target_clockify.understand.layouts import KINDS
from target_clockify.understand.route import Route
from target_clockify.undo import Undo

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping
    from types import FrameType

    from clockify_client import Client
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

_FAILURES = (
    *(ClockifyError, StoppedError, LedgerError, OutputLostError),
    *(*INVALID_LINE, RecursionError, msgspec.MsgspecError),
    *(OSError, ValueError, LookupError, ImportError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error),
)
"""Failures that are reported in one line."""

_ENCODER = msgspec.json.Encoder(enc_hook=str, decimal_format="number")


def _is_true(record: logging.LogRecord) -> bool:
    """Return whether a log line of the SDK is true: the SDK does not know that this class reads the environment."""
    return not str(record.msg).startswith("Skipping parse of env var settings")


class TargetClockify(Target):
    """Singer target for Clockify."""

    name = "target-clockify"
    package_name = "target-clockify"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    message_reader_class = MessageReader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(
        self,
        *args: Any,
        config: dict[str, Any] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        flags: Mapping[str, bool] | None = None,
        **kwargs: Any,
    ) -> None:
        """Validate the settings before the SDK does: its messages repeat values, and unusual values make it crash.

        Raises:
            ConfigurationError: The settings are not valid.
        """
        self.append_builtin_config(self.config_jsonschema)
        environment = configuration.from_environment(self.config_jsonschema, VARIABLES) if parse_env_config else {}
        settings = configuration.merged(config or {}, environment)
        settings |= {name: True for name, is_set in (flags or {}).items() if is_set}
        if validate_config:
            configuration.check(settings, self.config_jsonschema)
            if problems := list(streams.problems(settings)):
                raise configuration.ConfigurationError(problems)
        self.logger.addFilter(_is_true)
        super().__init__(*args, config=settings, validate_config=validate_config, **kwargs)
        self.run_id = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
        self._run: Run | None = None
        self._output = Output()
        self._skipped: dict[str, int] = {}
        self._keys: dict[str, list[str]] = {}
        self._plain: dict[str, bool] = {}
        self._sheets: dict[str, list[str]] = {}  # the streams of objects that rows in a layout are written to
        self._warned: set[str] = set()
        self.failed = False
        self._messages.on_quiet = self._catch_up
        self._messages.on_invalid = self._take_invalid_line

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the settings of stream maps and flattening; load methods and batch sizes do not apply to an API."""
        PluginBase.append_builtin_config.__func__(cls, config_jsonschema)  # type: ignore[attr-defined]

    # -- messages ------------------------------------------------------------------------------

    @property
    def run(self) -> Run:
        """The run, which starts with the first stream that is written."""
        if self._run is None:
            self._run = Run(*self._connected(), self._write_state_message, self._messages.check)
        return self._run

    def _connected(self) -> tuple[Settings, Client, Ledger]:
        client = client_of(self.config)
        workspace = self.config.get("workspace_id")
        if not workspace:
            seen = [row["id"] for row in client.rows(endpoints.WORKSPACES, {})]
            if len(seen) != 1:
                msg = f"workspace_id must be set: the key sees {len(seen)} workspaces"
                raise ValueError(msg)
            workspace = seen[0]
        settings = Settings.of(self.config, workspace)
        ledger = Ledger(
            self.config["ledger_url"], workspace, self.run_id, may_be_new=bool(self.config.get("rebuild_ledger"))
        )
        if not settings.dry_run:
            ledger.hold()
        return settings, client, ledger

    def _catch_up(self) -> None:
        """Write the received records, without waiting for more."""
        if self._run is not None:
            self._run.catch_up()

    def _take_invalid_line(self, number: int, line: bytes, error: Exception) -> None:
        if self.config.get("on_invalid") == "reject":
            self.run.reject_line(number, line, error)
            return
        self._catch_up()
        msg = f"line {number} of the input is no Singer message: {error}; the records before it are done (on_invalid)"
        raise type(error)(msg) from None

    @override
    def _process_schema_message(self, message: Message) -> None:  # type: ignore[override]
        try:
            self._take_schema(message)
        except ValueError:  # the settings do not fit this stream; rows that came before are still written
            self._catch_up()
            raise

    def _take_schema(self, message: Message) -> None:
        stream, schema = message.stream, message.schema
        self._plain.pop(stream or "", None)  # if the new schema is refused, the previous one is no longer valid
        if stream is None or schema is None or not isinstance(schema.get("properties"), dict):
            msg = f"the SCHEMA message of {stream or 'a stream'} lacks its stream, schema or properties"
            raise InvalidInputLine(msg)
        keys = message.key_properties or []
        try:
            self.mapper.register_raw_stream_schema(stream, schema, keys)
        except Exception as error:  # as above
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            msg = f"stream_maps of {stream}: {said}"
            raise ValueError(msg) from error
        maps = self.mapper.stream_maps[stream]
        plain = len(maps) == 1 and type(maps[0]) is SameRecordTransform and not self.config.get("flattening_enabled")
        self._plain[stream] = plain
        original = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": keys}
        for one in maps:
            keys = list(one.transformed_key_properties or [])
            if self._introduce(one.stream_alias, one.transformed_schema, keys):
                alias = one.stream_alias
                for name in self._sheets.get(alias, [alias]):
                    is_own = plain and alias not in self._sheets
                    self.run.rejects.introduce(name, original, mapped_from="" if is_own else stream)

    def _introduce(self, stream: str, schema: dict[str, Any], keys: list[str]) -> bool:
        """Register a stream, and return whether it is written."""
        settings = streams.settings_of(self.config, stream)
        if settings.get("layout"):
            self._introduce_sheet(stream, settings, list(schema["properties"]))
            return True
        name = settings.get("object") or stream
        self._keys[stream] = keys
        target = streams.writable(name)
        if target is None:
            self._skip(stream, name)
            return False
        keys = self.run.ledger.keys_of(
            stream,
            list(settings.get("key") or keys),
            rekey=bool(settings.get("rekey")),
            findable=not target.needs_key or bool(settings.get("match_on")),
        )
        if not keys and target.needs_key:
            msg = (
                f"{stream} has no key, so the next run could write each of its rows again: name the "
                f"columns that identify a row in `key` of the stream, "
                f'"streams": {{"{stream}": {{"key": ["..."]}}}}'
            )
            raise ValueError(msg)
        route = Route(
            stream,
            target,
            tuple(keys),
            {**settings, "key": None, "create_missing": streams.creates(self.config, settings)},
            destination=self.run.settings.workspace_id,
            properties=list(schema["properties"]),
        )
        self.run.introduce(route)
        return True

    def _introduce_sheet(self, stream: str, settings: Mapping[str, Any], columns: list[str]) -> None:
        """Register a stream in a layout: the objects that its rows become, and their columns."""
        layout = streams.layout_of(self.config, settings)
        self._keys[stream] = []
        self.run.ledger.keys_of(stream, [sheets.KEY], rekey=bool(settings.get("rekey")), findable=False)
        creates = streams.creates(self.config, settings, default=KINDS)
        routes = sheets.routes_of(stream, creates, self.run.settings.workspace_id).values()
        for route in routes:
            self.run.introduce(route)
        self._sheets[stream] = [route.stream for route in routes]
        self.run.introduce_sheet(stream, layout, columns)

    def _skip(self, stream: str, name: str) -> None:
        reason = why_not(name)
        if reason is None:
            if self.config.get("on_unknown_stream") != "skip":
                known = ", ".join(sorted(BY_NAME))
                msg = (
                    f"stream {stream!r} means nothing that can be written; name it in `streams` with its object "
                    f"or layout, or set on_unknown_stream to skip. Objects: {known}"
                )
                raise ValueError(msg)
            reason = "it means nothing that can be written"
        if stream not in self._skipped:
            self.logger.info("%s is skipped: %s", stream, reason)
        self._skipped.setdefault(stream, 0)

    @override
    def _process_record_message(self, message: Message) -> None:  # type: ignore[override]
        stream = message.stream or ""
        plain = self._plain.get(stream)
        if plain is None:
            msg = (
                f"A record for stream '{stream}' was encountered before a corresponding schema. "
                "Check that the Tap correctly implements the Singer spec."
            )
            raise RecordsWithoutSchemaException(msg)
        if not (raw := bytes(message.record)):
            msg = f"a RECORD message of {stream} lacks its record"
            raise InvalidInputLine(msg)
        if plain:
            self._take(stream, raw, message.version)
            return
        if not is_sound(raw):  # each stream that a stream map makes from it has lost a row
            for one in self.mapper.stream_maps[stream]:
                self._take(one.stream_alias, raw, message.version, raw)
            return
        for one in self.mapper.stream_maps[stream]:
            try:
                record = one.transform(msgspec.json.decode(raw))
            except Exception as error:  # a user's expression may raise any exception
                msg = f"stream_maps: an expression of {stream} fails on a record: {type(error).__name__}"
                raise InvalidInputLine(msg) from error
            if record is not None:
                self._take(one.stream_alias, _ENCODER.encode(record), message.version, raw)

    def _take(self, stream: str, raw: bytes, version: int | None, origin: bytes = b"") -> None:
        if stream not in self._skipped:
            self.run.record(stream, raw, version, origin)
            return
        self._skipped[stream] += 1
        if why_not(stream) is None and is_sound(raw):
            record = decoded(raw)
            if missing := [name for name in self._keys[stream] if name not in record]:
                msg = f"a record of {stream} lacks its key: {', '.join(missing)}"
                raise MissingKeyPropertiesError(msg)

    @override
    def _process_state_message(self, message: Message) -> None:  # type: ignore[override]
        if self._run is not None:
            self._run.state(message.value)
        elif not (self.config.get("dry_run") or self.config.get("rebuild_ledger")):
            self._write_state_message(message.value)

    @override
    def _write_state_message(self, state: Any) -> None:
        self._output.write(json.dumps(state).encode() + b"\n")

    @override
    def _process_activate_version_message(self, message: Message) -> None:  # type: ignore[override]
        for one in self.mapper.stream_maps.get(message.stream or "", ()):
            if self._run is not None and one.stream_alias not in self._skipped:
                self._run.activate(one.stream_alias, message.version)

    @override
    def _process_batch_message(self, message: Message) -> None:  # type: ignore[override]
        msg = "BATCH messages are not understood: let the tap write RECORD messages"
        raise InvalidInputLine(msg)

    # -- the run -------------------------------------------------------------------------------

    @override
    def process_endofpipe(self) -> None:
        """Process what is left, and log the summary."""
        run = self._run
        if run is None:
            return
        try:
            run.finish()
        finally:
            self._end(run)

    def _end(self, run: Run) -> None:
        self._run = None
        try:
            run.close()
        finally:
            run.summary.tell(self.run_id, str(run.rejects.path))
            for stream, route in run.routes.items():
                if route.columns.unknown:
                    self.logger.warning(
                        "%s has columns that mean nothing: %s", stream, ", ".join(sorted(route.columns.unknown))
                    )
        if run.summary.rejected and self.config.get("on_reject") != "ignore":
            self.failed = True

    def give_up(self) -> None:
        """End a run that failed: record the outcomes of sent writes; the others were not started."""
        if self._run is not None:
            self._end(self._run)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop reading; wait for sent writes and record their outcomes."""
        # Only a flag is set, which the run checks between two steps: an exception in the middle of a step could leave a
        # finished write recorded as never sent. Only waiting for input is interrupted.
        if not hasattr(self, "message_reader"):
            msg = f"stopped by {signal.Signals(signum).name}"
            raise StoppedError(msg)
        self._output.stop(signum)
        reader = self._messages
        reader.stopped = signal.Signals(signum)
        if reader.is_waiting:
            reader.is_waiting = False
            reader.check()

    @property
    def _messages(self) -> MessageReader:
        assert isinstance(self.message_reader, MessageReader)  # noqa: S101 - see message_reader_class
        return self.message_reader

    # -- the command line ----------------------------------------------------------------------

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        """Read the files; the environment overrides them, with or without `--config=ENV`."""
        try:
            return _ConfigInput(configuration.read_files(value), parse_env=True)
        except configuration.ConfigurationError as error:
            raise click.ClickException(str(error)) from None

    @classmethod
    @override
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: str | None = None,
        report: str | None = None,
        undo: str | None = None,
        dry_run: bool = False,
        rebuild_ledger: bool = False,
    ) -> None:
        """Run the target; every failure is one line on stderr and exit code 1."""
        share()
        super(Target, cls).invoke(about=about, about_format=about_format)
        config = config or _ConfigInput()
        target: TargetClockify | None = None
        try:
            flags = {"dry_run": dry_run, "rebuild_ledger": rebuild_ledger}
            target = cls(config=config.config, parse_env_config=config.parse_env, flags=flags)
            if report:
                target.tell_report(report)
                return
            if undo:
                target.undo(undo)
                sys.exit(1 if target.failed else 0)
            cls.print_version(print_fn=cls.logger.info)
            require("stdout", *([] if file_input else ["stdin"]))
            cls._listen(target, file_input)
        except _FAILURES as error:
            cls._fail(target, error)
        if target is not None and target.failed:
            sys.exit(1)

    @staticmethod
    def _listen(target: TargetClockify, path: str | None) -> None:
        if path is None or path == "-":
            target.listen()
            return
        with TextIOWrapper(files.open_input(path)) as lines:
            target.listen(lines)

    @classmethod
    def _fail(cls, target: TargetClockify | None, error: BaseException) -> None:
        if target is not None:
            with suppress(*_FAILURES):  # the failure that ended the run says more than its consequences
                target.give_up()
        said = files.in_words(error) if isinstance(error, OSError) else str(error)
        cls.logger.error("%s", said.splitlines()[0] if said else type(error).__name__)
        if sys.stdout:  # none if it is closed
            sys.stdout.flush()
        os._exit(1) if isinstance(error, BrokenPipeError) else sys.exit(1)

    def tell_report(self, run: str) -> None:
        """Print what a run changed, one JSON line per write."""
        for row in report(self.config["ledger_url"], run):
            told = {name: value for name, value in row.items() if name != "recovery"}
            self._output.write(json.dumps(told).encode() + b"\n")

    def undo(self, run: str) -> None:
        """Take a run back, and print a line for each of its writes, and a summary."""
        undo = Undo(*self._connected(), self._messages.check)
        try:
            for line in undo.take_back(run):
                self._output.write(line.encode() + b"\n")
        finally:
            undo.close()
            said = ", ".join(f"{count} {what}" for what, count in undo.outcomes.items()) or "nothing to take back"
            self.logger.info("Run %s undoes %s: %s", self.run_id, run, said)
        self.failed = bool(undo.outcomes.keys() - {TAKEN_BACK})

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        for option in command.params:
            if option.name == "file_input":
                option.type = click.STRING  # it is opened later, where a failure is reported in one line
        command.params.append(
            click.Option(["--dry-run"], is_flag=True, help="Print what would be written, and send nothing.")
        )
        found = "Write nothing to Clockify, and record in a new ledger which object each row became."
        command.params.append(click.Option(["--rebuild-ledger"], is_flag=True, help=found))
        command.params.append(
            click.Option(["--report"], metavar="RUN", help="Print what a run changed (`last` is the latest), and exit.")
        )
        undo = "Take back the writes of a run (`last` is the latest), and exit; with --dry-run, only print them."
        command.params.append(click.Option(["--undo"], metavar="RUN", help=undo))
        return command

    @plugin_cli
    def cli(cls) -> click.Command:  # noqa: N805 - the SDK makes a class method of it
        """Set up the logs and return the command line."""
        with files.setting_up_logs():
            return super().cli

    @classmethod
    @override
    def print_about(cls, output_format: str | None = None) -> None:
        """Print the settings, and the operations of every object."""
        super().print_about(output_format)
        if output_format != "json":
            click.echo(capability_table(OBJECTS))
