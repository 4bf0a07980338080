with source as (
    {{ raw_changes('ml', 'lift_deciles', key='model_name, model_version, score_decile') }}
),

final as (
    select
        model_name,
        model_version,
        score_decile,
        contacts,
        responders,
        rate,
        cumulative_capture,
        lift,
        cumulative_lift,
        as_of_date,
        _file_date as file_date
    from source
)

select * from final
