with budgets as (
    select
        projects.*,
        case
            when projects.budget_amount is not null then raw."budgetEstimate"
            else raw."timeEstimate"
        end as estimate,
        raw."estimateReset" as reset
    from {{ ref('dim_projects') }} as projects
    inner join {{ raw('projects') }} as raw on raw.id = projects.project_id
    where not projects.is_template and coalesce(projects.budget_amount, projects.budget_hours, 0) > 0
),

-- The current period of a budget: since its last reset, or everything if the budget is never reset.
rounds as (
    select
        budgets.*,
        case coalesce(nullif(reset ->> 'interval', ''), nullif(estimate ->> 'resetOption', ''))
            when 'WEEKLY' then {{ as_of() }} - (
                (
                    extract(isodow from {{ as_of() }})::int
                    - coalesce(array_position(
                        array['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'],
                        reset ->> 'dayOfWeek'
                    ), 1)
                    + 7
                ) % 7
            )
            when 'MONTHLY' then (
                select max(started)
                from generate_series(-1, 0) as turn
                cross join lateral (select (date_trunc('month', {{ as_of() }}) + make_interval(months => turn))::date as month) as of_month
                cross join lateral (
                    select least(
                        month + coalesce((reset ->> 'dayOfMonth')::int, 1) - 1,
                        (month + interval '1 month')::date - 1
                    ) as started
                ) as starts
                where started <= {{ as_of() }}
            )
            when 'YEARLY' then (
                select max(started)
                from generate_series(-1, 0) as turn
                cross join lateral (
                    select (
                        date_trunc('year', {{ as_of() }})
                        + make_interval(years => turn, months => coalesce(array_position(
                            array[
                                'JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE', 'JULY', 'AUGUST', 'SEPTEMBER',
                                'OCTOBER', 'NOVEMBER', 'DECEMBER'
                            ],
                            reset ->> 'month'
                        ), 1) - 1)
                    )::date as month
                ) as of_year
                cross join lateral (
                    select least(
                        month + coalesce((reset ->> 'dayOfMonth')::int, 1) - 1,
                        (month + interval '1 month')::date - 1
                    ) as started
                ) as starts
                where started <= {{ as_of() }}
            )
        end as round_started_on
    from budgets
),

work as (
    select
        rounds.project_id,
        sum(entries.seconds) filter (
            where entries.is_billable or coalesce((rounds.estimate ->> 'includeNonBillable')::boolean, true)
        ) / 3600.0 as hours,
        sum(entries.amount) filter (where entries.currency = rounds.currency) as amount,
        count(*) filter (where entries.amount is null) as unknown,
        count(*) filter (where entries.amount <> 0 and entries.currency is distinct from rounds.currency) as other_currency
    from rounds
    inner join {{ ref('fct_time_entries') }} as entries on entries.project_id = rounds.project_id
    where entries.is_work
        and not entries.is_running
        and (rounds.round_started_on is null or entries.day >= rounds.round_started_on)
    group by 1
),

spent as (
    select
        rounds.project_id,
        sum(expenses.amount) filter (where expenses.currency = rounds.currency) as amount,
        count(*) filter (where expenses.currency is distinct from rounds.currency) as other_currency
    from rounds
    inner join {{ ref('fct_expenses') }} as expenses on expenses.project_id = rounds.project_id
    where (rounds.estimate ->> 'includeExpenses')::boolean
        and (rounds.round_started_on is null or expenses.day >= rounds.round_started_on)
    group by 1
),

compared as (
    select
        rounds.*,
        case when rounds.budget_amount is null then 'HOURS' else 'MONEY' end as measured_in,
        round(coalesce(work.hours, 0), 4) as used_hours,
        case when rounds.budget_amount is not null
            then round(coalesce(work.amount, 0) + coalesce(spent.amount, 0), 4) end as used_amount,
        case when rounds.budget_amount is null then 0 else coalesce(work.unknown, 0) end as entries_of_unknown_amount,
        case when rounds.budget_amount is null
            then 0 else coalesce(work.other_currency, 0) + coalesce(spent.other_currency, 0) end as rows_of_other_currency
    from rounds
    left join work on work.project_id = rounds.project_id
    left join spent on spent.project_id = rounds.project_id
)

select
    project_id,
    workspace_id,
    project,
    client_id,
    client,
    is_archived,
    measured_in,
    case when budget_amount is null then budget_hours end as budget_hours,
    used_hours,
    case when measured_in = 'HOURS' then budget_hours - used_hours end as hours_left,
    currency,
    budget_amount,
    used_amount,
    budget_amount - used_amount as amount_left,
    round(
        case when measured_in = 'HOURS' then used_hours / budget_hours else used_amount / budget_amount end, 4
    ) as used_share,
    coalesce(nullif(reset ->> 'interval', ''), nullif(estimate ->> 'resetOption', '')) as starts_afresh,
    round_started_on,
    entries_of_unknown_amount,
    rows_of_other_currency
from compared
