-- Relatives in two households mean that household_rounds is too small for some family.
select
    relationships.relationship_id,
    one.household_id as household_of_one,
    other.household_id as household_of_the_other
from {{ ref('stg_core_banking__relationships') }} as relationships
inner join {{ ref('int_households_grouped') }} as one
    on relationships.customer_1_id = one.customer_id
inner join {{ ref('int_households_grouped') }} as other
    on relationships.customer_2_id = other.customer_id
where
    relationships.relationship_type in ('spouse', 'child', 'parent')
    and one.household_id <> other.household_id
