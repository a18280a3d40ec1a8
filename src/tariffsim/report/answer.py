"""The answer in three sentences: every word of it follows from the summary table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tariffsim.report.charts.welfare import income_bands
from tariffsim.report.view import View, spoken
from tariffsim.report.words import NBSP, between, capital, counted, date, listed, number, percent, signed

if TYPE_CHECKING:
    import pandas as pd

EVENTS = {
    "deal": "a deal is signed",
    "rejection": "a signed deal is not ratified",
    "breach": "a breach is called",
    "snapback": "old tariffs snap back",
    "lapse": "a truce runs out",
    "renewal": "a truce is renewed",
}


@dataclass(frozen=True)
class Summary:
    """Look-up in the summary table of results."""

    frame: pd.DataFrame

    def rows(self, quantity: str, **words: str) -> list[dict[str, Any]]:
        """Rows of a quantity that have these words."""
        chosen = self.frame[self.frame["quantity"] == quantity]
        for key, word in words.items():
            chosen = chosen[chosen[key] == word]
        return [{str(key): value for key, value in row.items()} for row in chosen.to_dict("records")]

    def row(self, quantity: str, **words: str) -> dict[str, Any]:
        """The last of these rows: the one of the last date, where there are several."""
        return self.rows(quantity, **words)[-1]


def sentences(view: View, summary: Summary) -> list[str]:
    """Whether there is a deal, what becomes of tariffs, who pays."""
    return [_deal(view, summary), _tariffs(view, summary), _incomes(view, summary)]


def interval(row: dict[str, Any]) -> str:
    """'95 % interval 74 to 92 %'."""
    return f"95{NBSP}% interval {between(100 * row['low'], 100 * row['high'])}{NBSP}%"


def _deal(view: View, summary: Summary) -> str:
    row, breach, back = (summary.row(name) for name in ("deal", "breach", "snapback"))
    names, end = listed([spoken(party) for party in view.parties]), date(view.end)
    worlds = counted(view.worlds, "simulated world")
    if row["probability"] == 0:
        deal = f"{capital(names)} sign no deal by {end} in any of {worlds} ({interval(row)})"
    else:
        share = f"In {percent(row['probability'])} of {worlds} {names} sign a deal by {end} ({interval(row)})"
        deal = f"{share}, half of those by {_middle(view)}"
    calls, breaks = _in_worlds(breach["probability"]), _in_worlds(back["probability"])
    return f"{deal}; a breach is called in {calls}, and old tariffs snap back in {breaks}."


def _middle(view: View) -> str:
    days = np.sort(view.event_dates("deal")[view.happened("deal")])
    middle: dt.date = days[(len(days) - 1) // 2].item()
    return date(middle)


def _tariffs(view: View, summary: Summary) -> str:
    a, b = view.parties
    told = []
    for importer, exporter in ((a, b), (b, a)):
        row = summary.row("addon", subject=importer, partner=exporter)
        opening = float(np.median(view.rate("addon", importer, exporter)[:, 0]))
        band = _worlds(between(row["q10"], row["q90"]))
        verb = "ends where it began, at" if opening == row["median"] else f"moves from {number(opening)} to"
        told.append(f"of {spoken(importer)} on {spoken(exporter)} {verb} {number(row['median'])} points ({band})")
    return f"In the median world the add-on tariff {told[0]}, and that {told[1]}."


def _incomes(view: View, summary: Summary) -> str:
    rows = {c: summary.row("real_income", subject=c, horizon="short") for c in view.countries}
    told = listed([f"{_change(rows[c])} in {spoken(c)} ({_band(rows[c])})" for c in view.parties])
    worst = min(rows, key=lambda c: float(rows[c]["median"]))
    verb = "loses most" if rows[worst]["median"] < 0 else "gains least"
    tail = f"of all {len(rows)} countries and regions, {spoken(worst)} {verb} ({_change(rows[worst])})"
    reference = date(view.scenario.reference_date)
    return f"Against the policy of {reference}, median real income in the first years changes by {told}; {tail}."


def _change(row: dict[str, Any]) -> str:
    return f"{signed(row['median'])}{NBSP}%"


def _band(row: dict[str, Any]) -> str:
    return _worlds(between(row["q10"], row["q90"], 2, sign=True))


def _worlds(band: str) -> str:
    """'80 % of worlds: 10 to 54'; 'at least' if all of the band is one number."""
    return f"{'' if ' to ' in band else 'at least '}80{NBSP}% of worlds: {band}"


def _in_worlds(share: float) -> str:
    return "none" if share == 0 else percent(share)


def opening_sentence(view: View) -> str:
    """Who gains and who loses from what happens after the opening."""
    bands = income_bands(view, "short", opening=True)
    told = listed([f"{spoken(c)} {signed(float(bands[c][1]))}{NBSP}%" for c in view.deciders])
    return f"Against the policy on the first day instead, the median change in the first years is: {told}."
