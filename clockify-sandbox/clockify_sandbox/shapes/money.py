"""Stored shapes of money: expenses and invoices."""

from typing import TypedDict


class ExpenseCategoryFields(TypedDict, total=False):
    """The fields of an expense category that writes can set."""

    name: str
    hasUnitPrice: bool
    priceInCents: int
    unit: str | None
    archived: bool
    status: None


class ExpenseCategory(ExpenseCategoryFields):
    """A category, as `GET expenses/categories`; with a unit price, `priceInCents` are minor units a unit."""

    id: str
    workspaceId: str


class ExpenseFields(TypedDict, total=False):
    """The fields of an expense that writes can set."""

    userId: str
    date: str
    categoryId: str | None
    projectId: str | None
    taskId: str | None
    fileId: str | None
    quantity: float
    total: float
    billable: bool
    locked: bool
    notes: str | None
    approvalRequestId: str | None
    invoiceId: str | None


class Expense(ExpenseFields):
    """An expense, as `GET expenses/{expenseId}`.

    `total` is minor units, though a float; `quantity` the amount in major units (total = quantity times 100) or, in a
    category with a unit price, a number of units (total = quantity times priceInCents). `date` is a date, `categoryId`
    None after the category was deleted, `fileId` an id, "" or None. `approvalRequestId` and `invoiceId` are for the
    sandbox's own use.
    """

    id: str
    workspaceId: str


class InvoiceItemFields(TypedDict, total=False):
    """The fields of an invoice item that writes can set."""

    itemType: str
    description: str
    quantity: int
    unitPrice: int
    amount: int
    applyTaxes: str
    importType: str
    timeEntryIds: list[str]
    expenseIds: list[str]


class InvoiceItem(InvoiceItemFields):
    """An item, in `items` of `GET invoices/{invoiceId}`, counted from 1.

    Quantities are times 100, unit prices minor units: amount = quantity times unitPrice / 100, in minor units. The ids
    are those of imported entries and expenses.
    """

    order: int


class Payment(TypedDict):
    """A payment, as `GET invoices/{invoiceId}/payments`: minor units of the invoice's currency, on a ts."""

    id: str
    amount: int
    author: str | None
    date: str
    note: str | None


class InvoiceFields(TypedDict, total=False):
    """The fields of an invoice that writes can set."""

    number: str
    clientId: str
    currency: str
    issuedDate: str
    dueDate: str
    status: str
    billFrom: str | None
    visibleZeroFields: list[str] | None
    companyId: str | None
    clientAddress: str | None
    note: str | None
    subject: str | None
    userId: str
    discount: float
    tax: float
    tax2: float
    taxType: str
    calculationType: str
    items: list[InvoiceItem]
    payments: list[Payment]


class Invoice(InvoiceFields):
    """An invoice, as `GET invoices/{invoiceId}` without its sums; its payments have a separate route.

    `discount`, `tax` and `tax2` are percentages times 100, the dates ts, `currency` a code. `workspaceId` is for the
    sandbox's own use.
    """

    id: str
    workspaceId: str


class InvoiceDefaults(TypedDict):
    """The defaults of new invoices; `tax` and `tax2` are percentages times 100, the other two percentages plain."""

    companyId: str | None
    defaultImportExpenseItemTypeId: str
    defaultImportTimeItemTypeId: str
    dueDays: int | None
    itemType: str
    itemTypeId: str
    notes: str | None
    subject: str | None
    tax: int
    tax2: int
    taxPercent: float
    tax2Percent: float
    taxType: str


class ShownFields(TypedDict):
    """Which columns invoices show; the last one is read under two names."""

    itemType: bool
    quantity: bool
    unitPrice: bool
    tax: bool
    tax2: bool
    RTL: bool
    rtl: bool


class InvoiceSettings(TypedDict):
    """The settings of invoices, as `GET invoices/settings`; the texts of a document by their position."""

    labels: dict[str, str]
    defaults: InvoiceDefaults
    exportFields: ShownFields
