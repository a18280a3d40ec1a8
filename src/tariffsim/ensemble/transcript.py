"""One world told in dated lines, from its acts (`tariffsim.ensemble.acts`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tariffsim.ensemble.acts import acts_of
from tariffsim.ensemble.findings import Findings

BLANK = " " * len("2025-06-09")


def told(results: Findings, world: int) -> str:
    """The transcript of one world: a heading and a line an act, the date where it changes; raises ResultsError."""
    acts = acts_of(results, world)
    scenario = results.scenario
    lines = [f"{scenario.title}: world {world} of {results.worlds}, seed {scenario.seed}, from {scenario.start}"]
    last = ""
    for act in acts.to_dict("records"):
        date = act["date"].date().isoformat()
        lines.append(f"{BLANK if date == last else date}  {_line({str(name): cell for name, cell in act.items()})}")
        last = date
    return "\n".join(lines)


def _line(act: Mapping[str, Any]) -> str:
    """One act in words, with what its note adds."""
    words = SENTENCES[act["kind"]](act)
    return f"{words} ({act['note']})" if act["note"] else words


def _offer(act: Mapping[str, Any]) -> str:
    return f"{_who(act)} {'offers' if act['target'] else 'have a draft before them'}: {act['instrument']}"


def _deal(act: Mapping[str, Any]) -> str:
    return f"{_who(act)} agree: {act['instrument']}"


def _rejection(act: Mapping[str, Any]) -> str:
    if act["target"]:
        return f"{_who(act)} holds out against {act['target']}: {act['instrument']}"
    return f"The deal of {_who(act)} fails: {act['instrument']}"


def _truce(act: Mapping[str, Any]) -> str:
    known = act["to_level"] == act["to_level"]  # NaN where the record doesn't say
    return f"Truce between {_who(act)} in force" + (f" for {act['to_level']:g} days" if known else "")


def _breach(act: Mapping[str, Any]) -> str:
    if act["signal"] == "escalate":
        return f"{_who(act)} calls a breach by {act['target']}"
    return f"The breach by {act['target']} is cured"


def _threat(act: Mapping[str, Any]) -> str:
    if act["instrument"] == "if talks fail":
        return f"{_who(act)} threatens {act['target']} in public with {act['to_level']:g} points if talks fail"
    return f"{_who(act)}'s threat is {act['instrument']}: {act['to_level']:g} points on {act['target']}"


def _tariff(act: Mapping[str, Any]) -> str:
    verb = "raises" if act["signal"] == "escalate" else "lowers"
    return f"{_who(act)} {verb} its add-on on {act['target']} from {act['from_level']:g} to {act['to_level']:g} points"


def _control(act: Mapping[str, Any]) -> str:
    verb = "tightens" if act["signal"] == "escalate" else "eases"
    levels = f"{act['from_level']:.3g} to {act['to_level']:.3g} ({act['unit']})"
    return f"{_who(act)} {verb} {act['instrument']} for {act['target']} from {levels}"


def _who(act: Mapping[str, Any]) -> str:
    return " and ".join(act["actor"].split(";"))


SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "round": lambda act: f"{_who(act)} meet",
    "offer": _offer,
    "threat": _threat,
    "walkout": lambda act: f"{_who(act)} {act['instrument']}",
    "deal": _deal,
    "rejection": _rejection,
    "truce": _truce,
    "breach": _breach,
    "snapback": lambda act: f"The truce between {_who(act)} ends: old rates snap back",
    "renewal": lambda act: f"{_who(act)} renew their truce",
    "lapse": lambda act: f"The truce between {_who(act)} lapses",
    "tariff": _tariff,
    "export_control": _control,
}
