"""`clockify-sandbox serve`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from clockify_sandbox.accounts import key_holders
from clockify_sandbox.app import App, Options
from clockify_sandbox.faults import Fault, parse_faults
from clockify_sandbox.seed import DEFAULT_NOW, PLANS, SCALES, build_world
from clockify_sandbox.server import bind, serve
from clockify_sandbox.state import load, save
from clockify_sandbox.world_options import OPTIONS, Option, WorldOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clockify_sandbox.world import World


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit status."""
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(f"unknown argument {unknown[0]}; known are {', '.join(options.known)}")
    try:
        app = _app(options)
        listener = bind(options.host, options.port)
    except (OSError, ValueError) as error:
        print(f"clockify-sandbox: {_explain(error, options)}", file=sys.stderr)  # noqa: T201
        return 2
    _print_keys(app)
    serve(app, listener)
    if options.state:
        save(options.state, app.sandbox)
    return 0


def _print_keys(app: App) -> None:
    """Say on standard error who may be called as whom; the first line of standard output is the origin."""
    for holder in key_holders(app.sandbox.world):
        print(f"{holder['key']:28} {holder['role']:16} {holder['name']}", file=sys.stderr)  # noqa: T201


def _app(options: argparse.Namespace) -> App:
    def rebuild(scale: str | None = None, seed: int | None = None, plan: str | None = None) -> World:
        return build_world(
            scale or options.scale,
            options.seed if seed is None else seed,
            plan or options.plan,
            options.api_key,
            DEFAULT_NOW,
        )

    world_options = WorldOptions(**{name: getattr(options, name) for name in OPTIONS})
    front = Options(
        options.latency_ms, options.rate_per_second, options.rate_per_hour, options.retry_after, world_options
    )
    faults: list[Fault] = parse_faults(options.faults.read_bytes()) if options.faults else []
    if options.state and not options.state.parent.is_dir():
        raise ValueError(f"--state {options.state}: there is no folder {options.state.parent}")
    if options.state and options.state.exists():
        saved = load(options.state)
        return App(saved.world, front, faults, rebuild, saved.ids)
    return App(rebuild(), front, faults, rebuild)


def _explain(error: Exception, options: argparse.Namespace) -> str:
    if isinstance(error, OSError) and error.filename is None:
        return f"cannot listen on {options.host}:{options.port}: {error.strerror or error}"
    if isinstance(error, OSError):
        return f"cannot read {error.filename}: {error.strerror}"
    return str(error)


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
    add("--state", type=Path, metavar="FILE", help="where the data is kept between runs")
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


def _not_negative(text: str) -> float:
    number = float(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must not be negative: {text}")
    return number
