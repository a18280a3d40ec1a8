"""The economy: calibrated base year, wedges, and the general equilibrium that answers them."""

from tariffsim.economy.economy import Economy
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.horizons import Horizons, both_horizons
from tariffsim.economy.solving import compile_kernel, solve
from tariffsim.economy.strategic import NashTariffs, OptimalTariff, nash_tariffs, optimal_tariff
from tariffsim.economy.wedges import Wedges

__all__ = [
    "Economy",
    "Equilibrium",
    "Horizons",
    "NashTariffs",
    "OptimalTariff",
    "Wedges",
    "both_horizons",
    "compile_kernel",
    "nash_tariffs",
    "optimal_tariff",
    "solve",
]
