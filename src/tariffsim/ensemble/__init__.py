"""Ensembles: many worlds of one scenario, and what they found."""

from tariffsim.ensemble.results import Results, load_results
from tariffsim.ensemble.run import run_ensemble

__all__ = ["Results", "load_results", "run_ensemble"]
