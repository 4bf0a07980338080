with source as (
    {{ raw_picture('core_banking', 'customers', key='customernumber') }}
),

final as (
    select
        customernumber as customer_id,
        branchnumber as branch_id,
        citizenshipcode as citizenship_code,
        currcountrycode as currency,
        statecode as state_code,
        city,
        incomeinthousands as annual_income,
        dateofbirth as date_of_birth,
        customeropeningdate as customer_since_date,
        _file_date as file_date,
        lower(employmentstatus) as employment_status,
        lower(marketsegment) as market_segment,
        lower(maritalstatus) as marital_status,
        lower(gender) as gender
    from source
)

select * from final
