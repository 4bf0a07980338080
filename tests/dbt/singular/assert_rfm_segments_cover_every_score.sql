-- The map is total: all 125 combinations of scores have a segment, and so have customers without activity.
with scores as (
    select score from {{ ref('rfm_score_bands') }}
),

combinations as (
    select
        r.score as r_score,
        f.score as f_score,
        m.score as m_score
    from scores as r
    cross join scores as f
    cross join scores as m

    union all

    select
        0 as r_score,
        0 as f_score,
        0 as m_score
)

select combinations.*
from combinations
left join {{ ref('rfm_segments') }} as segments
    on
        combinations.r_score = segments.r_score
        and combinations.f_score = segments.f_score
        and combinations.m_score = segments.m_score
where segments.segment is null
