"""Scenarios: frozen, validated descriptions of a dated situation, read from `conf/`."""
