"""The path of a receipt is untrusted input: the file is uploaded, or the record is rejected."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def _hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


_SPECIAL: dict[str, Callable[[Path], None]] = {
    "pipe.png": os.mkfifo,
    "folder.png": Path.mkdir,
    "huge.png": _hole,
    "endless.png": lambda path: path.symlink_to("/dev/zero"),
    "null.png": lambda path: path.symlink_to("/dev/null"),
    "loop.png": lambda path: path.symlink_to(path),
    "memory.png": lambda path: path.symlink_to("/proc/self/mem"),
}
_ODD_NAMES = ("a\r\nb: c.png", 'a"; b="c.png', "a.png\n", "a\\.png")
_NOWHERE = ("missing.png", "\x00.png", "\x00/a.png", f"{'long' * 100}.png", "missing.png/a.png")


def test_a_receipt_that_is_not_a_file_rejects_its_record(target: Any, singer: Any, tmp_path: Path) -> None:
    for name, make in _SPECIAL.items():
        make(tmp_path / name)
    for name in (*_ODD_NAMES, "good.png"):
        (tmp_path / name).write_bytes(b"image")
    named = [*_SPECIAL, *_ODD_NAMES, *_NOWHERE, "good.png"]
    category = [singer.schema("expense_categories"), singer.record("expense_categories", id="c", name="Travel")]
    fields = {"userId": target.box.ok("GET", "/user")["id"], "categoryId": "c", "date": "2026-01-05", "quantity": 1}
    rows = [singer.record("expenses", id=n, file=str(tmp_path / name), **fields) for n, name in enumerate(named)]
    result = target([*category, singer.schema("expenses"), *rows, singer.state(x=1)])
    assert result.counts["expenses"] == {"inserted": 1, "rejected": len(named) - 1}, result.log
    assert {one["error"] for one in result.rejects} == {"invalid", "unreadable_file"}
    assert result.states == [{"x": 1}]
    listed = target.box.ok("GET", "/workspaces/{ws}/expenses")["expenses"]["expenses"]
    assert [one["fileName"] for one in listed] == ["good.png"]
