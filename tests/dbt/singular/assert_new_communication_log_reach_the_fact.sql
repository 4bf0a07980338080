-- Every key of the latest file day is in the fact; that of older days was tested when it was the latest.
select staged.log_id
from {{ ref('stg_engagement__communication_log') }} as staged
left join {{ ref('fct_engagements') }} as facts
    on 'log:' || staged.log_id = facts.engagement_id
where
    staged.file_date = {{ latest_file_day('engagement', 'communication_log') }}
    and facts.engagement_id is null
