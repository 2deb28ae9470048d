-- A new client, with a key of our own.
select
    'northwind' as id,
    'Northwind Trading' as name,
    'accounts@northwind.example' as email,
    'Won in the pitch of last week.' as note;
