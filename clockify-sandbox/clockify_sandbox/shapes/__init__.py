"""How entities are stored: one dict per entity, and one `TypedDict` in these modules per kind of dict.

Names are those of the wire, and unless a docstring says otherwise a shape is what the route that reads one entity
answers (named in the docstring as `GET ...`, below `/v1/workspaces/{workspaceId}`), with references as ids. What
follows from other entities is not stored but added when an answer is rendered: names of referenced things,
`currencyCode` of a client, `duration` of project and task, the sums of an invoice and of an approval request, totals of
projects and capacities. Keys "for the sandbox's own use" never appear in an answer.

If a constructor or an update takes only some of the fields, these are a class of their own, `...Fields`, with optional
keys; a stored shape always has all fields.

Notations: `ts` is "yyyy-MM-ddThh:mm:ssZ" (UTC), `date` "yyyy-MM-dd", `dur` an ISO-8601 duration of hours, minutes and
seconds; money is in minor units of a currency.
"""
