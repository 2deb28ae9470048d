-- The first task of a new project; the tasks without work for the longest time are marked as done.
select
    'northwind-site-concept' as id,
    'northwind-site' as "projectId",
    'Concept' as name,
    'PT40H' as estimate,
    null as status
union all (
    select task.id, task."projectId", task.name, null, 'DONE'
    from tasks as task
    join projects as project on project.id = task."projectId"
    left join time_entries as entry on entry."taskId" = task.id
    where task."workspaceId" = current_setting('demo.workspace')
        and task.status = 'ACTIVE' and not project.archived and not project.template
    group by task.id, task."projectId", task.name
    order by max(entry."timeInterval" ->> 'start') nulls first, task.id
    limit 3
);
