"""The scenario as frozen dataclasses: what a YAML file in `conf/scenario/` may say, with units and ranges.

Add-on tariffs are in percentage points on all goods, as governments announce them; shares and strictness are
fractions in [0, 1]; rates per year are fractions; payoff weights are percent of GDP per year.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from tariffsim.scenario.domestic import GroupSpec, RatificationSpec
from tariffsim.scenario.issues import IssueSpec
from tariffsim.scenario.reading import Uncertain, spec

CLOSURES = ("world_gdp_share", "fixed", "balanced", "value_added_share")
INFORMATION = ("private", "complete")
CONTRACTS = ("self_enforcing", "enforceable")
TRAITS = ("discount", "revenue_premium", "control_value", "audience_cost", "pain")
PUBLICITY = ("private", "public")
THREATENS = ("always", "chosen")
RATIONING = ("quota", "market")
NODE_RENTS = ("user", "owner", "split", "lost")


@dataclass(frozen=True)
class Horizon:
    """Two elasticities and the speed between them: a policy of age h is valued at (1-v) G(short) + v G(long)."""

    short_theta: Uncertain = spec("trade elasticity of all goods in the first years", low=0.3, high=20)
    adjustment_years: float = spec("years T in v = 1 - exp(-h/T)", low=0.1, high=50)


@dataclass(frozen=True)
class EconomySpec:
    """Which calibrated economy, and how its uncertain numbers are drawn (a finite set of economy draws)."""

    data: str = spec("name of a data set shipped with the package")
    elasticities: str = spec("name of an elasticity set: the long run")
    closure: str = spec("trade-deficit closure", choices=CLOSURES)
    draws: int = spec("economy draws shared by all worlds", low=1, high=100)
    horizon: Horizon = spec()
    backstop_price: Uncertain = spec("multiple of the normal price", low=1, high=math.inf)


@dataclass(frozen=True)
class CriticalInputSpec:
    """One chokepoint: who owns it, what a shortage is shared out by, how replaceable it is, how long stocks last."""

    owner: str = spec("region that licenses the input")
    rationing: str = spec("licences that cannot be traded, or one scarcity price in each country", choices=RATIONING)
    rent: str = spec("who gets what the scarcity price adds; without a market it stays with users", choices=NODE_RENTS)
    substitution: Uncertain = spec("short-run elasticity rho", low=0.001, high=0.99)
    stock_months: dict[str, Uncertain] = spec("months of normal use in stock at the start, by buyer", low=0, high=60)
    stock_normal: float = spec("months of normal use", low=0, high=60)
    rebuild_share: float = spec("share of a month's use added to the stock per month of full supply", low=0, high=5)


@dataclass(frozen=True)
class LicenceSpec:
    """The state of one export-licence regime, by buyer ('others' is everybody not named)."""

    approved: dict[str, float] = spec("share of normal trade", low=0, high=1)


@dataclass(frozen=True)
class ControlSpec:
    """A technology control of one government on another: strictness and what it withholds at full strictness."""

    strictness: float = spec("0 free, 1 all that the owner controls is withheld", low=0, high=1)
    withheld: dict[str, float] = spec("share of the target's use of the input that the owner controls", low=0, high=1)


@dataclass(frozen=True)
class PolicySpec:
    """Policy in force on the start date."""

    addons: dict[str, dict[str, float]] = spec("percentage points on all goods", low=0, high=1000)
    licences: dict[str, dict[str, LicenceSpec]] = spec()
    controls: dict[str, dict[str, ControlSpec]] = spec()
    addon_step: int = spec("percentage points: grid on which add-ons are solved", low=1, high=25)
    availability_step: int = spec("percent: grid on which licence shares are solved", low=1, high=50)


@dataclass(frozen=True)
class TruceSpec:
    """The truce in force at the start, or none (`status: cold`)."""

    status: str = spec(choices=("cold", "truce", "probation"))
    expires: dt.date | None = spec(default=None)
    promised_licence: float = spec("share of normal trade promised by the licence owner", low=0, high=1, default=1.0)
    snapback: dict[str, float] = spec(
        "add-on in percentage points if it lapses, by importer", low=0, high=1000, default={}
    )


@dataclass(frozen=True)
class LearningSpec:
    """How beliefs over types move when an offer is heard (docs/explanation/negotiation.md)."""

    rationality: float = spec("beta: log odds of an offer per percent of GDP x years it is worth more", low=0, high=1e4)
    error: float = spec("epsilon: share of offers that are made at random", low=0, high=1)


@dataclass(frozen=True)
class TalksSpec:
    """Who bargains, over what, when, and under which protocol."""

    parties: tuple[str, ...] = spec()
    protocol: str = spec()
    issues: dict[str, IssueSpec] = spec()
    rounds: tuple[dt.date, ...] = spec("scheduled meetings")
    not_before: dt.date = spec("no unscheduled meeting before this date")
    meeting_rate: Uncertain = spec("unscheduled meetings per week", low=0.001, high=7)
    breakdown: float = spec("probability per refused offer that the meeting breaks up", low=0, high=1)
    offers_per_meeting: int = spec("offers in a meeting, taken in turns", low=1, high=100)
    window_days: int = spec("days a negotiation may take when no truce is running out", low=1, high=3650)
    pause_days: int = spec("days without talks after a failed window or a snapback", low=0, high=3650)
    deadline: bool = spec("whether a negotiation whose window has passed has failed, or may go on")
    publicity: str = spec(
        "whether offers are made in private, or in public, where going back on the first demand costs",
        choices=PUBLICITY,
    )
    information: str = spec("whether a party's private traits are known to it alone or to both", choices=INFORMATION)
    learning: LearningSpec = spec()
    first_mover: str = spec("a party, or 'drawn' for one at random in each world")
    background: str = spec(
        "policy of third parties when packages are priced: as at the opening, or as it is",
        choices=("opening", "current"),
    )
    outside: dict[str, float] = spec(
        "percent of GDP x years: what leaving the talks for good is worth to a party; not named: nowhere to go",
        low=-100,
        high=100,
        default={},
    )
    inside: dict[str, float] = spec(
        "percent of GDP per year that a party gains while talks go on and nothing is agreed",
        low=-10,
        high=10,
        default={},
    )

    def of_kind(self, kind: str) -> dict[str, IssueSpec]:
        """The issues of one kind."""
        return {name: issue for name, issue in self.issues.items() if issue.kind == kind}

    @property
    def licence_owner(self) -> str:
        """Party whose licences are on the table; empty if none are."""
        return next((issue.by or "" for issue in self.of_kind("licence").values()), "")

    @property
    def licence_target(self) -> str:
        """Buyer to whom the licence issue applies, or 'all'; empty if there is none."""
        return next((issue.target or "" for issue in self.of_kind("licence").values()), "")


@dataclass(frozen=True)
class EnforcementSpec:
    """From signature to snapback: lags, capacity, what is observed, when a breach is called."""

    contracts: str = spec(
        "whether a deal in force can be broken or left, or is kept to the letter for good", choices=CONTRACTS
    )
    licence_lag_days: int = spec("days from the order to the first extra licence", low=0, high=1000)
    capacity_start: Uncertain = spec("share of normal trade the licence office can process now", low=0, high=1)
    capacity_growth: Uncertain = spec("share of the gap to full capacity closed per week", low=0, high=1)
    observation_noise: Uncertain = spec("standard deviation of observed delivery, share of normal", low=1e-6, high=1)
    tolerance: Uncertain = spec("shortfall that is overlooked, share of normal", low=0, high=1)
    suspicion: float = spec("Pr(unwilling) above which a breach is called", low=0, high=1)
    prior_unwilling: float = spec("public prior probability that the owner is unwilling", low=0, high=1)
    unwilling_compliance: tuple[float, ...] = spec(
        "what an unwilling owner might let go, share of the promise", low=0, high=1
    )
    detection_intensity: Uncertain = spec(
        "rho: withholding all is found out with probability 1 - exp(-rho)", low=0, high=100
    )
    detection_weeks: Uncertain = spec(
        "weeks from withholding to the end of the deal, as the owner expects", low=0, high=520
    )
    probation_weeks: Uncertain = spec("weeks to cure a called breach before snapback", low=1, high=200)
    renewal_days: int = spec("days for which an expiring truce is renewed", low=1, high=3650)


@dataclass(frozen=True)
class GovernmentSpec:
    """One deciding government: how it escalates, what it wants, and, if it is a party to the talks, how it bargains."""

    escalation: str = spec("rule by which it moves its add-on on the other side")
    discount: Uncertain = spec("per year", low=0.001, high=5)
    revenue_premium: Uncertain = spec("marginal cost of public funds minus 1", low=0, high=2)
    ceiling: float = spec("percentage points: highest add-on it will set", low=0, high=1000)
    floor: float = spec("percentage points: lowest add-on it goes down to unilaterally", low=0, high=1000, default=0.0)
    strategy: str | None = spec("offer strategy; parties to the talks only", default=None)
    control_value: Uncertain | None = spec(
        "percent of GDP per year for full strictness of its own control; parties only", low=-5, high=5, default=None
    )
    audience_cost: Uncertain | None = spec(
        "a: percent of GDP x years per point by which a public word is not kept; parties only",
        low=0,
        high=1,
        default=None,
    )
    pain: Uncertain | None = spec(
        "kappa: percent of GDP per year per percent by which its stock market is down; parties only",
        low=0,
        high=10,
        default=None,
    )
    threat: float | None = spec(
        "percentage points: add-on it publicly threatens to set if talks fail; parties only",
        low=0,
        high=1000,
        default=None,
    )
    threatens: str = spec(
        "whether it utters that threat whenever talks open, or only where that pays",
        choices=THREATENS,
        default="always",
    )
    ratification: RatificationSpec | None = spec("parties only", default=None)
    specific_share: float = spec("sf: share of value added that is rent of the sector", low=0, high=1, default=0.3)
    groups: dict[str, GroupSpec] = spec("sectors not named form a group of their own, of weight 1", default={})
    rest_spread: float = spec("spread of that group, percent of real income", low=0.01, high=100, default=1.0)
    private: tuple[str, ...] = spec("traits that only it knows, at most 3; parties only", choices=TRAITS, default=())
    strategy_params: dict[str, Any] = spec("values that replace those in conf/strategy", default={})
    escalation_params: dict[str, Any] = spec("values that replace those in conf/escalation", default={})


@dataclass(frozen=True)
class PartnerSpec:
    """A third government under a dated threat: its choice is concede, hold or hedge."""

    threat: float = spec("percentage points threatened", low=0, high=1000)
    date: dt.date = spec("day on which the threat is to be carried out")
    retained: float = spec("percentage points that stay if it concedes", low=0, high=1000)
    access_cut: float = spec("share by which it cuts its own tariffs on the sender if it concedes", low=0, high=1)
    purchases: float = spec("billion USD a year it undertakes to buy from the sender if it concedes", low=0, high=10000)
    purchase_premium: Uncertain = spec("share of that sum lost by buying as directed", low=0, high=1)
    hedge_cut: float = spec("share by which it and the hedge partner cut tariffs on each other", low=0, high=1)
    follow_through: Uncertain = spec("probability it gives to the threat being carried out", low=0, high=1)
    hedge_penalty: float = spec("rise of that probability if it hedges", low=0, high=1)
    hedge_cost: Uncertain = spec(
        "percent of GDP per year: security cost of siding with the hedge partner", low=-5, high=5
    )
    decision_rate: Uncertain = spec("decisions per week before the date", low=0, high=7)


@dataclass(frozen=True)
class PartnersSpec:
    """Letters of one sender to many partners."""

    sender: str = spec("region that threatens")
    hedge_with: str = spec("region that courts the threatened")
    hedge_value: Uncertain = spec(
        "percent of GDP per year: what a partner's hedge is worth to that region", low=-5, high=5
    )
    execution: Uncertain = spec("probability that the sender carries out a threat that was not met", low=0, high=1)
    letters: dict[str, PartnerSpec] = spec(default={})


@dataclass(frozen=True)
class DisagreementSpec:
    """The truncated war path that stands behind every payoff (docs/explanation/negotiation.md)."""

    weeks: int = spec("weeks H that are simulated without talks", low=1, high=520)
    final_years: float = spec("years T_end for which the last flow is kept", low=0, high=100)
    depth: int = spec("m: how often talks that resume may fall back on a war in which talks resume", low=0, high=5)
    resume_rate: float = spec("q: resumptions of talks per week of war; without effect at depth 0", low=0, high=7)


@dataclass(frozen=True)
class MarketsSpec:
    """Stock markets: how far they fall on news, and the retreat they expect (docs/explanation/negotiation.md)."""

    sensitivity: Uncertain = spec("percent of fall per percent of GDP x years lost", low=0, high=10000)
    anticipation: float = spec("k per percent: how fast the expected retreat rises with the fall", low=0, high=100)
    threshold: Uncertain = spec("percent of fall S0 beyond which markets expect a retreat", low=0, high=100)
    half_life: float = spec("weeks in which half of the stress is gone", low=0.01, high=5200)


@dataclass(frozen=True)
class FlowSpec:
    """A trade flow followed week by week: partial adjustment toward the equilibrium flow."""

    start_change: float = spec("change on the same month a year before, at the start (fraction)", low=-0.99, high=10)
    monthly_norm: dict[str, float] = spec("billion USD in the same month of 2024, by month number", low=0, high=10000)


@dataclass(frozen=True)
class TradeSpec:
    """Speed of trade flows; `flows` are keyed 'EXPORTER_IMPORTER'."""

    adjustment_per_week: Uncertain = spec("phi, share of the log gap closed per week", low=0, high=1)
    flows: dict[str, FlowSpec] = spec()


@dataclass(frozen=True)
class EventSpec:
    """A dated act of the outside world or a scripted move.

    kinds: `addon` sets an add-on (importer `owner`, exporter `target`); `licence` resets the approved share of
    `input` for buyer `target` ('all' for every buyer), either times what is approved (`base: of_current`) or as a
    share of normal trade (`of_normal`); `control` sets strictness; `talks_fail` cancels meetings for `value` days.
    """

    date: dt.date = spec("day on which it happens")
    kind: str = spec(choices=("addon", "licence", "control", "talks_fail"))
    owner: str = spec("region that acts")
    target: str = spec("region acted upon, or 'all'")
    value: float = spec("percentage points | share | strictness | days", low=0, high=1000)
    input: str | None = spec("critical input", default=None)
    base: str = spec(choices=("of_current", "of_normal"), default="of_current")


@dataclass(frozen=True)
class Setting:
    """Words about the situation; they appear in reports and change no number."""

    question: str = spec()
    place: str = spec(default="")
    delegations: dict[str, str] = spec(default={})
    notes: dict[str, str] = spec(default={})
    dates: dict[str, dt.date] = spec(default={})


@dataclass(frozen=True)
class Ensemble:
    """How many worlds."""

    worlds: int = spec("worlds", low=1, high=10_000_000)
    counterfactuals: bool = spec("play failed worlds again with one cause of failure removed at a time")


@dataclass(frozen=True)
class Execution:
    """How the work is done; nothing here changes a result."""

    engine: str = spec(choices=("inline", "processes"), execution=True)
    workers: int = spec("processes, 0 for one per core", low=0, high=4096, execution=True)
    chunk: int = spec("worlds computed together", low=1, high=1_000_000, execution=True)
    threads: int = spec("threads of the solver in one process", low=1, high=256, execution=True)
    progress: bool = spec("show a progress line", execution=True)
    colour: str = spec(choices=("auto", "always", "never"), execution=True)


@dataclass(frozen=True)
class Output:
    """Where results go; nothing here changes a result."""

    directory: str = spec("folder for results", execution=True)
    name: str = spec("name of the run; empty: scenario and seed", execution=True)
    report: bool = spec("write the HTML report", execution=True)
    parquet: bool = spec("write parquet files and a manifest", execution=True)


@dataclass(frozen=True)
class Scenario:
    """One scenario, resolved: everything a run needs and nothing it does not."""

    name: str = spec()
    title: str = spec()
    start: dt.date = spec("first day")
    tick_days: int = spec("days", low=1, high=366)
    ticks: int = spec("ticks", low=1, high=5200)
    reference_date: dt.date = spec("gains and losses are measured against the policy of this day")
    seed: int = spec("any whole number", low=0, high=2**63 - 1)
    setting: Setting = spec()
    economy: EconomySpec = spec()
    inputs: dict[str, CriticalInputSpec] = spec()
    policy: PolicySpec = spec()
    truce: TruceSpec = spec()
    talks: TalksSpec = spec()
    enforcement: EnforcementSpec = spec()
    disagreement: DisagreementSpec = spec()
    governments: dict[str, GovernmentSpec] = spec()
    partners: PartnersSpec = spec()
    markets: MarketsSpec = spec()
    trade: TradeSpec = spec()
    ensemble: Ensemble = spec()
    execution: Execution = spec()
    output: Output = spec()
    events: dict[str, EventSpec] = spec(default={})
    strategies: dict[str, dict[str, Any]] = spec("parameters of each offer strategy", default={})
    escalations: dict[str, dict[str, Any]] = spec("parameters of each escalation rule", default={})
    protocols: dict[str, dict[str, Any]] = spec("parameters of each protocol", default={})
