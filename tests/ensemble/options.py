"""How each setting of the default configuration is changed, and in which situation the change shows.

A situation is a small London (or another scenario) with overrides under which a group of settings bites; both runs of
a comparison have them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.world.shared import CONTESTED, SMALL, market

PARTNERS = ("KOR", "JPN", "EU")
QUIET = "talks.protocol=no_talks"
ALONE = (QUIET, "~partners.letters")  # nothing but the economy and its stocks moves: little to solve
SOUND = [  # everything on sale again, so that stocks can be rebuilt
    f"policy.licences.CHN.{name}.approved.{buyer}=1.0"
    for name in ("rare_earth_magnets", "rare_earth_compounds")
    for buyer in ("USA", *PARTNERS, "others")
] + ["policy.controls.USA.CHN.strictness=0"]
BUYERS = {
    "rare_earth_magnets": ("USA", *PARTNERS, "others"),
    "rare_earth_compounds": ("USA", *PARTNERS, "others"),
    "chips_advanced": ("CHN",),
    "chip_design_software_and_tools": ("CHN",),
    "jet_engines": ("CHN",),
    "ethane": ("CHN",),
}
EMPTY = [f"inputs.{name}.stock_months.{buyer}=0" for name, buyers in BUYERS.items() for buyer in buyers]
TEMPTED = [  # partners for whom conceding, holding and hedging are close to one another
    *(f"partners.letters.{p}.purchase_premium={{low: 0.01, high: 0.12}}" for p in PARTNERS),
    *(f"partners.letters.{p}.hedge_cost={{low: -0.05, high: 0.06}}" for p in PARTNERS),
    *(f"governments.{p}.discount={{low: 0.1, high: 5.0}}" for p in PARTNERS),
]
DEFIANT = [  # partners that never concede, are hit, and answer
    *(f"governments.{p}.escalation=match" for p in PARTNERS),
    *(f"partners.letters.{p}.purchase_premium=1.0" for p in PARTNERS),
    *(f"partners.letters.{p}.hedge_cost=1.0" for p in PARTNERS),
    "partners.execution=1.0",
]
WATCHING = [  # governments that give way if their stock market falls about as far as it does
    *(f"governments.{p}.escalation=market_retreat" for p in ("USA", "CHN")),
    "escalations.market_retreat.threshold=15",
]
FIGHTING = [  # a war that each side would rather win than end, and rather end than fight, and can't wait to
    *(f"governments.{p}.escalation=attrition" for p in ("USA", "CHN")),
    "policy.addons.USA.CHN=54",
    "policy.addons.CHN.USA=84",
    "governments.USA.discount=5",
    "governments.CHN.discount=5",
]
NERVOUS = [  # partners with something to take back, and a fall of the market on the way
    *(f"governments.{p}.escalation=market_retreat" for p in PARTNERS),
    *(f"policy.addons.{p}.USA=8" for p in PARTNERS),
    "escalations.market_retreat.threshold=0.001",
]
SHORT_OF_PROMISE = [  # a truce in which deliveries stay about as far below the promise as is overlooked
    "truce.status=truce",
    "truce.expires=2026-06-30",
    "truce.promised_licence=0.33",
    "enforcement.probation_weeks={low: 1, central: 2, high: 4}",
]


@dataclass(frozen=True)
class Situation:
    """Overrides common to both runs, and how many worlds are run."""

    overrides: Sequence[str]
    worlds: int = 6


def escalating(rule: str) -> list[str]:
    """The two parties under one escalation rule."""
    return [f"governments.{party}.escalation={rule}" for party in ("USA", "CHN")]


SITUATIONS = {
    "table": Situation([*SMALL, "ticks=6"]),
    "quiet": Situation([*SMALL, *ALONE, "ticks=3"], worlds=3),
    "licences": Situation([*SMALL, "ticks=6", "talks.issues.licence.target=all"]),
    "autumn": Situation([*SMALL, "ticks=11"], worlds=12),
    "year": Situation([*SMALL, *ALONE, "tick_days=28", "ticks=13", "truce.expires=2027-06-30"], worlds=1),
    "drained": Situation([*SMALL, *ALONE, *EMPTY, "ticks=2"], worlds=3),
    "priced": Situation([*SMALL, *ALONE, *EMPTY, *market(), "ticks=2"], worlds=1),
    "sound": Situation([*SMALL, *ALONE, *SOUND, *EMPTY, "ticks=2"], worlds=1),
    "tempted": Situation([*SMALL, QUIET, *TEMPTED, "ticks=6"], worlds=64),
    "defiant": Situation([*SMALL, QUIET, *DEFIANT, "ticks=7"], worlds=8),
    "short of promise": Situation([*SMALL, QUIET, *SHORT_OF_PROMISE, "ticks=12"], worlds=32),
    "war": Situation(["scenario=liberation_day_2025", *SMALL, QUIET, "ticks=10"], worlds=1),
    "ladder": Situation(["scenario=liberation_day_2025", *SMALL, QUIET, *escalating("graduated"), "ticks=6"], worlds=1),
    "best responses": Situation(
        ["scenario=geneva_2025", *SMALL, QUIET, *escalating("best_response"), "ticks=3"], worlds=1
    ),
    "attrition": Situation(["scenario=geneva_2025", *SMALL, QUIET, *FIGHTING, "ticks=9"], worlds=24),
    "watching": Situation(["scenario=liberation_day_2025", *SMALL, QUIET, *WATCHING, "ticks=9"], worlds=24),
    "nervous": Situation([*SMALL, QUIET, *DEFIANT, *NERVOUS, "ticks=7"], worlds=4),
    "cold": Situation(["scenario=geneva_2025", *SMALL, "ticks=20", "talks.window_days=21"], worlds=12),
    "conceder": Situation(
        [*SMALL, "ticks=6", "governments.USA.strategy=conceder", "governments.CHN.strategy=conceder"]
    ),
    "linear": Situation([*SMALL, "ticks=6", "governments.USA.strategy=linear", "governments.CHN.strategy=linear"]),
    **{
        f"{name} meets linear": Situation(
            [*SMALL, "ticks=9", f"governments.USA.strategy={name}", "governments.CHN.strategy=linear"], worlds=12
        )
        for name in ("random", "tit_for_tat_relative", "tit_for_tat_absolute", "tit_for_tat_averaged")
    },
    **{
        f"under {name}": Situation([*SMALL, "ticks=9", f"talks.protocol={name}", *over], worlds=12)
        for name, over in {
            "agenda": (),
            "imposed": (),
            "monotonic_concession": (),
            "nash_demand": (),
            "single_text": (),
            "ultimatum": ("talks.offers_per_meeting=8",),
        }.items()
    },
    "believing": Situation([*SMALL, *CONTESTED, "governments.USA.strategy=bayesian", "ticks=9"], worlds=12),
    "hopeful": Situation([*SMALL, "ticks=6", "disagreement.depth=1"]),
    "rational": Situation([*SMALL, "ticks=6", *(f"governments.{p}.strategy=rubinstein" for p in ("USA", "CHN"))]),
    "voting": Situation(
        [*SMALL, "ticks=9", *(f"governments.{p}.ratification.form=legislature" for p in ("USA", "CHN"))]
    ),
    "lawful": Situation(
        [
            *SMALL,
            "ticks=9",
            *(f"governments.{p}.ratification.form=statute" for p in ("USA", "CHN")),
            *(f"governments.{p}.ratification.quota=0.7" for p in ("USA", "CHN")),
        ]
    ),
    "tempting": Situation(
        [
            *SMALL,
            "ticks=12",
            "talks.issues.licence.levels=[1.0]",
            "talks.issues.truce_days.levels=[365]",
            "governments.CHN.control_value={low: 0.0, high: 0.5}",
            "governments.CHN.private=[discount]",  # else it has two values
        ],
        worlds=96,
    ),
    "watched": Situation(
        [
            *SMALL,
            QUIET,
            "truce.status=truce",
            "truce.expires=2026-06-30",
            "ticks=16",
            "enforcement.prior_unwilling=0.5",
            "policy.licences.CHN.rare_earth_magnets.approved.USA=0.3",
        ],
        worlds=32,
    ),
    "outspoken": Situation(
        [
            *SMALL,
            *CONTESTED,
            "ticks=8",
            "talks.publicity=public",
            *(
                f"governments.{p}.audience_cost={{low: 0.001, high: 0.01, central: 0.005, logarithmic: true}}"
                for p in ("USA", "CHN")
            ),
        ],
        worlds=12,
    ),
    "closing": Situation(
        [*SMALL, "ticks=12", "truce.status=cold", "talks.window_days=14", "talks.pause_days=60"], worlds=12
    ),
    "threatening": Situation(
        [
            *SMALL,
            "ticks=4",
            "truce.status=cold",
            *(f"governments.{p}.threat=80" for p in ("USA", "CHN")),
            *(f"governments.{p}.audience_cost=0.01" for p in ("USA", "CHN")),
        ],
        worlds=12,
    ),
    "China sends": Situation([*SMALL, QUIET, "ticks=6", *(f"+policy.addons.CHN.{p}=0" for p in PARTNERS)]),
}

SITUATIONS |= {
    "halved": Situation([*SMALL, *ALONE, "what_if=halve_magnet_licences", "ticks=3"], worlds=1),
    "silent": Situation([*SMALL, "~partners.letters", "what_if=talks_collapse", "ticks=6"]),
    "purchases": Situation([*SMALL, "what_if=purchases", "ticks=4"]),
    "fentanyl": Situation([*SMALL, "what_if=fentanyl", "ticks=4"]),
    "raised": Situation(
        [*SMALL, *ALONE, "+events.rise={date: 2025-06-16, kind: addon, owner: USA, target: CHN, value: 50}", "ticks=2"],
        worlds=1,
    ),
}


# Whole negotiations, some with books of their own: for the long run
LONG = (
    "autumn",
    "ladder",
    "best responses",
    "attrition",
    "watching",
    "nervous",
    "cold",
    "believing",
    "voting",
    "lawful",
    "tempting",
    "watched",
    "outspoken",
    "closing",
    "threatening",
    "purchases",
    "fentanyl",
    "halved",
    "silent",
    "raised",
)


def is_long(situation: str) -> bool:
    """Whether a situation is left to the long run."""
    return situation in LONG or situation.startswith("under ") or situation.endswith(" meets linear")


@dataclass(frozen=True)
class Change:
    """Settings whose path matches `paths` become `to` (a value, or a function of the old one) in a situation."""

    paths: str
    situation: str
    to: Any

    def value(self, old: Any) -> Any:
        return self.to(old) if callable(self.to) else self.to


def lower(old: float) -> float:
    return 0.5 * old


def slightly_lower(old: float) -> float:
    return 0.9 * old


def higher(old: float) -> float:
    return 1.3 * old


def thinned(old: Sequence[float]) -> list[float]:
    """A grid with other levels."""
    return [0.9 * level for level in old] if max(old) <= 1 else [level + 7 for level in old]


def moved(by: float) -> Callable[[float], float]:
    return lambda old: old + by


# Words, and dates that are told in reports: they change no number.
LABELS = (r"name", r"title", r"setting\..*")
EXECUTION = {
    "execution.engine": "processes",
    "execution.workers": 1,
    "execution.chunk": 2,
    "execution.threads": 1,
    "execution.progress": False,
    "execution.colour": "always",
    "output.directory": "elsewhere",
    "output.name": "another",
    "output.report": False,
    "output.parquet": False,
}
# What an issue is and between whom: a change of one of them alone makes no sense. tests/negotiation/test_issues.py
IDENTITY = (r"talks\.issues\.\w+\.kind", r"talks\.issues\.(addon_by_\w+|control)\.(by|target)")
REFUSED = {"economy.data": "another_country"}  # one data set is shipped: a change is an error

CHANGES = (
    Change(r"strategies\.boulware\.exponent\.low", "autumn", 0.8),
    Change(r"strategies\.boulware\.exponent\.high", "autumn", 0.2),
    Change(r"strategies\.boulware\.start", "table", 0.3),
    Change(r"strategies\.conceder\.exponent\.low", "conceder", 9.0),
    Change(r"strategies\.conceder\.exponent\.high", "conceder", lower),
    Change(r"strategies\.conceder\.start", "conceder", 0.3),
    Change(r"strategies\.linear\.exponent", "linear", lower),
    Change(r"strategies\.linear\.start", "linear", 0.3),
    Change(r"escalations\.match\.ratio", "war", lower),
    Change(r"talks\.breakdown", "autumn", 0.9),
    Change(r"escalations\.graduated\.rung", "ladder", lower),
    Change(r"escalations\.best_response\.horizon", "best responses", "long"),
    Change(r"escalations\.best_response\.levels", "best responses", 4),
    Change(r"escalations\.attrition\.horizon", "attrition", "long"),
    Change(r"escalations\.market_retreat\.ratio", "watching", lower),
    Change(r"escalations\.market_retreat\.threshold", "watching", 100),
    Change(r"escalations\.market_retreat\.cut", "watching", lower),
    Change(r"markets\.sensitivity\.low", "watching", 20),
    Change(r"markets\.sensitivity\.high", "watching", 400),
    Change(r"markets\.anticipation", "watching", 5.0),
    Change(r"markets\.threshold\.low", "watching", 0.1),
    Change(r"markets\.threshold\.high", "watching", 30.0),
    Change(r"markets\.half_life", "watching", 50.0),
    Change(r"strategies\.bayesian\.exponent", "believing", 4.0),
    Change(r"strategies\.random\.acceptance", "random meets linear", 0.9),
    Change(r"strategies\.tit_for_tat_relative\.lag", "tit_for_tat_relative meets linear", 3),
    Change(r"strategies\.tit_for_tat_absolute\.lag", "tit_for_tat_absolute meets linear", 3),
    Change(r"strategies\.tit_for_tat_averaged\.window", "tit_for_tat_averaged meets linear", 5),
    Change(r"protocols\.agenda\.implementation", "under agenda", "package"),
    Change(r"protocols\.agenda\.order", "under agenda", [3, 2, 1, 0, 4]),
    Change(r"protocols\.imposed\.solution", "under imposed", "utilitarian"),
    Change(r"protocols\.monotonic_concession\.who_concedes", "under monotonic_concession", "zeuthen"),
    Change(r"protocols\.nash_demand\.width", "under nash_demand", 5.0),
    Change(r"protocols\.single_text\.temperature", "under single_text", 1.0),
    Change(r"protocols\.single_text\.votes", "under single_text", 40),
    Change(r"protocols\.single_text\.start", "under single_text", "middle"),
    Change(r"protocols\.ultimatum\.answer_share", "under ultimatum", 0.5),
    Change(r"talks\.deadline", "closing", False),
    Change(r"talks\.information", "table", "complete"),
    Change(r"talks\.publicity", "outspoken", "private"),
    Change(r"enforcement\.contracts", "tempting", "enforceable"),
    Change(r"enforcement\.suspicion", "watched", 0.95),
    Change(r"enforcement\.prior_unwilling", "watched", 0.9),
    Change(r"enforcement\.unwilling_compliance", "watched", [0.3]),
    Change(r"enforcement\.detection_intensity\.low", "tempting", 1.45),
    Change(r"enforcement\.detection_intensity\.central", "tempting", 2.9),
    Change(r"enforcement\.detection_intensity\.high", "tempting", 100.0),
    Change(r"enforcement\.detection_weeks\.low", "tempting", 0),
    Change(r"enforcement\.detection_weeks\.central", "tempting", 11.9),
    Change(r"enforcement\.detection_weeks\.high", "tempting", 500.0),
    Change(r"governments\.(USA|CHN)\.ratification\.form", "table", "legislature"),
    Change(r"governments\.(USA|CHN)\.ratification\.days", "table", 30),
    Change(r"governments\.(USA|CHN)\.ratification\.quota", "voting", 0.6),
    Change(r"governments\.(USA|CHN)\.ratification\.width", "voting", 0.5),
    Change(r"governments\.(USA|CHN)\.ratification\.allowed_addon", "lawful", moved(15)),
    Change(r"governments\.(USA|CHN)\.groups\.\w+\.sectors", "voting", lambda old: old[:-1]),
    Change(r"governments\.(USA|CHN)\.groups\.\w+\.political_weight", "table", 3.0),
    Change(r"governments\.(USA|CHN)\.groups\.\w+\.spread", "voting", 0.05),
    Change(r"governments\.(USA|CHN)\.specific_share", "voting", 1.0),
    Change(r"governments\.(USA|CHN)\.rest_spread", "voting", 0.05),
    Change(r"governments\.(USA|CHN)\.audience_cost\.logarithmic", "outspoken", False),
    Change(r"governments\.(USA|CHN)\.audience_cost\.low", "outspoken", 0.004),
    Change(r"governments\.(USA|CHN)\.audience_cost\.central", "outspoken", 0.009),
    Change(r"governments\.(USA|CHN)\.audience_cost\.high", "outspoken", 0.1),
    Change(r"governments\.(USA|CHN)\.pain\.low", "table", 0.02),
    Change(r"governments\.(USA|CHN)\.pain\.high", "table", 5.0),
    Change(r"governments\.(USA|CHN)\.threat", "closing", 80),
    Change(r"governments\.(USA|CHN)\.threatens", "threatening", "chosen"),
    Change(r"ensemble\.counterfactuals", "closing", True),
    Change(r"tick_days", "quiet", 5),
    Change(r"ticks", "quiet", 4),
    Change(r"seed", "quiet", 8),
    Change(r"ensemble\.worlds", "quiet", 4),
    Change(r"start", "quiet", "2025-06-02"),
    Change(r"reference_date", "quiet", "2025-04-01"),
    Change(r"economy\.elasticities", "quiet", "CP"),
    Change(r"economy\.closure", "quiet", "fixed"),
    Change(r"economy\.draws", "quiet", 2),
    Change(r"economy\.horizon\.adjustment_years", "table", lower),
    Change(r"economy\.horizon\.short_theta\.low", "quiet", lower),
    Change(r"economy\.horizon\.short_theta\.high", "quiet", higher),
    Change(r"economy\.backstop_price\.logarithmic", "drained", False),
    Change(r"economy\.backstop_price\..*", "drained", lower),
    Change(r"inputs\.(rare_earth_\w+)\.owner", "drained", "JPN"),
    Change(r"inputs\.(chip\w+|jet_engines|ethane)\.owner", "drained", "JPN"),
    Change(r"inputs\.\w+\.rationing", "drained", "market"),
    Change(r"inputs\.\w+\.rent", "priced", "owner"),
    Change(r"inputs\.\w+\.substitution\..*", "drained", slightly_lower),
    Change(r"inputs\.chip_design_software_and_tools\.stock_months\.CHN\.low", "quiet", 0.5),
    Change(r"inputs\.\w+\.stock_months\..*\.central", "quiet", slightly_lower),
    Change(r"inputs\.\w+\.stock_months\..*\.low", "quiet", lower),
    Change(r"inputs\.\w+\.stock_months\..*\.high", "quiet", higher),
    Change(r"inputs\.\w+\.stock_normal", "sound", 0.0),
    Change(r"inputs\.\w+\.rebuild_share", "sound", higher),
    Change(r"policy\.addon_step", "war", 5),
    Change(r"policy\.availability_step", "drained", 10),
    Change(r"policy\.addons\..*", "quiet", moved(3)),
    Change(r"policy\.licences\..*", "quiet", lower),
    Change(r"policy\.controls\.USA\.CHN\.strictness", "quiet", lower),
    Change(r"policy\.controls\..*\.withheld\.jet_engines", "drained", lower),
    Change(r"policy\.controls\..*\.withheld\..*", "drained", higher),
    Change(r"talks\.parties", "table", ["CHN", "USA"]),
    Change(r"talks\.protocol", "table", "no_talks"),
    Change(r"talks\.issues\.licence\.by", "licences", "USA"),
    Change(r"talks\.issues\.licence\.target", "table", "all"),
    Change(r"talks\.issues\.licence\.input", "table", "rare_earth_magnets"),
    Change(r"talks\.rounds", "table", ["2025-06-09", "2025-06-30"]),
    Change(r"talks\.meeting_rate\.low", "autumn", 0.19),
    Change(r"talks\.meeting_rate\.central", "autumn", lower),
    Change(r"talks\.meeting_rate\.high", "autumn", higher),
    Change(r"talks\.offers_per_meeting", "linear", 1),
    Change(r"talks\.window_days", "cold", 60),
    Change(r"talks\.pause_days", "cold", 7),
    Change(r"talks\.first_mover", "autumn", "USA"),
    Change(r"talks\.background", "autumn", "current"),
    Change(r"talks\.issues\..*\.levels", "autumn", thinned),
    Change(r"talks\.not_before", "table", "2025-07-16"),
    Change(r"enforcement\.licence_lag_days", "autumn", 35),
    Change(r"enforcement\.capacity_\w+\.(low|central)", "autumn", lower),
    Change(r"enforcement\.capacity_\w+\.high", "autumn", higher),
    Change(r"enforcement\.observation_noise\.low", "short of promise", 0.05),
    Change(r"enforcement\.observation_noise\.central", "short of promise", 0.1),
    Change(r"enforcement\.observation_noise\.high", "short of promise", 0.5),
    Change(r"enforcement\.tolerance\.(low|central)", "short of promise", lower),
    Change(r"enforcement\.tolerance\.high", "short of promise", higher),
    Change(r"enforcement\.probation_weeks\..*", "short of promise", moved(1)),
    Change(r"enforcement\.renewal_days", "autumn", 7),
    Change(r"disagreement\.weeks", "autumn", 8),
    Change(r"disagreement\.final_years", "autumn", 1.0),
    Change(r"disagreement\.depth", "table", 1),
    Change(r"disagreement\.resume_rate", "hopeful", lower),
    Change(r"talks\.learning\.\w+", "table", lower),
    Change(r"governments\.(USA|CHN)\.private", "table", ["discount"]),
    Change(r"governments\.(USA|CHN)\.strategy", "table", "conceder"),
    Change(r"governments\.(USA|CHN)\.escalation", "war", "hold"),
    Change(r"governments\.(USA|CHN)\.ceiling", "war", 80),
    Change(r"governments\.(USA|CHN)\.floor", "attrition", 20),
    Change(r"governments\.(USA|CHN)\.revenue_premium\.low", "autumn", 0.45),
    Change(r"governments\.(USA|CHN)\.revenue_premium\.high", "autumn", 2.0),
    Change(r"governments\.(USA|CHN)\.discount\.low", "autumn", lower),
    Change(r"governments\.(USA|CHN)\.discount\.high", "autumn", higher),
    Change(r"governments\.(USA|CHN)\.control_value\.low", "autumn", 0.09),
    Change(r"governments\.(USA|CHN)\.control_value\.high", "autumn", 1.0),
    Change(r"governments\.(KOR|JPN|EU)\.escalation", "defiant", "hold"),
    Change(r"governments\.(KOR|JPN|EU)\.ceiling", "defiant", 3),
    Change(r"governments\.(KOR|JPN|EU)\.floor", "nervous", 3),
    Change(r"governments\.(KOR|JPN|EU)\.discount\.low", "tempted", 4.0),
    Change(r"governments\.(KOR|JPN|EU)\.discount\.high", "tempted", 0.2),
    Change(r"governments\.(KOR|JPN|EU)\.revenue_premium\.low", "tempted", 0.45),
    Change(r"governments\.(KOR|JPN|EU)\.revenue_premium\.high", "tempted", 2.0),
    Change(r"partners\.sender", "China sends", "CHN"),
    Change(r"partners\.hedge_with", "tempted", "GBR"),
    Change(r"partners\.hedge_value\.low", "tempted", 0.015),
    Change(r"partners\.hedge_value\.high", "tempted", 0.001),
    Change(r"partners\.execution\.low", "tempted", 0.7),
    Change(r"partners\.execution\.high", "tempted", 0.3),
    Change(r"partners\.letters\.\w+\.threat", "defiant", higher),
    Change(r"partners\.letters\.\w+\.date", "defiant", "2025-06-25"),
    Change(r"partners\.letters\.\w+\.retained", "tempted", 5),
    Change(r"partners\.letters\.\w+\.purchases", "tempted", higher),
    Change(r"partners\.letters\.\w+\.purchase_premium\.low", "tempted", 0.1),
    Change(r"partners\.letters\.\w+\.purchase_premium\.high", "tempted", 0.3),
    Change(r"partners\.letters\.\w+\.(access|hedge)_cut", "tempted", 0.9),
    Change(r"partners\.letters\.\w+\.follow_through\.low", "tempted", 0.8),
    Change(r"partners\.letters\.\w+\.follow_through\.high", "tempted", 0.4),
    Change(r"partners\.letters\.\w+\.hedge_penalty", "tempted", 1.0),
    Change(r"partners\.letters\.\w+\.hedge_cost\.low", "tempted", -0.2),
    Change(r"partners\.letters\.\w+\.hedge_cost\.high", "tempted", 0.3),
    Change(r"partners\.letters\.\w+\.decision_rate\.low", "tempted", 0.29),
    Change(r"partners\.letters\.\w+\.decision_rate\.high", "tempted", 0.9),
    Change(r"trade\.adjustment_per_week\.(low|central)", "quiet", slightly_lower),
    Change(r"trade\.adjustment_per_week\.high", "quiet", higher),
    Change(r"trade\.flows\.\w+\.monthly_norm\..*", "year", lower),
    Change(r"trade\.flows\.\w+\.start_change", "quiet", moved(0.05)),
    Change(r"truce\.status", "autumn", "truce"),
    Change(r"truce\.expires", "autumn", "2025-07-12"),
    Change(r"truce\.promised_licence", "short of promise", 0.0),
    Change(r"truce\.snapback\..*", "short of promise", moved(5)),
)


# Settings that the default scenario leaves out.
OPTIONAL = (
    ("talks.outside", "table", {"USA": 1.0}),
    ("talks.inside", "rational", {"USA": 1.0}),
    ("talks.issues.purchases.levels", "purchases", [0, 20]),
    ("talks.issues.purchases.value", "purchases", 0.5),
    ("talks.issues.purchases.premium", "purchases", 0.01),
    ("talks.issues.fentanyl.levels", "fentanyl", [0, 5]),
    ("governments.CHN.strategy_params", "autumn", {"exponent": 3.0}),
    ("governments.CHN.escalation_params", "war", {"ratio": 0.5}),
    ("events.halve_magnet_licences.date", "halved", "2025-06-23"),
    ("events.halve_magnet_licences.target", "halved", "KOR"),
    ("events.halve_magnet_licences.input", "halved", "rare_earth_compounds"),
    ("events.halve_magnet_licences.value", "halved", 0.9),
    ("events.halve_magnet_licences.base", "halved", "of_normal"),
    ("events.talks_collapse.date", "silent", "2025-06-30"),
    ("events.talks_collapse.value", "silent", 14),
    ("events.rise.value", "raised", 60),
    ("events.rise.owner", "raised", "KOR"),
    ("events.rise.target", "raised", "EU"),
    ("events.rise.kind", "raised", "talks_fail"),
)


def change_of(path: str) -> Change | None:
    """The first row of the table that fits a setting."""
    return next((change for change in CHANGES if re.fullmatch(change.paths, path)), None)


def is_one_of(path: str, patterns: Sequence[str]) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in patterns)
