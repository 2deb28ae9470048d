"""Expenses and their categories, invoices, payments, and the settings of invoices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clockify_client import endpoints

from target_clockify.model import receipts
from target_clockify.model.declaration import (
    UNKNOWN,
    Call,
    Change,
    Create,
    Delete,
    Field,
    House,
    Listing,
    Operation,
    Part,
    State,
    WritableObject,
)
from target_clockify.model.objects.shared import currency_of_amounts, member_of, named, require_agreement
from target_clockify.model.values import (
    DAY,
    FLAG,
    ID,
    INTEGER,
    MAJOR,
    MOMENT,
    MONEY,
    NUMBER,
    OBJECT,
    TEXT,
    WORD,
    Kind,
    list_of,
    record_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXPENSE_CATEGORIES = WritableObject(
    name="expense_categories",
    noun="expense category",
    aliases=("ExpenseCategory",),
    fields=(
        named(250),
        Field("hasUnitPrice", FLAG, clearable=False),
        Field("priceInCents", MONEY, rules={"minimum": 0}, clearable=False, description="Minor units."),
        Field("unit", TEXT),
        currency_of_amounts(),
        Field("archived", FLAG, clearable=False),
    ),
    listing=Listing(endpoints.EXPENSE_CATEGORIES, variants=({"onlyArchived": "false"}, {"onlyArchived": "true"})),
    natural=("name",),
    create=Create("/expenses/categories", fields=("name", "hasUnitPrice", "priceInCents", "unit"), required=("name",)),
    parts=(
        Part(("name", "hasUnitPrice", "priceInCents", "unit"), path="/expenses/categories/{id}"),
        Part(("archived",), "PATCH", "/expenses/categories/{id}/status"),
    ),
    delete=Delete("/expenses/categories/{id}", first={"archived": True}, proof=""),
    read_only=("status",),
)

# -- expenses -------------------------------------------------------------------------------------

_FORM = {
    "userId": "USER",
    "date": "DATE",
    "projectId": "PROJECT",
    "taskId": "TASK",
    "categoryId": "CATEGORY",
    "notes": "NOTES",
    "quantity": "AMOUNT",
    "billable": "BILLABLE",
    "file": "FILE",
}
_ALWAYS = {"userId", "date", "categoryId", "quantity"}
_RECEIPT = Kind(
    "the path of a receipt",
    {"type": "string", "pattern": r"(?i)\.(png|jpe?g|gif|pdf)$"},
    TEXT.coerce,
    lambda value: Path(value).name if value and isinstance(value, str) else None,
)


def _receipt_rules(_: Operation, given: State, __: bool) -> Iterator[str]:  # noqa: FBT001
    file = given.get("file")
    if isinstance(file, str):
        yield from receipts.problems(file)


def _expense_form(change: Change) -> tuple[tuple[str, Any], ...]:
    """A multipart form with the required fields and the changed ones. All values are texts, except the receipt."""
    form: list[tuple[str, Any]] = []
    for name in _FORM:
        value = change.desired.get(name)
        if name == "file":
            if value and name in change.changed:
                form.append(("file", tuple(receipts.read(value))))
        elif name in _ALWAYS or name in change.changed:
            form.append(("amount" if name == "quantity" else name, _form_text(name, value)))
    return tuple(form)


def _form_text(name: str, value: Any) -> str:
    if name == "date":
        return f"{value}T00:00:00Z"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _expense_change(change: Change) -> Iterator[Call]:
    form = _expense_form(change)
    marks = tuple(("changeFields", mark) for name, mark in _FORM.items() if name in change.changed)
    yield Call("PUT", "/expenses/{id}", form=(*form, *marks))


def _flat_expense(row: State, _: Mapping[str, Any] | None = None) -> State:
    """A listed expense contains its category, project and task as objects; only their ids are used."""
    row = dict(row)
    for name in ("category", "project", "task"):
        found = row.pop(name, None)
        if isinstance(found, dict) and not row.get(f"{name}Id"):
            row[f"{name}Id"] = found.get("id")
    if row.get("fileName"):
        row.setdefault("file", row["fileName"])
    return row


def _price(category: State) -> int:
    """Return the price of one unit of a quantity: the unit price of the category, or 1.00."""
    price = category.get("priceInCents") if category.get("hasUnitPrice") else None
    return price if isinstance(price, int) else _SCALE


def _with_quantity(given: State) -> State:
    """Compute the quantity from an amount of money in minor units.

    Raises:
        ValueError: Amount and quantity contradict each other, or a nested object and its id column do.
    """
    for name in ("category", "project", "task"):
        found, stated = given.get(name), (f"{name}Id", given.get(f"{name}Id"))
        if stated[1] != member_of(found, "name"):
            require_agreement(stated, (f"{name}.id", member_of(found, "id")))
    amount, quantity = given.get("amount"), given.get("quantity")
    if not isinstance(amount, int):
        return given
    major = Decimal(amount) / _SCALE
    if isinstance(quantity, (int, float, Decimal)) and Decimal(str(quantity)) != major:
        msg = "amount and quantity state different values: leave one of them out"
        raise ValueError(msg)
    whole = major == major.to_integral_value()
    return {**given, "quantity": int(major) if whole else float(major)}


def _expense_house_rules(house: House, operation: Operation, current: State, _: State) -> Iterator[str]:
    """A row may not show that its timesheet is approved, which binds administrators, too; the timesheets do."""
    if operation is Operation.INSERT:
        return
    is_locked = bool(current.get("locked") or current.get("isLocked"))
    if (is_locked and not house.is_admin()) or current.get("id") in house.approved():
        yield "Clockify has locked the expense, as it does with approved ones: withdraw the approval first"


EXPENSES = WritableObject(
    name="expenses",
    noun="expense",
    aliases=("Expense",),
    fields=(
        Field("userId", ID, refers="users", clearable=False),
        Field("date", DAY, clearable=False),
        Field("categoryId", ID, refers="expense_categories", clearable=False),
        Field("projectId", ID, refers="projects"),
        Field("taskId", ID, refers="tasks"),
        Field(
            "quantity",
            MAJOR,
            clearable=False,
            adds_up=True,
            priced_by="categoryId",
            price=_price,
            description="Major units (12 is 12.00), or the number of units where the category has a unit price.",
        ),
        Field("amount", MONEY, modifier=True, description="Minor units; stands for `quantity` where that is missing."),
        Field("notes", TEXT, rules={"maxLength": 3000}),
        Field("billable", FLAG, clearable=False),
        Field(
            "file",
            _RECEIPT,
            aliases=("receipt",),
            clearable=False,
            comes_back=False,
            description="Path of a receipt to upload.",
        ),
        *(Field(name, OBJECT, modifier=True) for name in ("category", "project", "task")),
        currency_of_amounts(),
    ),
    listing=Listing(endpoints.EXPENSES, shape=_flat_expense),
    fingerprint=("userId", "date", "categoryId", "quantity", "notes"),
    create=Create(
        "/expenses",
        fields=("userId", "date", "categoryId", "projectId", "taskId", "quantity", "notes", "billable", "file"),
        required=("userId", "date", "categoryId", "quantity"),
        form=_expense_form,
    ),
    parts=(
        Part(
            ("userId", "date", "categoryId", "projectId", "taskId", "quantity", "notes", "billable", "file"),
            calls=_expense_change,
        ),
    ),
    delete=Delete("/expenses/{id}", proof="", for_good=lambda gone: ["its receipt"] if gone.get("file") else []),
    rules=_receipt_rules,
    house_rules=_expense_house_rules,
    read_only=("total", "fileId", "fileName", "locked", "isLocked"),
    by_hand=_with_quantity,
    adapt=lambda given: {
        name: value for name, value in _flat_expense(given).items() if name not in {"category", "project", "task"}
    },
)

# -- invoices -------------------------------------------------------------------------------------

_DOCUMENT = (
    *("number", "clientId", "currency", "issuedDate", "dueDate", "billFrom", "clientAddress", "companyId"),
    *("note", "subject", "taxType", "visibleZeroFields", "tax", "tax2", "discount"),
)
_ITEM = record_of(
    "an item",
    ("itemType", "description", "quantity", "unitPrice"),
    itemType=TEXT,
    description=TEXT,
    quantity=NUMBER,
    unitPrice=MONEY,
    applyTaxes=WORD,
)
_SCALE = 100  # Clockify: the amount of an item is quantity x unitPrice / 100


def scaled_item(item: State) -> State:
    """Return an item, whose amount is quantity x unitPrice, with the quantity in hundredths as Clockify counts it.

    Raises:
        ValueError: The quantity is not a whole number of hundredths, or the item states another amount.
    """
    quantity, price, amount = (NUMBER.coerce(item.get(name)) for name in ("quantity", "unitPrice", "amount"))
    if not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (quantity, price)):
        return item  # the schema says what is wrong
    count, price = Decimal(repr(quantity)), Decimal(repr(price))
    stated = None if isinstance(amount, bool) or not isinstance(amount, (int, float)) else Decimal(repr(amount))
    if stated is not None and stated == count * price / _SCALE != count * price:
        return item  # it is as Clockify returns it
    if stated is not None and stated != count * price:
        msg = "amount of an item must be quantity x unitPrice, in minor units, or stay out"
        raise ValueError(msg)
    if count * price != (count * price).to_integral_value():
        msg = "quantity x unitPrice of an item must be a whole number of minor units; it is not rounded"
        raise ValueError(msg)
    hundredths = count * _SCALE
    if hundredths != hundredths.to_integral_value():
        msg = "quantity of an item must have at most two decimal places"
        raise ValueError(msg)
    return {**item, "quantity": int(hundredths)}


def _scaled_items(given: State) -> State:
    items = given.get("items")
    if not isinstance(items, list):
        return given
    return {**given, "items": [scaled_item(one) if isinstance(one, dict) else one for one in items]}


_STATUSES = ["UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE"]
_BEFORE_PAYMENT = {"UNSENT", "SENT", "OVERDUE"}
_BY_PAYMENT = {"PARTIALLY_PAID", "PAID"}


def _paid_since(invoice: State, status: Any) -> bool:
    """Return whether payments have changed the status of an invoice since the last write."""
    return bool(invoice.get("paid")) and invoice.get("status") in _BY_PAYMENT and status in _BEFORE_PAYMENT


def _percent(name: str) -> Field:
    """A percentage, which Clockify returns times 100 and accepts as plain percent."""
    return Field(
        name,
        NUMBER,
        key=f"{name}Percent",
        write=lambda value: round(value / 100, 6),
        read=lambda value: round(value * 100, 4) if isinstance(value, (int, float)) else value,
        rules={"minimum": 0},
        clearable=False,
        description=f"Percent times 100, as the tap reads it; `{name}Percent` takes plain percent.",
    )


def _invoice_body(_: Change, body: State) -> State:
    """Add the percentages: Clockify sets those that are missing from a write to 0."""
    return {**dict.fromkeys(("taxPercent", "tax2Percent", "discountPercent"), 0), **body}


def _items(change: Change) -> Iterator[Call]:
    """Items cannot be updated: all items from the first difference on are removed and added again."""
    current = sorted(change.current.get("items") or (), key=lambda item: item.get("order") or 0)
    desired = change.desired["items"] or []
    same = 0
    while same < min(len(current), len(desired)) and _ITEM.canonical(current[same]) == _ITEM.canonical(desired[same]):
        same += 1
    for position, item in reversed(list(enumerate(current[same:], same + 1))):
        ids, after = {"order": item.get("order") or position}, {"items": current[: position - 1]}
        yield Call("DELETE", "/invoices/{id}/items/{order}", ids=ids, after=after)
    for position, item in enumerate(desired[same:], same + 1):
        body = {key: item[key] for key in ("itemType", "description", "quantity", "unitPrice", "applyTaxes")}
        yield Call("POST", "/invoices/{id}/items", json=body, after={"items": desired[:position]})


def _with_taxes(given: State) -> State:
    items = given.get("items")
    if isinstance(items, list):
        ordered = sorted((one for one in items if isinstance(one, dict)), key=lambda item: item.get("order") or 0)
        given = {**given, "items": [{**item, "applyTaxes": item.get("applyTaxes") or "NONE"} for item in ordered]}
    return given


def _for_good(invoice: State) -> Iterator[str]:
    """The API creates plain items: only Clockify's own import links items to time entries and expenses."""
    if any(item.get("timeEntryIds") or item.get("expenseIds") for item in invoice.get("items") or ()):
        yield "the link of its items to time entries and expenses, which count as not invoiced again"
    if invoice.get("calculationType") == "ITEM_BASED":
        yield "taxes by item"


INVOICES = WritableObject(
    name="invoices",
    noun="invoice",
    aliases=("Invoice",),
    fields=(
        Field("number", TEXT, rules={"minLength": 1}, clearable=False),
        Field("clientId", ID, refers="clients", clearable=False),
        Field("currency", TEXT, clearable=False),
        Field("issuedDate", MOMENT, clearable=False),
        Field("dueDate", MOMENT, clearable=False),
        Field("billFrom", TEXT),
        Field("clientAddress", TEXT),
        Field("companyId", ID, refers="companies"),
        Field("note", TEXT),
        Field("subject", TEXT),
        Field("taxType", WORD, rules={"enum": ["COMPOUND", "SIMPLE", "NONE"]}, clearable=False),
        Field("visibleZeroFields", list_of(WORD), clearable=False),
        _percent("tax"),
        _percent("tax2"),
        _percent("discount"),
        Field(
            "items",
            list_of(_ITEM, "an array of items", ordered=True),
            clearable=False,
            description="The amount of an item is quantity x unitPrice (minor units); quantity has at most "
            "two decimal places. In rows that the tap has read, quantity is in hundredths, as in Clockify.",
        ),
        Field("status", WORD, key="invoiceStatus", rules={"enum": _STATUSES}, clearable=False, outgrown=_paid_since),
        Field(
            "timeViewMode",
            WORD,
            modifier=True,
            rules={"enum": ["TIME_SENSITIVE_VIEW", "AGGREGATED_TIME_VIEW"]},
        ),
    ),
    listing=Listing(
        endpoints.INVOICES_INFO,
        detail=replace(endpoints.INVOICE, path="/workspaces/{workspaceId}/invoices/{id}"),
        detailed=frozenset(
            ("companyId", "clientAddress", "note", "subject", "taxType", "tax", "tax2", "discount", "items")
        ),
    ),
    natural=("number",),
    create=Create(
        "/invoices",
        fields=("number", "clientId", "currency", "issuedDate", "dueDate"),
        required=("number", "clientId", "currency", "issuedDate", "dueDate"),
        shape=lambda change, body: {
            **body,
            **({"timeViewMode": change.given["timeViewMode"]} if change.given.get("timeViewMode") else {}),
        },
        defaults={
            "status": "UNSENT",
            "items": [],
            "tax": 0,
            "tax2": 0,
            "discount": 0,
            **dict.fromkeys(("note", "subject", "clientAddress", "billFrom"), UNKNOWN),
        },
    ),
    parts=(
        Part(_DOCUMENT, path="/invoices/{id}", shape=_invoice_body),
        Part(("items",), calls=_items, adds=True),
        Part(("status",), "PATCH", "/invoices/{id}/status", proof=""),
    ),
    delete=Delete("/invoices/{id}", proof="", for_good=_for_good),
    whole_first=True,
    read_only=(
        *("clientName", "amount", "balance", "paid", "daysOverdue", "userId", "containsImportedExpenses"),
        *("containsImportedTimes", "subtotal", "discountAmount", "taxAmount", "tax2Amount", "calculationType"),
    ),
    by_hand=_scaled_items,
    adapt=_with_taxes,
)

INVOICE_PAYMENTS = WritableObject(
    name="invoice_payments",
    noun="payment",
    aliases=("Payment", "Payments", "InvoicePayment"),
    fields=(
        Field("invoiceId", ID, refers="invoices", fixed=True, clearable=False),
        Field(
            *("amount", MONEY),
            rules={"minimum": 1},
            fixed=True,
            clearable=False,
            adds_up=True,
            description="Minor units.",
        ),
        Field("date", MOMENT, key="paymentDate", fixed=True, clearable=False),
        Field("note", TEXT, rules={"maxLength": 1000}, fixed=True),
        currency_of_amounts(),
    ),
    listing=Listing(endpoints.INVOICE_PAYMENTS, scope=("invoiceId",)),
    fingerprint=("invoiceId", "amount", "date", "note"),
    create=Create(
        "/invoices/{invoiceId}/payments",
        fields=("amount", "date", "note"),
        required=("invoiceId", "amount", "date"),
        found=None,  # the response is the invoice
    ),
    delete=Delete("/invoices/{invoiceId}/payments/{id}"),
    read_only=("author",),
)

_LABELS = (
    *("amount", "billFrom", "billTo", "description", "discount", "dueDate", "issueDate", "itemType", "notes"),
    *("paid", "quantity", "subtotal", "tax", "tax2", "total", "totalAmount", "unitPrice"),
)


def _settings_body(_: Change, body: State) -> State:
    labels = dict(body["labels"])
    labels["totalAmountDue"] = labels.pop("totalAmount", None)
    defaults = {key: value for key, value in (body.get("defaults") or {}).items() if value is not None}
    return {**body, "labels": labels, "defaults": {"notes": "", "subject": "", **defaults}}


INVOICE_SETTINGS = WritableObject(
    name="invoice_settings",
    noun="invoice settings",
    fields=(
        Field("labels", record_of("labels", (), **dict.fromkeys(_LABELS, TEXT)), clearable=False),
        Field(
            "defaults",
            record_of(
                notes=TEXT,
                subject=TEXT,
                companyId=ID,
                itemTypeId=ID,
                dueDays=INTEGER,
                taxPercent=NUMBER,
                tax2Percent=NUMBER,
                taxType=WORD,
            ),
            refers={"companyId": "companies", "itemTypeId": "item_types"},
            clearable=False,
        ),
        Field(
            "exportFields",
            record_of(itemType=FLAG, quantity=FLAG, unitPrice=FLAG, tax=FLAG, tax2=FLAG, rtl=FLAG),
            clearable=False,
        ),
    ),
    one_per_workspace=True,
    listing=Listing(endpoints.INVOICE_SETTINGS, shape=lambda row, ids: {**row, "id": ids["workspaceId"]}),
    parts=(Part(("labels", "defaults", "exportFields"), path="/invoices/settings", shape=_settings_body, proof=""),),
)

OBJECTS = (EXPENSE_CATEGORIES, EXPENSES, INVOICES, INVOICE_PAYMENTS, INVOICE_SETTINGS)
