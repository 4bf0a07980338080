with source as (
    {{ raw_changes('ml', 'model_runs', key='model_name, model_version, as_of_date, run_type') }}
),

final as (
    select
        model_name,
        model_version,
        use_case,
        run_type,
        candidate,
        decision,
        reason,
        code_revision,
        feature_digest,
        rows_train,
        rows_test,
        positives_test,
        auc,
        auc_low,
        auc_high,
        average_precision,
        brier,
        calibration_error,
        mean_probability,
        base_rate,
        money,
        best_share,
        baseline_auc,
        baseline_average_precision,
        champion_auc,
        champion_average_precision,
        rows_scored,
        as_of_date,
        train_from,
        train_to,
        test_from,
        test_to,
        _file_date as file_date
    from source
)

select * from final
