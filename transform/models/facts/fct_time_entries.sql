with entries as (
    select
        *,
        ("timeInterval" ->> 'start')::timestamptz as started_at,
        ("timeInterval" ->> 'end')::timestamptz as ended_at
    from {{ raw('time_entries') }}
),

measured as (
    select *, extract(epoch from ended_at - started_at)::bigint as seconds from entries
),

named as (
    select time_entry_id, array_agg(tags.name order by tags.name) as tag_names
    from (select id as time_entry_id, unnest("tagIds") as tag_id from entries) as tagged
    left join {{ raw('tags') }} as tags on tags.id = tagged.tag_id
    group by 1
),

-- A void invoice bills nothing. Of several other invoices, the oldest counts.
invoiced as (
    select distinct on (time_entry_id)
        time_entry_id, invoice_id, invoice_number, invoice_status
    from {{ ref('fct_invoice_lines') }}
    cross join lateral unnest(time_entry_ids) as time_entry_id
    where invoice_status <> 'VOID'
    order by time_entry_id, issued_on, invoice_id
)

select
    entries.id as time_entry_id,
    entries."workspaceId" as workspace_id,
    people.person_key,
    people.person,
    projects.client_id,
    projects.client,
    entries."projectId" as project_id,
    projects.project,
    entries."taskId" as task_id,
    tasks.task,
    nullif(entries.description, '') as description,
    entries.type as entry_type,
    coalesce(entries.type = 'REGULAR', false) as is_work,
    coalesce(entries.billable, false) as is_billable,
    entries.ended_at is null as is_running,
    coalesce(entries."isLocked", false) as is_locked,
    entries.started_at,
    entries.ended_at,
    people.time_zone,
    people.time_zone_is_known,
    entries.started_at at time zone people.time_zone as started_local,
    entries.ended_at at time zone people.time_zone as ended_local,
    (entries.started_at at time zone people.time_zone)::date as day,
    date_trunc('week', entries.started_at at time zone people.time_zone)::date as week,
    date_trunc('month', entries.started_at at time zone people.time_zone)::date as month,
    entries.seconds,
    {{ hours('entries.seconds') }} as hours,
    coalesce(named.tag_names, '{}') as tag_names,
    {{ major("(entries.\"hourlyRate\" ->> 'amount')") }} as hourly_rate,
    -- Time that is not billable earns nothing, in any currency.
    coalesce(
        nullif(entries."hourlyRate" ->> 'currency', ''),
        case when not coalesce(entries.billable, false) then projects.currency end
    ) as currency,
    case
        when coalesce(entries.billable, false)
            then round(entries.seconds * (entries."hourlyRate" ->> 'amount')::numeric / 360000, 6)
        when entries.seconds is not null then 0
    end as amount,
    {{ major("(entries.\"costRate\" ->> 'amount')") }} as cost_rate,
    nullif(entries."costRate" ->> 'currency', '') as cost_currency,
    round(entries.seconds * (entries."costRate" ->> 'amount')::numeric / 360000, 6) as cost,
    invoiced.invoice_id,
    invoiced.invoice_number,
    invoiced.invoice_status
from measured as entries
left join {{ ref('dim_people') }} as people
    on people.person_key = {{ person_key('entries."workspaceId"', 'entries."userId"') }}
left join {{ ref('dim_projects') }} as projects on projects.project_id = entries."projectId"
left join {{ ref('dim_tasks') }} as tasks on tasks.task_id = entries."taskId"
left join named on named.time_entry_id = entries.id
left join invoiced on invoiced.time_entry_id = entries.id
