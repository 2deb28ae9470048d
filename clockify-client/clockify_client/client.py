"""Sends calls to Clockify: authenticated, paced, retried where that is safe, and failing by meaning."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import backoff
import msgspec
import requests
import requests.adapters
from urllib3.exceptions import NewConnectionError

from clockify_client.endpoint import Endpoint, Host, Ids, Paging, filled, placed
from clockify_client.errors import (
    AmbiguousWriteError,
    ClockifyError,
    InvalidRequestError,
    MalformedAnswerError,
    RateLimitedError,
    ServerError,
    UnreachableError,
    classify,
)
from clockify_client.rows import counted_rows_of, rows_of
from clockify_client.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from clockify_client.hosts import Hosts

logger = logging.getLogger("clockify_client")

_TRIES = 6
_PERHAPS_EMPTY = 256  # bytes; a longer page holds a row
_SMALLEST_PAGE = 50  # the default size: what every list accepts
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to reach Clockify, as whom, and how hard.

    Exactly one of `api_key` and `addon_token` must be given; neither shows in a repr.
    """

    hosts: Hosts
    api_key: str | None = field(default=None, repr=False)
    addon_token: str | None = field(default=None, repr=False)
    requests_per_second: float = 50
    requests_per_hour: int | None = None
    max_workers: int = 32
    timeout_seconds: float = 60
    page_size: int | None = None
    user_agent: str = "clockify-client"

    def __post_init__(self) -> None:
        """Refuse what Clockify would refuse, before the first request."""
        if bool(self.api_key) == bool(self.addon_token):
            found = "both are set" if self.api_key else "neither is set"
            msg = f"exactly one of api_key and addon_token must be set: {found}"
            raise ValueError(msg)


@dataclass
class Statistics:
    """What the calls of a client cost so far."""

    requests: int = 0
    retries: int = 0
    refused: int = 0  # answers 429


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call to be sent.

    Attributes:
        method: HTTP method.
        path: Path template below the host's base URL.
        ids: Values of the template's placeholders.
        host: Which service answers.
        params: Query parameters.
        json: Body, anything that encodes to JSON.
        form: Multipart fields instead: `(name, value)`, a file as `(name, (file name, bytes, media type))`.
        reading: The call changes nothing, so that it may be repeated freely.
    """

    method: str
    path: str
    ids: Ids
    host: Host = Host.CORE
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    form: Sequence[tuple[str, Any]] | None = None
    reading: bool = False

    @property
    def call(self) -> str:
        """Method and path template: what may be logged."""
        return f"{self.method} {self.path}"


class Answer(NamedTuple):
    """A successful answer: its body, valid JSON or empty, and its headers."""

    body: bytes
    headers: Mapping[str, str]


class Client:
    """A connection to Clockify for any number of threads; closing it lets waiting threads go."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.throttle = Throttle(settings.requests_per_second, settings.requests_per_hour)
        self.statistics = Statistics()
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False  # neither a netrc file nor proxy variables may see or replace the key
        self._session.headers.update({"Accept": "application/json", "User-Agent": settings.user_agent})
        if settings.api_key:
            self._session.headers["X-Api-Key"] = settings.api_key
        else:
            self._session.headers["X-Addon-Token"] = settings.addon_token or ""
        adapter = requests.adapters.HTTPAdapter(pool_connections=3, pool_maxsize=settings.max_workers)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._sizes: dict[str, int] = {}  # page sizes that turned out smaller than declared, by call

    def close(self) -> None:
        """End: no request is sent any more."""
        self.throttle.close()
        self._session.close()

    # -- reading -------------------------------------------------------------------------------

    def page(self, endpoint: Endpoint, ids: Ids, number: int = 0, size: int | None = None) -> PageAnswer:
        """Ask for one page of an endpoint, a smaller one where the size is rejected or proves too heavy.

        Args:
            endpoint: What to read.
            ids: Values of the endpoint's placeholders.
            number: Zero-based number of the page, in pages of `size`.
            size: Page size; None for the largest that the endpoint and the settings allow.

        Raises:
            ClockifyError: The page cannot be read; reads have been retried.
        """
        paging = endpoint.paging
        walk = _Walk(number, size or self._size(endpoint))

        def attempt() -> Answer:
            params, body = filled(endpoint.params, ids), filled(endpoint.body, ids)
            if paging:
                params, body = _asking(paging, params, body, walk)
            return self._send_once(
                Request(
                    method=endpoint.method,
                    path=endpoint.path,
                    ids=ids,
                    host=endpoint.host,
                    params=params,
                    json=body,
                    reading=True,
                )
            )

        def smaller(details: Any) -> None:
            self._note_retry(details)
            if paging and isinstance(details["exception"], (ServerError, UnreachableError)):
                walk.halve()

        while True:
            try:
                answer = self._retried(attempt, smaller, _READ_RETRIES)
            except InvalidRequestError as error:
                if not (paging and "page" in error.detail.lower() and walk.halve()):
                    raise
                self._sizes[endpoint.call] = walk.size
            else:
                return PageAnswer(answer.body, answer.headers, walk.number, walk.size)

    def rows(self, endpoint: Endpoint, ids: Ids) -> Iterator[dict[str, Any]]:
        """Yield every row of an endpoint, page after page."""
        number, size = 0, None
        while True:
            page = self.page(endpoint, ids, number, size)
            rows = rows_of(endpoint, page.body)
            yield from rows
            if is_last(endpoint, page):
                return
            number, size = page.number + 1, page.size

    # -- any call ------------------------------------------------------------------------------

    def call(self, request: Request) -> Any:
        """Send one call and return the decoded answer, None where it is empty.

        A write is sent again only where it certainly was not carried out: refused for its rate, or never connected.

        Raises:
            AmbiguousWriteError: A write whose outcome is unknown.
            ClockifyError: Any other failure.
        """
        retries = _READ_RETRIES if request.reading else (RateLimitedError, UnreachableError)
        answer = self._retried(lambda: self._send_once(request), self._note_retry, retries)
        return msgspec.json.decode(answer.body) if answer.body else None

    # -- one attempt ---------------------------------------------------------------------------

    def _retried(
        self, attempt: Callable[[], Answer], note: Callable[[Any], None], errors: tuple[type[ClockifyError], ...]
    ) -> Answer:
        retrying = backoff.on_exception(
            _waits, errors, max_tries=_TRIES, jitter=backoff.random_jitter, on_backoff=note, logger=None
        )
        answer: Answer = retrying(attempt)()
        return answer

    def _send_once(self, request: Request) -> Answer:
        url = self._base(request) + request.path.format_map(request.ids)
        fields: dict[str, Any] = {}
        if request.form is not None:
            fields["files"] = [
                (name, value if isinstance(value, tuple) else (None, value)) for name, value in request.form
            ]
        elif request.json is not None:
            fields["data"] = _ENCODER.encode(request.json)
            fields["headers"] = {"Content-Type": "application/json"}
        sent_at = self.throttle.acquire()
        with self._lock:
            self.statistics.requests += 1
        try:
            response = self._session.request(
                request.method,
                url,
                params=request.params,
                timeout=self.settings.timeout_seconds,
                allow_redirects=False,
                **fields,
            )
        except requests.RequestException as error:
            if request.reading or _never_connected(error):
                raise UnreachableError(request.call, _reason(error)) from None
            raise AmbiguousWriteError(request.call) from None
        return self._answer(request, response, sent_at)

    def _answer(self, request: Request, response: requests.Response, sent_at: float) -> Answer:
        call, reading = request.call, request.reading
        content = response.content
        status = response.status_code
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            if content and not _is_json(content):
                if not reading:
                    raise AmbiguousWriteError(call, status=status)
                raise MalformedAnswerError(call, status=status)
            self.throttle.accepted(sent_at)
            return Answer(content, response.headers)
        error = classify(call, status, content, retry_after=_seconds(response.headers.get("Retry-After")))
        if isinstance(error, RateLimitedError):
            with self._lock:
                self.statistics.refused += 1
            self.throttle.refused(sent_at, error.retry_after)
        else:
            self.throttle.accepted(sent_at)
        if isinstance(error, ServerError) and not reading:
            raise AmbiguousWriteError(call, status=status, code=error.code, detail=error.detail)
        raise error

    def _note_retry(self, details: Any) -> None:
        with self._lock:
            self.statistics.retries += 1
        logger.debug("Trying again, attempt %d: %s", details["tries"] + 1, details["exception"])

    def _base(self, request: Request) -> str:
        base: str = getattr(self.settings.hosts, request.host.value)
        if not base:
            raise UnreachableError(
                request.call, "no host of the audit log is documented for this region; set audit_log_url"
            )
        return base

    def _size(self, endpoint: Endpoint) -> int:
        largest = min(endpoint.page_size, self.settings.page_size or endpoint.page_size)
        return min(largest, self._sizes.get(endpoint.call, largest))


class PageAnswer(NamedTuple):
    """One page as it came: `number` counts from 0 in pages of `size`, which may be smaller than was asked."""

    body: bytes
    headers: Mapping[str, str]
    number: int
    size: int


@dataclass
class _Walk:
    """Where a walk over pages stands; halving keeps its place, since twice as many half pages lie before it."""

    number: int
    size: int

    def halve(self) -> bool:
        if self.size < 2 * _SMALLEST_PAGE or self.size % 2:
            return False
        self.size //= 2
        self.number *= 2
        return True


_READ_RETRIES = (RateLimitedError, ServerError, UnreachableError, MalformedAnswerError)


def _waits() -> Generator[float, Any, None]:
    """Yield the seconds to wait before each further try; a refused request waits in the throttle, with all others."""
    wait = 0.5
    error = yield 0.0
    while True:
        error = yield 0.0 if isinstance(error, RateLimitedError) else wait
        wait = min(wait * 2, 30.0)


def is_last(endpoint: Endpoint, page: PageAnswer) -> bool:
    """Tell whether a page is the last: its header decides, else the total the answer tells, else its length.

    An empty page is the last whatever the header says.
    """
    if endpoint.paging is None:
        return True
    name, last = endpoint.paging.more
    header = page.headers.get(name)
    if header is not None and len(page.body) > _PERHAPS_EMPTY:
        return header.lower() == last
    rows, total = counted_rows_of(endpoint, page.body, msgspec.Raw)
    if header is not None:
        return not rows or header.lower() == last
    if total is not None:
        return not rows or page.number * page.size + len(rows) >= total
    return len(rows) < page.size


def _asking(paging: Paging, params: Any, body: Any, walk: _Walk) -> tuple[Any, Any]:
    number = walk.number + paging.first
    if paging.in_body:
        return params, placed(placed(body or {}, paging.size, walk.size), paging.page, number)
    return {**params, paging.page: number, paging.size: walk.size}, body


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None


def _never_connected(error: BaseException) -> bool:
    """Tell whether a request failed before a byte of it was sent."""
    seen: BaseException | None = error
    while seen is not None:
        reason = getattr(seen, "reason", None)
        if isinstance(seen, (NewConnectionError, requests.ConnectTimeout)) or isinstance(reason, NewConnectionError):
            return True
        seen = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else seen.__cause__
    return False


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate of the host was not accepted"
    if _never_connected(error):
        return "no connection"
    return "the connection broke"
