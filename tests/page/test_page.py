"""The page in Chromium: it fits the window, is accessible, and its figures are those of the models."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from demo.page import write_page
from tests.page.conftest import SCHEMES, WIDTHS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.page.conftest import Drawn

    Open = Callable[..., Page]

CARDS = ["budgets", "uninvoiced", "owed", "margin", "projects", "utilisation", "weeks", "map", "billable", "paid"]
OVERFLOWING = """() => {
    const boxes = "html, body, header, form, main, footer, section, .figure, .figure b, .field";
    const wide = [...document.querySelectorAll(boxes)].filter(one => one.scrollWidth > one.clientWidth + 1);
    return wide.map(one => one.id || one.className || one.tagName)
        .concat([...document.querySelectorAll("svg text")].filter(text => {
            const [inner, outer] = [text.getBoundingClientRect(), text.closest("section").getBoundingClientRect()];
            return inner.left < outer.left || inner.right > outer.right;
        }).map(text => text.textContent));
}"""
PALE = """() => {
    const channels = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = ([red, green, blue]) => [red, green, blue].map(one => one / 255)
        .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        .reduce((total, one, place) => total + one * [0.2126, 0.7152, 0.0722][place], 0);
    const behind = element => {
        for (let one = element; one; one = one.parentElement) {
            const colour = channels(getComputedStyle(one).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
    };
    const written = [...document.querySelectorAll("body *")].filter(one => one.checkVisibility()
        && !one.closest(".hidden") && !["SCRIPT", "STYLE", "OPTION"].includes(one.tagName)
        && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()));
    return [written.length, written.map(one => {
        const style = getComputedStyle(one);
        const ink = light(channels(one.closest("svg") ? style.fill : style.color)), ground = light(behind(one));
        return [(Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05), one.textContent];
    }).filter(([contrast]) => contrast < 4.5)];
}"""


def choose(page: Page, **fields: str) -> None:
    """Choose in the filters, by the labels of the fields and the words of the options."""
    for label, option in fields.items():
        page.get_by_label(label.replace("_", " ").capitalize(), exact=True).select_option(label=option)


def figures(page: Page) -> dict[str, float | None]:
    """The figures at the top, unrounded."""
    told = page.locator("[data-figure]").evaluate_all("all => all.map(one => [one.dataset.figure, one.dataset.value])")
    return {name: float(value) if value else None for name, value in told}


def table(page: Page, card: str) -> list[list[float | str | None]]:
    """The rows of the table behind a chart, numbers unrounded."""
    details = page.locator(f"#{card} details")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    details.locator("thead").wait_for()
    rows = details.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => [cell.dataset.value ?? null, cell.textContent]))"
    )
    return [[text if value is None else float(value) if value else None for value, text in row] for row in rows]


def month_name(month: Any) -> str:
    return f"{month:%b %Y}"


# -- looks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_page_fits_and_can_be_read(drawn: Drawn, opened: Open, width: int, scheme: str) -> None:
    page = opened(drawn.path, width, scheme)
    assert page.locator("main > .cards > section").evaluate_all("all => all.map(one => one.id)") == CARDS
    assert page.locator("section svg").count() > 4
    for period in ("Last 12 months", "Everything", "This month"):
        choose(page, period=period)
        assert page.evaluate(OVERFLOWING) == []
    for summary in page.locator("details summary").all():
        summary.click()
    for more in page.locator("button.more").all():
        more.click()
    assert page.locator("details tbody tr").count() > 20
    assert page.evaluate(OVERFLOWING) == []
    written, pale = page.evaluate(PALE)
    assert written > 100
    assert pale == []


def test_light_and_dark_differ(drawn: Drawn, opened: Open) -> None:
    grounds = [
        opened(drawn.path, scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in SCHEMES
    ]
    assert [sum(map(int, re.findall(r"\d+", ground))) > 3 * 128 for ground in grounds] == [True, False]


def test_page_is_small_and_self_contained(drawn: Drawn) -> None:
    assert drawn.path.stat().st_size < 2_000_000
    assert re.findall(r"https?://[^\s\"']+", drawn.path.read_text(encoding="utf-8").split('id="answers"')[0]) == []


# -- figures ---------------------------------------------------------------------------------------

WITHIN = """workspace_id = %(workspace)s and month between %(first)s and %(last)s
    and (%(client)s::text is null or client = %(client)s)"""
MONEY = f"{WITHIN} and currency = %(currency)s"
CAPACITY = """
    from fct_capacity inner join dim_calendar using (day)
    where workspace_id = %(workspace)s and fct_capacity.month between %(first)s and %(last)s and day <= as_of"""
USED = """
    select sum(hours) / (select sum(capacity_hours) :capacity) from timesheet
    where :within and person_key in (select person_key :capacity group by 1 having sum(capacity_hours) > 0)"""
FIGURES = {
    "over": """select count(*) from project_budget
        where used_share > 1 and not is_archived and workspace_id = %(workspace)s
            and project_id in (select project_id from margin where :within)""",
    "uninvoiced": "select coalesce(sum(amount), 0) from uninvoiced_hours where :money",
    "margin": "select coalesce(sum(margin), 0) from margin where :money",
    "owed": """select coalesce(sum(balance), 0)
        from (select *, date_trunc('month', issued_on)::date as month from invoice_ageing) as owed where :money""",
    "used": USED,
    "hours": "select coalesce(sum(hours), 0) from timesheet where :within",
    "earned": "select coalesce(sum(amount), 0) from margin where :money",
    "invoiced": "select coalesce(sum(amount), 0) from fct_invoices where is_issued and :money",
}


def asked(drawn: Drawn, question: str, values: dict[str, Any]) -> list[list[Any]]:
    """The rows of a SELECT, in which :within, :money and :capacity stand for what is chosen."""
    for name, words in (("within", WITHIN), ("money", MONEY), ("capacity", CAPACITY)):
        question = question.replace(f":{name}", words)
    return drawn.rows(question, **values)


def choices(drawn: Drawn) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """What is chosen on the page, and what a SELECT is asked for then."""
    today = drawn.today
    year = today.replace(month=1, day=1)
    start = year if today.month == 12 else date(today.year - 1, today.month + 1, 1)
    own = drawn.ask("select currency from dim_workspaces where workspace_id = %(workspace)s", workspace=drawn.workspace)
    whole = {
        "workspace": drawn.workspace,
        "client": None,
        "first": start,
        "last": today,
        "currency": own[0]["currency"],
    }
    clients = drawn.ask(
        """select client, (array_agg(distinct currency) filter (where currency is not null))[1] as currency
        from margin where client is not null and workspace_id = %(workspace)s
        group by 1 having count(distinct currency) = 1 order by sum(hours) desc limit 3""",
        workspace=drawn.workspace,
    )
    others = drawn.ask(
        """select currency from margin where workspace_id = %(workspace)s and currency <> %(own)s
        group by 1 order by count(*) desc limit 1""",
        workspace=drawn.workspace,
        own=own[0]["currency"],
    )
    month = today.replace(day=1)
    return [
        ({"period": "Last 12 months"}, whole),
        ({"period": "This year"}, {**whole, "first": year}),
        ({"from": month_name(month), "to": month_name(month)}, {**whole, "first": month}),
        *(
            ({"money in": other["currency"], "period": "This year"}, {**whole, "first": year, **other})
            for other in others
        ),
        *(
            (
                {"client": one["client"], "money in": one["currency"], "period": "This year"},
                {**whole, "first": year, **one},
            )
            for one in clients
        ),
    ]


def test_figures_are_those_of_the_models(drawn: Drawn, opened: Open) -> None:
    made = choices(drawn)
    assert len(made) > 4
    seen = []
    for chosen, values in made:
        page = opened(drawn.path)
        choose(page, **chosen)
        found = figures(page)
        expected = {name: float(asked(drawn, question, values)[0][0] or 0) for name, question in FIGURES.items()}
        assert {name: value or 0 for name, value in found.items()} == pytest.approx(expected, abs=0.02), chosen
        seen.append(tuple(found.values()))
    assert len(set(seen)) > 3


TABLES = {
    "budgets": (
        """select project, coalesce(budget_amount, budget_hours), coalesce(used_amount, used_hours),
            coalesce(amount_left, hours_left), used_share
        from project_budget where not is_archived and workspace_id = %(workspace)s
            and project_id in (select project_id from margin where :within)""",
        [2, 3, 4, 5],
    ),
    "uninvoiced": (
        """select coalesce(client, 'Internal'), sum(hours), sum(amount)
        from uninvoiced_hours where :money group by 1 having sum(amount) <> 0""",
        [1, 2],
    ),
    "owed": (
        """select invoice_number, days_overdue, balance
        from (select *, date_trunc('month', issued_on)::date as month from invoice_ageing) as owed where :money""",
        [3, 5],
    ),
    "margin": (
        """select to_char(month, 'Mon YYYY'), sum(amount),
            coalesce(sum(cost) filter (where cost_currency = currency), 0), coalesce(sum(margin), 0)
        from margin where :money group by month""",
        [1, 2, 3],
    ),
    "projects": (
        """select * from (
            select coalesce(project, 'No project') as project,
                coalesce(sum(amount) filter (where currency = %(currency)s), 0) as amount,
                coalesce(sum(cost) filter (where currency = %(currency)s and cost_currency = currency), 0) as cost,
                case when bool_and(currency = %(currency)s and margin is not null) then sum(margin) end as margin
            from margin where :within group by project_id, project
        ) as projects where amount <> 0 or cost <> 0""",
        [2, 3, 4],
    ),
    "utilisation": (
        """select person, coalesce(capacity, 0), coalesce(hours, 0), coalesce(billable, 0) from (
            select person_key, person, sum(capacity_hours) as capacity :capacity group by 1, 2
        ) as could full join (
            select person_key, person, sum(hours) as hours, sum(billable_hours) as billable
            from timesheet where :within group by 1, 2
        ) as did using (person_key, person) where capacity > 0 or hours > 0""",
        [1, 2, 3],
    ),
    "weeks": ("select to_char(week, 'FMDD Mon YYYY'), sum(hours) from timesheet where :within group by week", [-1]),
    "map": ("select coalesce(client, 'Internal'), sum(hours) from timesheet where :within group by 1", [-1]),
    "billable": (
        """select to_char(month, 'Mon YYYY'), sum(hours), sum(billable_hours)
        from timesheet where :within group by month""",
        [1, 2],
    ),
    "paid": (
        """select to_char(month, 'Mon YYYY'), sum(invoiced), sum(paid) from (
            select *, amount as invoiced, 0 as paid from (
                select workspace_id, client, currency, month::date as month, amount from fct_invoices where is_issued
            ) as invoices
            union all
            select *, 0, amount from (
                select workspace_id, client, currency, date_trunc('month', paid_on)::date as month, amount
                from fct_payments
            ) as payments
        ) as money where :money group by month""",
        [1, 2],
    ),
}


def comparable(rows: list[list[Any]]) -> list[list[Any]]:
    """Rows in one order, without those that hold nothing but zeros, which a chart over time has between others."""
    told = [[name, *(None if cell is None else round(float(cell), 2) for cell in cells)] for name, *cells in rows]
    return sorted((row for row in told if any(row[1:])), key=str)


def test_tables_are_those_of_the_models(drawn: Drawn, opened: Open) -> None:
    assert list(TABLES) == sorted(CARDS, key=list(TABLES).index)
    _, values = choices(drawn)[1]
    page = opened(drawn.path)
    choose(page, period="This year")
    for card, (question, columns) in TABLES.items():
        expected = comparable(asked(drawn, question, values))
        shown = comparable([[row[0], *(row[column] for column in columns)] for row in table(page, card)])
        assert [row[0] for row in shown] == [row[0] for row in expected], card
        for found, row in zip(shown, expected, strict=True):
            assert found[1:] == pytest.approx(row[1:], abs=0.02), (card, row)


# -- use -------------------------------------------------------------------------------------------


def drawings(page: Page) -> dict[str, str]:
    """What every card shows, and the figures at the top."""
    shown = page.locator("section, #figures").evaluate_all("all => all.map(one => [one.id, one.innerHTML])")
    return dict(shown)


def test_filters_change_every_chart(drawn: Drawn, opened: Open) -> None:
    page = opened(drawn.path)
    choose(page, period="Everything")
    whole = drawings(page)
    assert set(whole) == {*CARDS, "figures"}
    client = str(choices(drawn)[-1][0]["client"])
    choose(page, client=client)
    of_client = drawings(page)
    assert [card for card in whole if of_client[card] == whole[card]] == []
    page.get_by_role("button", name="Reset").click()
    choose(page, period="Everything")
    assert drawings(page) == whole
    choose(page, period="This month")
    of_month = drawings(page)
    assert of_month["figures"] != whole["figures"]
    _, values = choices(drawn)[0]
    for card, (question, _) in TABLES.items():
        everything, month = (
            comparable(asked(drawn, question, {**values, "first": first}))
            for first in (date.min, drawn.today.replace(day=1))
        )
        assert of_month[card] != whole[card] or everything == month, card


def test_choice_is_in_the_address(drawn: Drawn, opened: Open) -> None:
    page = opened(drawn.path)
    choose(page, period="Last month", client=str(choices(drawn)[-1][0]["client"]))
    again = opened(drawn.path, address=page.evaluate("location.hash"))
    assert figures(again) == figures(page)
    assert again.get_by_label("Period", exact=True).evaluate("one => one.selectedOptions[0].text") == "Last month"
    nonsense = opened(drawn.path, address="#client=nobody&from=9999-99&to=x&currency=&workspace=-1")
    assert figures(nonsense) == figures(opened(drawn.path))


def test_page_is_used_with_the_keyboard_alone(drawn: Drawn, opened: Open) -> None:
    page = opened(drawn.path)
    before = figures(page)
    for _ in range(2 if page.get_by_label("Workspace").is_visible() else 1):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "client"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.name") == "client"
    assert figures(page) != before
    assert page.locator("#chosen").text_content() != ""

    reached: list[list[str | None]] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        place = page.evaluate("(at => [at.closest('section')?.id, at.tagName, at.className])(document.activeElement)")
        if place[0] is None and reached and reached[-1][0]:
            break
        reached.append(place)
    assert [card for card in CARDS if [card, "SUMMARY", ""] not in reached] == []

    page.locator("#weeks .drawing").focus()
    page.keyboard.press("End")
    said = page.locator("#weeks [aria-live]").text_content() or ""
    last = table(page, "weeks")[-1]
    assert said.startswith(f"Week of {last[0]}: ")
    assert f"Together {float(last[-1] or 0):,.0f}" in said.replace("\u00a0", " ")


def test_everything_has_a_name(drawn: Drawn, opened: Open) -> None:
    page = opened(drawn.path)
    for label in ("Client", "Money in", "Period", "From", "To"):
        assert page.get_by_label(label, exact=True).count() == 1
    for card in CARDS:
        section = page.locator(f"#{card}")
        title = section.locator("h2").text_content() or ""
        assert page.get_by_role("region", name=title, exact=True).count() == 1
        assert section.get_by_text(f"Table: {title}").count() == 1
    assert (
        page.locator(".drawing").evaluate_all("all => all.filter(one => !one.getAttribute('aria-label')).length") == 0
    )
    assert page.locator("h1").count() == 1


# -- other worlds ----------------------------------------------------------------------------------


def test_names_cannot_break_out(drawn: Drawn, opened: Open, tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)>{answers}<!--"
    with psycopg.connect(drawn.warehouse.uri) as connection:
        connection.execute("drop schema if exists evil cascade; create schema evil")
        copied(connection, drawn.warehouse.models, "evil", "")
        for model in ("timesheet", "margin", "uninvoiced_hours"):
            renamed = SQL("update evil.{} set client = %s where client is not null").format(Identifier(model))
            connection.execute(renamed, [evil])
        connection.execute("update evil.dim_workspaces set workspace = %s", [evil])
    write_page(drawn.warehouse.uri, "evil", tmp_path / "evil.html")
    page = opened(tmp_path / "evil.html")
    assert page.locator("img").count() == 0
    assert page.locator("h1").text_content() == evil
    assert page.title().startswith(evil)
    assert page.locator("#map svg .name", has_text="</script>").count() > 0


def test_page_without_data_says_so(drawn: Drawn, opened: Open, tmp_path: Path) -> None:
    with psycopg.connect(drawn.warehouse.uri) as connection:
        connection.execute("drop schema if exists nothing cascade; create schema nothing")
        copied(connection, drawn.warehouse.models, "nothing", "where false")
        connection.execute("insert into nothing.dim_calendar (day, as_of) values ('2026-11-20', '2026-11-20')")
    write_page(drawn.warehouse.uri, "nothing", tmp_path / "nothing.html")
    page = opened(tmp_path / "nothing.html", 390)
    assert page.locator("section .nothing").count() == len(CARDS)
    assert figures(page)["hours"] == 0
    assert page.evaluate(OVERFLOWING) == []


def copied(connection: psycopg.Connection, models: str, schema: str, condition: LiteralString) -> None:
    """Copy the models into another schema."""
    tables = connection.execute(
        "select table_name from information_schema.tables where table_schema = %s and table_name !~ '^dbt_'", [models]
    ).fetchall()
    for (table_name,) in tables:
        made, found = Identifier(schema, table_name), Identifier(models, table_name)
        connection.execute(SQL("create table {} as select * from {} {}").format(made, found, SQL(condition)))
