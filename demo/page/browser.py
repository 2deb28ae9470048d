"""The browser that tests the page: Chromium on this machine. `python -m demo.page.browser` prints its path."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_HOW = "install one (Debian: apt install chromium), or name it: CHROMIUM=/path/to/chromium"


class NoBrowserError(RuntimeError):
    """There is no browser; the message says what to do."""


def chromium() -> str:
    """Return the path of Chromium.

    Raises:
        NoBrowserError: It is not on the path, or not at the path in CHROMIUM.
    """
    wanted = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [wanted] if wanted else _NAMES)), None)
    if not found:
        msg = f"CHROMIUM={wanted} is no program" if wanted else f"no Chromium on this machine; {_HOW}"
        raise NoBrowserError(msg)
    return found


@contextmanager
def browser_open() -> Iterator[Browser]:
    """Run Chromium, without a window, until the block ends.

    Raises:
        NoBrowserError: There is no browser, or playwright is not installed.
    """
    path = chromium()
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 # installed by `make page` alone
    except ImportError as error:
        msg = "playwright is not installed; `make page` does it"
        raise NoBrowserError(msg) from error
    with sync_playwright() as steered:
        browser = steered.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    try:
        print(chromium())
    except NoBrowserError as error:
        sys.exit(str(error))
