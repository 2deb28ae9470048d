"""Payments of invoices. Writes return the invoice, never the payment."""

from typing import Annotated

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body
from clockify_sandbox.call import Call
from clockify_sandbox.errors import ApiError, not_in
from clockify_sandbox.invoicing import invoice_of, status_after_payment
from clockify_sandbox.kinds import INVOICE
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.money import Invoice, Payment
from clockify_sandbox.world import Entity

routes = Routes(scope="INVOICE", feature="INVOICING", role="ADMIN")


class NewPayment(Body):
    """A payment in minor units. Fractions of a second are refused, as otherwise only in time off."""

    payment_date: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    amount: Annotated[int, Meta(ge=1)] | None = None
    note: Annotated[str, Meta(max_length=1000)] | None = None


@routes.get("/workspaces/{ws}/invoices/{invoiceId}/payments", paging=KEBAB)
def list_payments(call: Call) -> Answer:
    """The payments of an invoice, in the order in which they were added."""
    return call.page(call.named(INVOICE, "invoiceId")["payments"])


@routes.post("/workspaces/{ws}/invoices/{invoiceId}/payments", status=201)
def add_payment(call: Call, body: NewPayment) -> Entity:
    """Add a payment; overpayment is accepted."""
    invoice = call.named(INVOICE, "invoiceId")
    if body.amount is None:
        # The real service fails on this one.
        raise ApiError(500, 500, messages.INTERNAL_ERROR)
    payment: Payment = {
        "id": call.new_id(),
        "amount": body.amount,
        "author": call.user["name"],
        "date": body.payment_date,
        "note": body.note,
    }
    return _with_payments(call, invoice, [*invoice["payments"], payment])


@routes.delete("/workspaces/{ws}/invoices/{invoiceId}/payments/{paymentId}")
def delete_payment(call: Call) -> Entity:
    """Delete a payment."""
    invoice, payment_id = call.named(INVOICE, "invoiceId"), call.path["paymentId"]
    payments = [payment for payment in invoice["payments"] if payment["id"] != payment_id]
    if len(payments) == len(invoice["payments"]):
        raise not_in(messages.PAYMENT, INVOICE.noun)
    return _with_payments(call, invoice, payments)


def _with_payments(call: Call, invoice: Invoice, payments: list[Payment]) -> Entity:
    status = status_after_payment({**invoice, "payments": payments})
    return invoice_of(call.workspace, call.of(INVOICE).update(invoice, {"payments": payments, "status": status}))
