-- Capacity, planned and tracked hours of the last four full weeks, for everybody who could work or did.
select
    coalesce(person.name, person.email) as person,
    coalesce(available.hours, 0) as capacity,
    coalesce(planned.hours, 0) as planned,
    coalesce(tracked.billable, 0) as billable,
    coalesce(tracked.other, 0) as other
from users as person
left join (
    select person_id, sum(capacity.hours) as hours
    from capacity
    cross join calendar
    where day >= recent_start
    group by 1
) as available on available.person_id = person.id
left join (
    select person_id, sum(hours) filter (where billable) as billable, sum(hours) filter (where not billable) as other
    from work
    cross join calendar
    where day >= recent_start and day < recent_end
    group by 1
) as tracked on tracked.person_id = person.id
left join (
    select totals."userId" as person_id, sum((planned ->> 'totalHours')::float8) as hours
    from user_capacity_totals as totals
    cross join calendar
    cross join lateral unnest(totals."totalHoursPerDay") as planned
    where totals."workspaceId" = current_setting('demo.workspace')
        and (planned ->> 'date')::timestamptz >= recent_start and (planned ->> 'date')::timestamptz < recent_end
    group by 1
) as planned on planned.person_id = person.id
where person."workspaceId" = current_setting('demo.workspace')
    and coalesce(available.person_id, tracked.person_id) is not null
order by 1;
