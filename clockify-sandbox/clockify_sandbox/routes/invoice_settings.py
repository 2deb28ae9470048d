"""The invoice settings of a workspace. Several fields have different names in reads and writes."""

from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import asdict

from clockify_sandbox.binding import Body
from clockify_sandbox.call import Call
from clockify_sandbox.invoicing import stored_percent
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.money import InvoiceSettings

routes = Routes(scope="INVOICE", feature="INVOICING", role="ADMIN")

_Label = Annotated[str, Meta(max_length=20)]


class Labels(Body, rename=None):
    """All labels, with the names of the API."""

    amount: _Label
    billFrom: _Label  # noqa: N815
    billTo: _Label  # noqa: N815
    description: _Label
    discount: _Label
    dueDate: _Label  # noqa: N815
    issueDate: _Label  # noqa: N815
    itemType: _Label  # noqa: N815
    notes: _Label
    paid: _Label
    quantity: _Label
    subtotal: _Label
    tax: _Label
    tax2: _Label
    total: _Label
    totalAmountDue: _Label  # noqa: N815
    unitPrice: _Label  # noqa: N815


class Defaults(Body):
    """The defaults of new invoices; percentages are plain."""

    notes: str
    subject: str
    company_id: str | None = None
    due_days: int | None = None
    item_type_id: str | None = None
    tax_percent: float = 0.0
    tax2_percent: float = 0.0
    tax_type: Literal["COMPOUND", "SIMPLE", "NONE"] = "SIMPLE"


class ExportFields(Body):
    """The fields that documents show."""

    item_type: bool = False
    quantity: bool = False
    unit_price: bool = False
    tax: bool = False
    tax2: bool = False
    rtl: bool = False


class SettingsChange(Body):
    """The body of an update of the settings."""

    labels: Labels
    defaults: Defaults
    export_fields: ExportFields | None = None


@routes.get("/workspaces/{ws}/invoices/settings")
def get_settings(call: Call) -> InvoiceSettings:
    """The settings."""
    return call.workspace.invoice_settings


@routes.put("/workspaces/{ws}/invoices/settings")
def update_settings(call: Call, body: SettingsChange) -> None:
    """Replace the labels and defaults, and the shown fields if they are sent."""
    settings = call.workspace.invoice_settings
    labels: dict[str, str] = asdict(body.labels)
    labels["totalAmount"] = labels.pop("totalAmountDue")
    defaults, shown = body.defaults, body.export_fields
    settings["labels"] = labels
    settings["defaults"] = {
        **settings["defaults"],
        "companyId": defaults.company_id,
        "dueDays": defaults.due_days,
        "itemTypeId": defaults.item_type_id or settings["defaults"]["itemTypeId"],
        "notes": defaults.notes,
        "subject": defaults.subject,
        "tax": int(stored_percent(defaults.tax_percent)),
        "tax2": int(stored_percent(defaults.tax2_percent)),
        "taxPercent": defaults.tax_percent,
        "tax2Percent": defaults.tax2_percent,
        "taxType": defaults.tax_type,
    }
    if shown:
        settings["exportFields"] = {
            "itemType": shown.item_type,
            "quantity": shown.quantity,
            "unitPrice": shown.unit_price,
            "tax": shown.tax,
            "tax2": shown.tax2,
            "RTL": shown.rtl,
            "rtl": shown.rtl,
        }
