"""Reading ahead: with any timing the same items in the same order, with limited memory, and without a deadlock."""

from __future__ import annotations

import errno
import gc
import json
import random
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from clockify_client import (
    BadCredentialsError,
    Client,
    ClockifyError,
    ClosedError,
    Endpoint,
    FanOut,
    GoneError,
    Incomplete,
    InvalidRequestError,
    NotPermittedError,
    Page,
    RateLimitedError,
    Reading,
    Refusal,
    ServerError,
)
from clockify_client.endpoint import KEBAB
from clockify_client.packed import Packed
from clockify_client.paging import PageAnswer
from clockify_client.rows import rows_of
from clockify_client.spool import Spool
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.stub import Reply, Seen, Stub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clockify_client import Ids

LEVELS = [Endpoint(f"/level{depth}", KEBAB, page_size=size) for depth, size in enumerate((1000, 100, 1000))]
LONG = 20  # seconds; only a deadlock takes that long


class World:
    """A client whose responses come from a function, which may delay them."""

    def __init__(self, answer: Callable[[Endpoint, Ids, int], PageAnswer], max_workers: int = 8) -> None:
        self.settings = SimpleNamespace(max_workers=max_workers)
        self.calls: list[tuple[str, Ids, int]] = []
        self.closed = False
        self._answer = answer

    def page(self, endpoint: Endpoint, ids: Ids, number: int = 0, size: int | None = None) -> PageAnswer:
        assert size is None or size > 0
        self.calls.append((endpoint.path, ids, number))
        return self._answer(endpoint, ids, number)

    def close(self) -> None:
        self.closed = True


def fan_out_of(world: World) -> FanOut:
    return FanOut(world)  # type: ignore[arg-type]


def page(rows: list[Any], number: int, *, last: bool) -> PageAnswer:
    return PageAnswer(Packed(json.dumps(rows).encode()), {"Last-Page": "true" if last else "false"}, number, 100)


def within(seconds: float, *works: Callable[[], Any]) -> list[Any]:
    """Run functions concurrently and return the results; fail if one does not end."""
    failures: list[BaseException] = []
    results: list[Any] = [None] * len(works)

    def run(number: int) -> None:
        try:
            results[number] = works[number]()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=seconds)
        assert not thread.is_alive(), "it stands still"
    if failures:
        raise failures[0]
    return results


def shown(reading: Reading, leave_after: int | None = None) -> list[tuple[Any, ...]]:
    """Consume a reading; return its items as plain values, and last the error if one ended it."""
    came: list[tuple[Any, ...]] = []
    try:
        with closing(reading.items()) as items:
            for item in items:
                if isinstance(item, Page):
                    came.append(("page", item.ids, item.number, item.last, item.body))
                elif isinstance(item, Refusal):
                    came.append((type(item.error).__name__, item.ids))
                else:
                    came.append(("incomplete", item.ids, item.reason))
                if len(came) == leave_after:
                    break
    except Exception as error:  # noqa: BLE001
        came.append((type(error).__name__,))
    return came


# -- any tree, any timing ----------------------------------------------------------------------

FAILURES: dict[str, Callable[[str], Exception]] = {
    "gone": GoneError,
    "refused": NotPermittedError,
    "server": ServerError,
    "bug": RuntimeError,
}


@dataclass
class Node:
    """A parent: the children that each of its pages names, and perhaps the page at which it fails."""

    pages: list[list[Node]]
    failure: str | None = None
    fails_at: int = 0
    rows: dict[str, Node] = field(default_factory=dict)


def nodes(depth: int) -> st.SearchStrategy[Node]:
    children = nodes(depth - 1) if depth else st.nothing()
    most = 3 if depth else 0
    return st.builds(
        Node,
        pages=st.lists(st.lists(children, max_size=most), min_size=1, max_size=3),
        failure=st.sampled_from([None] * 8 + list(FAILURES)),
        fails_at=st.integers(0, 2),
    )


def answers(roots: list[Node], delays: random.Random) -> Callable[[Endpoint, Ids, int], PageAnswer]:
    def answer(endpoint: Endpoint, ids: Ids, number: int) -> PageAnswer:
        time.sleep(delays.random() * 0.002)
        path = ids["path"]
        node = roots[path[0]]
        for page_number, row in path[1:]:
            node = node.pages[page_number][row]
        if node.failure and node.fails_at == number:
            raise FAILURES[node.failure](endpoint.call)
        rows = [
            {"id": f"{number}.{row}", "row": [number, row], "filler": "x" * 500}
            for row in range(len(node.pages[number]))
        ]
        return page(
            [*rows, {"id": f"end {number}", "end": [len(path), number]}], number, last=number + 1 == len(node.pages)
        )

    return answer


def children(rows: list[dict[str, Any]], ids: Ids) -> Iterator[Ids]:
    for row in rows:
        if "row" in row:
            yield {"path": (*ids["path"], tuple(row["row"]))}


def expected(parents: list[tuple[Ids, Node]], depth: int) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the expected items of each level, derived only from the tree."""
    came: list[tuple[Any, ...]] = []
    below: list[tuple[Ids, Node]] = []
    ended = False
    for ids, node in parents:
        for number in range(len(node.pages)):
            if node.failure and node.fails_at == number:
                if not ended:
                    error = type(FAILURES[node.failure]("")).__name__
                    about_parent = node.failure != "bug"
                    came.append((error, ids) if about_parent else (error,))
                    ended = not about_parent
                below.append((ids, Node([[]], node.failure)))
                break
            if not ended:
                came.append(("page", ids, number))
            below += [({"path": (*ids["path"], (number, row))}, one) for row, one in enumerate(node.pages[number])]
    yield came
    if depth:
        yield from expected(below, depth - 1)


@dataclass
class Timing:
    """Everything that may differ between runs."""

    seed: int
    workers: int
    side_by_side: bool


TIMINGS = st.builds(Timing, st.integers(0, 2**16), st.sampled_from([1, 2, 8]), st.booleans())


@settings(max_examples=40, deadline=None)
@given(
    roots=st.lists(nodes(2), max_size=3),
    timing=TIMINGS,
    consumers=st.lists(st.lists(st.none() | st.integers(1, 3), max_size=3), min_size=3, max_size=3),
)
def test_timing_does_not_change_what_is_read(
    roots: list[Node], timing: Timing, consumers: list[list[int | None]]
) -> None:
    world = World(answers(roots, random.Random(timing.seed)), timing.workers)
    told: list[tuple[int, int | None, list[tuple[Any, ...]]]] = []
    with fan_out_of(world) as fan_out:
        readings = [fan_out.read(LEVELS[0], rank=(0,), consumers=len(consumers[0]))]
        for depth in (1, 2):
            readings.append(
                readings[-1].branch(LEVELS[depth], children, dict, rank=(depth,), consumers=len(consumers[depth]))
            )
        readings[0].feed([{"path": (number,)} for number in range(len(roots))], last=True)

        def consume(depth: int, leave_after: int | None) -> None:
            told.append((depth, leave_after, shown(readings[depth], leave_after)))

        works = [partial(consume, depth, after) for depth, leavers in enumerate(consumers) for after in leavers]
        if timing.side_by_side:
            within(LONG, *works)
        else:
            within(LONG, lambda: [work() for work in works])
    levels = list(expected([({"path": (number,)}, node) for number, node in enumerate(roots)], 2))
    for depth, leave_after, came in told:
        plain = [one[:3] if one[0] == "page" else one for one in came]
        assert plain == levels[depth][:leave_after]
    assert max(Counter((path, ids["path"], number) for path, ids, number in world.calls).values(), default=1) == 1


# -- concurrency -------------------------------------------------------------------------------


def test_parents_are_requested_concurrently() -> None:
    together = threading.Barrier(8)

    def answer(_: Endpoint, ids: Ids, number: int) -> PageAnswer:
        together.wait(timeout=LONG)
        return page([{"id": ids["n"]}], number, last=True)

    with fan_out_of(World(answer, 8)) as fan_out:
        reading = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        reading.feed([{"n": number} for number in range(16)], last=True)
        assert within(LONG, lambda: [item.ids["n"] for item in reading.items()]) == [list(range(16))]


def test_concurrency_is_limited_and_requests_keep_their_order() -> None:
    begin = threading.Event()
    lock, under_way, most = threading.Lock(), 0, 0

    def answer(_: Endpoint, ids: Ids, number: int) -> PageAnswer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        begin.wait(LONG)
        with lock:
            under_way -= 1
        return page([{"id": f"of {ids['n']}"}, {"id": f"row {number}"}], number, last=number == 1)

    world = World(answer, 3)
    with fan_out_of(world) as fan_out:
        early, late = (fan_out.read(LEVELS[depth], rank=(depth,), consumers=1) for depth in (0, 2))
        late.feed([{"n": number} for number in range(10)], last=True)
        early.feed([{"n": number} for number in range(10)], last=True)
        begin.set()
        (told,) = within(LONG, lambda: [len(shown(early)), len(shown(late))])
    assert told == [20, 20]
    assert most <= 3
    assert len(world.calls) == 40
    paths = [path for path, _, _ in world.calls]
    assert paths[3:17] == [LEVELS[0].path] * 14, (
        "after the three under way; the last six may have to wait for each other"
    )


def test_lists_with_many_pages_start_early() -> None:
    begin = threading.Event()

    def answer(_: Endpoint, ids: Ids, number: int) -> PageAnswer:
        begin.wait(LONG)
        return page([{"id": f"of {ids['n']}"}, {"id": f"row {number}"}], number, last=number == 5)

    world = World(answer, 1)
    with fan_out_of(world) as fan_out:
        large, small = (fan_out.read(LEVELS[depth], rank=(depth,), consumers=1) for depth in (0, 1))
        large.feed([{"n": number} for number in range(3)], last=True)
        small.feed([{"n": 0}], last=True)
        begin.set()
        assert within(LONG, lambda: [len(shown(small)), len(shown(large))]) == [[6, 18]]
    paths = [path for path, _, _ in world.calls]
    assert paths[:7].count(LEVELS[1].path) == 6, "one of the other may have been under way"


def test_children_are_requested_before_the_parent_list_ends() -> None:
    child_asked = threading.Event()

    def answer(endpoint: Endpoint, _: Ids, number: int) -> PageAnswer:
        if endpoint is LEVELS[1]:
            child_asked.set()
        elif number == 1:
            assert child_asked.wait(LONG)
        return page([{"id": f"{number}"}], number, last=number == 1 or endpoint is LEVELS[1])

    with fan_out_of(World(answer, 2)) as fan_out:
        parents = fan_out.read(LEVELS[0], rank=(0,), consumers=0)
        below = parents.branch(
            LEVELS[1], lambda rows, _: [{"id": row["id"]} for row in rows], dict, rank=(1,), consumers=1
        )
        parents.feed([{}], last=True)
        assert within(LONG, lambda: [item.ids["id"] for item in below.items()]) == [["0", "1"]]


# -- memory ------------------------------------------------------------------------------------

PAGE_BYTES = 1000


def noise(ids: Ids, number: int, *, last: bool) -> PageAnswer:
    """Return a page that cannot be packed, of known size."""
    filler = random.Random(str((ids, number))).randbytes(PAGE_BYTES // 2).hex()
    body = json.dumps([{"id": filler[: PAGE_BYTES - 20]}]).encode()
    return PageAnswer(Packed(body), {"Last-Page": str(last).lower()}, number, 100)


def test_pages_are_read_ahead_and_stored_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    spooled: list[bytes] = []
    put = Spool.put

    def watched(self: Spool, content: bytes) -> int:
        spooled.append(content)
        return put(self, content)

    monkeypatch.setattr(Spool, "put", watched)
    together = threading.Barrier(4)

    def answer(_: Endpoint, ids: Ids, number: int) -> PageAnswer:
        together.wait(timeout=LONG)  # four at a time, to the very end: nobody waits for a consumer
        return noise(ids, number, last=True)

    with fan_out_of(World(answer, 4)) as fan_out:
        reading = fan_out.read(LEVELS[0], rank=(0,), consumers=3)
        reading.feed([{"n": number} for number in range(200)], last=True)
        bodies: list[bytes] = []

        def consume_thrice() -> None:
            first = [item for item in reading.items() if isinstance(item, Page)]
            assert len(spooled) == 200
            for _ in range(2):
                bodies.extend(item.body for item in reading.items() if isinstance(item, Page))
            bodies.extend(item.body for item in first)

        within(LONG, consume_thrice)
        assert bodies == [noise({"n": number}, 0, last=True).packed.body for number in range(200)] * 3


def test_pages_are_freed_after_all_consumers_passed_them() -> None:
    with fan_out_of(World(lambda _, ids, number: noise(ids, number, last=True), 1)) as fan_out:
        reading = fan_out.read(LEVELS[0], rank=(0,), consumers=2)
        ids = [{"n": number} for number in range(100)]
        reading.feed(ids, last=True)

        def kept() -> int:
            mine = {id(one) for one in ids}
            return sum(isinstance(one, Page) and id(one.ids) in mine for one in gc.get_objects())

        def consume() -> None:
            assert sum(1 for _ in reading.items()) == 100
            assert kept() == 100, "the second consumer is still to come"
            second = reading.items()
            for _ in range(90):
                next(second)
            assert kept() <= 12

        within(LONG, consume)


def test_pages_without_consumers_are_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    spooled: list[bytes] = []

    def watched(_: Spool, content: bytes) -> int:
        spooled.append(content)
        return len(content)

    monkeypatch.setattr(Spool, "put", watched)
    with fan_out_of(World(lambda _, __, number: page([{"id": "a"}], number, last=True))) as fan_out:
        parents = fan_out.read(LEVELS[0], rank=(0,), consumers=0)
        below = parents.branch(LEVELS[1], lambda *_: [], dict, rank=(1,), consumers=1)
        parents.feed([{}], last=True)
        assert within(LONG, lambda: shown(below)) == [[]]
    assert spooled == []


def test_a_full_disk_is_one_error_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "wb+", 0))  # noqa: PTH123, SIM115
    world = World(lambda _, ids, number: noise(ids, number, last=True), 1)
    with fan_out_of(world) as fan_out:
        readings = [fan_out.read(LEVELS[0], rank=(number,), consumers=1) for number in range(2)]
        for reading in readings:
            reading.feed([{"n": number} for number in range(50)], last=True)
            with pytest.raises(OSError, match="more room") as caught:
                within(LONG, lambda reading=reading: list(reading.items()))  # type: ignore[misc]
            assert caught.value.errno == errno.ENOSPC
            assert caught.value.filename == tempfile.gettempdir()
    assert len(world.calls) == 1


def test_no_requests_are_made_for_consumers_that_stopped() -> None:
    left = threading.Event()

    def answer(endpoint: Endpoint, ids: Ids, number: int) -> PageAnswer:
        if endpoint is LEVELS[0] and ids["n"] > 0:
            left.wait(LONG)
        return page([{"id": ids["n"]}], number, last=True)

    world = World(answer, 1)
    with fan_out_of(world) as fan_out:
        leaving, staying = (fan_out.read(LEVELS[depth], rank=(depth,), consumers=1) for depth in (0, 1))
        for reading in (leaving, staying):
            reading.feed([{"n": number} for number in range(50)], last=True)

        def consume() -> None:
            assert len(shown(leaving, leave_after=1)) == 1
            left.set()
            assert len(shown(staying)) == 50

        within(LONG, consume)
    calls = Counter(path for path, _, _ in world.calls)
    assert calls[LEVELS[1].path] == 50
    assert calls[LEVELS[0].path] <= 2, "the second may have been under way"


# -- failures ----------------------------------------------------------------------------------


def test_a_failure_in_one_reading_does_not_disturb_another() -> None:
    def answer(endpoint: Endpoint, ids: Ids, number: int) -> PageAnswer:
        if endpoint is LEVELS[0]:
            raise ServerError(endpoint.call, status=500)
        return page([{"id": ids["n"]}], number, last=True)

    with fan_out_of(World(answer)) as fan_out:
        bad, good = (fan_out.read(LEVELS[depth], rank=(depth,), consumers=1) for depth in (0, 1))
        for reading in (bad, good):
            reading.feed([{"n": number} for number in range(5)], last=True)
        broken, whole = within(LONG, lambda: shown(bad), lambda: shown(good))
    assert broken == [("ServerError", {"n": number}) for number in range(5)]
    assert [one[1]["n"] for one in whole] == list(range(5))


def test_rows_without_usable_children_raise_an_error_for_consumers() -> None:
    def broken(rows: list[dict[str, Any]], _: Ids) -> list[Ids]:
        return [{"id": row["no such field"]} for row in rows]

    world = World(lambda _, __, number: page([{"id": "x"}], number, last=True))
    with fan_out_of(world) as fan_out:
        parents = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        below = parents.branch(LEVELS[1], broken, dict, rank=(1,), consumers=1)
        parents.feed([{}], last=True)
        assert within(LONG, lambda: shown(below), lambda: shown(parents)) == [[("MalformedAnswerError", {})]] * 2


@pytest.mark.parametrize("odd", [{"no": "id"}, {"id": None}, {"id": ""}, {"id": ["x"]}, "busy", None, 7, ["a"]])
def test_a_malformed_parent_row_affects_only_itself(odd: Any) -> None:
    def answer(endpoint: Endpoint, ids: Ids, number: int) -> PageAnswer:
        rows = [{"id": "a"}, odd, {"id": "b"}] if endpoint is LEVELS[0] else [{"id": ids["id"]}]
        return page(rows, number, last=True)

    with fan_out_of(World(answer)) as fan_out:
        parents = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        below = parents.branch(
            LEVELS[1], lambda rows, _: [{"id": row["id"]} for row in rows], dict, rank=(1,), consumers=1
        )
        parents.feed([{}], last=True)
        came, listed = within(LONG, lambda: list(below.items()), lambda: list(parents.items()))
    assert [one.ids.get("id") for one in came] == ["a", "b", None]
    assert [type(one) for one in listed] == [Page, Incomplete]
    for doubt in (listed[1], came[2]):
        assert doubt.reason == "1 of its rows have no id of their own"


def test_an_incomplete_list_is_reported_after_its_pages() -> None:
    def answer(_: Endpoint, ids: Ids, number: int) -> PageAnswer:
        rows = [] if ids["n"] == 1 else [{"id": "x"}]
        return page(rows, number, last=ids["n"] != 1)

    with fan_out_of(World(answer)) as fan_out:
        reading = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        reading.feed([{"n": number} for number in range(3)], last=True)
        (came,) = within(LONG, lambda: list(reading.items()))
    assert [(type(one), one.ids["n"]) for one in came] == [(Page, 0), (Page, 1), (Incomplete, 1), (Page, 2)]


def test_after_many_failures_in_a_row_the_other_parents_are_not_requested() -> None:
    def answer(endpoint: Endpoint, ids: Ids, number: int) -> PageAnswer:
        if endpoint is LEVELS[0] and ids["n"] >= 10:
            raise ServerError(endpoint.call, status=500)
        return page([{"id": ids["n"]}], number, last=True)

    world = World(answer, 1)
    with fan_out_of(world) as fan_out:
        reading, other = (fan_out.read(LEVELS[depth], rank=(depth,), consumers=1) for depth in (0, 1))
        for one in (reading, other):
            one.feed([{"n": number} for number in range(100)], last=True)
        (came,) = within(LONG, lambda: [list(reading.items()), list(other.items())])
    assert [type(one) for one in came[0]] == [Page] * 10 + [Refusal] * 90
    assert [type(one) for one in came[1]] == [Page] * 100
    assert sum(path == LEVELS[0].path for path, _, _ in world.calls) == 35


@pytest.mark.parametrize("error", [GoneError, NotPermittedError])
def test_a_parent_whose_children_cannot_be_read_is_reported(error: type[GoneError | NotPermittedError]) -> None:
    def answer(endpoint: Endpoint, ids: Ids, number: int) -> PageAnswer:
        if endpoint is LEVELS[0] and ids["workspaceId"] == "w1":
            raise error(endpoint.call, status=403)
        return page([{"id": ids["workspaceId"] + "c"}], number, last=True)

    with fan_out_of(World(answer)) as fan_out:
        parents = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        below = parents.branch(
            LEVELS[1], lambda rows, ids: [{**ids, "id": row["id"]} for row in rows], dict, rank=(1,), consumers=1
        )
        parents.feed([{"workspaceId": f"w{number}"} for number in range(3)], last=True)
        _, came = within(LONG, lambda: shown(parents), lambda: shown(below))
    assert [one[0] for one in came] == ["page", error.__name__, "page"]
    assert came[1] == (error.__name__, {"workspaceId": "w1"})


@pytest.mark.parametrize("error", [BadCredentialsError, RateLimitedError])
def test_a_failure_of_the_account_ends_everything(error: type[ClockifyError]) -> None:
    def answer(endpoint: Endpoint, _: Ids, __: int) -> PageAnswer:
        raise error(endpoint.call)

    world = World(answer, 1)
    with fan_out_of(world) as fan_out:
        readings = [fan_out.read(LEVELS[depth], rank=(depth,), consumers=1) for depth in (0, 1)]
        for reading in readings:
            reading.feed([{"n": number} for number in range(10)], last=True)
        (told,) = within(LONG, lambda: [shown(reading) for reading in readings])
    assert told == [[(error.__name__,)]] * 2
    assert len(world.calls) == 1


def test_a_repeated_page_ends_the_list() -> None:
    world = World(lambda _, __, number: page([{"id": "same"}], number, last=False))
    with fan_out_of(world) as fan_out:
        parents = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        below = parents.branch(LEVELS[1], lambda *_: [{"id": "x"}], dict, rank=(1,), consumers=1)
        parents.feed([{}], last=True)
        told = within(LONG, lambda: shown(parents), lambda: shown(below))
    listed, children_of_it = ([item[0] for item in one] for one in told)
    assert listed == ["page", "MalformedAnswerError"]
    assert children_of_it == ["page", "MalformedAnswerError", "MalformedAnswerError"], "its own list, then its parent's"


def test_a_child_named_on_two_pages_is_requested_once() -> None:
    def answer(endpoint: Endpoint, _: Ids, number: int) -> PageAnswer:
        shifting = [["a", "b"], ["b", "c"]][number] if endpoint is LEVELS[0] else ["x"]
        return page([{"id": one} for one in shifting], number, last=endpoint is not LEVELS[0] or number == 1)

    with fan_out_of(World(answer)) as fan_out:
        parents = fan_out.read(LEVELS[0], rank=(0,), consumers=0)
        below = parents.branch(
            LEVELS[1], lambda rows, _: [{"id": row["id"]} for row in rows], dict, rank=(1,), consumers=1
        )
        parents.feed([{}], last=True)
        ((*told, end),) = within(LONG, lambda: shown(below))
    assert [item[1]["id"] for item in told] == ["a", "b", "c"]
    assert end[2] == "1 of its rows came twice, so that others may be missing"


def test_an_unannounced_consumer_is_refused() -> None:
    with fan_out_of(World(lambda _, __, number: page([], number, last=True))) as fan_out:
        reading = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        reading.feed([{}], last=True)
        assert len(within(LONG, lambda: shown(reading))[0]) == 1
        with pytest.raises(RuntimeError, match="more consumers than were announced"):
            next(reading.items())


# -- the end -----------------------------------------------------------------------------------


def test_closing_releases_waiting_consumers_and_ends_the_workers() -> None:
    asked, answered = threading.Event(), threading.Event()
    before = set(threading.enumerate())

    def answer(_: Endpoint, __: Ids, number: int) -> PageAnswer:
        asked.set()
        answered.wait(LONG)
        return page([], number, last=True)

    world = World(answer, 2)
    fan_out = fan_out_of(world)
    reading = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
    reading.feed([{"n": number} for number in range(10)], last=True)

    def consume() -> None:
        with pytest.raises(ClosedError, match="the run has ended"):
            list(reading.items())

    def close() -> None:
        assert asked.wait(LONG)
        fan_out.close()

    within(LONG, consume, close)
    assert world.closed
    answered.set()
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("clockify-"):
            thread.join(timeout=LONG)
            assert not thread.is_alive()
    assert len(world.calls) <= 2


def test_a_reading_without_parents_ends_at_once() -> None:
    with fan_out_of(World(lambda *_: page([], 0, last=True))) as fan_out:
        parents = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        below = parents.branch(LEVELS[1], children, dict, rank=(1,), consumers=1)
        told = within(LONG, lambda: shown(below), lambda: shown(parents), lambda: parents.feed([], last=True))
    assert told == [[], [], None]


def test_parents_may_be_fed_bit_by_bit() -> None:
    with fan_out_of(World(lambda _, ids, number: page([{"id": ids["n"]}], number, last=True))) as fan_out:
        reading = fan_out.read(LEVELS[0], rank=(0,), consumers=1)
        came: list[int] = []
        items = reading.items()
        for number in range(3):
            reading.feed([{"n": number}])
            within(LONG, lambda: came.append(next(items).ids["n"]))
        reading.feed([], last=True)
        within(LONG, lambda: came.extend(item.ids["n"] for item in items))
    assert came == [0, 1, 2]


# -- over HTTP ---------------------------------------------------------------------------------


def test_a_slow_page_is_split_with_many_workers(stub: Stub, connect: Callable[..., Client]) -> None:
    def answer(seen: Seen) -> Reply:
        (number,), (size,) = seen.query["page"], seen.query["page-size"]
        start = (int(number) - 1) * int(size)
        if (int(number), int(size)) == (3, 100):
            return Reply(503)
        rows = [{"id": one} for one in range(950)][start : start + int(size)]
        return Reply(200, rows, {"Last-Page": str(start + int(size) >= 950).lower()})

    stub.decides(answer)
    endpoint = Endpoint("/users/{userId}/entries", KEBAB, page_size=100)
    with FanOut(connect()) as fan_out:
        reading = fan_out.read(endpoint, rank=(0,), consumers=1)
        reading.feed([{"userId": f"u{number}"} for number in range(8)], last=True)
        came: dict[str, list[int]] = {}
        for item in reading.items():
            assert isinstance(item, Page)
            came.setdefault(item.ids["userId"], []).extend(row["id"] for row in rows_of(endpoint, item.body))
    assert came == {f"u{number}": list(range(950)) for number in range(8)}


def test_an_error_of_clockify_reaches_the_reader_as_it_is(stub: Stub, connect: Callable[..., Client]) -> None:
    stub.answers(Reply(400, {"code": 3001, "message": "Required request parameter"}))
    with FanOut(connect()) as fan_out:
        reading = fan_out.read(Endpoint("/x"), rank=(0,), consumers=1)
        reading.feed([{"n": 1}], last=True)
        (refusal,) = list(reading.items())
    assert isinstance(refusal, Refusal)
    assert isinstance(refusal.error, InvalidRequestError)
    assert (refusal.error.code, refusal.ids) == (3001, {"n": 1})
