"""Sends calls to Clockify, with authentication, a rate limit, retries where these are safe, and classified errors."""

from __future__ import annotations

import logging
import ssl
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, NamedTuple

import backoff
import msgspec
import requests
import requests.adapters
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from clockify_client import wire
from clockify_client.belonging import FOREIGN, Belonging
from clockify_client.endpoint import Endpoint, Host, Ids, filled
from clockify_client.errors import (
    AmbiguousWriteError,
    ClockifyError,
    ClosedError,
    GoneError,
    InvalidRequestError,
    MalformedAnswerError,
    RateLimitedError,
    ServerError,
    UnreachableError,
    classify,
)
from clockify_client.packed import Packed
from clockify_client.paging import SAME_PAGE, PageAnswer, Repetition, Walk, step
from clockify_client.request import Request
from clockify_client.rows import UNLIKE, is_identity, rows_of
from clockify_client.throttle import Throttle
from clockify_client.trust import environments_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from clockify_client.hosts import Hosts
    from clockify_client.throttle import Send

logger = logging.getLogger("clockify_client")

# A response with truncated headers is reported like any other broken one, without a traceback that shows the URL.
logging.getLogger("urllib3.connection").addFilter(lambda record: not record.exc_info)

_TRIES = 6
_FIRST_WAIT, _MAX_WAIT = 1.0, 30.0  # the longest wait before a retry, in seconds
_LONGEST_PAUSE = 3600.0  # the longest accepted Retry-After, in seconds: no limit of Clockify is longer than an hour
_READ_RETRIES = (RateLimitedError, ServerError, UnreachableError, MalformedAnswerError)
_WRITE_RETRIES = (RateLimitedError, UnreachableError)
_NO_ANSWER, _NO_CONNECTION = "no answer in time", "no connection"
_BROKEN, _NOT_TRUSTED = "the connection broke", "the certificate of the host is not trusted"
_SUCCESSES = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}
"""Any other status 2xx means a partial response, one from a proxy, or that nothing is done yet (202)."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to reach Clockify: the hosts, the key and the pace.

    Exactly one of `api_key` and `addon_token` must be given; a repr shows neither.
    """

    hosts: Hosts
    api_key: str | None = field(default=None, repr=False)
    addon_token: str | None = field(default=None, repr=False)
    requests_per_second: float = 50
    requests_per_hour: int | None = None
    max_workers: int = 64
    timeout_seconds: float = 60
    page_size: int | None = None
    user_agent: str = "clockify-client"

    def __post_init__(self) -> None:
        """Refuse what Clockify would refuse, before the first request."""
        if bool(self.api_key) == bool(self.addon_token):
            found = "both are set" if self.api_key else "neither is set"
            msg = f"exactly one of api_key and addon_token must be set: {found}"
            raise ValueError(msg)
        key = self.api_key or self.addon_token or ""
        if not key.isascii() or not key.isprintable() or " " in key:
            msg = "api_key or addon_token holds a space, a line break or another character that no key has"
            raise ValueError(msg)


@dataclass
class Statistics:
    """What the calls of a client have cost so far."""

    requests: int = 0
    retries: int = 0
    refused: int = 0  # answers 429


class Answer(NamedTuple):
    """A successful answer: its body, valid JSON or empty, and its headers."""

    packed: Packed
    headers: Mapping[str, str]


class Client:
    """A connection to Clockify for any number of threads; closing it ends the wait of all threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.throttle = Throttle(settings.requests_per_second, settings.requests_per_hour)
        self.statistics = Statistics()
        self._lock = threading.Lock()
        self._session = _session(settings)
        # The lookup is slow, so it is made once. A netrc file is ignored.
        urls = {host: getattr(settings.hosts, host.value) for host in Host}
        around = environments_of(self._session, urls.values())
        self._environment = {host: around[url] for host, url in urls.items()}
        wire.hide(*urls.values())
        self._session.trust_env = False
        self._sizes: dict[str, int] = {}  # page sizes that turned out smaller than declared, by call

    def close(self) -> None:
        """Close the client; it sends no further request."""
        self.throttle.close()
        self._session.close()

    # -- reading -------------------------------------------------------------------------------

    def page(self, endpoint: Endpoint, ids: Ids, number: int = 0, size: int | None = None) -> PageAnswer:
        """Request one page of an endpoint, or a smaller page if this size is refused or too slow.

        A 400 for a first page may be caused by the page size, whatever its message says. If a smaller page succeeds,
        the size was the cause, and further first pages of the endpoint are requested with the smaller size.

        Args:
            endpoint: What to read.
            ids: Values of the endpoint's placeholders.
            number: Zero-based number of the page, in pages of `size`.
            size: Page size; None for the largest that the endpoint and the settings allow.

        Raises:
            ClockifyError: The page cannot be read; reads have been retried.
        """
        paging = endpoint.paging
        walk = Walk(number, size or self._size(endpoint))
        request = Request(
            method=endpoint.method,
            path=endpoint.path,
            ids=ids,
            host=endpoint.host,
            params=filled(endpoint.params, ids),
            json=filled(endpoint.body, ids),
            reading=True,
        )

        def attempt() -> Answer:
            answer = self._send_once(walk.asked(paging, request) if paging else request)
            if not answer.packed.length:  # an empty body would look like an empty list
                raise MalformedAnswerError(endpoint.call, status=HTTPStatus.OK)
            return answer

        def note(error: ClockifyError) -> None:
            if paging and (isinstance(error, ServerError) or error.reason == _NO_ANSWER):
                walk.shrink()

        try:
            answer = self._retried(attempt, _READ_RETRIES, note)
        except ClockifyError as error:
            if not paging or error.status != HTTPStatus.BAD_REQUEST:
                raise
            for smaller in walk.smaller_sizes():
                walk.size = smaller
                try:
                    answer = self._retried(attempt, _READ_RETRIES, note)
                except (GoneError, InvalidRequestError):
                    continue
                self._sizes[endpoint.call] = walk.size
                break
            else:
                raise
        return PageAnswer(answer.packed, answer.headers, walk.number, walk.size)

    def rows(self, endpoint: Endpoint, ids: Ids) -> Iterator[dict[str, Any]]:
        """Yield every row of an endpoint, page after page.

        Raises:
            ClockifyError: A page cannot be read, came twice or holds something that is not a row, or the list is
                incomplete. The rows before it were yielded.
        """
        number, size, before, count, stated = 0, None, 0, 0, None
        repetition, belonging = Repetition(), Belonging(endpoint, ids)
        while True:
            page = self.page(endpoint, ids, number, size)
            if page.number and page.packed.fingerprint == before:  # and would repeat for ever
                raise MalformedAnswerError(endpoint.call, reason=SAME_PAGE)
            for piece in page.packed.pieces():
                rows = rows_of(endpoint, piece)
                if endpoint.identity and any(_is_no_identity(row.get(endpoint.identity)) for row in rows):
                    raise MalformedAnswerError(endpoint.call, reason=UNLIKE)
                if len(belonging.own(rows)) < len(rows):
                    raise MalformedAnswerError(endpoint.call, reason=FOREIGN)
                yield from rows
            found = step(endpoint, page, count, stated)
            if not found.last and repetition.notices(endpoint, page.packed):
                raise MalformedAnswerError(endpoint.call, reason=SAME_PAGE)
            if found.flaw:
                raise MalformedAnswerError(endpoint.call, reason=found.flaw)
            if found.last:
                return
            number, size, before, count = found.number, found.size, page.packed.fingerprint, found.rows
            stated = found.total

    # -- any call ------------------------------------------------------------------------------

    def call(self, request: Request) -> Any:
        """Send one call and return the decoded answer, None if it is empty.

        A write is sent again only if Clockify certainly did not execute it: it was refused because of the rate limit,
        or there was no connection.

        Raises:
            AmbiguousWriteError: A write whose outcome is unknown.
            ClockifyError: Any other failure.
        """
        answer = self._retried(lambda: self._send_once(request), _READ_RETRIES if request.reading else _WRITE_RETRIES)
        return msgspec.json.decode(answer.packed.body) if answer.packed.length else None

    # -- one attempt ---------------------------------------------------------------------------

    def _retried(
        self,
        attempt: Callable[[], Answer],
        errors: tuple[type[ClockifyError], ...],
        note: Callable[[ClockifyError], None] = lambda _: None,
    ) -> Answer:
        def on_backoff(details: Any) -> None:
            error = details["exception"]
            with self._lock:
                self.statistics.retries += 1
            logger.debug("Trying again, attempt %d: %s", details["tries"] + 1, error)
            note(error)

        retrying = backoff.on_exception(
            _waits,
            errors,
            max_tries=_TRIES,
            jitter=backoff.full_jitter,
            giveup=self._is_hopeless,
            on_backoff=on_backoff,
            logger=None,
        )
        answer: Answer = retrying(attempt)()
        return answer

    def _is_hopeless(self, error: Exception) -> bool:
        if isinstance(error, RateLimitedError):
            return self.throttle.in_vain
        return isinstance(error, UnreachableError) and error.reason == _NOT_TRUSTED

    def _send_once(self, request: Request) -> Answer:
        url = request.url(self.settings.hosts)
        params = {name: str(one).lower() if isinstance(one, bool) else one for name, one in request.params.items()}
        body: dict[str, Any] = {}
        if request.form is not None:
            body["files"] = [(name, part if isinstance(part, tuple) else (None, part)) for name, part in request.form]
        elif request.json is not None:
            body["data"] = _ENCODER.encode(request.json)
            body["headers"] = {"Content-Type": "application/json"}
        leave = self.throttle.acquire()
        if leave is None:
            raise ClosedError(request.call)
        with self._lock:
            self.statistics.requests += 1
        try:
            response = self._session.request(
                request.method,
                url,
                params=params,
                timeout=self.settings.timeout_seconds,
                allow_redirects=False,
                **self._environment[request.host],
                **body,
            )
            packed = _packed(response)
        except (requests.RequestException, HTTPError) as error:
            reason = _reason(error)
            if request.reading or reason in {_NO_CONNECTION, _NOT_TRUSTED}:
                raise _unreachable(request.call, reason) from None
            raise AmbiguousWriteError(request.call, reason=reason) from None
        return self._answer(request, response, packed, leave)

    def _answer(self, request: Request, response: requests.Response, packed: Packed, leave: Send) -> Answer:
        status = response.status_code
        error: ClockifyError
        if not _successful(response):
            wait = _seconds(response.headers.get("Retry-After"))
            addon = self.settings.api_key is None
            error = classify(
                request.call, status, packed.as_words(), reading=request.reading, addon=addon, retry_after=wait
            )
        elif (sound := packed.as_json()) is not None:
            self.throttle.accepted(leave)
            return Answer(sound, response.headers)
        else:
            error = MalformedAnswerError(request.call, status=status)
        if isinstance(error, RateLimitedError):
            with self._lock:
                self.statistics.refused += 1
            self.throttle.refused(leave, error.retry_after)
        else:
            self.throttle.accepted(leave)
        if isinstance(error, (ServerError, MalformedAnswerError)) and not request.reading:
            raise AmbiguousWriteError(request.call, status=status, code=error.code, detail=error.detail)
        raise error

    def _size(self, endpoint: Endpoint) -> int:
        largest = min(endpoint.page_size, self.settings.page_size or endpoint.page_size)
        return min(largest, self._sizes.get(endpoint.call, largest))


def _unreachable(call: str, reason: str) -> UnreachableError:
    error = UnreachableError(call, reason=reason)
    error.of_the_host = reason in {_NO_CONNECTION, _NOT_TRUSTED}
    return error


def _session(settings: Settings) -> requests.Session:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # threads must not share cookies
    session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": settings.user_agent})
    if settings.api_key:
        session.headers["X-Api-Key"] = settings.api_key
    else:
        session.headers["X-Addon-Token"] = settings.addon_token or ""
    adapter = requests.adapters.HTTPAdapter(pool_connections=3, pool_maxsize=settings.max_workers + 1)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _is_no_identity(identity: Any) -> bool:
    return not is_identity(identity) and not (identity and isinstance(identity, dict))


def _waits() -> Generator[float, Any, None]:
    """Yield the seconds to wait before each retry; after a 429, the throttle waits instead."""
    wait = _FIRST_WAIT
    error = yield 0.0
    while True:
        if isinstance(error, RateLimitedError):
            error = yield 0.0
        else:
            error = yield wait
            wait = min(wait * 2, _MAX_WAIT)


def _successful(response: requests.Response) -> bool:
    return response.status_code in _SUCCESSES


def _packed(response: requests.Response) -> Packed:
    """Keep the body compressed as it arrived, so that it need not be compressed again."""
    # the real response follows, and must not be taken for the response to the next request
    if response.status_code < HTTPStatus.OK:
        response.raw.close()
        return Packed(b"")
    gzipped = response.headers.get("Content-Encoding", "").lower() == "gzip"
    return Packed(response.raw.read(decode_content=not gzipped), gzipped=gzipped)


def _seconds(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header; None if there is no number, or if it is longer than any limit."""
    seconds = float(header) if header and header.isdecimal() else None
    return seconds if seconds is None or seconds <= _LONGEST_PAUSE else None


def _reason(error: requests.RequestException | HTTPError) -> str:
    """Return why there is no response.

    `_NO_CONNECTION` and `_NOT_TRUSTED` mean that no byte of the request was sent.
    """
    if isinstance(error, HTTPError):  # while reading the body, which is read without the library requests
        return _NO_ANSWER if isinstance(error, ReadTimeoutError) else _BROKEN
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return _NO_CONNECTION
    if isinstance(reason, NewConnectionError):
        return _NO_CONNECTION
    if isinstance(error, requests.Timeout) or isinstance(reason, ReadTimeoutError):
        return _NO_ANSWER
    if reason and reason.args and isinstance(reason.args[0], ssl.SSLCertVerificationError):
        return _NOT_TRUSTED
    return _BROKEN
