-- What the questions share, worked out once per page, for the workspace named by the setting demo.workspace.
-- Column names are Clockify's own, hence the quotes.

-- One row per finished piece of work, on the calendar of the person who did it.
create temporary table work as
select
    entry."userId" as person_id,
    coalesce(client.name, 'Internal') as client,
    (entry.started at time zone coalesce(person.settings ->> 'timeZone', 'UTC'))::date as day,
    extract(epoch from entry.ended - entry.started)::float8 / 3600 as hours,
    coalesce(entry.billable, false) as billable
from (
    select *, ("timeInterval" ->> 'start')::timestamptz as started, ("timeInterval" ->> 'end')::timestamptz as ended
    from time_entries
    where type = 'REGULAR' and "workspaceId" = current_setting('demo.workspace')
) as entry
left join users as person on person.id = entry."userId" and person."workspaceId" = entry."workspaceId"
left join projects as project on project.id = entry."projectId"
left join clients as client on client.id = project."clientId"
where entry.ended is not null;

-- The page looks back from the last day with work; `recent` are the last four full weeks before it, `earlier` the four before.
create temporary table calendar as
select
    today,
    date_trunc('week', today)::date - 28 as recent_start,
    date_trunc('week', today)::date as recent_end,
    date_trunc('week', today)::date - 56 as earlier_start,
    (date_trunc('month', today) - interval '11 months')::date as year_start
from (
    select least(max(work.day), (select max(_sdc_extracted_at)::date from time_entries)) as today from work
) as latest;

-- Hours of approved absence per person and day; a whole day off counts 24, which is more than anybody works.
create temporary table absence as
select
    request."userId" as person_id,
    day::date as day,
    sum(case
        when request."timeUnit" = 'HOURS' then extract(epoch from period.ended - period.started) / 3600
        when (request."timeOffPeriod" ->> 'halfDay')::boolean then 4
        else 24
    end)::float8 as hours
from time_off_requests as request
cross join lateral (
    select
        (request."timeOffPeriod" #>> '{period,start}')::timestamptz at time zone coalesce(request."userTimeZone", 'UTC') as started,
        (request."timeOffPeriod" #>> '{period,end}')::timestamptz at time zone coalesce(request."userTimeZone", 'UTC') as ended
) as period
cross join lateral generate_series(date_trunc('day', period.started), period.ended, interval '1 day') as day
where request."workspaceId" = current_setting('demo.workspace') and request.status ->> 'statusType' = 'APPROVED'
group by 1, 2;

-- Hours an active member can work in the recent and the earlier weeks: working days, less holidays and approved absence.
create temporary table capacity as
select profile."userId" as person_id, each.day::date as day, greatest(full_day.hours - coalesce(absence.hours, 0), 0) as hours
from member_profiles as profile
cross join calendar
cross join lateral (select extract(epoch from profile."workCapacity"::interval)::float8 / 3600 as hours) as full_day
cross join lateral generate_series(calendar.earlier_start, calendar.recent_end - 1, interval '1 day') as each (day)
left join absence on absence.person_id = profile."userId" and absence.day = each.day::date
where profile."workspaceId" = current_setting('demo.workspace')
    and exists (
        select from users as person
        cross join lateral unnest(person.memberships) as membership
        where person.id = profile."userId" and person."workspaceId" = profile."workspaceId"
            and membership ->> 'membershipType' = 'WORKSPACE' and membership ->> 'membershipStatus' = 'ACTIVE'
    )
    and to_char(each.day, 'FMDAY') = any (profile."workingDays")
    and not exists (
        select from holidays as holiday
        where holiday."workspaceId" = profile."workspaceId"
            and (
                each.day::date between (holiday."datePeriod" ->> 'startDate')::date and (holiday."datePeriod" ->> 'endDate')::date
                or holiday."occursAnnually" and to_char(each.day, 'MM-DD')
                    between right(holiday."datePeriod" ->> 'startDate', 5) and right(holiday."datePeriod" ->> 'endDate', 5)
            )
            and (
                holiday."everyoneIncludingNew"
                or profile."userId" = any (holiday."userIds")
                or exists (
                    select from user_groups as team
                    where team.id = any (holiday."userGroupIds") and profile."userId" = any (team."userIds")
                )
            )
    );

-- Money in major units: what was billed, and what came in. Drafts and void invoices bill nothing.
create temporary table billed as
select
    invoice.id, invoice.currency, invoice."issuedDate"::date as day, invoice."dueDate"::date as due,
    coalesce(invoice.amount, 0) / 100.0 as amount, greatest(coalesce(invoice.balance, 0), 0) / 100.0 as balance
from invoices as invoice
where invoice."workspaceId" = current_setting('demo.workspace') and invoice.status not in ('UNSENT', 'VOID');

create temporary table received as
select payment.id, invoice.currency, payment.date::date as day, payment.amount / 100.0 as amount
from invoice_payments as payment
inner join invoices as invoice on invoice.id = payment."invoiceId"
where payment."workspaceId" = current_setting('demo.workspace');
