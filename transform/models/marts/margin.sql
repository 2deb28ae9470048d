with facts as (
    select
        workspace_id, client_id, client, project_id, project, month,
        currency, cost_currency,
        seconds,
        amount as time_amount,
        0 as expense_amount,
        cost as time_cost,
        0 as expense_cost,
        amount is null as amount_is_unknown,
        cost is null as cost_is_unknown
    from {{ ref('fct_time_entries') }}
    where is_work and not is_running
    union all
    select
        workspace_id, client_id, client, project_id, project, month,
        currency, currency,
        0,
        0,
        case when is_billable then amount else 0 end,
        0,
        amount,
        is_billable and amount is null,
        amount is null
    from {{ ref('fct_expenses') }}
),

summed as (
    select
        workspace_id,
        client_id,
        client,
        project_id,
        project,
        month,
        currency,
        cost_currency,
        round(sum(seconds) / 3600.0, 4) as hours,
        round(sum(time_amount), 4) as time_amount,
        round(sum(expense_amount), 4) as expense_amount,
        round(sum(time_amount) + sum(expense_amount), 4) as amount,
        round(sum(time_cost), 4) as time_cost,
        round(sum(expense_cost), 4) as expense_cost,
        round(sum(time_cost) + sum(expense_cost), 4) as cost,
        count(*) filter (where amount_is_unknown) as rows_of_unknown_amount,
        count(*) filter (where cost_is_unknown) as rows_of_unknown_cost
    from facts
    group by workspace_id, client_id, client, project_id, project, month, currency, cost_currency
)

select
    *,
    case
        when currency = cost_currency and rows_of_unknown_amount = 0 and rows_of_unknown_cost = 0 then amount - cost
    end as margin
from summed
