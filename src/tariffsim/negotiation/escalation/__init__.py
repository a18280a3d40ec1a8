"""Escalation rules, one file each."""
