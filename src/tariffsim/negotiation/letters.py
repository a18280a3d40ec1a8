"""Answers to a letter: concede, hold or hedge, whichever is worth most to the partner.

concede  the rate stays at what was offered; the partner cuts its own tariffs on the sender now and undertakes to buy
         F a year from it, which costs chi 100 F / GDP (chi: premium of directed buying)
hold     today's rate until the date, then the threatened rate with the probability the partner believes in
hedge    as hold, with mutual tariff cuts between the partner and a third power now, a higher probability of execution
         and a security cost; needs the third power's consent (it must not lose, political value included)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.levers import LeverSpace
from tariffsim.negotiation.payoffs import Index, Payoffs, weighed
from tariffsim.negotiation.table import Clock
from tariffsim.negotiation.valuation import horizon_weights
from tariffsim.scenario.schema import PartnerSpec, PartnersSpec

UNDECIDED, CONCEDE, HOLD, HEDGE = range(4)
STANCES = ("undecided", "concede", "hold", "hedge")


@dataclass(frozen=True)
class Letter:
    """One letter and the levers it moves."""

    partner: str
    spec: PartnerSpec
    addon: int
    access: int
    hedge: tuple[int, int]

    def conceded(self, policy: Integers) -> Integers:
        """Policies (W, L) once the partner has conceded."""
        rows = policy.copy()
        rows[:, self.addon] = round(self.spec.retained)
        rows[:, self.access] = round(100 * self.spec.access_cut)
        return rows

    def hedged(self, policy: Integers) -> Integers:
        """Policies with mutual tariff cuts between the partner and the power it hedges with."""
        rows = policy.copy()
        rows[:, list(self.hedge)] = round(100 * self.spec.hedge_cut)
        return rows

    def executed(self, policy: Integers) -> Integers:
        """Policies once the threat has been carried out; a rate above the threat stays."""
        rows = policy.copy()
        rows[:, self.addon] = np.maximum(rows[:, self.addon], round(self.spec.threat))
        return rows


@dataclass(frozen=True)
class PartnerTastes:
    """Private to a partner, for W worlds: discount per year, revenue premium, belief that the threat is carried out,
    premium of directed buying, cost of hedging; and the third power's value of a hedge. Costs and values in percent of
    GDP per year."""

    discount: Array
    revenue_premium: Array
    follow_through: Array
    purchase_premium: Array
    hedge_cost: Array
    hedge_value: Array

    def of(self, where: Index) -> PartnerTastes:
        """The same for some worlds."""
        return PartnerTastes(**{name: getattr(self, name)[where] for name in self.__dataclass_fields__})


def letters_of(partners: PartnersSpec, space: LeverSpace) -> list[Letter]:
    """The letters of a scenario with their levers."""
    sender, third = partners.sender, partners.hedge_with
    return [
        Letter(
            name,
            spec,
            space.column("addon", sender, name),
            space.column("access", name, sender),
            (space.column("access", name, third), space.column("access", third, name)),
        )
        for name, spec in partners.letters.items()
    ]


def answer(
    letter: Letter,
    third: str,
    payoffs: Payoffs,
    draw: Index,
    policy: Integers,
    tastes: PartnerTastes,
    years: float,
    clock: Clock,
) -> tuple[Index, Array]:
    """Best stance (W,) and the values (W, 3) of concede, hold, hedge; `years` is the time left to the date."""
    hedged = letter.hedged(policy)
    flows = {
        name: weighed(payoffs.flow(letter.partner, payoffs.book.rows(draw, rows)), tastes.revenue_premium)
        for name, rows in {
            "now": policy,
            "conceded": letter.conceded(policy),
            "executed": letter.executed(policy),
            "hedged": hedged,
            "hedged_executed": letter.executed(hedged),
        }.items()
    }
    likely = tastes.follow_through
    likelier = np.minimum(1.0, likely + letter.spec.hedge_penalty)
    bought = (100_000 * letter.spec.purchases / payoffs.gdp(letter.partner) * tastes.purchase_premium)[:, None]
    concede = _value(flows["conceded"] - bought, flows["conceded"] - bought, likely, tastes, years, clock)
    hold = _value(flows["now"], flows["executed"], likely, tastes, years, clock)
    cost = tastes.hedge_cost[:, None]
    hedge = _value(flows["hedged"] - cost, flows["hedged_executed"] - cost, likelier, tastes, years, clock)
    consent = _gain(third, payoffs, draw, policy, hedged) + tastes.hedge_value >= 0
    values = np.stack([concede, hold, np.where(consent, hedge, -np.inf)], axis=-1)
    return values.argmax(-1) + CONCEDE, values


def _value(before: Array, after: Array, probability: Array, tastes: PartnerTastes, years: float, clock: Clock) -> Array:
    """Value (W,) of `before` (W, 2) until the date and then `after` with `probability`, else still `before`."""
    early = horizon_weights(tastes.discount, 0.0, years, clock.adjustment_years)
    late = horizon_weights(tastes.discount, years, clock.end, clock.adjustment_years)
    expected = probability[:, None] * after + (1 - probability[:, None]) * before
    parts = early * before + late * expected
    return parts[:, 0] + parts[:, 1]


def _gain(region: str, payoffs: Payoffs, draw: Index, before: Integers, after: Integers) -> Array:
    """Change (W,) of a region's short-run real income, percent of GDP."""
    rows = payoffs.book.rows(draw, after), payoffs.book.rows(draw, before)
    return payoffs.flow(region, rows[0])[:, 0, 0] - payoffs.flow(region, rows[1])[:, 0, 0]
