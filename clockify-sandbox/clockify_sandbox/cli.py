"""`clockify-sandbox serve`."""

from __future__ import annotations

import argparse
import gc
import re
import signal
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from clockify_sandbox.accounts import key_holders
from clockify_sandbox.certificate import CA_FILE_LINE
from clockify_sandbox.faults import parse_faults
from clockify_sandbox.options import Options
from clockify_sandbox.seed import DEFAULT_NOW, PLANS, SCALES
from clockify_sandbox.server import Service
from clockify_sandbox.world_options import OPTIONS, Option, WorldOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_TURN = 0.0005  # seconds; the front, with little to do, must not wait long for the thread that makes a large answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit status."""
    parser = _parser()
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(f"unknown argument {unknown[0]}; known are {', '.join(given.known)}")
    try:
        service = Service(_options(given))
    except (OSError, ValueError) as error:
        print(f"clockify-sandbox: {_explain(error)}", file=sys.stderr)  # noqa: T201
        return 2
    _describe(service)
    sys.setswitchinterval(_TURN)
    gc.freeze()  # a large world is millions of objects that the collector need not walk through again and again
    _ignore_after_shutdown((signal.SIGTERM, signal.SIGINT))
    service.run(partial(print, service.origin, flush=True))  # the one line that callers wait for
    service.close()
    return 0


def _describe(service: Service) -> None:
    """Say on standard error who may be called as whom; the first line of standard output is the origin."""
    for holder in key_holders(service.app.sandbox.world):
        print(f"{holder['key']:28} {holder['role']:16} {holder['name']}", file=sys.stderr)  # noqa: T201
    if service.certificate:
        print(f"{CA_FILE_LINE}{service.certificate.ca_file}", file=sys.stderr)  # noqa: T201


def _options(given: argparse.Namespace) -> Options:
    values = {name: getattr(given, name) for name in Options.__struct_fields__ if name not in ("world", "faults")}
    world = WorldOptions(**{name: getattr(given, name) for name in OPTIONS})
    faults = tuple(parse_faults(given.faults.read_bytes())) if given.faults else ()
    return Options(**values, world=world, faults=faults)


def _explain(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"cannot open {error.filename}: {error.strerror}"
    return str(error)


def _ignore_after_shutdown(signals: Iterable[signal.Signals]) -> None:
    # uvicorn raises the signal that stopped it once more for the handlers it found; the end is a clean one here.
    for number in signals:
        signal.signal(number, lambda *_: None)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"clockify-sandbox: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="clockify-sandbox", description="A local Clockify to try and test against.")
    serve_parser = parser.add_subparsers(metavar="COMMAND", required=True).add_parser(
        "serve",
        help="serve a made-up Clockify on this machine",
        description="Serve a made-up Clockify. Prints its origin when it is ready and stops on SIGTERM or SIGINT.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add = serve_parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=8765, help="port to listen on; 0 takes a free one")
    add("--api-key", default="sandbox-key", help="API key of the owner of the workspaces")
    add("--seed", type=int, default=7, help="the same seed gives the same data")
    add("--scale", choices=tuple(SCALES), default="agency", help="how much data there is")
    add("--plan", choices=PLANS, default="ENTERPRISE", help="plan of every workspace")
    add("--latency-ms", type=_not_negative, default=0, help="time that passes before an answer")
    add("--rate-per-second", type=_not_negative, default=50, help="requests per second and key; 0 lifts the limit")
    add("--rate-per-hour", type=_not_negative, default=0, help="requests per hour and workspace; 0 means no limit")
    add("--retry-after", action="store_true", help="send Retry-After with 429")
    add("--faults", type=Path, metavar="FILE", help="JSON list of failures to act out")
    add("--webhook-retry-delay", type=_not_negative, default=1, help="seconds until a failed delivery is repeated")
    add("--state", type=Path, metavar="FILE", help="where the data is kept between runs")
    add("--clock", type=_moment, default=DEFAULT_NOW, metavar="TS", help="present of a new world; its data end there")
    add("--tls", action="store_true", help="serve https, with a certificate made at the start")
    add("--ca-file", type=Path, metavar="FILE", help="where to write the certificate that clients of --tls trust")
    world = serve_parser.add_argument_group("options of the world", "Tests change them with POST /__sandbox/world.")
    for option in OPTIONS.values():
        _add_world_option(world, option)
    serve_parser.set_defaults(known=re.findall(r"--[a-z-]+", serve_parser.format_usage()))
    return parser


def _add_world_option(group: argparse._ArgumentGroup, option: Option) -> None:
    text = option.description.replace("%", "%%")
    if option.is_switch:
        group.add_argument(option.flag, action="store_true", help=text)
    elif option.choices:
        group.add_argument(option.flag, choices=option.choices, default=option.default, help=text)
    else:
        group.add_argument(option.flag, type=_world_value(option), default=option.default, metavar="N", help=text)


def _world_value(option: Option) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
            option.check(number)
        except ValueError:
            raise argparse.ArgumentTypeError(f"invalid value: {text!r} ({option.values})") from None
        return number

    return parse


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"invalid value: {text!r} (a moment with a time zone: 2026-11-20T09:30:00Z)")
    return moment.astimezone(UTC)


def _not_negative(text: str) -> float:
    number = float(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must not be negative: {text}")
    return number
