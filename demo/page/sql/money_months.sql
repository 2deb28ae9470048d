-- Invoiced by month of issue and paid by month of payment, per currency, over the last 24 months.
select
    currency,
    month::date as month,
    coalesce((
        select sum(amount) from billed
        where billed.currency = currencies.currency and date_trunc('month', billed.day) = month
    ), 0)::float8 as invoiced,
    coalesce((
        select sum(amount) from received
        where received.currency = currencies.currency and date_trunc('month', received.day) = month
    ), 0)::float8 as paid
from (select distinct currency from billed) as currencies
cross join calendar
cross join lateral generate_series(
    greatest(
        date_trunc('month', today) - interval '23 months', (select date_trunc('month', min(day)) from billed)
    ), today, interval '1 month'
) as month
order by 1, 2;
