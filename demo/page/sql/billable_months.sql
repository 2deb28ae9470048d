-- Billable and other hours by month, over the last 24 months.
select
    date_trunc('month', day)::date as month,
    coalesce(sum(hours) filter (where billable), 0) as billable,
    coalesce(sum(hours) filter (where not billable), 0) as other
from work
cross join calendar
where day >= date_trunc('month', today) - interval '23 months' and day <= today
group by 1
order by 1;
