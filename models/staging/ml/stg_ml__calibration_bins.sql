with source as (
    {{ raw_changes('ml', 'calibration_bins', key='model_name, model_version, channel, bin') }}
),

final as (
    select
        model_name,
        model_version,
        channel,
        bin,
        contacts,
        mean_probability,
        rate,
        as_of_date,
        _file_date as file_date
    from source
)

select * from final
