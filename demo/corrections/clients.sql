-- A new client, with our own key.
select
    'northwind' as id,
    'Northwind Trading' as name,
    'accounts@northwind.example' as email,
    'Won in the pitch of last week.' as note;
