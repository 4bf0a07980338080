"""The truth beside the files: what drives an answer, what a contact adds, and that the files agree."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from datagen.offers import CREDIT, PROMOTED, STAGES

Db = duckdb.DuckDBPyConnection


def one(db: Db, sql: str) -> tuple:
    row = db.execute(sql).fetchone()
    assert row is not None
    return row


class TestResponse:
    def test_life_stage_drives_what_is_taken(self, lived: Db) -> None:
        rate = dict(
            lived.execute(
                """select life_stage, avg(p_contact) from true_contact_probabilities as p
                inner join true_life_stages as s
                    on p.customer_id = s.customer_id and date_trunc('month', p.day) = s.day
                where offer_id = 'O-IHOME' group by all"""
            ).fetchall()
        )
        assert rate["family"] > 1.5 * rate["student"]

    def test_the_true_odds_tell_takers_from_others(self, lived: Db) -> None:
        taken = lived.execute(
            "select has_converted, p_contact from true_contact_probabilities where not is_holdout"
        ).fetchnumpy()
        label = np.asarray(taken["has_converted"], dtype=bool)
        assert label.sum() > 300
        assert 0.78 < roc_auc_score(label, np.asarray(taken["p_contact"])) < 0.92

    @pytest.mark.parametrize(("held_out", "odds"), [(False, "p_contact"), (True, "p_no_contact")])
    def test_as_many_convert_as_the_odds_say(self, lived: Db, held_out: bool, odds: str) -> None:
        converted, expected, variance = one(
            lived,
            f"""select sum(has_converted::int), sum({odds}), sum({odds} * (1 - {odds}))
            from true_contact_probabilities where is_holdout = {held_out}""",  # noqa: S608
        )
        assert abs(converted - expected) < 4 * variance**0.5

    def test_a_contact_does_something_else_to_everybody(self, lived: Db) -> None:
        more, same, less = one(
            lived,
            """select avg((p_contact > p_no_contact + 1e-9)::int),
                avg((abs(p_contact - p_no_contact) <= 1e-9)::int), avg((p_contact < p_no_contact - 1e-9)::int)
            from true_contact_probabilities""",
        )
        assert more > 0.7
        assert 0.002 < same < 0.1
        assert 0.05 < less < 0.2

    def test_credit_does_not_depend_on_age_or_marital_status(self) -> None:
        assert all(not STAGES[PROMOTED.index(code)].any() for code in CREDIT)


class TestHoldout:
    def test_the_holdout_is_drawn_at_random(self, lived: Db) -> None:
        for column in ("p_no_contact", "p_contact", "digital", "responsive"):
            inside, outside, error = one(
                lived,
                f"""select avg({column}) filter (where is_holdout),
                    avg({column}) filter (where not is_holdout),
                    stddev({column}) * sqrt(1 / count(*) filter (where is_holdout)
                        + 1 / count(*) filter (where not is_holdout))
                from true_contact_probabilities as p inner join true_life_stages as s
                    on p.customer_id = s.customer_id and date_trunc('month', p.day) = s.day""",  # noqa: S608
            )
            assert abs(inside - outside) < 4 * error, column

    def test_its_share_is_what_the_campaign_says(self, lived: Db) -> None:
        planned, drawn, chosen = one(
            lived,
            """select avg(holdout_share::double), avg((is_holdout = 'true')::int), count(*)
            from campaign_contacts inner join campaigns using (campaign_id)
            where campaigns.file_date = (select max(file_date) from campaigns)""",
        )
        assert abs(planned - drawn) < 4 * (planned * (1 - planned) / chosen) ** 0.5

    def test_nobody_of_it_is_contacted(self, lived: Db) -> None:
        held, contacted, logged = one(
            lived,
            """select count(*), count(contact_date), count(log_id) from campaign_contacts
            left join communication_log using (contact_id)
            where is_holdout = 'true' and offer_id is not null""",
        )
        assert held > 1000
        assert (contacted, logged) == (0, 0)

    def test_increments_of_campaigns_are_sums_of_differences(self, lived: Db) -> None:
        differing, campaigns, increment = one(
            lived,
            """with sums as (
                select campaign_id, offer_id, channel,
                    sum(p_contact - p_no_contact) filter (where not is_holdout) as s
                from true_contact_probabilities group by all)
            select count(*) filter (where abs(incremental_conversions - coalesce(s, 0)) > 1e-6),
                count(*), sum(s)
            from true_campaigns full join sums using (campaign_id, offer_id, channel)""",
        )
        assert differing == 0
        assert campaigns > 100
        assert increment > 200

    def test_the_holdout_measures_the_increment(self, lived: Db) -> None:
        rows = lived.execute(
            """select sum(contacted), sum(held_out), sum(conversions_contacted), sum(conversions_held_out),
                sum(incremental_conversions) from true_campaigns group by campaign_id"""
        ).fetchnumpy()
        n1, n0, y1, y0, truth = (np.asarray(values, dtype=float) for values in rows.values())
        p1, p0 = (y1 + 1) / (n1 + 2), (y0 + 1) / (n0 + 2)
        error = n1 * np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
        measured = n1 * (y1 / n1 - y0 / n0)
        assert np.mean(np.abs(measured - truth) < 1.96 * error) > 0.85


class TestFilesAgree:
    def test_conversions_are_answers_and_holdings(self, lived: Db) -> None:
        told, wrong = one(
            lived,
            """with told as (
                select contact_id, holding_id, response_date::date as day from campaign_responses
                where response_type = 'conversion'), opened as (
                select distinct holding_id, customer_id, product_code,
                    try_cast(opened_date as date) as opened
                from product_holdings)
            select count(*), count(*) filter (where not t.has_converted or opened is null
                or opened != told.day or told.day - t.day not between 1 and 30
                or c.product_code != offers.product_code)
            from told left join opened as c using (holding_id)
            left join true_contact_probabilities as t using (contact_id)
            left join (select distinct offer_id, product_code from offers) as offers
                on t.offer_id = offers.offer_id""",
        )
        assert told > 300
        assert wrong == 0

    def test_every_conversion_that_had_its_time_is_told(self, lived: Db) -> None:
        (missing,) = one(
            lived,
            """select count(*) from true_contact_probabilities where has_converted and day < '2025-12-01'
            and contact_id not in (
                select contact_id from campaign_responses where response_type = 'conversion')""",
        )
        assert missing == 0

    def test_fraud_is_what_the_processor_flags_later(self, lived: Db) -> None:
        (flagged,) = one(lived, """select count(*) from card_transactions where "isFraud" = 'true'""")
        (true,) = one(lived, "select count(*) from true_fraud")
        assert true > 20
        assert abs(flagged - true) <= 3  # a planted row may repeat one

    def test_who_stops_paying_was_likely_to(self, lived: Db) -> None:
        stopped, others = one(
            lived,
            """with early as (select * from true_default_probabilities where day = '2025-06-01'),
                late as (select loan_id from true_default_probabilities
                    where day = '2026-01-01' and has_stopped)
            select avg(p_default_12m) filter (where loan_id in (from late)),
                avg(p_default_12m) filter (where loan_id not in (from late))
            from early where not has_stopped""",
        )
        assert stopped > 1.3 * others

    def test_a_loan_that_is_nearly_paid_hardly_defaults(self, lived: Db) -> None:
        at_the_end, before = one(
            lived,
            """with paid as (select loan_id, max(day) as day from true_default_probabilities
                where day > (select min(day) from true_default_probabilities)
                group by loan_id having max(day) < '2026-01-01')
            select avg(p_default_12m) filter (where paid.day is not null),
                avg(p_default_12m) filter (where paid.day is null)
            from true_default_probabilities left join paid using (loan_id, day) where not has_stopped""",
        )
        assert at_the_end < 0.4 * before
