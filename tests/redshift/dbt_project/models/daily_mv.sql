{{ config(materialized='materialized_view', dist='even', auto_refresh=False) }}
select paid_at::date as paid_on, sum(amount) as amount from {{ ref('payments') }} group by 1
