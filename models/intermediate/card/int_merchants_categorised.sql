with merchants as (
    select
        *,
        {{ integer_or_null('merchant_category_code') }} as code
    from {{ ref('int_merchants_seen') }}
),

ranges as (
    select * from {{ ref('merchant_categories') }}
),

keywords as (
    select * from {{ ref('merchant_keywords') }}
),

keyword_matches as (
    select
        merchants.merchant_code_key,
        keywords.category
    from merchants
    inner join keywords
        on ' ' || merchants.merchant_name like '% ' || keywords.keyword || '%'
    qualify row_number() over (
        partition by merchants.merchant_code_key
        order by keywords.priority
    ) = 1
),

final as (
    select
        merchants.merchant_code_key,
        merchants.merchant_id,
        merchants.merchant_category_code,
        merchants.merchant_name,
        coalesce(ranges.category, keyword_matches.category, 'other') as category,
        case
            when ranges.category is not null then 'code'
            when keyword_matches.category is not null then 'keyword'
            else 'none'
        end as category_source,
        merchants.last_transaction_date
    from merchants
    left join ranges
        on merchants.code between ranges.from_code and ranges.to_code
    left join keyword_matches
        on merchants.merchant_code_key = keyword_matches.merchant_code_key
)

select * from final
