"""Errors of fitting and scoring."""

from __future__ import annotations

from loaders.errors import BankmartError


class ModelError(BankmartError):
    """A model can't be fitted, read or applied."""

    exit_code = 20


class FeatureError(ModelError):
    """The features are not those that a model or a use case knows."""

    exit_code = 21
