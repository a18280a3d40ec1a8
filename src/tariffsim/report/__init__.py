"""Figures and pages for people."""

from tariffsim.report.page import write_report

__all__ = ["write_report"]
