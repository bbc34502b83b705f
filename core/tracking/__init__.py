"""Metrics, parameters and models that steps report."""
