"""What is said under figures and tables: how to read them, and what the model leaves out. No results in here."""

from __future__ import annotations

from typing import Final

FAN: Final = "Line: median. Bands: the middle 50 and 80 percent of worlds, at each date."

CAPTIONS: Final[dict[str, str]] = {
    "outcomes": "Each world is in one state at a time; the height of an area is its share of worlds.",
    "deal_by_date": "The first deal of each world counts. The band is what chance leaves open with this many worlds.",
    "tariff_paths": f"{FAN} Thin line: rates in force before the first simulated day.",
    "licences": f"{FAN} Dotted: share approved, median. What is approved arrives with a lag and within the capacity "
    "of the licence office.",
    "exports": "Dots: monthly record of the customs offices. China publishes January and February together; the sum "
    f"is split evenly. {FAN}",
    "partner_answers": "Concede: cut its own tariffs, buy what is asked, and keep the rate offered. Hold: wait for the "
    "date. Hedge: exchange tariff cuts with a third power.",
    "partner_tariffs": f"{FAN} Cross: the rate threatened and its date.",
    "deal_terms": "Share of first deals at each level that could have been agreed, percent. Lengths of a truce that "
    "both sides expect to renew are worth the same; the shortest is taken.",
    "deal_values": "Value of the first deal over no deal (the running truce, or war without talks), discounted at each "
    "side's own rate.",
}

TILES: Final = "Share of worlds in which it happens at least once by the last day, with its 95 % interval."

RATES: Final = (
    "Statutory: what the law charges before exemptions; a rate on a list of goods counts for the goods on it. "
    "Add-on: the new tariffs on all goods since January 2025, as governments announce them. Applied: what goods pay on "
    "average once exemptions count too, weighted with base-year trade. Effective: duties over imports "
    "after trade has reacted."
)

LIMITS: Final = (
    "Probabilities are shares of simulated worlds under the ranges listed below. They are statements about this model, "
    "not frequencies of the real world.",
    "Real income comes from a static trade equilibrium at two horizons: no investment, unemployment or exchange rates, "
    "and one wage in each country.",
    "The flows are those of 2022, the input-output tables older for some countries; services are traded but bear no "
    "tariff.",
    "Critical inputs weigh little in value and are hard to replace: their effect depends on assumed substitution and "
    "stocks and on whether licences can be traded, and is an order of magnitude.",
    "Governments value real income, duties, the income of groups they favour and the security they ascribe to their "
    "own controls; political weights are neutral and nobody votes unless the scenario says so. The sizes of audience "
    "costs and of the public's suspicion are assumed.",
    "Types are few and private, beliefs about beliefs are left out: each side supposes that the other knows what it is "
    "itself. How fast sides concede is assumed, and with it the dates of deals.",
    "Disagreement is a war path in which talks may resume, cut off at a stated depth; another depth gives other deals.",
    "The parties bargain over a few issues; partners answer a letter in one of three ways and make no offer of their "
    "own.",
)
