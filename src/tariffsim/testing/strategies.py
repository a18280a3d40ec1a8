"""What an offer strategy keeps to."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, STRATEGIES, Flags, Index, OfferStrategy, TalkSight
from tariffsim.negotiation.each_world import BY_MOMENT, SAID
from tariffsim.testing.plugins import asked, built, check_array, check_declarations
from tariffsim.testing.samples import read_only, sample_sight

Said = tuple[Index, Flags]


def check_strategy(
    strategy: OfferStrategy | type[OfferStrategy] | str, *, worlds: int = 7, seed: int = 0, samples: int = 4
) -> None:
    """Raise AssertionError unless the strategy keeps its contract, on `samples` random sights of `worlds` worlds.

    Parameters: `strategy`, an object (its parameters numbers, uncertain, or arrays (worlds,)), a class or a registered
    name; the latter two get parameters drawn between the bounds of their `spec`, another one for every world.

    What is checked: it declares what it sees, whether chance plays a part, and its source; packages are int64, answers
    bool; asked twice it says the same, so that it has no memory, clock or generator of its own; it writes into nothing;
    it offers a package on the table or NO_OFFER, and neither offers nor accepts what is worth less to it than
    disagreement; world k of a batch is world k alone; what it doesn't declare in `sees` cannot matter, nor how far back
    empty memory reaches; who plans ahead says the same moment by moment, without a look at later ones.
    """
    plug: OfferStrategy = built(strategy, STRATEGIES, OfferStrategy, worlds, seed)
    check_declarations(plug, TalkSight)
    moments = 4 if plug.plans_ahead else 1
    for number in range(samples):
        rng = np.random.default_rng([seed, number])
        first, second = (int(n) for n in rng.integers(2**31, size=2))
        sight = sample_sight(worlds, first, moments=moments)
        elsewhere = sample_sight(worlds, second, moments=moments)
        offer = rng.integers(NO_OFFER, sight.own.shape[-1], size=(worlds, moments))
        offer.flags.writeable = False
        _check_answers(plug, sight, offer)
        said = _said(plug, sight, offer)
        _check_alone(plug, sight, offer, said)
        _check_unseen(plug, sight, elsewhere, offer, said)
        if plug.plans_ahead:
            _check_moments(plug, sight, offer, said)


def _check_answers(strategy: OfferStrategy, sight: TalkSight, offer: Index) -> None:
    """What is said has the right form, can be said, and is said again when asked again."""
    name = type(strategy).__name__
    offers = asked(f"{name}.propose", strategy.propose, sight)
    answers = asked(f"{name}.accepts", strategy.accepts, sight, offer)
    check_array(f"{name}.propose", offers, sight.time.shape, np.int64)
    check_array(f"{name}.accepts", answers, sight.time.shape, np.bool_)
    assert _same(_said(strategy, sight, offer), (offers, np.where(offer >= 0, answers, False))), (
        f"{name} says something else when asked twice: it must keep nothing, and read no clock and no generator of its "
        "own; what has been said is in `made` and `heard`, chance in `uniform`"
    )
    packages = sight.own.shape[-1]
    assert ((offers >= NO_OFFER) & (offers < packages)).all(), (
        f"{name} proposes {sorted(set(offers.ravel().tolist()))}: packages run from 0 to {packages - 1}, and NO_OFFER "
        f"is {NO_OFFER}"
    )
    _check_rational(f"{name} offers", sight, np.where(offers >= 0, offers, NO_OFFER))
    for package in range(packages):
        everywhere = np.full(sight.time.shape, package)
        accepted = asked(f"{name}.accepts", strategy.accepts, sight, everywhere)
        _check_rational(f"{name} accepts", sight, np.where(accepted, everywhere, NO_OFFER))


def _check_rational(label: str, sight: TalkSight, package: Index) -> None:
    value = np.where(package >= 0, np.take_along_axis(sight.own, np.maximum(package, 0), axis=-1), np.inf)
    for k, b in np.argwhere(value < sight.reservation[:, None]):
        raise AssertionError(
            f"{label} package {package[k, b]}, worth {value[k, b]:.3g} to it, which is less than its own reservation "
            f"value of {sight.reservation[k]:.3g}: compare with sight.reservation first"
        )


def _check_alone(strategy: OfferStrategy, sight: TalkSight, offer: Index, said: Said) -> None:
    name = type(strategy).__name__
    for k in range(len(offer)):
        where = np.array([k])
        alone = _said(strategy.of(where), read_only(sight.of(where)), offer[where])
        for verb, got, expected in zip(("offers", "answers"), alone, said, strict=True):
            assert (got[0] == expected[k]).all(), (
                f"in {name} world {k} alone {verb} {got[0].tolist()}, in a batch {expected[k].tolist()}: worlds must "
                "not mix; reduce along the last axis only, and reshape parameters to (-1, 1)"
            )


def _check_unseen(strategy: OfferStrategy, sight: TalkSight, elsewhere: TalkSight, offer: Index, said: Said) -> None:
    name = type(strategy).__name__
    for field in sorted({f.name for f in fields(TalkSight)} - set(strategy.sees)):
        for other in (getattr(elsewhere, field), _constant(getattr(sight, field))):
            unseen: Any = {field: other}
            assert _same(_said(strategy, read_only(replace(sight, **unseen)), offer), said), (
                f"{field} matters to {name}, but sees does not name it: add it there"
            )
    longer = {name: np.pad(getattr(sight, name), ((0, 0), (3, 0)), constant_values=-1) for name in SAID}
    assert _same(_said(strategy, read_only(replace(sight, **longer)), offer), said), (
        f"empty memory matters to {name}: entries of -1 in made and heard are no packages"
    )


def _check_moments(strategy: OfferStrategy, sight: TalkSight, offer: Index, said: Said) -> None:
    for b in range(offer.shape[1]):
        now = slice(b, b + 1)
        moment = read_only(replace(sight, **{name: getattr(sight, name)[:, now] for name in BY_MOMENT}))
        assert _same(_said(strategy, moment, offer[:, now]), (said[0][:, now], said[1][:, now])), (
            f"moments interfere in {type(strategy).__name__}: what it says at one must not depend on the others it is "
            "asked about at the same time"
        )


def _said(strategy: OfferStrategy, sight: TalkSight, offer: Index) -> Said:
    """Proposals and answers; the answer to no offer is ignored."""
    name = type(strategy).__name__
    answers = asked(f"{name}.accepts", strategy.accepts, sight, offer)
    return asked(f"{name}.propose", strategy.propose, sight), np.where(offer >= 0, answers, False)


def _constant(values: Array | Index) -> Array | Index:
    """Something else of the same shape and kind: no probabilities or packages need to make sense."""
    return np.zeros_like(values) if np.issubdtype(values.dtype, np.integer) else np.full_like(values, 0.123)


def _same(one: Said, two: Said) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
