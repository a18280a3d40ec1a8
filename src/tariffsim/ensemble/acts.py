"""Acts as data: what governments did in each world, in the columns of `data/facts/events.csv`.

The code book, with the rule for `signal`, stands in `data/SOURCES.md` under "Acts". An act is dated by the first day of
the tick in which it was done, as deals and breaches are; on one day talk comes before what is in force by its end.
Every row is read off the record of its own world, its levels net over the tick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tariffsim.data import load_facts, load_sources
from tariffsim.ensemble.findings import Findings
from tariffsim.ensemble.story import Flags, Index, Numbers, Rows, Story, Texts, Where, pick
from tariffsim.ensemble.variables import Values
from tariffsim.errors import ResultsError
from tariffsim.negotiation.letters import CONCEDE, HEDGE, HOLD
from tariffsim.negotiation.packages import level_table
from tariffsim.scenario.issues import ANY, IssueSpec

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "date",
    "end_date",
    "actor",
    "target",
    "kind",
    "signal",
    "instrument",
    "from_level",
    "to_level",
    "unit",
    "note",
    "source",
    "confidence",
)
DATES, LEVELS = ("date", "end_date"), ("from_level", "to_level")
WORTH = "percent of GDP x years"
TERMS = {  # by kind of issue: level, and by whom
    "addon": "{} (by {})",
    "layer": "special layer {} (by {})",
    "licence": "licences {}",
    "control": "control {}",
    "purchases": "purchases {} bn USD a year (by {})",
}


def acts_of(results: Findings, worlds: int | Iterable[int] | None = None) -> pd.DataFrame:
    """The acts of some worlds (default: all), one row each: `world` and the columns of `facts/events.csv`.

    Rows are in order of world, date and, within a day, of the code book. Dates are datetime64, levels are numbers (NaN
    where an act has none), the rest is text. Raises ResultsError for a world that isn't there.
    """
    import pandas as pd

    story = Story(results, _chosen(results, worlds))
    found = [rows for kind in KINDS for rows in kind(story)]
    at = [np.concatenate([rows.where[axis] for rows in found]) for axis in range(2)]
    rank = np.concatenate([np.full(len(rows.where[0]), k) for k, rows in enumerate(found)])
    order = np.lexsort((rank, at[1], at[0]))  # stable: what stands in one rank and tick keeps its order
    columns: dict[str, Values] = {"world": story.worlds[at[0]][order], "date": results.labels.dates[at[1]][order]}
    columns["end_date"] = np.full(len(order), np.datetime64("NaT", "ns"))
    common = {"source": f"simulated: {results.scenario.name}, seed {results.scenario.seed}", "confidence": "simulated"}
    for name in COLUMNS[2:]:
        empty = np.nan if name in LEVELS else common.get(name, "")
        columns[name] = np.concatenate([rows.column(name, empty) for rows in found])[order]
    texts = [name for name in COLUMNS if name not in DATES + LEVELS]
    return pd.DataFrame(columns).astype(dict.fromkeys(texts, "str"))  # said, for tables without a row


def load_events() -> pd.DataFrame:
    """The real record up to 9 June 2025, one row an act: `facts/events.csv` as `Results.acts` has it.

    The same columns and types (but no `world`), and of each row's source also `source_title`, `source_year` and
    `source_url`; where a row has two sources, they are separated by "; ".
    """
    import pandas as pd

    rows, sources = load_facts("events"), load_sources()
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in DATES:
        frame[name] = pd.to_datetime(frame[name].replace("", None)).astype("datetime64[ns]")
    for name in LEVELS:
        frame[name] = pd.to_numeric(frame[name])
    for key in ("title", "year", "url"):
        frame[f"source_{key}"] = ["; ".join(sources[name][key] for name in row["source"].split(";")) for row in rows]
    return frame


def _chosen(results: Findings, worlds: int | Iterable[int] | None) -> Index:
    """Numbers of the worlds asked for."""
    if worlds is None:
        return np.arange(results.worlds)
    asked = [worlds] if isinstance(worlds, int | np.integer) else list(worlds)
    for world in asked:
        if not 0 <= world < results.worlds:
            raise ResultsError(f"no world {world}: this result has worlds 0 to {results.worlds - 1}.")
    return np.array(asked, dtype=np.int64)


# ---------------------------------------------------------------------- at the table
def _rounds(story: Story) -> list[Rows]:
    where = np.nonzero(story.met)
    note = _worths(story, "disagreement", story.after("reservation")[where])
    cells = {"instrument": "meeting", "note": note}
    return [_joint(story, where, "round", "deescalate", cells)]


def _offers(story: Story) -> list[Rows]:
    """Offers and, with both parties as actors, the drafts of a mediator or of a meeting so far."""
    package = story.after("offer").astype(np.int64)
    where = np.nonzero(package >= 0)
    package, mover = package[where], story.after("offer_mover")[where].astype(np.int64)
    offered, own = level_table(story.results.scenario.talks.issues)[package], mover >= 0
    side = np.maximum(mover, 0)
    rows = np.arange(len(mover))
    addons = np.stack([story.before("addon")[..., column] for column in story.addon_columns], axis=-1)[where[:2]]
    gains = story.after("offer_value")[where] - story.after("reservation")[where[:2]]
    cells = {
        "actor": np.where(own, pick(story.parties, side), story.both),
        "target": np.where(own, pick(story.parties, 1 - side), ""),
        "kind": "offer",
        "signal": _direction(_concession(story, where, offered, side), own),
        "instrument": pick(_packages(story), package),
        "from_level": np.where(own, addons[rows, side], np.nan),
        "to_level": np.where(own, _addons(story, offered)[rows, side], np.nan),
        "unit": np.where(own, "percent_addon", ""),
        "note": _worths(story, "above disagreement", gains),
    }
    return [Rows(where[:2], cells)]


def _concession(story: Story, where: Where, offered: Numbers, side: Index) -> Numbers:
    """Changes (R, 3) that an offer makes to its mover's own add-on, withheld licences and control; negative: less."""
    talks, opening = story.results.scenario.talks, where[:2]
    addons = np.stack([story.before("addon")[..., column] for column in story.addon_columns], axis=-1)[opening]
    rows = np.arange(len(side))
    points = np.nan_to_num(_addons(story, offered)[rows, side] - addons[rows, side])
    changes = [points, np.zeros(len(side)), np.zeros(len(side))]
    for k, issue in enumerate(_issues(story)):
        if issue.kind == "licence":
            granted = _own(story.parties.index(talks.licence_owner), side, _licensed(story)[opening] - offered[:, k])
            changes[1] = np.minimum(granted, 0.0)
        elif issue.kind == "control":
            changes[2] = _own(_party(story, issue), side, offered[:, k] - _strictness(story, issue)[opening])
    return np.stack(changes, axis=-1)


def _issues(story: Story) -> list[IssueSpec]:
    """The issues in the order of a package's terms, but the truce length, which comes last."""
    return [issue for issue in story.results.scenario.talks.issues.values() if issue.kind != "truce_days"]


def _party(story: Story, issue: IssueSpec) -> int:
    return story.parties.index(str(issue.by))


def _addons(story: Story, offered: Numbers) -> Numbers:
    """Both parties' add-ons (R, 2) under terms (R, I + 1), special layers included; NaN where they are no issue."""
    found = np.full((len(offered), 2), np.nan)
    for k, issue in enumerate(_issues(story)):
        if issue.kind in ("addon", "layer"):
            side = _party(story, issue)
            found[:, side] = np.nan_to_num(found[:, side]) + offered[:, k]
    return found


def _own(owner: int, side: Index, change: Numbers) -> Numbers:
    """A change where the mover owns the instrument, else none."""
    return np.where(side == owner, change, 0.0)


def _direction(change: Numbers, own: Flags) -> Texts:
    """Signal of an offer: escalate if a barrier of the mover's own would rise and none fall, deescalate the reverse."""
    up, down = (change > 0).any(-1), (change < 0).any(-1)
    return np.select([own & up & ~down, own & down & ~up], ["escalate", "deescalate"], "neutral").astype(object)


def _licensed(story: Story) -> Numbers:
    """Least share (N, T) approved of the licences on the table, as each tick opened."""
    talks = story.results.scenario.talks
    inputs = {issue.input for issue in talks.of_kind("licence").values()}
    chosen = [
        k
        for k, supply in enumerate(story.supplies)
        if supply.licensed_to(talks.licence_owner, talks.licence_target) and inputs & {ANY, supply.input}
    ]
    if not chosen:  # what a control withholds
        return np.zeros(story.before("approved").shape[:2])
    least: Numbers = story.before("approved")[..., chosen].min(-1)
    return least


def _strictness(story: Story, issue: IssueSpec) -> Numbers:
    """Strictness (N, T) of a control on the table, 0 where there is none, as each tick opened."""
    name = f"{issue.by}>{issue.target}"
    controls = story.results.labels.control
    whole = story.before("strictness")
    return whole[..., controls.index(name)] if name in controls else np.zeros(whole.shape[:2])


def _words(story: Story) -> list[Rows]:
    """Public threats made, carried out and dropped, and walk-outs."""
    found = []
    for side, party in enumerate(story.parties):
        own = {"actor": party, "target": story.parties[1 - side]}
        threat = {**own, "kind": "threat", "unit": "percent_addon"}
        made, done, dropped = (
            np.nonzero(story.did(act)[..., side]) for act in ("threat", "threat_executed", "threat_dropped")
        )
        addon = story.after("addon")[..., story.addon_columns[side]]
        level = story.results.scenario.governments[party].threat
        words = {
            "signal": "escalate",
            "instrument": "if talks fail",
            "to_level": np.float64(np.nan if level is None else level),
        }
        found += [
            Rows(made, {**threat, **words}),
            Rows(done, {**threat, "signal": "escalate", "instrument": "carried out", "to_level": addon[done]}),
            Rows(dropped, {**threat, "signal": "deescalate", "instrument": "dropped", "to_level": addon[dropped]}),
            Rows(
                np.nonzero(story.after("walked_out") == side),
                {**own, "kind": "walkout", "signal": "escalate", "instrument": "leaves the talks for good"},
            ),
        ]
    return found


# ---------------------------------------------------------------------- from signature to snapback
def _signatures(story: Story) -> list[Rows]:
    """Deals signed, deals not ratified, truces in force."""
    signed, begun = np.nonzero(story.joint("deal")), np.nonzero(story.joint("force"))
    deal = {
        "instrument": pick(_packages(story), story.package[signed]),
        "note": _worths(story, "above disagreement", story.after("signed_gain")[signed]),
    }
    days = level_table(story.results.scenario.talks.issues)[story.package[begun], -1]
    truce = {"instrument": "truce in force", "to_level": days, "unit": "days"}
    failed = {
        "instrument": "not ratified",
        "note": pick(_packages(story), story.package[np.nonzero(story.joint("rejection"))]),
    }
    return [
        _joint(story, signed, "deal", "deescalate", deal),
        _joint(story, np.nonzero(story.joint("rejection")), "rejection", "neutral", failed),
        _joint(story, begun, "truce", "deescalate", truce),
    ]


def _endings(story: Story) -> list[Rows]:
    """Breaches called and cured, snapbacks, renewals and lapses."""
    owner = story.results.scenario.talks.licence_owner
    other = next(party for party in story.parties if party != owner)
    called, cured, back, renewed, over = (
        np.nonzero(story.joint(act)) for act in ("breach", "cure", "snapback", "renewal", "lapse")
    )
    unwilling = story.after("suspicion")[called]
    suspicion = np.array([f"probability that it is unwilling, not unable: {p:.2f}" for p in unwilling], dtype=object)
    breach = {"kind": "breach", "actor": other, "target": owner}
    days = np.float64(story.results.scenario.enforcement.renewal_days)
    return [
        Rows(called, {**breach, "signal": "escalate", "instrument": "breach called", "note": suspicion}),
        Rows(cured, {**breach, "signal": "deescalate", "instrument": "breach cured"}),
        _joint(story, back, "snapback", "escalate", {"instrument": "end of the truce"}),
        _joint(
            story, renewed, "renewal", "deescalate", {"instrument": "truce goes on", "to_level": days, "unit": "days"}
        ),
        _joint(story, over, "lapse", "escalate", {"instrument": "end of the truce"}),
    ]


# ---------------------------------------------------------------------- partners
def _answers(story: Story) -> list[Rows]:
    """What partners answered to letters: a deal with the sender, a deal with the third power, or a refusal."""
    partners, names = story.results.scenario.partners, story.results.labels.partner
    was, now = story.before("stance"), story.after("stance")
    found = []
    for k, name in enumerate(names):
        fresh = was[..., k] != now[..., k]
        conceded, hedged, held = (np.nonzero(fresh & (now[..., k] == stance)) for stance in (CONCEDE, HEDGE, HOLD))
        deal = {"kind": "deal", "signal": "deescalate", "target": ""}
        sender, third = f"{partners.sender};{name}", f"{name};{partners.hedge_with}"
        refusal = {"kind": "rejection", "signal": "neutral", "actor": name, "target": partners.sender}
        found += [
            Rows(conceded, {**deal, "actor": sender, "instrument": "concession to the letter"}),
            Rows(hedged, {**deal, "actor": third, "instrument": "mutual tariff cuts"}),
            Rows(held, {**refusal, "instrument": "no concession to the letter"}),
        ]
    return found


# ---------------------------------------------------------------------- barriers
def _tariffs(story: Story) -> list[Rows]:
    was, now = story.before("addon"), story.after("addon")
    where = np.nonzero(was != now)
    cells = {
        **_sides(story.results.labels.addon_pair, where[2]),
        "kind": "tariff",
        "instrument": "add-on tariff",
        "unit": "percent_addon",
        "note": np.where(np.isin(where[2], story.addon_columns), _cause(story)[where[:2]], ""),
    }
    return [Rows(where[:2], cells | _levels(was[where], now[where]))]


def _sides(names: tuple[str, ...], at: Index) -> dict[str, Texts]:
    """Actor and target of rows that concern the pair 'ACTOR>TARGET' at these positions."""
    halves = [name.split(">") for name in names]
    return {cell: pick([half[k] for half in halves], at) for k, cell in enumerate(("actor", "target"))}


def _cause(story: Story) -> Texts:
    """Why (N, T) the parties' add-ons moved, where it was the beginning or the end of a truce."""
    over = story.joint("snapback") | story.joint("lapse")
    return np.select([story.joint("force"), over], ["with the deal", "with the end of the truce"], "").astype(object)


def _controls(story: Story) -> list[Rows]:
    """Licences by input and buyer, and technology controls by target."""
    was, now = story.before("approved"), story.after("approved")
    licences = [k for k, supply in enumerate(story.supplies) if not supply.controlled]
    where = np.nonzero((was != now)[..., licences])
    at = np.array(licences, dtype=np.int64)[where[2]]
    kept = (*where[:2], at)
    licence = {
        "actor": pick([supply.owner for supply in story.supplies], at),
        "target": pick([supply.buyer for supply in story.supplies], at),
        "kind": "export_control",
        "instrument": pick([f"licences of {supply.input}" for supply in story.supplies], at),
        "unit": "licence_share",
    }
    return [Rows(where[:2], licence | _levels(was[kept], now[kept], barrier=-1)), *_technology(story)]


def _technology(story: Story) -> list[Rows]:
    was, now = story.before("strictness"), story.after("strictness")
    where = np.nonzero(was != now)
    cells = {
        **_sides(story.results.labels.control, where[2]),
        "kind": "export_control",
        "instrument": "technology control",
        "unit": "strictness",
    }
    return [Rows(where[:2], cells | _levels(was[where], now[where]))]


def _levels(was: Numbers, now: Numbers, barrier: int = 1) -> dict[str, Values]:
    """Both levels, and the signal: escalate where the barrier rises (`barrier` -1: a higher level is a lower one)."""
    rises = barrier * (now - was) > 0
    return {"from_level": was, "to_level": now, "signal": np.where(rises, "escalate", "deescalate").astype(object)}


# ---------------------------------------------------------------------- words
def _joint(story: Story, where: Where, kind: str, signal: str, cells: Mapping[str, object]) -> Rows:
    """An act of both parties together."""
    return Rows(where, {"actor": story.both, "target": "", "kind": kind, "signal": signal, **cells})


def _worths(story: Story, what: str, values: Values) -> Texts:
    """What something is worth to each party by its own belief (R, 2), in words."""
    one, two = story.parties
    texts = [f"{what}: {one} {a:+.4g}, {two} {b:+.4g} {WORTH}" for a, b in values.tolist()]
    return np.array(texts, dtype=object)


def _packages(story: Story) -> list[str]:
    """Every package of the table in words, in its order."""
    return [_terms(story, terms) for terms in level_table(story.results.scenario.talks.issues).tolist()]


def _terms(story: Story, terms: list[float]) -> str:
    issues = _issues(story)
    found = [(i.kind, TERMS[i.kind].format(f"{x:g}", i.by)) for i, x in zip(issues, terms[:-1], strict=True)]
    addons = [text for kind, text in found if kind == "addon"]
    told = [text for kind, text in found if kind != "addon"]
    charged = [f"add-ons {' and '.join(addons)}"] if addons else []
    lasting = [f"{terms[-1]:g} days"] if story.results.scenario.talks.of_kind("truce_days") else []
    return ", ".join([*charged, *told, *lasting])


# In the order in which acts of one day are listed.
KINDS: tuple[Callable[[Story], list[Rows]], ...] = (
    _rounds,
    _offers,
    _words,
    _signatures,
    _endings,
    _answers,
    _tariffs,
    _controls,
)
