"""What a protocol keeps to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tariffsim.errors import TariffsimError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import STRATEGIES, Index, OfferStrategy
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol
from tariffsim.testing.plugins import asked, built, check_array, check_declarations
from tariffsim.testing.samples import MOST_OFFERS, read_only, sample_meeting

# Who plays where nobody is named: planners and those who answer, chance, more than two
PLAYERS = (
    ("boulware", "linear"),
    ("tit_for_tat_absolute", "conceder"),
    ("random", "micro"),
    ("boulware", "linear", "conceder"),
)


def check_protocol(
    protocol: Protocol | type[Protocol] | str,
    strategies: Sequence[OfferStrategy | type[OfferStrategy] | str] | None = None,
    *,
    worlds: int = 6,
    seed: int = 0,
) -> None:
    """Raise AssertionError unless the protocol keeps its contract when these strategies, one a party, play it.

    Parameters: `protocol` and each of the `strategies`, an object, a class or a registered name; the latter two get
    parameters drawn between the bounds of their `spec`. Without `strategies` four meetings of registered ones are
    played, one of them with three parties unless it raises a TariffsimError for so many.

    What is checked: it names its source and says whether anybody `meets`; asked twice the outcome is the same; it
    writes into nothing; packages and sides are int64 and exist; agreements are packages that nobody values below
    disagreement by its own belief; what was said is on record; world k of a batch is world k alone; a meeting of more
    offers agrees on the same where the shorter one agreed, so that nobody looks ahead; relabelling two parties and who
    opens relabels the outcome; all this where parties meet first and where they remember an earlier meeting.
    """
    rules: Protocol = built(protocol, PROTOCOLS, Protocol, worlds, seed)
    check_declarations(rules)
    assert isinstance(getattr(rules, "meets", None), bool), f"{type(rules).__name__}.meets must be True or False"
    for players in (strategies,) if strategies is not None else PLAYERS if rules.meets else PLAYERS[:1]:
        made = [built(s, STRATEGIES, OfferStrategy, worlds, seed + side) for side, s in enumerate(players)]
        meeting = sample_meeting(made, worlds, seed)
        if strategies is None and _is_for_two(rules, meeting):
            continue
        first = _valid(rules, meeting)
        history = read_only(first.said.forget(np.arange(0, worlds, 2)))  # the other worlds meet a second time
        outcome = _check_meeting(rules, replace(meeting, history=history))
        longer = replace(sample_meeting(made, worlds, seed, offers=MOST_OFFERS), history=history)
        _check_longer(rules, meeting, longer, outcome)


def _is_for_two(protocol: Protocol, meeting: Meeting) -> bool:
    """Whether it says by a TariffsimError that more than two parties are too many."""
    if meeting.parties == 2:
        return False
    try:
        protocol.run(meeting)
    except TariffsimError:
        return True
    return False


def _valid(protocol: Protocol, meeting: Meeting) -> Outcome:
    """The outcome of a meeting, if it is one that can be."""
    name = type(protocol).__name__
    outcome = _run(protocol, meeting)
    _check_form(name, meeting, outcome)
    _check_outcome(name, meeting, outcome)
    assert protocol.meets or not outcome.agreed.any(), f"{name} says that nobody meets, but somebody agrees"
    return outcome


def _check_meeting(protocol: Protocol, meeting: Meeting) -> Outcome:
    """What holds of any meeting, and its outcome."""
    name, outcome = type(protocol).__name__, _valid(protocol, meeting)
    again = _run(protocol, meeting)
    for k in range(meeting.worlds):
        _check_same(f"{name}, asked twice,", again, k, outcome, k)
        _check_same(f"{name}, world {k} alone and in a batch,", _run(protocol, _only(meeting, k)), 0, outcome, k)
    if meeting.parties == 2:
        _check_relabelled(protocol, meeting, outcome)
    return outcome


def _check_form(name: str, meeting: Meeting, outcome: Outcome) -> None:
    assert isinstance(outcome, Outcome), f"{name}.run must return an Outcome, got {type(outcome).__name__}"
    said, worlds = outcome.said, (meeting.worlds,)
    check_array(f"{name}.run, as agreed,", outcome.agreed, worlds, np.bool_)
    for field in ("package", "proposer", "left"):
        check_array(f"{name}.run, as {field},", getattr(outcome, field), worlds, np.int64)
    for field in ("package", "mover"):
        check_array(f"{name}.run, as said.{field},", getattr(said, field), (*worlds, said.package.shape[-1]), np.int64)
    packages = meeting.sights[0].own.shape[-1]
    for label, values, end in (
        ("package", outcome.package, packages),
        ("proposer", outcome.proposer, meeting.parties),
        ("left", outcome.left, meeting.parties),
        ("said.package", said.package, packages),
        ("said.mover", said.mover, meeting.parties),
    ):
        bad = values[(values < -1) | (values >= end)]
        assert not bad.size, f"{name}: {label} is {bad.tolist()}, allowed are -1 to {end - 1}"
    assert (np.diff((said.package >= 0).astype(int), axis=-1) >= 0).all(), (
        f"{name}: what was said must stand flush right; use History.add"
    )
    assert (said.mover[said.package < 0] == -1).all(), f"{name}: somebody is on record with an offer that is none"


def _check_outcome(name: str, meeting: Meeting, outcome: Outcome) -> None:
    agreed, package = outcome.agreed, outcome.package
    assert ((package >= 0) == agreed).all(), f"{name}: package must be -1 exactly where nothing was agreed"
    assert (outcome.proposer[~agreed] == -1).all(), f"{name}: proposer must be -1 where nothing was agreed"
    assert not (agreed & (outcome.left >= 0)).any(), f"{name}: somebody left a meeting that agreed"
    for side, sight in enumerate(meeting.sights):
        value = np.take_along_axis(sight.own, np.maximum(package, 0)[:, None], axis=1)[:, 0]
        worse = agreed & (value < sight.reservation)
        assert not worse.any(), (
            f"{name}: party {side} signs what it values below disagreement; ask everybody_accepts, or keep to packages "
            "that are rational for all"
        )
    by_side = agreed & (outcome.proposer >= 0)
    record = meeting.history.add(outcome.said.package, outcome.said.mover).package  # a letter may be an earlier one
    last = record[:, -1] if record.shape[-1] else np.full(meeting.worlds, -1)
    assert (last[by_side] == package[by_side]).all(), (
        f"{name}: what was accepted is not the last offer on record; add every offer to said"
    )


def _check_longer(protocol: Protocol, meeting: Meeting, longer: Meeting, outcome: Outcome) -> None:
    more = _run(protocol, longer)
    closed = outcome.agreed
    assert (more.agreed[closed] & (more.package[closed] == outcome.package[closed])).all(), (
        f"{type(protocol).__name__}: in a meeting of {longer.offers} offers something else is agreed in worlds that "
        f"agree within {meeting.offers}: it looks ahead, or goes on where it has closed"
    )


def _check_relabelled(protocol: Protocol, meeting: Meeting, outcome: Outcome) -> None:
    name = type(protocol).__name__
    swapped = _run(protocol, _swapped(meeting))
    assert (swapped.package == outcome.package).all(), f"{name}: relabelling the parties changes the agreement"
    for field in ("proposer", "left"):
        assert (_other(getattr(swapped, field)) == getattr(outcome, field)).all(), (
            f"{name}: relabelling the parties does not relabel {field}"
        )


def _run(protocol: Protocol, meeting: Meeting) -> Outcome:
    return asked(f"{type(protocol).__name__}.run", protocol.run, meeting)


def _only(meeting: Meeting, k: int) -> Meeting:
    """The meeting in one world, read-only as it was."""
    one = meeting.of(np.array([k]))
    sights = tuple(read_only(sight) for sight in one.sights)
    return replace(read_only(one), sights=sights, history=read_only(one.history))


def _swapped(meeting: Meeting) -> Meeting:
    """The same meeting with the two parties relabelled."""
    names = {"strategy/0": "strategy/1", "strategy/1": "strategy/0"}
    uniform: Callable[[str, int], Array] = meeting.uniform
    swapped = replace(
        meeting,
        strategies=meeting.strategies[::-1],
        sights=meeting.sights[::-1],
        first=1 - meeting.first,
        history=read_only(replace(meeting.history, mover=_other(meeting.history.mover))),
        uniform=lambda channel, k: uniform(names.get(channel, channel), k),
    )
    return read_only(swapped)


def _other(side: Index) -> Index:
    """The other of two sides; nobody stays nobody."""
    return np.where(side >= 0, 1 - side, side)


def _check_same(label: str, one: Outcome, i: int, two: Outcome, j: int) -> None:
    """World i of one outcome is world j of another."""
    for name in ("agreed", "package", "proposer", "left"):
        got, expected = getattr(one, name)[i], getattr(two, name)[j]
        assert got == expected, f"{label} has {name} = {got} and {expected}: it must depend on nothing but the meeting"
    for name in ("package", "mover"):
        said = [getattr(o.said, name)[k][o.said.package[k] >= 0].tolist() for o, k in ((one, i), (two, j))]
        assert said[0] == said[1], f"{label} has {name}s said {said[0]} and {said[1]}"
