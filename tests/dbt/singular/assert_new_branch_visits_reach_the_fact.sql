-- Every key of the latest file day is in the fact; that of older days was tested when it was the latest.
select staged.visit_id
from {{ ref('stg_engagement__branch_visits') }} as staged
left join {{ ref('fct_engagements') }} as facts
    on 'visit:' || staged.visit_id = facts.engagement_id
where
    staged.file_date = {{ latest_file_day('engagement', 'branch_visits') }}
    and facts.engagement_id is null
