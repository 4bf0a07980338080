select
    members.customer_id,
    members.offer_id,
    members.channel,
    eligibility.refused_by
from {{ ref('audience_members') }} as members
left join {{ ref('dim_offers') }} as offers
    on members.offer_id = offers.offer_id
left join {{ ref('contact_eligibility') }} as eligibility
    on
        members.customer_id = eligibility.customer_id
        and members.channel = eligibility.channel
        and offers.product_code = eligibility.product_code
where not coalesce(eligibility.is_eligible, false)
