with source as (
    {{ raw_changes('ml', 'feature_drift', key='model_name, model_version, as_of_date, feature') }}
),

final as (
    select
        model_name,
        model_version,
        feature,
        status,
        psi,
        rows_expected,
        rows_actual,
        base_rate_expected,
        base_rate_actual,
        as_of_date,
        _file_date as file_date
    from source
)

select * from final
