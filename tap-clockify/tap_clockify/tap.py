"""The tap: settings, catalog, the run and its summary."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click
import msgspec
from clockify_client import (
    BadCredentialsError,
    ClockifyError,
    RateLimitedError,
    UnknownWorkspaceError,
    UnreachableError,
    configuration,
    files,
)
from clockify_client.output import require
from singer_sdk import Tap
from singer_sdk.cli import plugin_cli
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_clockify.check import seen_with
from tap_clockify.command import OneLineCommand, failing_in_one_line
from tap_clockify.output import WholeLines
from tap_clockify.plan import Plan
from tap_clockify.progress import Progress, SoFar
from tap_clockify.settings import CONFIG_SCHEMA, Scope, client_of
from tap_clockify.stream import ClockifyStream
from tap_clockify.streams import STREAMS
from tap_clockify.verdict import Cause
from tap_clockify.verification import Verification

if TYPE_CHECKING:
    from types import FrameType

    from clockify_client import Client
    from singer_sdk.exceptions import MappingError
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_clockify.declaration import Source
    from tap_clockify.verdict import Verdict


_PREFIX = "TAP_CLOCKIFY_"  # of the variables that hold settings
_FILES = ("state", "catalog")  # options that name one
_OF_THE_ACCOUNT = (BadCredentialsError, RateLimitedError, UnknownWorkspaceError, UnreachableError)


def _object_in(path: str | None, option: str) -> dict[str, Any] | None:
    """Return the JSON object in a file of the command line; None if no file is given, or if it holds `null`.

    Raises:
        OSError: It cannot be read.
        ValueError: The file holds something else; the message names the option and the file.
    """
    if path is None:
        return None
    try:
        content = json.loads(sys.stdin.buffer.read() if path == "-" else files.read(path))
    except ValueError as error:  # bytes that are not UTF-8 are a ValueError as well
        msg = f"{option} {path} is not JSON: {error}"
        raise ValueError(msg) from None
    if content is not None and not isinstance(content, dict):
        msg = f"{option} {path} must hold an object, not {type(content).__name__}"
        raise ValueError(msg)
    return content


def _is_true(record: logging.LogRecord) -> bool:
    """Return whether a log line of the SDK is true: the SDK does not know that this class reads the environment."""
    return not str(record.msg).startswith("Skipping parse of env var settings")


class TapClockify(Tap):
    """Singer tap for Clockify."""

    name = "tap-clockify"
    package_name = "tap-clockify"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    message_writer: WholeLines
    message_writer_class = WholeLines
    _is_over = False
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        TapCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(
        self,
        *args: Any,
        config: dict[str, Any] | str | Path | list[str | Path] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        **kwargs: Any,
    ) -> None:
        """Validate the settings before the SDK does: its messages repeat values, and unusual values make it crash.

        Raises:
            ConfigurationError: The settings are not valid.
        """
        self.append_builtin_config(self.config_jsonschema)
        if isinstance(config, (str, Path)):
            config = [config]
        settings = configuration.read_files(config) if isinstance(config, list) else config or {}
        environment = configuration.from_environment(self.config_jsonschema, _PREFIX) if parse_env_config else {}
        settings = configuration.merged(settings, environment)
        if validate_config:
            configuration.check(settings, self.config_jsonschema)
        self._plan: Plan | None = None
        self._clients: list[Client] = []
        self._records: dict[str, int] = {}
        self._verdicts: list[Verdict] = []
        self._verifications: dict[Source, Verification] = {}
        self._account_failed = self._account_failed_before = False
        self._so_far = SoFar(self._records, self._verdicts, self._clients)
        self._progress = Progress(self._so_far)
        self.logger.addFilter(_is_true)
        super().__init__(*args, config=settings, validate_config=validate_config, **kwargs)

    @override
    def discover_streams(self) -> list[ClockifyStream]:
        return [ClockifyStream(self, declaration) for declaration in STREAMS]

    @property
    @override
    def streams(self) -> dict[str, Any]:
        """The streams in the order of reading: parents before their children."""
        by_name = super().streams
        return {one.name: by_name[one.name] for one in STREAMS}

    @property
    @override
    def catalog_dict(self) -> dict[str, Any]:
        """The catalog, with the schemas unchanged: the SDK would parse and rebuild each of them."""
        return {"streams": [stream.catalog_entry for stream in self.streams.values()]}

    @property
    @override
    def catalog_json_text(self) -> str:
        return msgspec.json.format(msgspec.json.encode(self.catalog_dict), indent=2).decode()

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Load a state; bookmarks that another program or an earlier version left in it are ignored."""
        bookmarks = state.get("bookmarks")
        known = bookmarks if isinstance(bookmarks, dict) else {}
        super().load_state({**state, "bookmarks": {name: one for name, one in known.items() if isinstance(one, dict)}})

    # -- what streams use and report -------------------------------------------------------------

    @cached_property
    def scope(self) -> Scope:
        """The scope from the settings, created at first use."""
        return Scope(self.config, datetime.now(tz=UTC).replace(microsecond=0))

    def plan_for(self, stream: ClockifyStream) -> Plan:
        """Return the plan of the run for all selected streams; the first stream that is read creates it.

        Raises:
            ValueError: The settings contradict each other.
        """
        if self._plan is None or not self._plan.holds(stream.declaration):
            if self._plan is not None:
                self._plan.close()
            selected = [one.declaration for one in self.streams.values() if one.selected or one is stream]
            self._so_far.plan = self._plan = Plan(self.connect(), self.scope, selected)
        return self._plan

    def verification_of(self, source: Source, stream: ClockifyStream) -> Verification:
        """Return the verification of a source, the same for all of its streams.

        Args:
            source: Where the time entries of a user are read.
            stream: The first stream that asks; messages name it.
        """
        if source not in self._verifications:
            self._verifications[source] = Verification(self.plan_for(stream), source, self.scope, stream.name)
        return self._verifications[source]

    @property
    def plan(self) -> Plan | None:
        """The plan of the run, once it is made."""
        return self._plan

    def connect(self) -> Client:
        """Return a new connection to Clockify.

        Raises:
            ValueError: The settings contradict each other.
        """
        self._clients.append(client_of(self.config, f"tap-clockify/{version('tap-clockify')}"))
        return self._clients[-1]

    def read(self, stream: str, records: int) -> None:
        """Record the number of records of a stream so far."""
        self._records[stream] = records

    def judged(self, verdict: Verdict) -> None:
        """Record how a stream ended, and log a line for each reason why it is incomplete.

        A failure of the whole account affects every later stream, so it is reported only once.
        """
        self._verdicts.append(verdict)
        for cause, line in verdict.lines():
            if cause is Cause.BROKEN and self._account_failed_before:
                continue
            level = logging.ERROR if cause.failed else logging.INFO if cause.chosen else logging.WARNING
            self.logger.log(level, line)
        self._account_failed_before = self._account_failed

    def failed(self, error: ClockifyError | MappingError) -> None:
        """Record that a stream failed for a reason that may affect the whole account."""
        self._account_failed = self._account_failed or isinstance(error, _OF_THE_ACCOUNT)

    # -- the command line ----------------------------------------------------------------------

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        """Read the files; the environment overrides them, with or without `--config=ENV`."""
        return _ConfigInput(configuration.read_files(value), parse_env=True)

    @classmethod
    @override
    def invoke(cls, **options: Any) -> None:
        """Run the tap."""
        super(Tap, cls).invoke(about=options["about"], about_format=options["about_format"])
        cls.print_version(print_fn=cls.logger.info)
        config = options["config"] or _ConfigInput()
        state, catalog = (_object_in(options[what], f"--{what}") for what in ("state", "catalog"))
        if catalog is not None and not isinstance(catalog.get("streams"), list):
            msg = f"--catalog {options['catalog']} must hold an array of streams, as --discover prints it"
            raise ValueError(msg)
        tap = cls(
            config=config.config,
            state=state,
            catalog=catalog,
            parse_env_config=config.parse_env,
        )
        with failing_in_one_line(cls.logger):
            tap.run()

    def run(self) -> None:
        """Read every selected stream, and report the result.

        Raises:
            SystemExit: With code 1, if a read failed that should have succeeded.
        """
        require("stdout")
        began = time.monotonic()
        selected = [one for one in self.streams.values() if one.selected]
        self._so_far.streams = len(selected)
        self._progress.start()
        try:
            if selected:
                self.plan_for(selected[0]).start()
            self.sync_all()
        finally:
            self._progress.stop()
            if self._plan is not None:
                self._plan.close()
        self._sum_up(time.monotonic() - began)
        self.message_writer.end_if_asked()
        self._is_over = True
        if any(verdict.failed for verdict in self._verdicts):
            sys.exit(1)

    def _sum_up(self, seconds: float) -> None:
        statistics = [client.statistics for client in self._clients]
        incomplete = [
            f"{verdict.stream} ({', '.join(cause.name.lower().replace('_', ' ') for cause in verdict.causes)})"
            for verdict in self._verdicts
            if not verdict.complete
        ]
        self.logger.info(
            "Read %s records of %d streams in %.1f s: %d requests, %d tried again, %d refused for their rate, "
            "held back %.1f s; complete: %d; incomplete: %s",
            f"{sum(self._records.values()):,}",
            len(self._records),
            seconds,
            sum(one.requests for one in statistics),
            sum(one.retries for one in statistics),
            sum(one.refused for one in statistics),
            sum(client.throttle.waited for client in self._clients),
            len(self._verdicts) - len(incomplete),
            ", ".join(incomplete) or "none",
        )

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Check the key and print what it can see; the SDK handles `--test=schema`."""
        if value != CliTestOptionValue.All.value:
            super().cb_test(ctx, param, value)
            return
        config = ctx.params.get("config") or _ConfigInput()
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        for line in seen_with(tap.connect(), tap.scope):
            click.echo(line)
        ctx.exit()

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        made = super().get_singer_command()
        for option in made.params:
            if option.name in _FILES:
                option.type = click.STRING  # they are opened later, where a failure is reported in one line
        return OneLineCommand(
            name=made.name,
            callback=made.callback,
            params=made.params,
            context_settings=made.context_settings,
            help=made.help,
            logger=cls.logger,
        )

    @plugin_cli
    def cli(cls) -> click.Command:  # noqa: N805 - the SDK makes a class method of it
        """Set up the logs and return the command line."""
        with files.setting_up_logs():
            return super().cli

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Write STATE as the SDK does, and exit as an interrupted program, not as one that finished."""
        if self._is_over:  # the interpreter is about to end, and would report an exception as a traceback
            return

        def end() -> None:
            try:
                super(TapClockify, self)._handle_termination(signum, frame)
            finally:
                sys.exit(128 + signum)

        self.message_writer.after_line(signum, end)
