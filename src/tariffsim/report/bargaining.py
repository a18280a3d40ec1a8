"""Tables of a report about the bargaining: what no deal is worth, what the deals are like, why talks fail."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tariffsim.report.answer import Summary
from tariffsim.report.html import paragraph, table
from tariffsim.report.view import Array, View, called, spoken
from tariffsim.report.words import DASH, NBSP, counted, listed, number, percent, signed

CAUSES = {
    "private_information": "each side knew the other's private traits",
    "commitment": "a deal in force could not be broken or left",
    "ratification": "nobody had to win a vote",
    "deadline": "talks could go on past their deadline",
}
CONCEPTS = {
    "nash": "Nash solution",
    "kalai_smorodinsky": "Kalai-Smorodinsky solution",
    "egalitarian": "egalitarian solution",
    "utilitarian": "utilitarian solution",
    "front": "Pareto front",
}
Flags = npt.NDArray[np.bool_]
UNIT = "percent of GDP x years"
MEANING = (
    "Reciprocity gap: what the deal adds to imports less what it adds to exports, at world prices from before and in "
    "the long run; zero under reciprocity, above zero where prices move in the party's favour. MFN violation: how far "
    "tariffs under the deal exceed those on the most favoured supplier of each good. Win-set: packages worth no less "
    f"than disagreement; at home, as likely to be ratified as not ({DASH}: no vote)."
)


def disagreement_tables(view: View) -> str:
    """D of both sides at three depths, the war path behind them, and the cooperative deal over each."""
    depths = view.dataset["depth"].to_numpy()
    values = view.dataset["disagreement"].to_numpy()
    if np.isnan(values).all():
        return paragraph("Nobody meets under this protocol: nothing is weighed against disagreement.")
    rows = [
        [
            called(party),
            *(signed(float(np.median(values[:, k, m])), 3) for m in range(len(depths))),
            _moved(values[:, k]),
        ]
        for k, party in enumerate(view.parties)
    ]
    header = ["no deal, median", *(f"m = {m}" for m in depths), "largest step"]
    caption = f"What disagreement is worth at the opening, {UNIT}, if talks that resume are foreseen m deep"
    return table(header, rows, caption) + paragraph(_war(view), "note") + _nash(view)


def _moved(values: Array) -> str:
    """Median over worlds of the largest change from one depth to the next."""
    return number(float(np.median(np.abs(np.diff(values, axis=-1)).max(-1))), 3)


def _war(view: View) -> str:
    path = view.dataset["war_addon"].to_numpy()
    told = []
    for k, party in enumerate(view.parties):
        start, end = (float(np.median(path[:, t, k])) for t in (0, -1))
        told.append(f"{spoken(party)} {number(start)} points in the first week and {number(end)} in the last")
    weeks = path.shape[1] - 1
    return f"Behind it stands the war path of {weeks} ticks that both escalation rules would walk: {listed(told)}."


def _nash(view: View) -> str:
    terms = view.dataset["nash_terms"].to_numpy()
    names, depths = view.dataset["term"].to_numpy(), view.dataset["depth"].to_numpy()
    rows = []
    for m, depth in enumerate(depths):
        there = ~np.isnan(terms[:, m, 0])
        cells = [number(float(np.median(terms[there, m, k])), 2) if there.any() else DASH for k in range(len(names))]
        rows.append([f"m = {depth}", *cells, percent(float(there.mean()))])
    header = ["over disagreement of depth", *(str(n).replace("_", " ") for n in names), "worlds with a solution"]
    return table(header, rows, "How the cooperative deal moves with it: median terms of the Nash bargaining solution")


def quality_tables(view: View) -> str:
    """Distance of first deals from the solutions of bargaining theory, linkage, and whether they keep themselves."""
    signed_ = view.happened("deal")
    if not signed_.any():
        return ""
    grid, frontier = (view.dataset[name].to_numpy()[signed_] for name in ("deal_distance", "frontier_distance"))
    names = [str(n) for n in view.dataset["concept"].to_numpy()]
    shown = {**CONCEPTS, "efficiency": "share of the largest joint gain"}
    rows = [[words, *(_median(x[:, names.index(key)], 2) for x in (grid, frontier))] for key, words in shown.items()]
    header = ["first deals against the", "median distance, packages on the table", "over lotteries of them"]
    far = table(header, rows, "How good the deals are, in ideal gains of each side")
    kept = _keeping(view, signed_) + _sustainable(view, signed_)
    return far + _pillars(view, signed_) + kept + paragraph(_rational(view, signed_), "note")


def _pillars(view: View, signed_: Flags) -> str:
    """Reciprocity, MFN treatment and win-sets, with what they mean."""
    rows = []
    for k, party in enumerate(view.parties):
        gap, excess, change, wanted, home = (
            view.dataset[name].to_numpy()[signed_, k]
            for name in ("reciprocity_gap", "mfn_excess", "mfn_change", "win_set", "home_win_set")
        )
        moved = signed(float(np.median(change)), 2)
        cells = [signed(float(np.median(gap)), 3), _median(excess, 2), moved, _median(100 * wanted, 1)]
        rows.append([called(party), *cells, _median(100 * home, 1)])
    header = [
        "party",
        "reciprocity gap, % of GDP",
        "MFN violation, points",
        "change of it by the deal",
        "packages in its win-set, %",
        "in that of its groups at home, %",
    ]
    zone = _median(100 * view.dataset["agreement_zone"].to_numpy()[signed_], 1)
    caption = "First deals by the two pillars of GATT, and win-sets: medians"
    note = f"Both parties would accept {zone}{NBSP}% of the packages. {MEANING}"
    return table(header, rows, caption) + paragraph(note, "note")


def _keeping(view: View, signed_: Flags) -> str:
    lag = view.dataset["detection_lag"].to_numpy()[signed_]
    rows = []
    for k, party in enumerate(view.parties):
        rate, noisy, factor, length, linked, own = (
            view.dataset[name].to_numpy()[signed_, k]
            for name in ("critical_rate", "noisy_rate", "critical_discount", "punishment", "linkage_gain", "discount")
        )
        kept = percent(float((own <= rate).mean()))
        cells = [_median(rate, 1), _median(noisy, 1), _median(factor, 3), kept, _median(length, 2), _median(linked, 3)]
        rows.append([called(party), *cells])
    header = [
        "party",
        "keeps the deal up to a discount rate of (per year)",
        "the same, seen through noise",
        "or from a factor per lag of",
        "deals it keeps by itself",
        "lags of war that are enough",
        f"gain from linking the issues, {UNIT}",
    ]
    return table(
        header, rows, f"Self-enforcement at the lag of detection, median {number(365.25 * float(np.median(lag)))} days"
    )


def _sustainable(view: View, signed_: Flags) -> str:
    """The most cooperative terms that keep themselves, beside those of the deals."""
    names = [str(n) for n in view.dataset["term"].to_numpy()][:-1]  # kept for good: no truce length
    best, agreed = (view.dataset[name].to_numpy()[signed_] for name in ("sustainable_terms", "deal_terms"))
    share, length = (view.dataset[name].to_numpy()[signed_] for name in ("sustained", "sustainable_punishment"))
    rows = [
        [label, *(_median(terms[:, k], 2) for k in range(len(names)))]
        for label, terms in (("first deals", agreed), ("most cooperative terms that keep themselves", best))
    ]
    lags = [f"{_median(length[:, k], 2)} for {spoken(party)}" for k, party in enumerate(view.parties)]
    return table(
        ["median terms", *(name.replace("_", " ") for name in names)],
        rows,
        "What would keep itself at the parties' own discount rates and the lag of detection",
    ) + paragraph(
        f"Of the terms on the table {_median(100 * share, 1)}{NBSP}% would be kept by both for fear of war. The most "
        "cooperative of them bring the largest joint gain over war; lags of war that are enough to keep them: "
        f"{listed(lags)}.",
        "note",
    )


def _rational(view: View, signed_: Flags) -> str:
    gains = view.dataset["signed_gain"].to_numpy()[signed_]
    worse = int((gains < 0).any(-1).sum())
    if worse == 0:
        return "Every deal was worth no less than disagreement to both parties by the beliefs they held."
    return f"Flagged: {counted(worse, 'deal')} worth less than disagreement to a party by the beliefs it held."


def failure_table(summary: Summary) -> str:
    """How often talks fail, and what would have restored agreement in the same worlds."""
    failure = summary.row("failure")
    often = percent(failure["probability"])
    share = f"Talks fail in {often} of the worlds: no deal comes into force, or the parties end at war."
    found = summary.rows("restored_without")
    if not found:
        return paragraph(share)
    rows = [
        [
            CAUSES[row["item"]],
            percent(row["probability"]),
            f"{number(100 * row['low'])} to {number(100 * row['high'])}{NBSP}%",
        ]
        for row in found
    ]
    header = ["agreement would hold if", "share of failures", "95 % interval"]
    caption = f"Why talks fail: {counted(int(found[0]['n']), 'failed world')} played again with one cause removed"
    return paragraph(share) + table(header, rows, caption)


def _median(values: Array, digits: int) -> str:
    known = values[~np.isnan(values)]
    if not len(known):
        return DASH
    middle = float(np.median(known))
    return "\u221e" if np.isinf(middle) else number(middle, digits)
