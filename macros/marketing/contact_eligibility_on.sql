{#- Asks every rule of the seed eligibility_rules for each customer, channel and offered product on a day, with what
    was known on that day. Fails closed: what is not known forbids. -#}
{% macro contact_eligibility_on(day) %}
    with products as (
        select
            product_code,
            max(case when use_case = 'other' then 0 else 1 end) = 1 as is_credit
        from {{ ref('dim_offers') }}
        where product_code is not null
        group by product_code
    ),

    customers as (
        select
            customers.customer_id,
            versions.customer_id is not null as has_profile,
            cast({{ years_between('versions.date_of_birth', day) }} as integer) as age
        from {{ ref('dim_customers') }} as customers
        left join {{ ref('dim_customers_history') }} as versions
            on
                customers.customer_id = versions.customer_id
                and versions.valid_from <= {{ day }}
                and (versions.valid_to > {{ day }} or versions.valid_to is null)
    ),

    contact_details as (
        select *
        from {{ ref('stg_core_banking__customer_contacts') }}
        where {{ known_on(day) }}
    ),

    app_users as (
        select customer_id
        from {{ ref('fct_engagements') }}
        where
            engagement_type = 'session'
            and medium = 'app'
            and engagement_date <= {{ day }}
            and file_date <= {{ day }}
        group by customer_id
    ),

    -- What is suppressed in a channel that the bank does not have is suppressed in all, and what ended before it
    -- began has no end that anybody knows.
    suppressions as (
        select
            suppressions.customer_id,
            suppressions.reason,
            channels.channel
        from {{ ref('stg_compliance__suppressions') }} as suppressions
        left join {{ ref('channels') }} as channels
            on suppressions.channel = channels.channel
        where
            {{ known_on(day) }}
            and (({{ valid_on(day) }}) or (valid_from <= {{ day }} and valid_to < valid_from))
    ),

    -- Where the contact is not known, nor is its channel: the opt-out holds in all.
    opt_outs as (
        select
            responses.customer_id,
            channels.channel,
            max(responses.response_date) as opted_out_date
        from {{ ref('stg_marketing__campaign_responses') }} as responses
        left join {{ ref('fct_campaign_contacts') }} as contacts
            on responses.contact_id = contacts.contact_id
        inner join {{ ref('channels') }} as channels
            on coalesce(contacts.channel, channels.channel) = channels.channel
        where
            responses.response_type = 'opt_out'
            and responses.file_date <= {{ day }}
        group by responses.customer_id, channels.channel
    ),

    -- Who opts out in answer to a contact is heard at once, not when the register of consents says so.
    consents as (
        select
            given.customer_id,
            given.channel,
            count(case when given.purpose = 'marketing' then 1 end) > 0 as has_consent,
            count(case when given.purpose = 'credit_marketing' then 1 end) > 0 as has_credit_consent
        from {{ ref('stg_compliance__consents') }} as given
        left join opt_outs
            on
                given.customer_id = opt_outs.customer_id
                and given.channel = opt_outs.channel
        where
            {{ known_on(day) }} and {{ valid_on(day) }}
            and (opt_outs.opted_out_date is null or given.valid_from > opt_outs.opted_out_date)
        group by given.customer_id, given.channel
    ),

    holdings as (
        select
            customer_id,
            product_code
        from {{ ref('stg_marketing__product_holdings') }}
        where
            opened_date <= {{ day }}
            and (closed_date > {{ day }} or closed_date is null)
            and {{ known_on(day) }}
        group by customer_id, product_code
    ),

    lately as (
        select customer_id
        from {{ ref('fct_campaign_contacts') }}
        where
            contact_date <= {{ day }}
            and contact_date > {{ date_plus_days(day, -var('contact_rest_days')) }}
            and file_date <= {{ day }}
        group by customer_id
    ),

    -- A rule that the seed lacks is asked first: it forbids rather than being forgotten.
    suppressed as (
        select
            suppressions.customer_id,
            suppressions.channel,
            min(coalesce(rules.rule_order, 0)) as rule_order
        from suppressions
        left join {{ ref('eligibility_rules') }} as rules
            on suppressions.reason = rules.rule
        group by suppressions.customer_id, suppressions.channel
    ),

    asked as (
        select
            customers.customer_id,
            channels.channel,
            products.product_code,
            customers.age,
            case
                when not customers.has_profile then 'unknown_customer'
                when customers.age is null then 'age_unknown'
                when customers.age < 18 then 'minor'
            end as person_rule,
            least(coalesce(everywhere.rule_order, 999), coalesce(here.rule_order, 999)) as suppression_order,
            case
                when
                    (channels.contact_point = 'email' and contact_details.email is null)
                    or (channels.contact_point = 'phone' and contact_details.phone is null)
                    or (channels.contact_point = 'address' and contact_details.address is null)
                    or (channels.contact_point = 'app' and app_users.customer_id is null)
                    then 'no_contact_point'
                when not coalesce(consents.has_consent, false) then 'no_consent'
                when products.is_credit and not coalesce(consents.has_credit_consent, false)
                    then 'no_credit_consent'
                when holdings.customer_id is not null then 'holds_product'
                when lately.customer_id is not null then 'contacted_lately'
            end as contact_rule
        from customers
        cross join {{ ref('channels') }} as channels
        cross join products
        left join suppressed as everywhere
            on
                customers.customer_id = everywhere.customer_id
                and everywhere.channel is null
        left join suppressed as here
            on
                customers.customer_id = here.customer_id
                and channels.channel = here.channel
        left join contact_details
            on customers.customer_id = contact_details.customer_id
        left join app_users
            on customers.customer_id = app_users.customer_id
        left join consents
            on
                customers.customer_id = consents.customer_id
                and channels.channel = consents.channel
        left join holdings
            on
                customers.customer_id = holdings.customer_id
                and products.product_code = holdings.product_code
        left join lately
            on customers.customer_id = lately.customer_id
    ),

    ordered as (
        select
            asked.*,
            least(
                case when asked.person_rule is null then 999 else coalesce(person_rules.rule_order, 0) end,
                asked.suppression_order,
                case when asked.contact_rule is null then 999 else coalesce(contact_rules.rule_order, 0) end
            ) as rule_order
        from asked
        left join {{ ref('eligibility_rules') }} as person_rules
            on asked.person_rule = person_rules.rule
        left join {{ ref('eligibility_rules') }} as contact_rules
            on asked.contact_rule = contact_rules.rule
    ),

    final as (
        select
            ordered.customer_id,
            ordered.channel,
            ordered.product_code,
            case when ordered.rule_order < 999 then coalesce(rules.rule, 'unknown_rule') end as refused_by,
            ordered.age,
            ordered.rule_order = 999 as is_eligible,
            {{ day }} as as_of_date
        from ordered
        left join {{ ref('eligibility_rules') }} as rules
            on ordered.rule_order = rules.rule_order
    )

    select * from final
{% endmacro %}
