"""Take screenshots of the page of the last demo, for the documentation: `python -m demo.page.screenshots FOLDER`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from demo.page.browser import NoBrowserError, browser_open

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PAGE = Path("output/agency.html")


@dataclass(frozen=True)
class _Picture:
    """One screenshot.

    Attributes:
        name: The file, without its ending.
        width: Width of the window in pixels.
        height: Height of the window in pixels.
        scheme: Colour scheme: light or dark.
        scrolled_to: The card at the top of the window; the top of the page if empty.
    """

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    scrolled_to: str = ""


_PICTURES = (
    _Picture("page", 1280, 740, "light"),
    _Picture("page-weeks", 1280, 760, "dark", "weeks"),
    _Picture("page-phone", 390, 844, "light"),
    _Picture("page-phone-dark", 390, 844, "dark", "owed"),
)


def main() -> int:
    """Take the screenshots.

    Returns:
        The exit code: 1 if there is no page or no browser.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder for the screenshots")
    folder = parser.parse_args().folder
    if not _PAGE.exists():
        print(f"{_PAGE} is missing; `make demo` draws it", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with browser_open() as browser:
            for picture in _PICTURES:
                _take(browser, picture, folder / f"{picture.name}.png")
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _take(browser: Browser, picture: _Picture, path: Path) -> None:
    page = browser.new_page(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        reduced_motion="reduce",
    )
    page.goto(_PAGE.resolve().as_uri())
    page.wait_for_selector("section svg")
    if picture.scrolled_to:
        page.locator(f"#{picture.scrolled_to}").evaluate("card => card.scrollIntoView()")
    page.screenshot(path=path)
    page.close()
    print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
