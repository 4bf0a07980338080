"""Tests of the synthetic bank."""
