"""Fitting and applying models. Features come from dbt, scores go back through the lake."""
