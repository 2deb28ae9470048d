"""`clockify-sandbox serve`."""

from __future__ import annotations

import argparse
import gc
import os
import re
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from clockify_sandbox.accounts import key_holders
from clockify_sandbox.certificate import CA_FILE_LINE
from clockify_sandbox.faults import parse_faults
from clockify_sandbox.named_files import read_named
from clockify_sandbox.options import OPTIONS as SERVED
from clockify_sandbox.options import Options
from clockify_sandbox.server import Service
from clockify_sandbox.world_options import OPTIONS, WorldOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from clockify_sandbox.declarations import Option

_HELP = {
    "host": "address to listen on",
    "port": "port to listen on; 0 takes a free one",
    "api_key": "API key of the owner of the workspaces",
    "seed": "the same seed gives the same data",
    "scale": "how much data there is",
    "plan": "plan of every workspace",
    "latency_ms": "milliseconds that pass before an answer",
    "rate_per_second": "requests per second and key; 0 lifts the limit",
    "rate_per_hour": "requests per hour and workspace; 0 means no limit",
    "retry_after": "send Retry-After with 429",
    "webhook_retry_delay": "seconds until a failed delivery of a webhook is tried again; then twice as many",
    "state": "where the data is kept between runs",
    "clock": "present of a new world; its data end there",
    "tls": "serve https, with a certificate made at the start",
    "ca_file": "where to write the certificate that clients of --tls trust",
}
_DEFAULTS = {"port": 8765, "scale": "agency", "rate_per_second": 50}  # for people; tests have others
_METAVARS = {"host": "ADDRESS", "api_key": "KEY", "state": "FILE", "ca_file": "FILE", "clock": "TS"}
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
    served = _status(partial(service.run, partial(print, service.origin, flush=True)))  # the one line to wait for
    return max(served, _status(service.close))


def _status(step: Callable[[], None]) -> int:
    """The exit status of a step that writes: to standard output, or the state."""
    try:
        step()
    except OSError as error:
        print(f"clockify-sandbox: {_explain(error)}", file=sys.stderr)  # noqa: T201
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # it must not fail again at exit
        return 2
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
    faults = tuple(parse_faults(read_named(given.faults))) if given.faults else ()
    return Options(**values, world=world, faults=faults)


def _explain(error: Exception) -> str:
    if isinstance(error, BrokenPipeError):
        return "nobody reads the standard output, which has the address of the server"
    if isinstance(error, OSError) and error.filename is not None:
        return f"cannot use {error.filename}: {error.strerror}"
    return str(error)


def _ignore_after_shutdown(signals: Iterable[signal.Signals]) -> None:
    # uvicorn raises the signal that stopped it once more for the handlers it found; the end is a clean one here.
    for number in signals:
        signal.signal(number, lambda *_: None)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        told = re.sub(r"ignored explicit argument", "takes no value, but got", message)
        self.exit(2, f"clockify-sandbox: {told}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="clockify-sandbox", description="A local Clockify to try and test against.")
    serve_parser = parser.add_subparsers(metavar="serve", required=True).add_parser(
        "serve",
        help="serve a made-up Clockify on this machine",
        description="Serve a made-up Clockify. Prints its origin when it is ready and stops on SIGTERM or SIGINT.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    for name, text in _HELP.items():
        _add(serve_parser, SERVED[name], text, _DEFAULTS.get(name, SERVED[name].default))
    serve_parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON list of failures to act out")
    world = serve_parser.add_argument_group("options of the world", "Tests change them with POST /__sandbox/world.")
    for option in OPTIONS.values():
        _add(world, option, option.description, option.default)
    serve_parser.set_defaults(known=re.findall(r"--[a-z-]+", serve_parser.format_usage()))
    return parser


def _add(group: argparse._ActionsContainer, option: Option, text: str, default: object) -> None:
    shown = text.replace("%", "%%")
    if option.is_switch:
        group.add_argument(option.flag, action="store_true", help=shown)
    elif option.choices:
        group.add_argument(option.flag, choices=option.choices, default=default, help=shown)
    else:
        metavar = _METAVARS.get(option.name, "N")
        group.add_argument(option.flag, type=_parsing(option), default=default, metavar=metavar, help=shown)


def _parsing(option: Option) -> Callable[[str], object]:
    def parse(text: str) -> object:
        try:
            return option.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse
