-- The longest entry that may still be changed is deleted, with the deletion mark: nobody worked that long.
select
    id,
    "userId",
    description,
    "timeInterval" ->> 'start' as start,
    "timeInterval" ->> 'end' as end,
    now()::timestamptz(0) as _sdc_deleted_at
from time_entries
where "workspaceId" = current_setting('demo.workspace')
    and type = 'REGULAR' and not "isLocked" and "timeInterval" ->> 'end' is not null
order by
    ("timeInterval" ->> 'end')::timestamptz - ("timeInterval" ->> 'start')::timestamptz desc,
    id
limit 1;
