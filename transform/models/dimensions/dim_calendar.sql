with reach as (
    select
        date_trunc('year', least(min(day), {{ as_of() }}))::date as first_day,
        (date_trunc('year', greatest(max(day), {{ as_of() }})) + interval '1 year')::date - 1 as last_day
    from (
        select day from {{ ref('fct_time_entries') }}
        union all
        select issued_on from {{ ref('fct_invoice_lines') }}
        union all
        select due_on from {{ ref('fct_invoice_lines') }}
        union all
        select date::date from {{ raw('user_capacity_days') }}
    ) as seen
)

select
    day::date as day,
    date_trunc('week', day)::date as week,
    date_trunc('month', day)::date as month,
    date_trunc('quarter', day)::date as quarter,
    extract(year from day)::int as year,
    extract(isoyear from day)::int as iso_year,
    extract(week from day)::int as iso_week,
    to_char(day, 'FMDAY') as weekday,
    extract(isodow from day) > 5 as is_weekend,
    ((date_trunc('week', {{ as_of() }})::date - date_trunc('week', day)::date) / 7)::int as weeks_ago,
    (
        12 * (extract(year from {{ as_of() }}) - extract(year from day))
        + extract(month from {{ as_of() }}) - extract(month from day)
    )::int as months_ago,
    {{ as_of() }} as as_of
from reach
cross join lateral generate_series(reach.first_day, reach.last_day, interval '1 day') as day
