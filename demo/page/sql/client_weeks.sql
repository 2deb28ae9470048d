-- Hours per client and week over the last 26 full weeks, internal work included.
select client, date_trunc('week', day)::date as week, sum(hours) as hours
from work
cross join calendar
where day >= recent_end - 26 * 7 and day < recent_end
group by 1, 2
order by 2, 1;
