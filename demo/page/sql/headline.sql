select
    workspace.name as workspace,
    calendar.today,
    calendar.recent_start,
    calendar.recent_end,
    money.currency,
    tracked.recent as tracked,
    tracked.earlier as tracked_before,
    available.recent as capacity,
    available.earlier as capacity_before,
    tracked.billable_recent as billable,
    tracked.billable_earlier as billable_before,
    tracked.people,
    money.invoiced,
    money.paid,
    money.open,
    money.overdue,
    money.overdue_invoices
from calendar
cross join (select name, currencies from workspaces where id = current_setting('demo.workspace')) as workspace
cross join lateral (
    select
        coalesce(sum(hours) filter (where day >= recent_start), 0) as recent,
        coalesce(sum(hours) filter (where day < recent_start), 0) as earlier,
        coalesce(sum(hours) filter (where billable and day >= recent_start), 0) as billable_recent,
        coalesce(sum(hours) filter (where billable and day < recent_start), 0) as billable_earlier,
        count(distinct person_id) filter (where day >= recent_start) as people
    from work
    where day >= earlier_start and day < recent_end
) as tracked
cross join lateral (
    select
        coalesce(sum(hours) filter (where day >= recent_start), 0) as recent,
        coalesce(sum(hours) filter (where day < recent_start), 0) as earlier
    from capacity
) as available
cross join lateral (
    select
        main.currency,
        (select coalesce(sum(amount), 0)::float8 from billed
            where currency = main.currency and day between year_start and today) as invoiced,
        (select coalesce(sum(amount), 0)::float8 from received
            where currency = main.currency and day between year_start and today) as paid,
        (select coalesce(sum(balance), 0)::float8 from billed where currency = main.currency) as open,
        (select coalesce(sum(balance), 0)::float8 from billed
            where currency = main.currency and due < today) as overdue,
        (select count(*) from billed where currency = main.currency and balance > 0 and due < today) as overdue_invoices
    from (
        select currency ->> 'code' as currency
        from unnest(workspace.currencies) as currency
        where (currency ->> 'isDefault')::boolean
    ) as main
) as money;
