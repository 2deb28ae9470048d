"""The charts of the page. Each takes rows of the warehouse and gives a figure; words around it are the page's."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

if TYPE_CHECKING:
    from datetime import date

    from demo.page.data import BillableMonth, ClientWeek, MoneyMonth, Person

INTERNAL = "Internal"
LARGEST = 8
_OTHERS = "Other clients"

_INK, _FAINT, _GRID = "#1f2a37", "#6b7280", "#e8ebef"
_STRONG, _SOFT, _WARM, _GREY = "#1f5f8b", "#9cc3dd", "#d9822b", "#b8bfc8"
_CLIENTS = ("#1f5f8b", "#e0903f", "#3f8f6b", "#c1554d", "#7b68a6", "#c9a227", "#4aa3b5", "#a3627f")


def hours_by_client(rows: list[ClientWeek]) -> go.Figure:
    """Stacked columns per week: the largest clients by name, the rest together, internal work on top in grey."""
    totals: dict[str, float] = defaultdict(float)
    for row in rows:
        totals[row.client] += row.hours
    ranked = sorted((client for client in totals if client != INTERNAL), key=lambda client: -totals[client])
    named, weeks = ranked[:LARGEST], sorted({row.week for row in rows})
    bands: dict[str, dict[date, float]] = {band: defaultdict(float) for band in [*named, _OTHERS, INTERNAL]}
    for row in rows:
        bands[row.client if row.client in bands else _OTHERS][row.week] += row.hours
    colors = dict(zip(named, _CLIENTS, strict=False)) | {_OTHERS: "#8793a3", INTERNAL: "#d5dae1"}
    figure = go.Figure(
        [
            go.Bar(
                name=band,
                x=weeks,
                y=[hours[week] for week in weeks],
                marker_color=colors[band],
                hovertemplate="%{y:,.0f} h",
            )
            for band, hours in bands.items()
            if hours
        ]
    )
    figure.update_layout(barmode="stack", bargap=0.18, hovermode="x unified", legend_traceorder="reversed")
    figure.update_xaxes(
        tickformat="%-d %b\n%Y", dtick=4 * 7 * 86_400_000, tick0=weeks[0], hoverformat="Week of %-d %B %Y"
    )
    figure.update_yaxes(title="Hours per week")
    return _styled(figure, height=400)


def client_map(rows: list[ClientWeek]) -> go.Figure:
    """One line per client, one cell per week, the darker the more hours: who is growing, who went quiet."""
    totals: dict[str, float] = defaultdict(float)
    hours: dict[tuple[str, date], float] = {}
    for row in rows:
        totals[row.client] += row.hours
        hours[row.client, row.week] = row.hours
    clients, weeks = sorted(totals, key=lambda client: totals[client]), sorted({row.week for row in rows})
    figure = go.Figure(
        go.Heatmap(
            x=weeks,
            y=clients,
            z=[[hours.get((client, week)) for week in weeks] for client in clients],
            colorscale=[(0, "#eaf2f8"), (0.5, "#6ea6cb"), (1, "#123f60")],
            colorbar={
                "title": {"text": "Hours"},
                "thickness": 12,
                "outlinewidth": 0,
                "len": 0.5,
                "y": 1,
                "yanchor": "top",
            },
            xgap=2,
            ygap=2,
            hovertemplate="%{y}<br>Week of %{x|%-d %B %Y}: %{z:,.0f} h<extra></extra>",
        )
    )
    figure.update_xaxes(tickformat="%-d %b\n%Y", dtick=4 * 7 * 86_400_000, tick0=weeks[0], showgrid=False)
    figure.update_yaxes(showgrid=False, tickfont_size=11, dtick=1)
    return _styled(figure, height=90 + 17 * len(clients))


def capacity_by_person(rows: list[Person]) -> go.Figure:
    """Tracked hours on top of the capacity, the best used person first, with a mark at the planned hours."""
    people = sorted(rows, key=lambda row: (row.utilisation, row.tracked))
    names = [row.person for row in people]
    figure = go.Figure(
        [
            go.Bar(name="Capacity", y=names, x=[row.capacity for row in people], marker_color="#e6eaef", width=0.78),
            go.Bar(name="Billable", y=names, x=[row.billable for row in people], marker_color=_STRONG, width=0.44),
            go.Bar(
                name="Not billable",
                y=names,
                x=[row.other for row in people],
                base=[row.billable for row in people],
                marker_color=_SOFT,
                width=0.44,
            ),
            go.Scatter(
                name="Planned",
                y=names,
                x=[row.planned for row in people],
                mode="markers",
                marker={"symbol": "line-ns", "size": 11, "line": {"width": 2.5, "color": _WARM}},
            ),
        ]
    )
    figure.update_traces(selector={"type": "bar"}, orientation="h")
    figure.update_traces(hovertemplate="%{fullData.name}: %{x:,.0f} h<extra>%{y}</extra>")
    reach = max((max(row.capacity, row.tracked, row.planned) for row in people), default=0)
    for row in people:
        figure.add_annotation(
            x=reach * 1.17,
            y=row.person,
            text=f"{row.utilisation:.0f} %",
            showarrow=False,
            xanchor="right",
            font_size=12,
        )
    figure.update_layout(barmode="overlay", hovermode="closest")
    figure.update_xaxes(title="Hours, last four full weeks", range=[0, reach * 1.18])
    figure.update_yaxes(showgrid=False, dtick=1)
    return _styled(figure, height=None)


def invoiced_against_paid(rows: list[MoneyMonth], currency: str) -> go.Figure:
    """Two columns per month, in one panel per currency, the workspace's own first."""
    currencies = sorted({row.currency for row in rows}, key=lambda code: (code != currency, code))
    figure = make_subplots(
        rows=max(1, len(currencies)),
        shared_xaxes=True,
        vertical_spacing=0.09,
        row_heights=[1.6, *[1] * (len(currencies) - 1)],
    )
    for place, (code, group) in enumerate(
        ((code, [row for row in rows if row.currency == code]) for code in currencies), start=1
    ):
        months = [row.month for row in group]
        for name, color, money in (
            ("Invoiced", _STRONG, [row.invoiced for row in group]),
            ("Paid", "#5aa17f", [row.paid for row in group]),
        ):
            figure.add_bar(
                name=name,
                x=months,
                y=money,
                marker_color=color,
                showlegend=place == 1,
                hovertemplate=f"%{{y:,.0f}} {code}",
                row=place,
                col=1,
            )
        figure.update_yaxes(title=code, tickformat="~s", row=place, col=1)
    figure.update_layout(barmode="group", bargap=0.3, bargroupgap=0.06, hovermode="x unified")
    figure.update_xaxes(tickformat="%b\n%Y", dtick="M3", hoverformat="%B %Y")
    return _styled(figure, height=300 + 110 * (len(currencies) - 1))


def billable_share(rows: list[BillableMonth]) -> go.Figure:
    """Billable and other hours stacked per month, with the billable share written on top."""
    months = [row.month for row in rows]
    shares = [100 * row.billable / (row.billable + row.other) if row.billable + row.other else 0 for row in rows]
    figure = go.Figure(
        [
            go.Bar(name="Billable", x=months, y=[row.billable for row in rows], marker_color=_STRONG),
            go.Bar(
                name="Not billable",
                x=months,
                y=[row.other for row in rows],
                marker_color=_SOFT,
                text=[f"{share:.0f}" for share in shares],
                textposition="outside",
                textfont={"size": 11, "color": _INK},
                cliponaxis=False,
                customdata=shares,
            ),
        ]
    )
    figure.update_traces(hovertemplate="%{y:,.0f} h")
    figure.update_layout(barmode="stack", bargap=0.25, hovermode="x unified")
    figure.update_xaxes(tickformat="%b\n%Y", dtick="M3", hoverformat="%B %Y")
    figure.update_yaxes(title="Hours per month")
    return _styled(figure, height=300)


def _styled(figure: go.Figure, height: int | None) -> go.Figure:
    """Give a figure the looks of the page; without a height it fills its card."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        font={"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 12, "color": _INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": {"text": ""}},
        hoverlabel={"bgcolor": "white", "bordercolor": _GRID, "font": {"color": _INK}},
        separators=".,",
    )
    figure.update_xaxes(automargin=True, zeroline=False, showline=False, gridcolor=_GRID, tickfont_color=_FAINT)
    figure.update_yaxes(automargin=True, zeroline=False, gridcolor=_GRID, title_font_color=_FAINT)
    figure.update_xaxes(title_font_color=_FAINT)
    return figure
