with known as (
    select "workspaceId" as workspace_id, id as person_id from {{ raw('users') }}
    union
    select "workspaceId", "userId" from {{ raw('time_entries') }} where "userId" is not null
    union
    select "workspaceId", "userId" from {{ raw('expenses') }} where "userId" is not null
    union
    select "workspaceId", "userId" from {{ raw('time_off_requests') }} where "userId" is not null
),

requests as (
    -- The name and the time zone of a person who has left.
    select
        "workspaceId" as workspace_id,
        "userId" as person_id,
        (array_agg("userName" order by "createdAt" desc) filter (where "userName" <> ''))[1] as name,
        (array_agg("userTimeZone" order by "createdAt" desc) filter (where "userTimeZone" <> ''))[1] as time_zone
    from {{ raw('time_off_requests') }}
    group by 1, 2
),

members as (
    select
        "workspaceId" as workspace_id,
        "userId" as person_id,
        "membershipStatus" as membership_status,
        ("hourlyRate" ->> 'amount')::numeric as hourly_rate,
        "hourlyRate" ->> 'currency' as hourly_rate_currency,
        ("costRate" ->> 'amount')::numeric as cost_rate,
        "costRate" ->> 'currency' as cost_rate_currency
    from {{ raw('memberships') }}
    where "membershipType" = 'WORKSPACE' and "targetId" = "workspaceId"
),

teams as (
    select "workspaceId" as workspace_id, member as person_id, array_agg(name order by name) as user_groups
    from {{ raw('user_groups') }}
    cross join lateral unnest("userIds") as member
    group by 1, 2
),

zones as (
    select name from pg_timezone_names
)

select
    {{ person_key('known.workspace_id', 'known.person_id') }} as person_key,
    known.workspace_id,
    known.person_id,
    coalesce(nullif(users.name, ''), requests.name, nullif(users.email, ''), 'Unknown ' || right(known.person_id, 6)) as person,
    nullif(users.email, '') as email,
    users.status as account_status,
    members.membership_status,
    coalesce(members.membership_status = 'ACTIVE', false) as is_active,
    coalesce(zones.name, {{ unknown_time_zone() }}) as time_zone,
    zones.name is not null as time_zone_is_known,
    {{ hours(seconds_of('profiles."workCapacity"')) }} as hours_per_day,
    profiles."workingDays" as working_days,
    teams.user_groups,
    {{ major('members.hourly_rate') }} as hourly_rate,
    members.hourly_rate_currency,
    {{ major('members.cost_rate') }} as cost_rate,
    members.cost_rate_currency
from known
left join {{ raw('users') }} as users on users."workspaceId" = known.workspace_id and users.id = known.person_id
left join requests on requests.workspace_id = known.workspace_id and requests.person_id = known.person_id
left join members on members.workspace_id = known.workspace_id and members.person_id = known.person_id
left join teams on teams.workspace_id = known.workspace_id and teams.person_id = known.person_id
left join {{ raw('member_profiles') }} as profiles
    on profiles."workspaceId" = known.workspace_id and profiles."userId" = known.person_id
left join zones on zones.name = coalesce(nullif(users.settings ->> 'timeZone', ''), requests.time_zone)
