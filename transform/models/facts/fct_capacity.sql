with profiles as (
    select * from {{ ref('dim_people') }} where hours_per_day is not null
),

planned as (
    select
        {{ person_key('"workspaceId"', '"userId"') }} as person_key,
        date::date as day,
        sum("totalHours") as planned_hours
    from {{ raw('user_capacity_days') }}
    group by 1, 2
),

requests as (
    select
        request.id,
        people.person_key,
        request."timeUnit" as time_unit,
        coalesce((request."timeOffPeriod" ->> 'halfDay')::boolean, false) as is_half_day,
        coalesce(zones.name, people.time_zone) as time_zone,
        request."excludeDays" as exclude_days,
        (request."timeOffPeriod" #>> '{period,start}')::timestamptz as started_at,
        (request."timeOffPeriod" #>> '{period,end}')::timestamptz as ended_at
    from {{ raw('time_off_requests') }} as request
    inner join {{ ref('dim_people') }} as people
        on people.person_key = {{ person_key('request."workspaceId"', 'request."userId"') }}
    left join pg_timezone_names as zones on zones.name = coalesce(nullif(request."timeZone", ''), request."userTimeZone")
    where request.status ->> 'statusType' = 'APPROVED'
),

days_off as (
    select
        requests.*,
        each.day::date as day,
        -- The part of the period on this day, for time off that is counted in hours.
        extract(epoch from
            least(local_end, each.day + interval '1 day') - greatest(local_start, each.day)
        ) / 3600 as hours
    from requests
    cross join lateral (
        select started_at at time zone time_zone as local_start, ended_at at time zone time_zone as local_end
    ) as period
    cross join lateral generate_series(
        date_trunc('day', local_start),
        greatest(date_trunc('day', local_start), local_end - interval '1 microsecond'),
        interval '1 day'
    ) as each (day)
    where not exists (
        select from unnest(requests.exclude_days) as excluded
        where left(excluded ->> 'date', 10)::date = each.day::date
    )
),

holidays as (
    select
        people.person_key,
        calendar.day,
        string_agg(distinct holiday.name, ', ') as holiday
    from {{ raw('holidays') }} as holiday
    inner join profiles as people on people.workspace_id = holiday."workspaceId"
    inner join {{ ref('dim_calendar') }} as calendar
        on calendar.day between (holiday."datePeriod" ->> 'startDate')::date and (holiday."datePeriod" ->> 'endDate')::date
        or (
            holiday."occursAnnually"
            and exists (
                -- The same dates in the year of this day or, over New Year, in the previous year.
                select from generate_series(-1, 0) as turn
                cross join lateral (
                    select
                        calendar.year + turn - extract(year from (holiday."datePeriod" ->> 'startDate')::date)::int as years
                ) as moved
                where calendar.day between
                    (holiday."datePeriod" ->> 'startDate')::date + make_interval(years => moved.years)
                    and (holiday."datePeriod" ->> 'endDate')::date + make_interval(years => moved.years)
            )
        )
    where
        holiday."everyoneIncludingNew"
        or people.person_id = any (holiday."userIds")
        or exists (
            select from {{ raw('user_groups') }} as team
            where team.id = any (holiday."userGroupIds") and people.person_id = any (team."userIds")
        )
    group by 1, 2
),

-- A person has no capacity before the first known day, or after they have left.
seen as (
    select person_key, min(day) as first_day, max(day) as last_day
    from (
        select person_key, day from {{ ref('fct_time_entries') }}
        union all
        select person_key, day from planned
        union all
        select person_key, day from days_off
    ) as days
    group by 1
),

lasting as (
    select greatest(max(day), {{ as_of() }}) as last_day
    from (select day from planned union all select {{ as_of() }}) as days
),

days as (
    select
        people.person_key,
        people.workspace_id,
        people.person,
        calendar.day,
        calendar.week,
        calendar.month,
        calendar.weekday = any (people.working_days) and holidays.holiday is null as is_working_day,
        holidays.holiday,
        people.hours_per_day
    from profiles as people
    inner join seen on seen.person_key = people.person_key
    cross join lasting
    inner join {{ ref('dim_calendar') }} as calendar
        on calendar.day between seen.first_day
        and case when people.is_active then lasting.last_day else least(seen.last_day, lasting.last_day) end
    left join holidays on holidays.person_key = people.person_key and holidays.day = calendar.day
),

absence as (
    select
        days.person_key,
        days.day,
        sum(case
            when off.time_unit = 'HOURS' then off.hours
            when off.is_half_day then days.hours_per_day / 2
            else days.hours_per_day
        end) as hours
    from days
    inner join days_off as off on off.person_key = days.person_key and off.day = days.day
    where days.is_working_day
    group by 1, 2
)

select
    days.person_key || ':' || days.day as capacity_key,
    days.workspace_id,
    days.person_key,
    days.person,
    days.day,
    days.week,
    days.month,
    days.is_working_day,
    days.holiday,
    round(least(coalesce(absence.hours, 0), days.hours_per_day)::numeric, 4) as time_off_hours,
    case
        when days.is_working_day
            then round(greatest(days.hours_per_day - coalesce(absence.hours, 0), 0)::numeric, 4)
        else 0
    end as capacity_hours,
    coalesce(planned.planned_hours, 0) as planned_hours
from days
left join absence on absence.person_key = days.person_key and absence.day = days.day
left join planned on planned.person_key = days.person_key and planned.day = days.day
