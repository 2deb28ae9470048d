"""Expense categories."""

from typing import Annotated, Literal

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import Minor, SortOrder
from clockify_sandbox.call import Call
from clockify_sandbox.entities import expense_category
from clockify_sandbox.errors import invalid
from clockify_sandbox.fields import overlaid
from clockify_sandbox.kinds import CATEGORY
from clockify_sandbox.lists import by_name, in_order, matches
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.money import ExpenseCategory, ExpenseCategoryFields

routes = Routes(scope="EXPENSE", feature="EXPENSES", role="ADMIN")


class CategoryQuery(Query):
    """Filters and order of the list; archived categories must be requested."""

    name: str | None = None
    archived: bool = False
    sort_column: Literal["NAME"] | None = None
    sort_order: SortOrder | None = None


class CategoryBody(Body):
    """The body of creates and updates. An update replaces all fields."""

    name: Annotated[str, Meta(min_length=1, max_length=250)]
    has_unit_price: bool = False
    price_in_cents: Minor = 0
    unit: str = ""

    def fields(self) -> ExpenseCategoryFields:
        """The fields under their stored names."""
        return {
            "name": self.name,
            "hasUnitPrice": self.has_unit_price,
            "priceInCents": self.price_in_cents,
            "unit": self.unit,
        }


class CategoryStatus(Body):
    """Whether a category should be archived."""

    archived: bool


@routes.get("/workspaces/{ws}/expenses/categories", paging=KEBAB, role="MEMBER")
def list_categories(call: Call, query: CategoryQuery) -> Answer:
    """The active categories, or the archived ones."""
    found = [
        category
        for category in call.workspace.expense_categories.values()
        if category["archived"] == query.archived and matches(category["name"], query.name)
    ]
    rows = in_order(found, {"NAME": by_name}, query.sort_column, query.sort_order, "NAME")
    return call.page(rows, wrap=lambda page: {**call.total("count", rows, page), "categories": page})


@routes.post("/workspaces/{ws}/expenses/categories", status=201)
def create_category(call: Call, body: CategoryBody) -> ExpenseCategory:
    """A new category."""
    return call.insert(CATEGORY, overlaid(expense_category(call.new_id(), call.workspace.id, body.name), body.fields()))


@routes.put("/workspaces/{ws}/expenses/categories/{categoryId}")
def update_category(call: Call, body: CategoryBody) -> ExpenseCategory:
    """Replace everything but the archive state; totals of existing expenses stay."""
    category = call.named(CATEGORY, "categoryId")
    return call.of(CATEGORY).update(category, body.fields())


@routes.patch("/workspaces/{ws}/expenses/categories/{categoryId}/status")
def archive_category(call: Call, body: CategoryStatus) -> ExpenseCategory:
    """Archive a category, or restore it."""
    return call.of(CATEGORY).update(call.named(CATEGORY, "categoryId"), {"archived": body.archived})


@routes.delete("/workspaces/{ws}/expenses/categories/{categoryId}", status=204)
def delete_category(call: Call) -> None:
    """Delete an archived category; its expenses stay without one."""
    category = call.named(CATEGORY, "categoryId")
    if not category["archived"]:
        raise invalid(messages.CATEGORY_NOT_ARCHIVED)
    for expense in call.workspace.expenses.values():
        if expense["categoryId"] == category["id"]:
            expense["categoryId"] = None
    call.remove(CATEGORY, category)
