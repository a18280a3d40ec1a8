"""Result variables about the first deal of a world, taken as they were recorded: how it compares with the solutions of
bargaining theory and the pillars of GATT, what else would have been agreeable, and whether it keeps itself.

All are NaN in worlds without a deal.
"""

from __future__ import annotations

Row = tuple[str, tuple[str, ...], str, str, str]  # name, axes, unit, meaning, source

PARTY, CONCEPT = ("world", "party"), ("world", "concept")
VALUE, POINTS, PACKAGES = "percent of GDP x years", "percentage points", "share of packages"
SOLUTIONS, ENFORCEMENT = "docs/explanation/solutions.md", "docs/explanation/enforcement.md"
GATT = "docs/explanation/negotiation.md"

DEALS: tuple[Row, ...] = (
    (
        "deal_distance",
        CONCEPT,
        "ideal gains, efficiency as a share",
        "distance of the first deal from each solution and from the Pareto front; efficiency",
        SOLUTIONS,
    ),
    (
        "frontier_distance",
        CONCEPT,
        "ideal gains, efficiency as a share",
        "as deal_distance, from the solutions over lotteries of packages and their frontier",
        SOLUTIONS,
    ),
    (
        "win_set",
        PARTY,
        PACKAGES,
        "packages worth no less than disagreement to the party when the first deal was signed",
        SOLUTIONS,
    ),
    ("agreement_zone", ("world",), PACKAGES, "packages worth no less than disagreement to both parties", SOLUTIONS),
    (
        "home_win_set",
        PARTY,
        PACKAGES,
        "packages that the party's groups at home are at least as likely to ratify as not",
        ENFORCEMENT,
    ),
    (
        "reciprocity_gap",
        PARTY,
        "percent of base GDP",
        "what the first deal adds to imports less to exports at old world prices, long run",
        GATT,
    ),
    (
        "mfn_excess",
        PARTY,
        POINTS,
        "tariffs under the first deal above those on the most favoured supplier of the good",
        GATT,
    ),
    ("mfn_spread", PARTY, POINTS, "their mean deviation from the average over suppliers of the good", GATT),
    ("mfn_change", PARTY, POINTS, "what the first deal adds to mfn_excess", GATT),
    (
        "linkage_gain",
        PARTY,
        VALUE,
        "Nash solution of all issues together over issue by issue, when the first deal was signed",
        SOLUTIONS,
    ),
    (
        "critical_rate",
        PARTY,
        "per year",
        "highest discount rate at which the first deal keeps itself, for the detection lag",
        ENFORCEMENT,
    ),
    (
        "critical_discount",
        PARTY,
        "factor per detection lag",
        "lowest discount factor at which the first deal keeps itself",
        ENFORCEMENT,
    ),
    (
        "noisy_rate",
        PARTY,
        "per year",
        "critical rate of the first deal where breaches are seen through noise",
        ENFORCEMENT,
    ),
    (
        "punishment",
        PARTY,
        "detection lags",
        "fewest lags of war that keep the party to the first deal, infinite if none do",
        ENFORCEMENT,
    ),
    (
        "sustained",
        ("world",),
        "share of terms",
        "terms on the table that keep themselves at the parties' discount rates and detection lag",
        ENFORCEMENT,
    ),
    (
        "sustainable_terms",
        ("world", "term"),
        "by term",
        "those with the largest joint gain over war, kept for good: the most cooperative ones",
        ENFORCEMENT,
    ),
    ("sustainable_punishment", PARTY, "detection lags", "fewest lags of war that keep the party to them", ENFORCEMENT),
    ("detection_lag", ("world",), "years", "lag they belong to", "conf enforcement"),
)
