"""The request rate in virtual time: a simulated server and 32 workers, without real waiting."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pytest
from clockify_client.throttle import Send, Throttle
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence


class VirtualThrottle(Throttle):
    """A throttle with a virtual clock that advances when a thread waits."""

    now = 0.0
    late = 0.0  # seconds that every wake-up comes late

    def _now(self) -> float:
        return self.now

    def _sleep(self, seconds: float) -> None:
        self.now += max(seconds, 1e-9) + self.late


def sent(throttle: VirtualThrottle) -> Send:
    leave = throttle.acquire()
    assert leave is not None
    return leave


def most_within(seconds: float, moments: Sequence[float]) -> int:
    ordered = sorted(moments)
    return max(bisect_right(ordered, one + seconds) - index for index, one in enumerate(ordered))


# -- simulation --------------------------------------------------------------------------------


class Server(Protocol):
    def admits(self, now: float) -> bool: ...


class NoLimit:
    def admits(self, now: float) -> bool:
        return now >= 0


@dataclass
class Bucket:
    """A token bucket, as many gateways have."""

    rate: float
    level: float = 0.0
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.rate

    def admits(self, now: float) -> bool:
        self.level = min(self.rate, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


@dataclass
class Window:
    """A limit of requests in any second."""

    rate: float
    admitted: deque[float] = field(default_factory=deque)

    def admits(self, now: float) -> bool:
        while self.admitted and self.admitted[0] <= now - 1:
            self.admitted.popleft()
        if len(self.admitted) >= self.rate:
            return False
        self.admitted.append(now)
        return True


@dataclass
class Outcome:
    seconds: float
    refused: int
    moments: list[float]


def simulate(
    server: Server,
    requests: int,
    *,
    latency: float = 0.2,
    jitter: float = 0.0,
    throttle: VirtualThrottle | None = None,
) -> Outcome:
    """Send requests through a throttle, 32 at a time at most; refused ones are sent again."""
    throttle = throttle or VirtualThrottle(50)
    random_ = random.Random(7)
    order = itertools.count()
    events: list[tuple[float, int, str, Send | None]] = [(throttle.now, next(order), "look", None)]
    begun, todo, under_way, refused, looking = throttle.now, requests, 0, 0, True
    moments: list[float] = []

    def after(seconds: float, what: str, leave: Send | None = None) -> None:
        heapq.heappush(events, (throttle.now + seconds, next(order), what, leave))

    while events:
        throttle.now, _, what, leave = heapq.heappop(events)
        way = latency / 2 * random_.uniform(1, 1 + jitter)
        if what == "look":
            looking = False
        elif what == "arrive":
            after(way, "yes" if server.admits(throttle.now) else "no", leave)
        elif leave is not None:
            under_way -= 1
            if what == "yes":
                throttle.accepted(leave)
            else:
                throttle.refused(leave, None)
                refused, todo = refused + 1, todo + 1
        while todo and under_way < 32 and not looking:
            given_ = throttle.ask(throttle.now)
            if isinstance(given_, Send):
                todo, under_way = todo - 1, under_way + 1
                moments.append(throttle.now)
                after(latency / 2 * random_.uniform(1, 1 + jitter), "arrive", given_)
            else:
                looking = True
                after(max(given_, 1e-9), "look")
    return Outcome(throttle.now - begun, refused, moments)


# -- rules -------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    per_second=st.integers(1, 200),
    late=st.just(0.0) | st.floats(0, 0.05),
    steps=st.lists(
        st.one_of(
            st.just(("send", 0.0)),
            st.tuples(st.just("idle"), st.floats(0, 3)),
            st.tuples(st.just("refuse"), st.none() | st.floats(0, 5)),
        ),
        min_size=50,
        max_size=300,
    ),
)
def test_never_more_in_a_second_than_allowed(
    per_second: int, late: float, steps: list[tuple[str, float | None]]
) -> None:
    throttle = VirtualThrottle(per_second)
    throttle.late = late
    moments, leave = [], None
    for what, value in steps:
        if what == "idle":
            throttle.now += value or 0.0
        elif what == "refuse" and leave is not None:
            throttle.refused(leave, value)
        else:
            leave = sent(throttle)
            moments.append(leave.moment)
    assert most_within(1, moments or [0.0]) <= per_second


@settings(max_examples=30, deadline=None)
@given(per_hour=st.integers(1, 60), idles=st.lists(st.floats(0, 2000), max_size=40))
def test_never_more_in_an_hour_than_allowed(per_hour: int, idles: list[float]) -> None:
    throttle = VirtualThrottle(50, per_hour)
    moments = []
    for idle in [*idles, *[0.0] * 60]:
        throttle.now += idle
        moments.append(sent(throttle).moment)
    assert most_within(3600, moments) <= per_hour


def test_waiting_for_the_hourly_allowance_is_counted() -> None:
    throttle = VirtualThrottle(50, 30)
    moments = [sent(throttle).moment for _ in range(60)]
    assert moments[29] < 1
    assert 3600 <= moments[30] - moments[0] < 3610
    assert moments[59] < 3620
    assert 3590 < throttle.waited < 3610


def test_a_long_wait_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    throttle = VirtualThrottle(50, 2)
    for _ in range(3):
        sent(throttle)
    assert [record.getMessage() for record in caplog.records] == [
        "The allowance is used up: the next request is sent in 3601 s"
    ]


def test_an_unexpected_long_wait_names_the_setting(caplog: pytest.LogCaptureFixture) -> None:
    throttle = VirtualThrottle(50)
    throttle.refused(sent(throttle), 100)
    sent(throttle)
    (told,) = [record.getMessage() for record in caplog.records]
    assert "the next request is sent in 100 s; a Free workspace allows 30 an hour: set requests_per_hour" in told


def test_late_wake_ups_do_not_slow_the_pace() -> None:
    throttle = VirtualThrottle(50)
    throttle.late = 0.003
    moments = [sent(throttle).moment for _ in range(501)]
    assert moments[-1] - moments[0] < 500 / 50 * 1.02


def test_no_thread_waits_without_a_refusal() -> None:
    throttle = VirtualThrottle(50)
    for _ in range(200):
        sent(throttle)
    assert throttle.waited == 0


def test_retry_after_delays_all_threads() -> None:
    throttle = VirtualThrottle(50)
    leaves = [sent(throttle) for _ in range(5)]
    throttle.refused(leaves[2], 7.0)
    at = throttle.now
    assert sent(throttle).moment - at == pytest.approx(7)
    assert 6.9 < throttle.waited < 7


def test_refusals_without_a_time_pause_longer_each_time_until_one_request_passes() -> None:
    throttle = VirtualThrottle(50)
    pauses = []
    for _ in range(6):
        leave = sent(throttle)
        at = throttle.now
        throttle.refused(leave, None)
        pauses.append(sent(throttle).moment - at)
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 32])
    throttle.accepted(sent(throttle))
    throttle.refused(sent(throttle), None)
    at = throttle.now
    assert sent(throttle).moment - at == pytest.approx(1)


def test_after_a_minute_of_refusals_no_thread_waits() -> None:
    throttle = VirtualThrottle(50)
    for _ in range(6):
        throttle.refused(sent(throttle), None)
        assert not throttle.in_vain
    throttle.refused(sent(throttle), None)
    assert throttle.in_vain
    assert throttle.now > 60
    told_at = throttle.now
    assert sent(throttle).moment - told_at < 1, "nobody waits any longer to be told"
    throttle.accepted(sent(throttle))
    assert not throttle.in_vain


def test_the_rate_recovers_after_a_long_outage() -> None:
    throttle = VirtualThrottle(50)
    for _ in range(20):
        throttle.refused(sent(throttle), None)
    simulate(NoLimit(), 4000, throttle=throttle)
    assert _pace(throttle) == pytest.approx(50, rel=0.02)
    assert throttle.now < 20 * 60 + 4000 / 50 + 120


def _pace(throttle: VirtualThrottle) -> float:
    """The rate of requests, measured over several consecutive requests."""
    sent(throttle)  # may make good for a late one
    moments = [sent(throttle).moment for _ in range(11)]
    return 10 / (moments[-1] - moments[0])


def test_one_refusal_costs_a_tenth_and_a_burst_counts_once() -> None:
    alone, burst = VirtualThrottle(50), VirtualThrottle(50)
    for throttle, refusals in ((alone, 1), (burst, 10)):
        leaves = [sent(throttle) for _ in range(60)]
        for leave in leaves[-refusals:]:
            throttle.refused(leave, None)
        pause = sent(throttle).moment - leaves[-1].moment
        assert pause == pytest.approx(1, abs=0.1)
    assert _pace(alone) == pytest.approx(50 * 0.9, rel=0.05)
    assert _pace(burst) == pytest.approx(50 * 0.9, rel=0.06)


def test_a_burst_reduces_the_rate_to_the_accepted_requests() -> None:
    throttle = VirtualThrottle(50)
    leaves = [sent(throttle) for _ in range(25)]
    for leave in leaves[20:]:
        throttle.refused(leave, None)
    sent(throttle)
    assert _pace(throttle) == pytest.approx(19, abs=1.5)
    early = VirtualThrottle(50)
    for leave in [sent(early) for _ in range(3)]:
        early.refused(leave, None)
    sent(early)
    assert _pace(early) == pytest.approx(10, abs=1)


def test_the_rate_recovers_by_itself() -> None:
    throttle = VirtualThrottle(50)
    for leave in [sent(throttle) for _ in range(10)]:
        throttle.refused(leave, None)
    for _ in range(30):
        throttle.now += 10
        throttle.accepted(sent(throttle))
    assert _pace(throttle) == pytest.approx(50, rel=0.02)


# -- behaviour towards a server ----------------------------------------------------------------


@pytest.mark.parametrize("latency", [0.01, 0.2, 0.6])
def test_the_allowed_rate_is_used_fully(latency: float) -> None:
    outcome = simulate(NoLimit(), 1000, latency=latency)
    assert outcome.seconds - latency < 1000 / 50 * 1.02
    assert most_within(1, outcome.moments) <= 50


@pytest.mark.parametrize(("latency", "jitter"), [(0.02, 0.5), (0.2, 0.1)])
@pytest.mark.parametrize("server", [Bucket, Window])
def test_a_server_with_exactly_this_limit_refuses_nothing(
    server: type[Bucket | Window], latency: float, jitter: float
) -> None:
    outcome = simulate(server(50), 1500, latency=latency, jitter=jitter)
    assert outcome.refused == 0
    assert outcome.seconds < 1500 / 50 * 1.03 + latency


@pytest.mark.parametrize("limit", [10, 20, 40])
@pytest.mark.parametrize("server", [Bucket, Window])
@pytest.mark.parametrize("latency", [0.01, 0.2])
def test_a_lower_limit_is_found_at_once_and_kept(server: type[Bucket | Window], limit: int, latency: float) -> None:
    outcome = simulate(server(limit), 600, latency=latency, jitter=0.1)
    under_way = 50 * latency * 1.2  # what is sent before the first refusal can be known
    assert outcome.refused <= under_way * (1 - limit / 50) * 1.5 + 0.02 * 600
    assert outcome.seconds < 600 / limit * 1.3


def test_a_fifth_of_the_rate_wastes_two_percent_at_most() -> None:
    assert simulate(Bucket(10), 400, latency=0.02, jitter=0.3).refused <= 8
    assert simulate(Bucket(10), 600, latency=0.2, jitter=0.1).refused <= 12


def test_a_limit_that_is_lifted_is_noticed() -> None:
    throttle = VirtualThrottle(50)
    simulate(Bucket(10), 100, throttle=throttle)
    simulate(NoLimit(), 4000, throttle=throttle)
    assert simulate(NoLimit(), 500, throttle=throttle).seconds < 500 / 50 * 1.05


# -- threads -----------------------------------------------------------------------------------


def test_close_wakes_all_waiting_threads() -> None:
    throttle = Throttle(0.001)
    assert throttle.acquire() is not None
    freed: list[Send | None] = []
    threads = [threading.Thread(target=lambda: freed.append(throttle.acquire()), daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    throttle.close()
    for thread in threads:
        thread.join(timeout=10)
    assert freed == [None] * 8
    assert throttle.acquire() is None


def test_threads_share_one_rate() -> None:
    throttle = Throttle(1000)
    moments: list[float] = []

    def send() -> None:
        for _ in range(20):
            leave = throttle.acquire()
            assert leave is not None
            moments.append(leave.moment)

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    moments.sort()
    assert len(moments) == 200
    assert moments[-1] - moments[0] > 199 / 1000 - 0.01
