"""What the demo's last screen asks the marts: segments, audiences, campaigns, models."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from loaders.warehouse import Warehouse

MOVED_DAYS = 90


def segment_moves(warehouse: Warehouse, as_of: date) -> list[dict[str, Any]]:
    """Count who moved from one segment to another of late.

    Args:
        warehouse: The open warehouse, its marts built.
        as_of: Last day that counts.

    Returns:
        A row for each pair of segments, the most frequent first; `outside` is the bank's outside.
    """
    return warehouse.query(
        """
        select from_segment, to_segment, cast(sum(customers) as bigint) as customers
        from marketing.segment_transitions
        where transition_date > $1 and transition_date <= $2
        group by from_segment, to_segment
        order by customers desc, from_segment, to_segment
        """,
        [as_of - timedelta(days=MOVED_DAYS), as_of],
    )


def audiences(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Say which offer goes to how many customers through which channel.

    Args:
        warehouse: The open warehouse, its marts built on scores.

    Returns:
        A row for each offer and channel.
    """
    return warehouse.query(
        """
        select
            offers.offer_name,
            members.channel,
            count(case when not members.is_holdout then 1 end) as to_contact,
            count(case when members.is_holdout then 1 end) as held_out,
            round(100 * cast(avg(members.probability) as double precision), 1) as likely_percent,
            cast(
                sum(case when members.is_holdout then 0 else members.expected_value end) as double precision
            ) as expected_value
        from marketing.audience_members as members
        inner join core.dim_offers as offers on members.offer_id = offers.offer_id
        group by offers.offer_name, members.channel
        order by expected_value desc, offers.offer_name, members.channel
        """
    )


def barred(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Count the customers that could not be contacted, by reason.

    Args:
        warehouse: The open warehouse, its marts built.

    Returns:
        A row for each rule: customers barred by it about some product through some channel, and those of them
        who can't be contacted about anything at all and for whom it is the first reason.
    """
    return warehouse.query(
        """
        with rules as (
            select customer_id, refused_by, max(case when is_eligible then 1 else 0 end) as n
            from marketing.contact_eligibility
            group by customer_id, refused_by
        ),

        ordered as (
            select
                rules.customer_id,
                rules.refused_by,
                max(rules.n) over (partition by rules.customer_id) as reachable,
                row_number() over (partition by rules.customer_id order by names.rule_order) as place
            from rules
            left join reference.eligibility_rules as names on rules.refused_by = names.rule
        )

        select
            names.rule,
            names.description,
            count(*) as customers,
            count(case when ordered.reachable = 0 and ordered.place = 1 then 1 end) as wholly
        from ordered
        inner join reference.eligibility_rules as names on ordered.refused_by = names.rule
        group by names.rule, names.description, names.rule_order
        order by names.rule_order
        """
    )


def campaign_costs(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Say what each campaign cost per customer that it won, naively and against its hold-out.

    Args:
        warehouse: The open warehouse, its marts built.

    Returns:
        A row for each campaign, the latest first.
    """
    return warehouse.query(
        """
        select
            campaigns.campaign_name,
            results.contacts,
            results.conversions,
            results.holdout_customers,
            results.holdout_conversions,
            results.total_cost,
            results.cost_per_conversion,
            results.incremental_conversions,
            results.incremental_conversions_low,
            results.incremental_conversions_high,
            results.cost_per_incremental_conversion,
            results.is_outcome_complete
        from marketing.campaign_summary as results
        inner join core.dim_campaigns as campaigns on results.campaign_id = campaigns.campaign_id
        order by campaigns.start_date desc nulls last, campaigns.campaign_name
        """
    )


def model_runs(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Say how good each model is, and why it was promoted or not.

    Args:
        warehouse: The open warehouse, its marts built.

    Returns:
        A row for the last training of each model.
    """
    return warehouse.query(
        """
        with ordered as (
            select
                *,
                row_number() over (partition by model_name order by as_of_date desc) as place
            from staging.stg_ml__model_runs
            where run_type = 'training'
        )

        select
            model_name, candidate, decision, auc, auc_low, auc_high, baseline_auc, champion_auc,
            calibration_error, best_share, money, reason
        from ordered
        where place = 1
        order by model_name
        """
    )
