"""The options of a sandbox: those of `clockify-sandbox serve` and of `clockify_sandbox.testing`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from clockify_sandbox.declarations import checked, declared
from clockify_sandbox.faults import Fault, read_faults
from clockify_sandbox.plans import Plan
from clockify_sandbox.seed import DEFAULT_NOW, Scale
from clockify_sandbox.world_options import PLAIN, WorldOptions

NotNegative = Annotated[float, Meta(ge=0)]
NotEmpty = Annotated[str, Meta(min_length=1)]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a sandbox server.

    Attributes:
        scale: how much data there is.
        seed: the same seed gives the same data and the same ids.
        plan: the plan of every workspace.
        world: the options of the world.
        clock: the current time of a new world; its data end there.
        api_key: the API key of the owner of the workspaces.
        latency_ms: milliseconds before each response.
        rate_per_second: requests per second and key; 0 is no limit.
        rate_per_hour: requests per hour and workspace; 0 is no limit.
        retry_after: whether 429 comes with `Retry-After`.
        faults: simulated failures.
        webhook_retry_delay: seconds before a failed delivery of a webhook is repeated; doubled for the next attempt.
        state: the file that keeps the data between runs.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one.
        tls: whether to serve https, with a certificate that is created at the start.
        ca_file: where to write the certificate of the authority, for clients to trust; a temporary file if None.
    """

    scale: Scale = "tiny"
    seed: int = 7
    plan: Plan = "ENTERPRISE"
    world: WorldOptions = PLAIN
    clock: Annotated[datetime, Meta(tz=True)] = DEFAULT_NOW
    api_key: NotEmpty = "sandbox-key"
    latency_ms: NotNegative = 0
    rate_per_second: NotNegative = 0
    rate_per_hour: NotNegative = 0
    retry_after: bool = False
    faults: tuple[Fault, ...] = ()
    webhook_retry_delay: NotNegative = 1
    state: Path | None = None
    host: NotEmpty = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    tls: bool = False
    ca_file: Path | None = None


OPTIONS = declared(Options)
"""All options by name."""


def checked_options(given: Mapping[str, Any]) -> Options:
    """Options from Python code: paths as text or `Path`, the world as a mapping, faults as mappings.

    None means the default.

    Raises:
        ValueError: an unknown option or an invalid value; the message lists what is known.
    """
    values = {name: value for name, value in given.items() if value is not None}
    if isinstance(world := values.get("world"), Mapping):
        values["world"] = PLAIN.changed(world)
    if "faults" in values:
        values["faults"] = tuple(read_faults(values["faults"]))
    return Options(**checked(OPTIONS, values, "option"))
