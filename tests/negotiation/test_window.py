"""A window: meetings in a row, what is learnt between them, and two seats that can be exchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.negotiation.plays import cake
from tests.negotiation.shared import make, meet

from tariffsim.negotiation.bargaining import STRATEGIES, OfferStrategy
from tariffsim.negotiation.beliefs import posterior
from tariffsim.negotiation.meeting import Meeting, Outcome
from tariffsim.negotiation.protocols.alternating_offers import AlternatingOffers
from tariffsim.negotiation.protocols.monotonic_concession import MonotonicConcession
from tariffsim.negotiation.protocols.nash_demand import NashDemand
from tariffsim.negotiation.window import Window
from tariffsim.testing import sample_sight

OFFERS = 8
MOMENTS = np.linspace(0, 1, OFFERS + 1).tolist()
CERTAIN = sorted(name for name in STRATEGIES if not STRATEGIES.get(name).stochastic)
SYMMETRIC = [AlternatingOffers(), NashDemand(width=0.0), MonotonicConcession(who_concedes="strategies")]


def uniform(worlds: int, channel: str, k: int) -> np.ndarray:
    """Draws that differ by world, channel and offer but not by seat."""
    return (np.arange(worlds) * 0.37 + 0.11 * len(channel) + 0.21 * k) % 0.98 + 0.01


def random_meeting(worlds: int, first: int = 0, offers: int = OFFERS) -> Meeting:
    """A meeting on random tables in which each side is of one of three types for the other; nobody has spoken."""
    empty = np.zeros((worlds, 0), dtype=np.int64)
    sights = tuple(replace(sample_sight(worlds, seed), made=empty, heard=empty) for seed in (1, 2))
    return Meeting(
        strategies=(),
        sights=sights,
        times=np.repeat(np.linspace(0, 1, offers + 1)[None], worlds, axis=0),
        offers_left=np.repeat(np.arange(offers, 0, -1)[None], worlds, axis=0),
        first=(np.arange(worlds) + first) % 2,
        breakdown=0.2,
        history=meet([], [0.0, 1.0], worlds=worlds).history,
        uniform=lambda channel, k: uniform(worlds, channel, k),
    )


def window(whole: Meeting, size: int = 4) -> Window:
    return Window.of(whole, size, 1.0, 0.05)


def said(outcome: Outcome, world: int) -> list[tuple[int, int]]:
    """Packages and who proposed them."""
    package, mover = outcome.said.package[world], outcome.said.mover[world]
    return [(int(p), int(m)) for p, m in zip(package, mover, strict=True) if p >= 0]


@pytest.mark.parametrize("one", CERTAIN)
def test_exchanging_the_seats_under_a_symmetric_protocol_exchanges_what_happens(one: str) -> None:
    worlds, other = 6, "linear" if one == "boulware" else "boulware"
    whole = random_meeting(worlds)
    mirror = replace(whole, sights=whole.sights[::-1], first=1 - whole.first)
    strategies = (make(one, worlds), make(other, worlds))
    for protocol in SYMMETRIC:
        here, there = window(whole).play(protocol, strategies), window(mirror).play(protocol, strategies[::-1])
        assert here.package.tolist() == there.package.tolist(), protocol
        assert here.left.tolist() == np.where(there.left >= 0, 1 - there.left, -1).tolist(), protocol


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_world_k_of_a_batch_is_world_k_alone(name: str) -> None:
    worlds = 5
    whole, strategies = random_meeting(worlds), (make(name, worlds), make("tit_for_tat_relative", worlds))
    batch = window(whole).play(AlternatingOffers(), strategies)
    assert batch.said.package.max() >= 0
    for k in range(worlds):
        where = np.array([k])
        alone = window(whole.of(where)).play(AlternatingOffers(), tuple(s.of(where) for s in strategies))
        assert (alone.package[0], alone.left[0], said(alone, 0)) == (batch.package[k], batch.left[k], said(batch, k))


def test_a_window_of_one_meeting_is_that_meeting() -> None:
    worlds, strategies = 6, (make("boulware", 6), make("tit_for_tat_absolute", 6))
    whole = random_meeting(worlds)
    once = AlternatingOffers().run(replace(whole, strategies=strategies))
    played = window(whole, OFFERS).play(AlternatingOffers(), strategies)
    assert played.package.tolist() == once.package.tolist()
    assert [said(played, k) for k in range(worlds)] == [said(once, k) for k in range(worlds)]


def linear_pair() -> tuple[OfferStrategy, OfferStrategy]:
    return make("linear"), make("linear")


def test_meetings_cut_the_window_but_not_the_concession() -> None:
    # a cake of 8 pieces, both linear over 8 offers: who moves at k asks for 8 (1 - k / 8) = 8 - k, so 8, 7, 6, 5, 4.
    # At offer 3 the second keeps 5 and gives 3; the first would itself ask 4 next, so it refuses. At offer 4 the first
    # keeps 4 and gives 4; the second would ask 3 next and accepts. By package (pieces of the first): 8, 1, 6, 3, 4.
    # Who opens a meeting is who opened the first, so that meetings of an even number change nothing
    whole = meet([], MOMENTS, table=cake(8))
    for size in (2, 4, 8):
        outcome = window(whole, size).play(AlternatingOffers(), linear_pair())
        assert said(outcome, 0) == [(8, 0), (1, 1), (6, 0), (3, 1), (4, 0)], size
        assert outcome.package[0] == 4


def test_a_breakdown_ends_the_meeting_and_not_the_negotiation() -> None:
    # every refusal ends a meeting of 2 offers: heard are offers 0, 2, 4 of the play above, all of the first party
    whole = replace(meet([], MOMENTS, table=cake(8)), breakdown=1.0, uniform=lambda *_: np.array([0.5]))
    outcome = window(whole, 2).play(AlternatingOffers(), linear_pair())
    assert said(outcome, 0) == [(8, 0), (6, 0), (4, 0)]
    assert outcome.package[0] == 4


def test_who_walks_out_has_ended_the_negotiation() -> None:
    whole = meet([], MOMENTS, table=cake(8))
    # the second would itself ask 8 at offer 0, more than 7.5, and stays; at offer 1 it would ask 7, less than 7.5, and
    # asks 8 again; at offer 2 it would ask 6, and leaves
    content = replace(whole.sights[1], outside=np.array([7.5]))
    outcome = window(replace(whole, sights=(whole.sights[0], content)), 2).play(AlternatingOffers(), linear_pair())
    assert said(outcome, 0) == [(8, 0), (0, 1), (6, 0)]
    assert (outcome.left[0], outcome.package[0]) == (1, -1)


class Notebook(AlternatingOffers):
    """Alternating offers that write down what the parties believed when they sat down."""

    def run(self, meeting: Meeting) -> Outcome:
        NOTES.append(tuple(sight.belief.copy() for sight in meeting.sights))
        return super().run(meeting)


NOTES: list[tuple[np.ndarray, ...]] = []


def test_between_meetings_each_side_learns_from_what_the_other_offered() -> None:
    whole = replace(random_meeting(6), breakdown=0.0)
    NOTES.clear()
    outcome = window(whole, 2).play(Notebook(), (make("hardliner", 6), make("hardliner", 6)))
    again = np.flatnonzero(~outcome.agreed)  # who sits down again disagrees to the end
    assert len(again) > 2
    for side, (before, after) in enumerate(zip(*NOTES[:2], strict=True)):
        heard = np.array([[p for p, m in said(outcome, k)[:2] if m == 1 - side] for k in again.tolist()])
        assert heard.shape == (len(again), 1)
        expected = posterior(before[again], whole.sights[side].types[again], heard, 1.0, 0.05)
        assert after.tolist() == expected.tolist()
        assert np.abs(after - before[again]).max() > 1e-3
