"""Fitting and applying models: what SQL can't do well. Features come from dbt, scores go back through the lake."""
