select customer_id, listagg(payment_id, ',') within group (order by payment_id) as payments
from {{ ref('fct_payments') }}
group by 1
