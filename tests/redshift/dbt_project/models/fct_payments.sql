{{ config(materialized='table', dist='customer_id', sort=['paid_at', 'payment_id'], grants={'select': ['small_analyst']}) }}
select payment_id, customer_id, amount, paid_at, {{ dbt.dateadd('day', 30, 'paid_at') }} as due_at
from {{ ref('payments') }}
