"""Scenarios: frozen, validated descriptions of a start date, an economy, governments and events."""
