-- Two projects for the new client, and a five percent higher rate for the two projects with the most time; rates are in minor units.
select * from (
    values
        ('northwind-site', 'Northwind website', 'northwind', '#0B83D9', 'true', 12500),
        ('northwind-care', 'Northwind care', 'northwind', '#0B83D9', 'true', 9500)
) as new (id, name, "clientId", color, billable, "hourlyRate")
union all (
    select project.id, project.name, null, null, null, round(coalesce(rate.own, rate.usual, 10000) * 1.05)::int
    from projects as project
    join workspaces as workspace on workspace.id = project."workspaceId"
    join time_entries as entry on entry."projectId" = project.id
    cross join lateral (
        select
            nullif((project."hourlyRate" ->> 'amount')::int, 0) as own,
            nullif((workspace."hourlyRate" ->> 'amount')::int, 0) as usual
    ) as rate
    where workspace.id = current_setting('demo.workspace')
        and project.billable and not project.archived and not project.template
    group by project.id, project.name, rate.own, rate.usual
    order by count(*) desc, project.id
    limit 2
);
