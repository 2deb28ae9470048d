-- The facts, the timesheet and the margin have the same hours; billable work is either invoiced or not.
with facts as (
    select
        coalesce(sum(seconds), 0) / 3600.0 as hours,
        coalesce(sum(seconds) filter (where is_billable and invoice_id is null), 0) / 3600.0 as uninvoiced
    from {{ ref('fct_time_entries') }}
    where is_work and not is_running
),

marts as (
    select 'timesheet' as mart, facts.hours, (select coalesce(sum(hours), 0) from {{ ref('timesheet') }}) as found
    from facts
    union all
    select 'margin', facts.hours, (select coalesce(sum(hours), 0) from {{ ref('margin') }}) from facts
    union all
    select 'utilisation', facts.hours, (select coalesce(sum(hours), 0) from {{ ref('utilisation') }}) from facts
    union all
    select 'uninvoiced_hours', facts.uninvoiced, (select coalesce(sum(hours), 0) from {{ ref('uninvoiced_hours') }}) from facts
)

-- Marts round to a ten-thousandth of an hour per row.
select * from marts where abs(hours - found) > 1
