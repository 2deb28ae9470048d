"""One page for the owner of an agency, drawn from the warehouse alone."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from plotly.offline import get_plotlyjs

from demo.page import charts
from demo.page.data import Answers, Headline, ask

if TYPE_CHECKING:
    from datetime import date

    import plotly.graph_objects as go

_STYLE = Path(__file__).with_name("style.css")


def write_page(uri: str, schema: str, path: Path) -> None:
    """Write one HTML file that needs nothing but itself: numbers and charts out of the warehouse.

    Args:
        uri: Where PostgreSQL listens.
        schema: The schema that the tap's tables are in.
        path: The file to write.
    """
    with psycopg.connect(uri) as connection:
        answers = ask(connection, schema)
        connection.rollback()
    path.write_text(_page(answers), encoding="utf-8")


def _page(answers: Answers) -> str:
    headline = answers.headline
    cards = [
        _card(
            "Hours by client and week",
            f"The {charts.LARGEST} largest clients of the last 26 full weeks; the others together.",
            charts.hours_by_client(answers.client_weeks),
            "wide",
        ),
        _card(
            "Invoiced against paid",
            "By month of issue and month of payment, taxes included, without drafts and void invoices.",
            charts.invoiced_against_paid(answers.money_months, headline.currency),
        ),
        _card(
            "Billable share",
            "Hours per month; the number on a column is the billable share in percent.",
            charts.billable_share(answers.billable_months),
        ),
        # Drawn after its two neighbours, whose height it takes.
        _card(
            "Capacity against tracked time, per person",
            "Last four full weeks. Capacity is working days less holidays and approved time off; "
            "the percentage is tracked time of it, the mark what was planned.",
            charts.capacity_by_person(answers.people),
            "tall",
        ),
        _card(
            "Every client, week by week",
            "Tracked hours, the largest client first: who is growing, who went quiet.",
            charts.client_map(answers.client_weeks),
            "wide",
        ),
    ]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(headline.workspace)}: time, capacity and money</title>
<link rel="icon" href="data:,">
<style>
{_STYLE.read_text(encoding="utf-8")}</style>
<script>{get_plotlyjs()}</script>
</head>
<body>
<header>
<h1>{escape(headline.workspace)}</h1>
<p>Time, capacity and money up to {_day(headline.today)}. The 4 weeks are the last full ones,
{_day(headline.recent_start)} to {_day(headline.recent_end, before=1)}.</p>
</header>
<main>
<div class="numbers">
{_numbers(headline)}
</div>
<div class="charts">
{"".join(cards)}</div>
</main>
<footer>Read from Clockify with tap-clockify, loaded into PostgreSQL by Meltano, asked in SQL, drawn with Plotly.
Money in {escape(headline.currency)} where not said otherwise; days are those of the person who worked.</footer>
</body>
</html>
"""


def _card(title: str, words: str, figure: go.Figure, shape: str = "") -> str:
    drawing = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        default_width="100%",
        default_height="100%",
        config={"displayModeBar": False, "responsive": True},
    )
    return f'<section class="{shape}">\n<h2>{title}</h2>\n<p>{words}</p>\n{drawing}\n</section>\n'


def _numbers(headline: Headline) -> str:
    used = _percent(headline.tracked, headline.capacity)
    used_before = _percent(headline.tracked_before, headline.capacity_before)
    share = _percent(headline.billable, headline.tracked)
    share_before = _percent(headline.billable_before, headline.tracked_before)
    growth = _percent(headline.tracked - headline.tracked_before, headline.tracked_before)
    currency = headline.currency
    return "\n".join(
        (
            _number(
                "Tracked, 4 weeks",
                f"{headline.tracked:,.0f} h",
                f"{_change(growth, ' %')}, {headline.people} people",
            ),
            _number("Utilisation, 4 weeks", f"{used:.0f} %", _change(used - used_before, " points")),
            _number("Billable, 4 weeks", f"{share:.0f} %", _change(share - share_before, " points")),
            _number("Invoiced, 12 months", _money(headline.invoiced, currency), "by date of issue"),
            _number("Paid, 12 months", _money(headline.paid, currency), "by date of payment"),
            _number(
                "Open on invoices sent",
                _money(headline.open, currency),
                f"{_money(headline.overdue, currency)} overdue, {headline.overdue_invoices} invoices",
                "warn" if headline.overdue else "",
            ),
        )
    )


def _number(words: str, value: str, aside: str, shape: str = "") -> str:
    lines = f"<span>{escape(words)}</span><b>{escape(value)}</b><small>{escape(aside)}</small>"
    return f'<div class="number {shape}">{lines}</div>'


def _change(amount: float, unit: str) -> str:
    return f"{amount:+.0f}{unit} on the 4 before" if round(amount) else "as in the 4 before"


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def _money(amount: float, currency: str) -> str:
    for unit, size in (("m", 1_000_000), ("k", 1_000)):
        if abs(amount) >= 10 * size or (unit == "m" and abs(amount) >= size):
            return f"{currency} {amount / size:,.{2 if unit == 'm' else 0}f}{unit}"
    return f"{currency} {amount:,.0f}"


def _day(day: date, before: int = 0) -> str:
    shown = day - timedelta(days=before)
    return f"{shown.day} {shown:%B %Y}"
