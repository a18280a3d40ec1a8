"""The economy: calibrated base year, wedges, the general equilibrium that answers them, and tariffs chosen in it."""

from tariffsim.economy.economy import Economy
from tariffsim.economy.efficient import EfficientTariffs, efficient_tariffs
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.gradients import real_income_gradient
from tariffsim.economy.horizons import Horizons, both_horizons
from tariffsim.economy.nash import NashTariffs, nash_tariffs
from tariffsim.economy.objectives import PoliticalWeights
from tariffsim.economy.solving import compile_kernel, solve
from tariffsim.economy.strategic import OptimalTariff, best_response, optimal_tariff
from tariffsim.economy.wedges import Wedges

__all__ = [
    "Economy",
    "EfficientTariffs",
    "Equilibrium",
    "Horizons",
    "NashTariffs",
    "OptimalTariff",
    "PoliticalWeights",
    "Wedges",
    "best_response",
    "both_horizons",
    "compile_kernel",
    "efficient_tariffs",
    "nash_tariffs",
    "optimal_tariff",
    "real_income_gradient",
    "solve",
]
