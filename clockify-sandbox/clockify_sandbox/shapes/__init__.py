"""How entities are stored: one dict per entity, and one `TypedDict` in these modules per kind of dict.

Names are those of the API. Unless a docstring says otherwise, a shape is the response of the route that reads one
entity (in the docstring as `GET ...`, below `/v1/workspaces/{workspaceId}`), with references as ids. Values that follow
from other entities are not stored, but added when a response is rendered: names of referenced things, `currencyCode` of
a client, `duration` of project and task, the sums of an invoice and of an approval request, totals of projects and
capacities. Keys "for internal use" never appear in a response.

If a constructor or an update accepts only some fields, these are in a separate class, `...Fields`, with optional keys;
a stored shape always has all fields.

Notations: `ts` is "yyyy-MM-ddThh:mm:ssZ" (UTC), `date` "yyyy-MM-dd", `dur` an ISO-8601 duration of hours, minutes and
seconds; money is in minor units of a currency.
"""
