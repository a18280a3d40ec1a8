"""Published results of bargaining theory beside ours, found by play, iteration or integration where that is possible.

python experiments/bargaining_theory/replicate.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.negotiation.theory.attrition import NOBODY, concession_hazard, expected_length, first_to_concede
from tariffsim.negotiation.theory.double_auction import (
    FIRST_BEST,
    gains_from_trade,
    linear_equilibrium,
    second_best_margin,
)
from tariffsim.negotiation.theory.finite_game import backward_induction
from tariffsim.negotiation.theory.rubinstein import (
    deadline_shares,
    outside_option_shares,
    patient_shares,
    proposer_shares,
    rotating_shares,
)
from tariffsim.negotiation.theory.zeuthen import zeuthen_path
from tariffsim.world.draws import Draws

WORLDS = 20_000
WEEK = 7 / 365.25
SECTIONS = "alternating offers", "war of attrition", "double auction", "Zeuthen"

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One result; `within` is the distance that is allowed, from the theorem, rounding, or four standard errors."""

    section: str
    what: str
    published: float
    ours: float
    within: float

    @property
    def met(self) -> bool:
        return abs(self.ours - self.published) <= self.within


def offers() -> Iterator[Row]:
    """Rubinstein 1982 and what followed."""
    name, (i, j) = SECTIONS[0], (0.9, 0.8)
    share = (1 - j) / (1 - i * j)
    yield Row(
        name, "first mover, discount .9 against .8: 5/7, by 400 offers", share, deadline_shares([i, j], 400)[0], 1e-9
    )
    fast = proposer_shares(np.exp(-1e-9 * np.array([0.1, 0.3])))[0]
    yield Row(name, "offers ever faster, rates .1 and .3: r_j/(r_i+r_j)", 0.3 / 0.4, fast, 1e-7)
    yield Row(name, "  the same, in closed form", 0.3 / 0.4, patient_shares([0.1, 0.3])[0], 1e-9)
    yield Row(name, "4 alike, refuser proposes, .9: 1/(1+3 d)", 1 / 3.7, proposer_shares([0.9] * 4)[0], 1e-9)
    yield Row(name, "4 alike, fixed turns, .9: 1/(1+d+d^2+d^3)", 1 / 3.439, rotating_shares([0.9] * 4)[0], 1e-9)
    split = proposer_shares([1.0, 1.0], 1e-9, [0.3, 0.1])[0]
    yield Row(name, "breakdown to .3 and .1: split the difference", 0.6, split, 1e-8)
    for option, published in ((0.28, share), (0.4, 0.6)):
        ours = outside_option_shares([i, j], [0.0, option])[0]
        yield Row(name, f"responder's outside option {option:g} against 2/7", published, ours, 1e-9)
    slices = np.stack([np.arange(1001.0), 1000 - np.arange(1001.0)], axis=-1)
    play = backward_induction(slices, [0.0, 0.0], [i, j], 101, 0)
    bound = 1 / (1 - i * j) / 1000
    yield Row(name, "  .9 against .8 on a table of 1001 packages", share, play.value[0, 0] / 1000, bound)


def wars(hazard: Array) -> tuple[Array, Array]:
    """Length of each world's war in years, drawn inside the tick and counted in whole weeks."""
    length, weeks, at_war, tick = np.empty(WORLDS), np.empty(WORLDS), np.arange(WORLDS), 0
    while len(at_war):
        draws = Draws(1, at_war)
        uniform = np.stack([draws.uniform(side, "attrition", tick) for side in ("first", "second")], axis=-1)
        ending = first_to_concede(uniform, hazard, WEEK)
        over = ending.who != NOBODY
        length[at_war[over]], weeks[at_war[over]] = tick * WEEK + ending.time[over], (tick + 1) * WEEK
        at_war, tick = at_war[~over], tick + 1
    return length, weeks


def attrition() -> Iterator[Row]:
    """Hazards from indifference, and the mean length of what is drawn with them."""
    name = SECTIONS[1]
    hazard = concession_hazard([0.7, 0.6], [0.4, 0.3], rate=[1.0, 2.0])
    yield Row(name, "Abreu-Gul hazard r_i (1-a_j)/(a_i+a_j-1): demands .7, .6", 1.0 * 0.4 / 0.3, hazard[1], 1e-9)
    length, weeks = wars(hazard)
    error = 4 * length.std() / np.sqrt(WORLDS)
    yield Row(name, f"mean length 1/(h_i+h_j), years, {WORLDS:,} wars", 1 / hazard.sum(), length.mean(), error)
    whole = float(expected_length(hazard, WEEK))
    yield Row(name, "  in whole weeks: dt/(1-exp(-(h_i+h_j) dt))", whole, weeks.mean(), error)


def auction() -> Iterator[Row]:
    """Chatterjee and Samuelson 1983, Myerson and Satterthwaite 1983."""
    name, rules = SECTIONS[2], linear_equilibrium()
    for side, rule, intercept in (("bid", rules.bid, 1 / 12), ("ask", rules.ask, 1 / 4)):
        yield Row(name, f"{side}: slope 2/3, by best replies", 2 / 3, rule.slope, 1e-6)
        yield Row(name, f"{side}: intercept {intercept:.4g}", intercept, rule.intercept, 1e-6)
    margin = (rules.ask.intercept - rules.bid.intercept) / rules.bid.slope
    yield Row(name, "efficiency 27/32", 0.84375, gains_from_trade(margin) / FIRST_BEST, 1e-6)
    best = gains_from_trade(second_best_margin()) / FIRST_BEST
    yield Row(name, "best mechanism, from virtual values", 0.84375, best, 1e-6)


def zeuthen() -> Iterator[Row]:
    """Harsanyi 1956: Zeuthen's talks end at Nash's solution."""
    u = np.random.default_rng(0).normal(size=(10_000, 60, 2))
    path = zeuthen_path(u, np.zeros(2))
    product = np.where((u >= 0).all(-1), u.prod(-1), -np.inf)
    reached = np.take_along_axis(product, path.package[:, None], axis=1)[:, 0]
    share = float((reached == product.max(-1)).mean())
    yield Row(SECTIONS[3], "share of 10,000 random tables ending at the Nash point", 1.0, share, 0.0)


def rows() -> list[Row]:
    """All results in order."""
    return [*offers(), *attrition(), *auction(), *zeuthen()]


def report() -> list[str]:
    """The table, line by line."""
    lines, section = [f"{'':60}{'published':>11}{'ours':>11}{'allowed':>10}"], ""
    for row in rows():
        if row.section != section:
            section = row.section
            lines.append(section)
        figures = f"{row.published:11.6f}{row.ours:11.6f}{row.within:10.1e}"
        lines.append(f"  {row.what:58}{figures}{'' if row.met else '  NOT MET'}")
    return lines


def main() -> int:
    """Print the table; exit code 1 if a result isn't met."""
    lines = report()
    print("\n".join(lines))
    return int(any(line.endswith("NOT MET") for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
