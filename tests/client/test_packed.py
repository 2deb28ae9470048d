"""Bodies are kept compressed, are returned unchanged, and large ones come in pieces."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import msgspec
import pytest
from clockify_client.packed import Packed
from clockify_client.spool import Spool
from hypothesis import given
from hypothesis import strategies as st

SIZES = {"_LARGE": 64, "_PIECE": 16, "_COMPRESS_FROM": 32}  # so that examples of a few rows are large
TEXT = st.text(alphabet='{}[],":\\ aé', max_size=8)  # text that looks like the end of a row
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
WRITTEN = st.sampled_from([{"separators": (",", ":")}, {}, {"indent": 1}, {"ensure_ascii": False}])


@pytest.fixture(scope="module", autouse=True)
def small_sizes() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for name, size in SIZES.items():
            patch.setattr(f"clockify_client.packed.{name}", size)
        yield


def wire(body: bytes) -> Packed:
    """Return a body as it comes from Clockify."""
    return Packed(gzip.compress(body), gzipped=True)


@given(
    st.lists(VALUE, max_size=12) | st.lists(st.dictionaries(TEXT, VALUE, max_size=3)) | VALUE, WRITTEN, st.booleans()
)
def test_the_pieces_hold_every_row_once_and_in_order(content: Any, written: dict[str, Any], gzipped: bool) -> None:  # noqa: FBT001
    body = json.dumps(content, **written).encode()
    packed = wire(body) if gzipped else Packed(body)
    assert packed.is_json()
    assert (packed.body, packed.length) == (body, len(body))
    pieces = [msgspec.json.decode(piece) for piece in packed.pieces()]
    if isinstance(content, list):
        assert [row for piece in pieces for row in piece] == content
    else:
        assert pieces == [content]


def test_a_large_array_comes_in_small_pieces() -> None:
    rows = [{"id": number, "tags": [{"id": "a"}, {"id": "b"}], "note": "},{"} for number in range(1000)]
    packed = wire(json.dumps(rows).encode())
    assert packed.is_json()
    pieces = list(packed.pieces())
    assert len(pieces) > 500
    assert max(map(len, pieces)) < 300
    assert [row for piece in pieces for row in json.loads(piece)] == rows


@given(st.lists(st.dictionaries(TEXT, VALUE, max_size=3), min_size=1, max_size=12), st.data())
def test_truncated_json_is_invalid(rows: list[Any], data: st.DataObject) -> None:
    body = json.dumps(rows).encode()
    length = data.draw(st.integers(1, len(body) - 1))
    assert not wire(body[:length]).is_json()
    content = gzip.compress(body)
    assert not Packed(content[: data.draw(st.integers(1, len(content) - 1))], gzipped=True).is_json()


@pytest.mark.parametrize("rows", [1, 1000])
def test_a_flipped_bit_is_noticed(rows: int) -> None:
    content = bytearray(gzip.compress(json.dumps([{"id": number} for number in range(rows)]).encode()))
    content[-6] ^= 1  # of the checksum
    assert not Packed(bytes(content), gzipped=True).is_json()


def test_a_gzip_in_several_members_is_read_whole() -> None:
    rows = [{"id": number} for number in range(1000)]
    body = json.dumps(rows).encode()
    packed = Packed(gzip.compress(body[:100]) + gzip.compress(body[100:]), gzipped=True)
    assert packed.is_json()
    assert [row for piece in packed.pieces() for row in json.loads(piece)] == rows


def test_the_same_body_has_the_same_fingerprint_however_it_comes() -> None:
    body = json.dumps([{"id": number} for number in range(100)]).encode()
    later = bytearray(gzip.compress(body, 9))
    later[4:8] = b"\1\2\3\4"  # the time of the gzip
    assert {Packed(body).fingerprint, wire(body).fingerprint, Packed(bytes(later), gzipped=True).fingerprint} == {
        zlib.crc32(body)
    }
    assert wire(body[:-1]).fingerprint != wire(body).fingerprint


def test_long_bodies_are_kept_packed_and_short_ones_as_they_are() -> None:
    body = json.dumps([{"id": number, "name": "the same name"} for number in range(500)]).encode()
    assert Packed(body).size < len(body) / 4
    assert Packed(b"[]").size == 2


def test_on_disk_a_body_stays_the_same() -> None:
    spool = Spool()
    bodies = [json.dumps([{"id": number, "page": page} for number in range(500)]).encode() for page in range(3)]
    packed = [wire(body) for body in bodies]
    assert all(one.is_json() for one in packed)
    for one in packed:
        one.move_to(spool)
    assert [one.body for one in reversed(packed)] == bodies[::-1]
    assert [b"".join(one.pieces()).count(b'"id"') for one in packed] == [500] * 3
    spool.close()
    with pytest.raises(ValueError, match="the run has ended"):
        wire(bodies[0]).move_to(spool)


def test_a_response_after_closing_is_not_stored() -> None:
    spool = Spool()
    spool.close()
    with pytest.raises(ValueError, match="the run has ended"):
        wire(b"[]").move_to(spool)


@pytest.mark.parametrize("stated", [None, 5], ids=["told", "told as small"])
def test_a_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch, stated: int | None) -> None:
    monkeypatch.setattr("clockify_client.packed._LARGEST", 1 << 20)
    bomb = gzip.compress(b"[" + b" " * (2 << 20) + b"]")
    if stated is not None:
        bomb = bomb[:-4] + stated.to_bytes(4, "little")
    assert Packed(bomb, gzipped=True).as_json() is None
    assert wire(b"[" + b" " * (1 << 18) + b"]").as_json() is not None


@pytest.mark.parametrize(("digits", "is_json"), [(4300, True), (4301, False), (100_000, False)])
def test_too_long_numbers_are_refused(digits: int, *, is_json: bool) -> None:
    number = b"7" * digits
    for before in (b"", b'{"a":1},' * 1000):
        assert Packed(b'[%s{"n": %s}]' % (before, number)).is_json() is is_json
        assert Packed(b'[%s{"n": "%s"}]' % (before, number)).is_json(), "a text may be as long as it likes"
