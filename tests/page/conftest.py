"""The demo's page in a real browser: for a small sandbox, and for the last `make demo`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from demo.page import write_page
from demo.page.browser import NoBrowserError, browser_open
from demo.warehouse import postgres_running
from tests.transform.conftest import modelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from demo.warehouse import Warehouse

HOUSE = Path(__file__).parents[2]
WIDTHS = (390, 1600)
SCHEMES = ("light", "dark")

Row = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A page and its data.

    Attributes:
        path: The page.
        warehouse: Where the models are.
    """

    path: Path
    warehouse: Warehouse

    def rows(self, question: str, **values: object) -> list[list[Any]]:
        """The rows of a SELECT on the models, without the names of its columns."""
        with psycopg.connect(self.warehouse.uri) as connection:
            connection.execute(f"set search_path to {self.warehouse.models}".encode())
            return [list(row) for row in connection.execute(question.encode(), values).fetchall()]

    def ask(self, question: str, **values: object) -> list[Row]:
        """The rows of a SELECT on the models."""
        with psycopg.connect(self.warehouse.uri, row_factory=dict_row) as connection:
            connection.execute(f"set search_path to {self.warehouse.models}".encode())
            return connection.execute(question.encode(), values).fetchall()

    @property
    def workspace(self) -> str:
        """The workspace that the page opens with: the one with most hours."""
        question = "select workspace_id from timesheet group by 1 order by sum(hours) desc limit 1"
        return str(self.ask(question)[0]["workspace_id"])

    @property
    def today(self) -> date:
        """The day that the models look back from."""
        day = self.ask("select as_of from dim_calendar limit 1")[0]["as_of"]
        assert isinstance(day, date)
        return day


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with browser_open() as opened:
            yield opened
    except NoBrowserError as error:
        pytest.skip(f"the page is not looked at in a browser: {error}")


@pytest.fixture(scope="session", params=["tiny", "demo"])
def drawn(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drawn]:
    assert browser  # without a browser, nothing is loaded and built
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "demo":
        data = HOUSE / "output" / "demo" / "postgres"
        if not (HOUSE / "output" / "agency.html").exists():
            pytest.skip("the demo was not played here; `make demo` does it")
        with postgres_running(data) as warehouse:
            yield _drawn(warehouse, folder)
    else:
        with modelled(folder, scale="tiny") as models:
            yield _drawn(models.warehouse, folder)


def _drawn(warehouse: Warehouse, folder: Path) -> Drawn:
    path = folder / "agency.html"
    write_page(warehouse.uri, warehouse.models, path)
    return Drawn(path, warehouse)


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a new window; any error or network request of the page fails the test."""
    said: list[str] = []
    windows = []

    def open_page(path: Path, width: int = 1600, scheme: str = "light", address: str = "") -> Page:
        window = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        windows.append(window)
        page = window.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request",
            lambda asked: said.append(f"asked for {asked.url[:80]}") if asked.url.startswith("http") else None,
        )
        page.goto(path.as_uri() + address)
        page.wait_for_selector("section h2")
        return page

    yield open_page
    for window in windows:
        window.close()
    assert said == []
