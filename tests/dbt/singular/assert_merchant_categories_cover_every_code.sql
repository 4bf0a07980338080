-- Without gaps or overlaps (tested on the seed), the ends say whether all codes are covered.
select
    min(from_code) as first_code,
    max(to_code) as last_code
from {{ ref('merchant_categories') }}
having min(from_code) <> 0 or max(to_code) <> 9999
