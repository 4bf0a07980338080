-- Every key of the latest file day is in the fact; that of older days was tested when it was the latest.
select staged.session_id
from {{ ref('stg_engagement__digital_sessions') }} as staged
left join {{ ref('fct_engagements') }} as facts
    on 'session:' || staged.session_id = facts.engagement_id
where
    staged.file_date = {{ latest_file_day('engagement', 'digital_sessions') }}
    and facts.engagement_id is null
