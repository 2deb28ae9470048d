"""One client for the Clockify API: hosts, authentication, throttle, retries, paging, fan-out, and errors by meaning.

`Client` sends single calls, `FanOut` reads whole endpoints ahead of their reader, `endpoints` lists what can be read.
"""

from clockify_client.client import Client, Settings
from clockify_client.endpoint import Endpoint, Host, Ids, Paging
from clockify_client.errors import (
    AmbiguousWriteError,
    BadCredentialsError,
    ClockifyError,
    ClosedError,
    GoneError,
    InvalidRequestError,
    LockedError,
    MalformedAnswerError,
    NotPermittedError,
    RateLimitedError,
    ServerError,
    UnknownWorkspaceError,
    UnreachableError,
)
from clockify_client.fan_out import FanOut
from clockify_client.hosts import REGIONS, Hosts
from clockify_client.page import Incomplete, Page, Refusal
from clockify_client.reading import Reading
from clockify_client.request import Request

__all__ = [
    "REGIONS",
    "AmbiguousWriteError",
    "BadCredentialsError",
    "Client",
    "ClockifyError",
    "ClosedError",
    "Endpoint",
    "FanOut",
    "GoneError",
    "Host",
    "Hosts",
    "Ids",
    "Incomplete",
    "InvalidRequestError",
    "LockedError",
    "MalformedAnswerError",
    "NotPermittedError",
    "Page",
    "Paging",
    "RateLimitedError",
    "Reading",
    "Refusal",
    "Request",
    "ServerError",
    "Settings",
    "UnknownWorkspaceError",
    "UnreachableError",
]
