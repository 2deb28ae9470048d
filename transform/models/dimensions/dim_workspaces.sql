select
    id as workspace_id,
    name as workspace,
    (
        select currency ->> 'code'
        from unnest(currencies) as currency
        where (currency ->> 'isDefault')::boolean
        limit 1
    ) as currency,
    nullif("featureSubscriptionType", '') as plan
from {{ raw('workspaces') }}
