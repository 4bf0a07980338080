select c.customer_id, c.name, nvl(sum(p.amount), 0)::decimal(18, 2) as paid
from {{ ref('customers') }} as c
left join {{ ref('fct_payments') }} as p on p.customer_id = c.customer_id
group by 1, 2
