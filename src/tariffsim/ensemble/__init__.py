"""Ensembles: many worlds of one scenario, and what they found."""

from tariffsim.ensemble.results import Results
from tariffsim.ensemble.run import run_ensemble
from tariffsim.ensemble.store import load_results

__all__ = ["Results", "load_results", "run_ensemble"]
