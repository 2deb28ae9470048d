"""Money, durations and times in foreign data: interpreted exactly or refused with a message, never rounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_clockify.model.objects import BY_NAME
from target_clockify.model.values import DURATION, MONEY
from target_clockify.understand.units import Unit, converter
from target_clockify.understand.zones import in_zone

_DAY = {"start": "2026-01-05T08:00:00Z"}


def _me(target: Any) -> str:
    return str(target.box.ok("GET", "/user")["id"])


def _entries(target: Any) -> list[dict[str, Any]]:
    found = target.tables()["time_entries"]
    return list(found.values()) if isinstance(found, dict) else list(found)


# -- money ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        {"hourlyRate": "85.00"},
        {"hourly_rate": 100.0},
        {"HourlyRateAmount": "1e2"},
        {"hourlyRate": {"amount": 85.5}},
        {"costRate": '{"amount": 85.0}'},
        {"budgetEstimate": {"estimate": "100.00", "type": "MANUAL", "active": True}},
    ],
    ids=str,
)
def test_money_with_a_decimal_point_needs_a_unit(target: Any, singer: Any, row: dict[str, Any]) -> None:
    result = target([singer.schema("projects"), singer.record("projects", id=1, name="Site", **row)])
    [reject] = result.rejects
    assert (result.code, result.writes) == (1, {})
    [column] = row
    assert (
        f'{column} has a decimal point and no unit: set units of the stream to {{"{column}": "major" or "minor"}}'
        in (reject["message"])
    )


def test_units_convert_without_rounding(target: Any, singer: Any) -> None:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    dates = {"issuedDate": "2026-01-01", "dueDate": "2026-02-01"}
    messages = [
        singer.schema("projects"),
        singer.schema("invoices"),
        singer.schema("AddInvoicePayment"),
        *[singer.record("projects", id=n, name=f"P{n}", rate=value) for n, value in enumerate(["85.00", 85, 0.29])],
        singer.record("projects", id="odd", name="Odd", rate="85.005"),
        singer.record("invoices", id=1, number="1", clientId=client, currency="USD", **dates),
        singer.record("AddInvoicePayment", id=1, invoiceId="1", amount="25.00", paymentDate="2026-01-10"),
    ]
    streams = {
        "Projects": {"columns": {"rate": "hourlyRate"}, "units": {"rate": "major"}},
        "add_invoice_payment": {"units": {"amount": "major"}},
    }
    result = target(messages, streams=streams)
    assert [one["message"] for one in result.rejects] == [
        "rate in major is not a whole number of minor units; it is not rounded"
    ]
    projects = {one["name"]: one["hourlyRate"]["amount"] for one in target.box.ok("GET", "/workspaces/{ws}/projects")}
    assert projects == {"P0": 8500, "P1": 8500, "P2": 29}
    [invoice] = target.tables()["invoices"]
    assert [one["amount"] for one in invoice["payments"]] == [2500]
    assert target(messages[:3] + messages[3:6], streams=streams).writes == {}


def test_a_corrected_unit_is_applied_to_earlier_rows(target: Any, singer: Any) -> None:
    messages = [singer.schema("projects"), singer.record("projects", id=1, name="Site", hourlyRate=85)]
    target(messages)
    assert target(messages, streams={"projects": {"units": {"hourlyRate": "major"}}}).counts["projects"] == {
        "updated": 1
    }
    assert target.box.ok("GET", "/workspaces/{ws}/projects")[0]["hourlyRate"]["amount"] == 8500


@given(st.integers(0, 10**12), st.sampled_from([Unit.MAJOR, Unit.MINOR]), st.booleans())
def test_any_amount_survives_its_unit(minor: int, unit: Unit, text: bool) -> None:  # noqa: FBT001
    spelled = Decimal(minor) / 100 if unit is Unit.MAJOR else Decimal(minor)
    value = MONEY.coerce(str(spelled)) if text else float(spelled)
    if float(spelled) == spelled or text:
        assert converter("rate", unit, as_read=False)(MONEY, value) == minor


@given(st.integers(0, 10**7), st.sampled_from([Unit.HOURS, Unit.MINUTES, Unit.SECONDS]))
def test_any_duration_is_whole_seconds_or_refused(hundredths: int, unit: Unit) -> None:
    seconds = Decimal(hundredths) / 100 * {Unit.HOURS: 3600, Unit.MINUTES: 60, Unit.SECONDS: 1}[unit]
    value = DURATION.coerce(str(Decimal(hundredths) / 100))
    convert = converter("duration", unit, as_read=False)
    if seconds == int(seconds):
        assert convert(DURATION, value) == f"PT{int(seconds)}S"
    else:
        with pytest.raises(ValueError, match="not rounded"):
            convert(DURATION, value)


def test_the_amount_of_an_item_is_quantity_times_price(target: Any, singer: Any) -> None:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    head = {"clientId": client, "currency": "USD", "issuedDate": "2026-01-01", "dueDate": "2026-02-01"}
    item = {"itemType": "Service", "description": "work"}

    def invoice(key: str, *items: dict[str, Any]) -> dict[str, Any]:
        record: dict[str, Any] = singer.record(
            "invoices", id=key, number=key, **head, items=[{**item, **one} for one in items]
        )
        return record

    messages = [
        singer.schema("invoices"),
        singer.schema("AddInvoiceItem"),
        invoice("one", {"quantity": 1, "unitPrice": 10000}),
        invoice("part", {"quantity": 1.5, "unitPrice": 10000}, {"quantity": "0.25", "unitPrice": "400"}),
        invoice("read", {"quantity": 100, "unitPrice": 10000, "amount": 10000}),
        invoice("plain", {"quantity": 2, "unitPrice": 10000, "amount": 20000}),
        invoice("wrong", {"quantity": 2, "unitPrice": 10000, "amount": 30000}),
        invoice("third", {"quantity": 0.333, "unitPrice": 10000}),
        singer.record("AddInvoiceItem", id=1, invoiceId="one", **item, quantity=2, unitPrice=500, applyTaxes="NONE"),
    ]
    result = target(messages)
    assert {one["key"]: one["message"] for one in result.rejects} == {
        "wrong": "amount of an item must be quantity x unitPrice, in minor units, or stay out",
        "third": "quantity of an item must have at most two decimal places",
    }
    found = target.box.ok("GET", "/workspaces/{ws}/invoices")["invoices"]
    assert {one["number"]: one["amount"] for one in found} == {
        "one": 10000 + 1000,
        "part": 15000 + 100,
        "read": 10000,
        "plain": 20000,
    }
    assert target([messages[0], *messages[3:6]]).writes == {}


# -- durations -----------------------------------------------------------------------------------


def test_durations_by_their_unit(target: Any, singer: Any) -> None:
    me, schema = _me(target), singer.schema("time_entries")
    plain = [5400, "5400", "1:30", "01:30:00", "PT1H30M", "PT5400S"]
    rows = [singer.record("time_entries", id=n, userId=me, **_DAY, duration=value) for n, value in enumerate(plain)]
    assert target([schema, *rows]).counts["time_entries"] == {"inserted": len(plain)}
    hours = [8, "8", "8.0", 8.0, "8:00", "PT8H"]
    rows = [singer.record("time_entries", id=f"h{n}", userId=me, **_DAY, Hours=value) for n, value in enumerate(hours)]
    streams = {"time_entries": {"columns": {"Hours": "duration"}, "units": {"Hours": "hours"}}}
    assert target([schema, *rows], streams=streams).counts["time_entries"] == {"inserted": len(hours)}
    lasting = [one["timeInterval"]["end"] for one in _entries(target)]
    assert sorted(lasting) == ["2026-01-05T09:30:00Z"] * len(plain) + ["2026-01-05T16:00:00Z"] * len(hours)
    for value in ("2.0", 2.0, "0.5"):
        result = target([schema, singer.record("time_entries", id="x", userId=me, **_DAY, duration=value)])
        assert "duration has a decimal point and no unit" in result.rejects[0]["message"]
        assert result.writes == {}


# -- times ---------------------------------------------------------------------------------------


def test_a_time_without_an_offset_is_in_the_zone_of_its_person(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    users = target.box.ok("GET", "/workspaces/{ws}/users?page-size=50")
    people = {one["settings"]["timeZone"]: one for one in users if one["settings"]}
    assert len(people) > 2, "the people of this world live in several zones"
    before = {one["id"] for one in _entries(target)}
    rows = [
        singer.record(
            "time_entries", id=zone, userId=one["email"] or one["id"], start="2026-07-31 22:30", duration="1:00"
        )
        for zone, one in people.items()
    ]
    assert target([singer.schema("time_entries"), *rows]).counts["time_entries"] == {"inserted": len(rows)}
    zones = {one["id"]: zone for zone, one in people.items()}
    made = [one for one in _entries(target) if one["id"] not in before]
    assert len(made) == len(people)
    for one in made:
        start = datetime.fromisoformat(one["timeInterval"]["start"]).astimezone(ZoneInfo(zones[one["userId"]]))
        assert f"{start:%Y-%m-%d %H:%M}" == "2026-07-31 22:30"
    assert target([singer.schema("time_entries"), *rows]).writes == {}
    [mine] = [one for one in made if zones[one["userId"]] == "America/Los_Angeles"]
    moved = singer.record("time_entries", id=mine["id"], start="2026-07-31 21:30", end="2026-07-31 22:00")
    assert target([singer.schema("time_entries"), moved]).counts["time_entries"] == {"updated": 1}
    [mine] = [one for one in _entries(target) if one["id"] == mine["id"]]
    assert mine["timeInterval"]["start"] == "2026-08-01T04:30:00Z"


def test_times_that_do_not_exist_or_exist_twice_are_refused(target: Any, singer: Any) -> None:
    me, schema = _me(target), singer.schema("time_entries")
    times = {
        "gap": "2026-03-29 02:30",
        "twice": "2026-10-25 02:30",
        "fine": "2026-10-25 04:30",
        "told": "2026-10-25 02:30+02:00",
    }
    rows = [singer.record("time_entries", id=key, userId=me, start=one, duration=60) for key, one in times.items()]
    result = target([schema, *rows], time_zone="Europe/Zurich")
    assert {one["key"]: one["message"] for one in result.rejects} == {
        "gap": "timeInterval names a time that does not exist in Europe/Zurich: the clock was put forward over it",
        "twice": "timeInterval names a time that exists twice in Europe/Zurich: the clock was put back over it; "
        "add its offset",
    }
    assert sorted(one["timeInterval"]["start"] for one in _entries(target)) == [
        "2026-10-25T00:30:00Z",
        "2026-10-25T03:30:00Z",
    ]
    wrong = target([schema, *rows], time_zone="Mars/Olympus")
    assert (wrong.code, wrong.requests) == (1, {})
    assert "time_zone must be `user` or an IANA name" in wrong.log


@given(
    st.datetimes(datetime.fromisoformat("1980-01-01"), datetime.fromisoformat("2037-01-01")),
    st.sampled_from(["America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_any_wall_clock_comes_back(local: datetime, name: str) -> None:
    zone, local = ZoneInfo(name), local.replace(microsecond=0, fold=0)
    record = {"timeInterval": {"start": local.isoformat()}}
    try:
        found = in_zone(BY_NAME["time_entries"], record, lambda: zone)
    except ValueError:
        assert len({local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}) == 2
        return
    moment = datetime.fromisoformat(found["timeInterval"]["start"])
    assert moment.astimezone(zone).replace(tzinfo=None, fold=0) == local


def test_columns_of_date_and_time_are_joined_and_read_by_their_format(target: Any, singer: Any) -> None:
    streams = {
        "report": {
            "object": "time_entries",
            "columns": {
                "start": ["Start Date", "Start Time"],
                "end": ["End Date", "End Time"],
                "Email": "userId",
            },
            "formats": {"start": "%m/%d/%Y %I:%M:%S %p", "end": "%m/%d/%Y %I:%M:%S %p"},
        }
    }
    email = target.box.ok("GET", "/user")["email"]
    row = {"Email": email, "Start Date": "10/05/2026", "Start Time": "11:00:00 PM", "End Date": "10/06/2026"}
    messages = [
        singer.schema("report", "n"),
        singer.record("report", n=1, **row, **{"End Time": "01:30:00 AM"}),
        singer.record("report", n=2, **row, **{"End Time": ""}),
        singer.record("report", n=3, **row, **{"End Time": "25:30"}),
    ]
    result = target(messages, streams=streams, time_zone="Asia/Kolkata")
    assert {one["key"]: one["message"] for one in result.rejects} == {
        "2": "end is joined from End Date, End Time, of which End Time is blank",
        "3": "end is not in the format %m/%d/%Y %I:%M:%S %p",
    }
    [entry] = _entries(target)
    assert entry["timeInterval"]["start"] == "2026-10-05T17:30:00Z"
    assert entry["timeInterval"]["end"] == "2026-10-05T20:00:00Z"
    assert "means nothing" not in result.log


def test_a_format_may_contain_the_offset(target: Any, singer: Any) -> None:
    formats = {"start": "%d.%m.%Y %H:%M %z", "end": "%d.%m.%Y %H:%M %z"}
    row = singer.record(
        "time_entries", id=1, userId=_me(target), start="05.10.2026 11:00 +0530", end="05.10.2026 12:30 +0530"
    )
    result = target([singer.schema("time_entries"), row], streams={"time_entries": {"formats": formats}})
    assert (result.code, result.rejects) == (0, [])
    assert [one["timeInterval"]["start"] for one in _entries(target)] == ["2026-10-05T05:30:00Z"]


def test_an_old_entry_without_an_end_is_rejected(target: Any, singer: Any) -> None:
    me, schema = _me(target), singer.schema("time_entries")
    recent = (datetime.now(tz=UTC) - timedelta(hours=2)).isoformat()
    rows = [singer.record("time_entries", id=n, userId=me, start=f"201{n}-01-05T08:00:00Z") for n in range(3)]
    result = target([schema, *rows, singer.record("time_entries", id="now", userId=me, start=recent)])
    assert result.counts["time_entries"] == {"inserted": 1, "rejected": 3}
    assert {one["message"] for one in result.rejects} == {
        "timeInterval needs an end or a duration, since it starts more than a day ago"
    }
    target.box.ok(
        "PATCH", f"/workspaces/{{ws}}/user/{me}/time-entries", {"end": f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}"}
    )
    as_read = {"id": "a" * 24, "workspaceId": "b" * 24, "userId": target.box.ok("GET", "/user")["email"]}
    running = singer.record("time_entries", **as_read, timeInterval={"start": "2020-01-05T08:00:00Z", "end": None})
    assert target([schema, running]).counts["time_entries"] == {"inserted": 1}


def test_dates_with_a_time_of_day_are_rejected(target: Any, singer: Any) -> None:
    me = _me(target)
    target.box.ok("POST", "/workspaces/{ws}/expenses/categories", {"name": "Meals"})
    row = {"userId": me, "categoryId": "Meals", "quantity": 12.5}
    dates = {"a": "2026-01-05", "b": "2026-01-05T00:00:00Z", "c": "2026-01-05 23:30:00", "d": "2026-01-05x"}
    rows = [singer.record("expenses", id=key, **row, date=day, notes=key) for key, day in dates.items()]
    result = target([singer.schema("expenses"), *rows])
    messages = {one["key"]: one["message"] for one in result.rejects}
    assert messages.pop("d").startswith("date is no date that can be read without its format: write 2026-01-31")
    assert messages == {"c": "date must be a date such as 2026-01-31"}


# -- nothing, null and blank ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "blank", "null"), [(None, "old", None), ("ignore", "old", "old"), ("clear", None, None)]
)
def test_blank_and_null(target: Any, singer: Any, mode: str | None, blank: str | None, null: str | None) -> None:
    streams = {"clients": {"empty": mode}} if mode else {}
    for value, wanted in (("", blank), ("  ", blank), (None, null)):
        target.box.reset(scale="empty")
        target.workspace = target.box.workspace_id
        target.forget()
        schema = singer.schema("clients")
        target([schema, singer.record("clients", id=1, name="Acme", note="old", email="a@acme.example")])
        row = singer.record("clients", id=1, name=value, note=value, email=value)
        assert target([schema, row], streams=streams).code == 0
        [client] = target.box.ok("GET", "/workspaces/{ws}/clients")
        assert client["name"] == "Acme"
        assert (client["note"] or None, client["email"] or None) == (wanted, "a@acme.example" if wanted else None)


def test_blanks_in_rows_of_the_tap_empty_fields(target: Any, singer: Any) -> None:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme", "note": "old"})
    [row] = target.box.ok("GET", "/workspaces/{ws}/clients")
    for value in ("", None):
        result = target([singer.schema("clients"), singer.record("clients", **{**row, "note": value})])
        assert not target.box.ok("GET", f"/workspaces/{{ws}}/clients/{client['id']}")["note"], result.log


# -- names in the settings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"dry_rnu": True}, "dry_rnu is not a setting; write dry_run"),
        ({"streams": {"time_entrys": {}}}, "streams.time_entrys names no object (did you mean time_entries?)"),
        (
            {"streams": {"x": {"object": "time_entrys"}}},
            "streams.x.object names no object (did you mean time_entries?)",
        ),
        ({"streams": {"time_entries": {"colums": {}}}}, "streams.time_entries.colums is not a setting"),
        ({"streams": {"time_entries": {"columns": {"Dauer": "duratoin"}}}}, "(did you mean duration?)"),
        ({"streams": {"time_entries": {"columns": {"strat": ["Date", "Time"]}}}}, "(did you mean start?)"),
        ({"streams": {"projects": {"match_on": ["nmae"]}}}, "(did you mean name?)"),
        ({"streams": {"projects": {"match_on": []}}}, "streams.projects.match_on must not be empty; leave it out"),
        ({"streams": {"projects": {"key": []}}}, "streams.projects.key must not be empty; leave it out"),
        ({"streams": {"time_entries": {"match_on": ["start"]}}}, "it is a part of timeInterval"),
        ({"streams": {"projects": {"units": {"hourlyRat": "major"}}}}, "(did you mean hourlyRate?)"),
        ({"streams": {"projects": {"units": {"hourlyRate": "mayor"}}}}, "not in 'mayor' (did you mean major?)"),
        ({"streams": {"projects": {"units": {"hourlyRate": "hours"}}}}, "hourlyRate can be in major, minor"),
        ({"streams": {"projects": {"units": {"name": "major"}}}}, "name is neither an amount of money nor a duration"),
        ({"streams": {"time_entries": {"formats": {"strat": "%Y"}}}}, "(did you mean start?)"),
        ({"streams": {"time_entries": {"formats": {"start": "%H:%M"}}}}, "names no day of a year"),
        ({"streams": {"time_entries": {"formats": {"start": "%Y-%Q"}}}}, "strptime does not read"),
        ({"streams": {"clients": {}, "Clients": {}}}, "streams names one stream twice: clients and Clients"),
        ({"streams": {"clients": {"empty": "keep"}}}, "streams.clients.empty must be one of ignore, clear"),
    ],
    ids=str,
)
def test_unknown_names_are_refused_and_nothing_is_sent(
    target: Any, singer: Any, settings: dict[str, Any], said: str
) -> None:
    result = target([singer.schema("tags"), singer.record("tags", id=1, name="a")], **settings)
    assert (result.code, result.requests, result.states) == (1, {}, [])
    assert said in result.log
    assert "Traceback" not in result.log


# -- currencies ----------------------------------------------------------------------------------


def test_a_currency_that_is_not_in_force_is_rejected(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    currencies = target.box.ok("GET", "/workspaces/{ws}")["currencies"]
    default = next(one["code"] for one in currencies if one["isDefault"])
    other = next(one for one in currencies if not one["isDefault"])
    foreign = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Foreign"})
    target.box.ok("PUT", f"/workspaces/{{ws}}/clients/{foreign['id']}", {"name": "Foreign", "currencyId": other["id"]})
    rate = {"amount": 10000, "currency": other["code"]}

    def project(key: str, **fields: Any) -> dict[str, Any]:
        record: dict[str, Any] = singer.record("projects", id=key, name=f"Project {key}", **fields)
        return record

    messages = [
        singer.schema("projects"),
        project("rate", hourlyRate=rate),
        project("cost", costRate={**rate, "currency": other["code"].lower()}),
        project("beside", hourlyRate=10000, currency=other["code"]),
        project("fine", hourlyRate={**rate, "currency": default}),
        project("zero", hourlyRate={**rate, "amount": 0}),
        project("billed", hourlyRate=rate, clientId=foreign["id"]),
        project("default", hourlyRate={**rate, "currency": default}, clientId=foreign["id"]),
    ]
    result = target(messages)
    code = other["code"]
    refused = f"must be in {default}, the currency in force, not in {code}: Clockify converts none"
    assert {one["key"]: one["message"] for one in result.rejects} == {
        "rate": f"hourlyRate {refused}",
        "zero": f"hourlyRate {refused}",
        "cost": f"costRate {refused}",
        "beside": f"currency {refused}",
        "default": f"hourlyRate must be in {code}, the currency in force, not in {default}: Clockify converts none",
    }
    assert result.counts["projects"] == {"inserted": 2, "rejected": 5}
    assert target([messages[0], messages[4], messages[6]]).writes == {}
    [fine] = [
        one for one in target.box.ok("GET", "/workspaces/{ws}/projects?page-size=99") if one["name"] == "Project fine"
    ]
    changed = singer.record("projects", id=fine["id"], hourlyRate=rate)
    assert [one["error"] for one in target([messages[0], changed]).rejects] == ["other_currency"]

    moved = singer.record("projects", id=fine["id"], clientId=foreign["id"], hourlyRate={**rate, "currency": default})
    assert [one["error"] for one in target([messages[0], moved]).rejects] == ["other_currency"]

    copied = singer.record("projects", id="c" * 24, workspaceId="d" * 24, name="Copied", hourlyRate=rate, note="kept")
    result = target([messages[0], copied])
    assert (result.code, result.counts["projects"]) == (0, {"inserted": 1})
    assert "Not copied, since" in result.log
    assert "1 hourlyRate of projects" in result.log


def test_a_payment_is_in_the_currency_of_its_invoice(target: Any, singer: Any) -> None:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    dates = {"issuedDate": "2026-01-01T00:00:00Z", "dueDate": "2026-02-01T00:00:00Z"}
    body = {"number": "1", "clientId": client, "currency": "GBP", **dates}
    invoice = target.box.ok("POST", "/workspaces/{ws}/invoices", body)["id"]
    row = {"invoiceId": invoice, "amount": 1, "date": "2026-01-10"}
    rows = [singer.record("invoice_payments", id=n, **row, currency=code) for n, code in enumerate(("GBP", "USD"))]
    calls = [
        singer.record("AddInvoicePayment", id=n, invoiceId=invoice, amount=2, paymentDate="2026-01-11", currency=code)
        for n, code in enumerate(("GBP", "USD"))
    ]
    result = target([singer.schema("invoice_payments"), singer.schema("AddInvoicePayment"), *rows, *calls])
    assert [(one["stream"], one["key"], one["error"]) for one in result.rejects] == [
        ("invoice_payments", "1", "other_currency"),
        ("AddInvoicePayment", "1", "other_currency"),
    ]


# -- spellings that cannot be read, and columns that disagree ------------------------------------


@pytest.mark.parametrize(
    ("stream", "row", "said"),
    [
        ("expenses", {"quantity": "$100"}, "quantity is no plain number: write 1234.56"),
        ("expenses", {"amount": "85,50"}, "amount is no plain number: write 1234.56"),
        ("projects", {"hourlyRate": "1.234,56 €"}, "hourlyRate is no plain number: write 1234.56"),
        ("time_off_requests", {"days": "3,5"}, "days is no plain number: write 1234.56"),
        ("projects", {"timeEstimate": {"estimate": "1h 30"}}, "timeEstimate.estimate is no length of time: write 1:30"),
        (
            "projects",
            {"budgetEstimate": {"estimate": "5 €"}},
            "budgetEstimate.estimate is no plain number: write 1234.56",
        ),
        ("time_entries", {"start": "2026-11-02 9:00 AM"}, '{"start": "%Y-%m-%d %I:%M %p"}'),
        ("time_entries", {"start": "11/02/2026 09:00"}, '"%d/%m/%Y %H:%M"} or {"start": "%m/%d/%Y %H:%M"}, whichever'),
        ("expenses", {"date": "2.11.2026"}, '{"date": "%d.%m.%Y"}'),
        ("expenses", {"date": "Easter 2026"}, "to its format, as Python's strptime names it"),
    ],
    ids=str,
)
def test_a_reject_names_the_spelling_that_works(
    target: Any, singer: Any, stream: str, row: dict[str, Any], said: str
) -> None:
    result = target([singer.schema(stream), singer.record(stream, id=1, userId=_me(target), **row)])
    assert (result.code, len(result.rejects)) == (1, 1)
    assert said in result.rejects[0]["message"]
    assert not {"$100", "85,50", "1.234,56", "Easter"} & set(result.log.split()), "no value in the log"


_MOMENTS = {"start": "2027-02-01T08:00:00Z", "end": "2027-02-01T12:00:00Z"}


@pytest.mark.parametrize(
    ("stream", "row"),
    [
        ("time_off_requests", {"timeOffPeriod": {"period": {"start": "2027-02-01", "days": 5}}, "days": 4}),
        ("time_off_requests", {"timeOffPeriod": {"period": {"start": "2027-02-01", "days": 5}}, "start": "2027-02-02"}),
        (
            "time_off_requests",
            {
                "timeOffPeriod": {"period": {"start": "2027-02-01", "days": 5}},
                "start": "2027-02-01",
                "end": "2027-02-03",
            },
        ),
        ("time_off_requests", {"timeOffPeriod": {"period": _MOMENTS}, "end": "2027-02-01T13:00:00Z"}),
        ("time_off_requests", {"timeOffPeriod": {"halfDay": True, "isHalfDay": False}}),
        ("users", {"email": "lia@tiny.example", "status": "ACTIVE", "membershipStatus": "INACTIVE"}),
        ("expenses", {"categoryId": "Meals", "category": {"id": "9", "name": "Travel"}}),
        ("holidays", {"name": "Day", "userIds": ["a"], "users": {"ids": ["b"], "contains": "CONTAINS"}}),
        (
            "holidays",
            {"projectId": "1", "automaticTimeEntryCreation": {"enabled": True, "defaultEntities": {"projectId": "2"}}},
        ),
        ("time_off_policies", {"userContains": "CONTAINS", "users": {"ids": ["b"], "contains": "DOES_NOT_CONTAIN"}}),
        ("time_off_balances", {"balance": 3, "total": 10}),
        ("approval_requests", {"userId": "1", "owner": {"userId": "2"}}),
        ("approval_requests", {"periodStart": "2026-11-02", "dateRange": {"start": "2026-11-09"}}),
        ("projects", {"name": "P", "estimate": {"estimate": "PT1H"}, "timeEstimate": {"estimate": "PT2H"}}),
        ("clients", {"name": "C", "currencyId": "USD", "currencyCode": "EUR"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_columns_that_disagree_are_refused(target: Any, singer: Any, stream: str, row: dict[str, Any]) -> None:
    result = target([singer.schema(stream), singer.record(stream, id=1, **row)])
    assert (result.code, result.writes) == (1, {})
    assert [("state different values" in one["message"], one["error"]) for one in result.rejects] == [(True, "invalid")]


def test_columns_that_agree_are_accepted(target: Any, singer: Any) -> None:
    period = {"start": "2027-02-01", "days": 5}
    rows: list[dict[str, Any]] = [
        {"timeOffPeriod": {"period": period}, "start": "2027-02-01", "days": 5},
        {"timeOffPeriod": {"period": period}, "start": "2027-02-01", "end": "2027-02-05"},
        {"timeOffPeriod": {"period": _MOMENTS}, **_MOMENTS},
    ]
    result = target(
        [
            singer.schema("time_off_requests"),
            *(singer.record("time_off_requests", id=n, **r) for n, r in enumerate(rows)),
        ]
    )
    assert not [one for one in result.rejects if "state different values" in one["message"]]


def test_a_reject_explains_why_its_reference_was_rejected(target: Any, singer: Any) -> None:
    result = target(
        [
            singer.schema("projects"),
            singer.schema("tasks"),
            singer.record("projects", id="p", name="X"),
            singer.record("tasks", id="t", projectId="p", name="Design"),
        ]
    )
    messages = {one["stream"]: one["message"] for one in result.rejects}
    assert messages["projects"] == "name must have at least 2 characters"
    assert messages["tasks"].endswith("that was rejected itself: name must have at least 2 characters")


def test_a_point_after_decimal_commas_in_a_column_is_refused(target: Any, singer: Any) -> None:
    config = {"streams": {"projects": {"units": {"hourlyRate": "major"}}}}
    rates = ["1.250", "7.50", "7,50", "1.500", 1.5, "1.5", "0.500"]
    rows = [singer.record("projects", id=key, name=f"Site {key}", hourlyRate=one) for key, one in enumerate(rates)]
    run = target([singer.schema("projects"), *rows], **config)
    assert {one["record"]["hourlyRate"] for one in run.rejects} == {"7,50", "1.500"}, run.log
    assert any("a point that may separate thousands" in one["message"] for one in run.rejects)
    assert "in rows before it a point before three digits was read as a decimal point" in run.log
