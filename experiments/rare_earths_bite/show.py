"""Tables and figures of the study, from its CSV files.

python experiments/rare_earths_bite/show.py
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

Row = dict[str, str]

HERE = Path(__file__).resolve().parent
FORMS = (("market", "user"), ("market", "owner"), ("market", "split"), ("market", "lost"), ("quota", ""))
PRICES = ("none", "200", "30", "5")
RHOS = ("0.05", "0.1", "0.3")
LEVELS = ("low", "central", "high")
SECTORS = ("AUTO", "ELEC", "ELEQ", "MACH")
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#555555"  # Okabe and Ito


def read(folder: Path = HERE) -> dict[str, list[Row]]:
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as stream:
            tables[path.stem] = list(csv.DictReader(stream))
    return tables


def pick(rows: Iterable[Row], **keys: str) -> list[Row]:
    return [row for row in rows if all(row[key] == value for key, value in keys.items())]


# ---------------------------------------------------------------------- tables
def number(value: str, width: int = 8) -> str:
    """Three digits, right-aligned."""
    found = float(value)
    digits = 0 if abs(found) >= 99.5 else 1 if abs(found) >= 9.95 else 2
    return f"{found:{width}.{digits}f}"


def grid(cases: list[Row], column: str, region: str, horizon: str) -> list[str]:
    """One line for each form of rationing and receiver, backstops and rho across."""
    lines = []
    for rationing, rent in FORMS:
        found = pick(cases, horizon=horizon, rationing=rationing, rent=rent, region=region)
        across = [pick(found, backstop=price, rho=rho)[0] for price in PRICES for rho in RHOS]
        lines.append(f"{rationing:7}{rent:7}" + "".join(number(row[column]) for row in across))
    return lines


def head(title: str) -> list[str]:
    prices = "".join(f"{'no backstop' if p == 'none' else f'backstop {p}':>24}" for p in PRICES)
    return ["", title, " " * 14 + prices, f"{'rho':>13} " + "".join(f"{float(rho):8g}" for _ in PRICES for rho in RHOS)]


def income_tables(cases: list[Row]) -> list[str]:
    lines = []
    for horizon, regions in (("short", ("USA", "EU", "KOR", "JPN", "CHN")), ("long", ("USA",))):
        for region in regions:
            title = f"{region}: real income once stocks are out, basis points ({horizon} run)"
            lines += head(title) + grid(cases, "real_income_bp", region, horizon)
    return lines


def market_tables(cases: list[Row]) -> list[str]:
    lines = []
    for region in ("USA", "EU"):
        found = pick(cases, horizon="short", rationing="market", rent="user", region=region)
        lines += head(f"{region}: price of magnets (times normal) and rent (billion USD a year), rents to users")
        for title, column in (("price", "price"), ("rent", "rent_paid_bn")):
            across = [pick(found, backstop=price, rho=rho)[0] for price in PRICES for rho in RHOS]
            lines.append(f"{title:14}" + "".join(number(row[column]) for row in across))
    return lines


def sector_tables(cases: list[Row]) -> list[str]:
    lines = ["", "Output of sectors once stocks are out, percent (short run, rho .1)"]
    lines.append(f"{'':33}" + "".join(f"{sector:>8}" for sector in SECTORS))
    for region, (rationing, rent), price in itertools.product(("USA", "EU", "KOR", "CHN"), FORMS[::4], PRICES):
        keys = {"horizon": "short", "rationing": rationing, "rent": rent, "rho": "0.1", "backstop": price}
        row = pick(cases, region=region, **keys)[0]
        title = f"{region:5}{rationing:8}{rent:6}backstop {price}"
        lines.append(f"{title:33}" + "".join(number(row[f"{sector}_percent"]) for sector in SECTORS))
    return lines


def quarter_table(cases: list[Row]) -> list[str]:
    lines = [
        "",
        "Mean of the three months, basis points of that quarter's real income (short run, rho .1, rents to users)",
    ]
    lines.append(f"{'stock':20}" + "".join(f"{level:>8}" for _ in PRICES for level in LEVELS))
    lines.append(f"{'':20}" + "".join(f"{'no backstop' if p == 'none' else f'backstop {p}':>24}" for p in PRICES))
    for region, (rationing, rent) in itertools.product(("USA", "EU", "KOR", "JPN"), FORMS[::4]):
        found = pick(cases, horizon="short", rationing=rationing, rent=rent, rho="0.1", region=region)
        across = [pick(found, backstop=price)[0][f"quarter_{level}_stock_bp"] for price in PRICES for level in LEVELS]
        lines.append(f"{region:8}{rationing:12}" + "".join(number(value) for value in across))
    return lines


def plain(title: str, rows: Sequence[Row], texts: Sequence[str]) -> list[str]:
    """A table as it is, columns `texts` as text."""
    columns = list(rows[0])
    widths = [max(len(c), *(len(row[c]) for row in rows)) + 2 for c in columns]

    def line(cells: Iterable[str]) -> str:
        told_cells = zip(columns, cells, widths, strict=True)
        return "".join(f"{cell:{w}}" if c in texts else f"{cell:>{w}}" for c, cell, w in told_cells).rstrip()

    return ["", title, line(columns), *(line(row.values()) for row in rows)]


def without(rows: Iterable[Row], *columns: str) -> list[Row]:
    return [{key: value for key, value in row.items() if key not in columns} for row in rows]


def report(tables: dict[str, list[Row]]) -> list[str]:
    """The tables of the README."""
    cases, keys = tables["cases"], ("horizon", "rho", "backstop")
    leverage = without(tables["leverage"], *keys, "own_cost_bn_low_margin", "own_cost_bn_high_margin")
    return [
        *income_tables(cases),
        *plain("Months from the cut until stocks are out", tables["stock_out"], ("region",)),
        *quarter_table(cases),
        *market_tables(cases),
        *plain("European oxide prices against the quotation of early April", tables["price_facts"], ("oxide", "date")),
        *plain("rho that turns a shortage in the EU into prices of x3 and x6", tables["implied_rho"], ()),
        *sector_tables(cases),
        *plain(
            "By cost share: real income once stocks are out, basis points (short run, rho .1, rents to users)",
            tables["cost_share"],
            ("backstop", "cost_share"),
        ),
        *plain(
            "Owner and targets, billion USD a year (rho .1, backstop 30)", leverage, ("rationing", "rent", "target")
        ),
        *plain(
            "Without the node: wedges on whole sectors of Chinese exports, real income in basis points",
            tables["sector_level"],
            ("horizon", "policy"),
        ),
        *plain(
            "Who is cut (no backstop): price in the USA, its real income in basis points",
            tables["specification"],
            ("horizon", "cut", "rent"),
        ),
    ][1:]


# ---------------------------------------------------------------------- figures
def prices(tables: dict[str, list[Row]]) -> Figure:
    """EU price by week for each backstop, central and low stocks, with the quotations."""
    figure, panels = plt.subplots(1, 2, figsize=(9.0, 4.2), sharey=True, layout="constrained")
    styles = dict(zip(PRICES, ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (RED, ":")), strict=True))
    for axes, stock in zip(panels, ("central", "low"), strict=True):
        for price, (colour, line) in styles.items():
            rows = pick(tables["weeks"], stock=stock, backstop=price, region="EU")
            weeks, values = [int(row["week"]) - 0.5 for row in rows], [float(row["price"]) for row in rows]
            title = "no backstop" if price == "none" else f"backstop {price}"
            axes.step(weeks, values, where="mid", color=colour, linestyle=line, linewidth=2, label=title)
        for oxide, marker in (("Dy", "o"), ("Tb", "s"), ("Y", "^")):
            quotes = pick(tables["price_facts"], oxide=oxide)
            at, times = [float(row["weeks"]) for row in quotes], [float(row["times"]) for row in quotes]
            axes.plot(at, times, marker, color="black", markersize=7, label=f"{oxide} oxide, Europe")
        axes.set(yscale="log", xlabel="weeks since 4 April 2025", title=f"{stock} stock", xlim=(0, 13))
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("price, times normal")
    panels[1].legend(fontsize=8, loc="upper left")
    title = "Quoted oxide prices rose x3 to x6: early for central stocks, far below a shortage without backstop"
    figure.suptitle(title, fontsize=11)
    return figure


def losses(tables: dict[str, list[Row]]) -> Figure:
    """Loss of the USA and the EU once stocks are out, by backstop, rho and receiver."""
    figure, panels = plt.subplots(2, 1, figsize=(9.0, 6.4), sharex=True, layout="constrained")
    looks = dict(zip(FORMS, ((BLUE, "o"), (RED, "s"), (ORANGE, "D"), (GREY, "x"), (GREEN, "^")), strict=True))
    places = [(price, rho) for price in PRICES for rho in RHOS]
    at = [k + k // 3 for k in range(len(places))]
    for axes, region in zip(panels, ("USA", "EU"), strict=True):
        for shift, ((rationing, rent), (colour, marker)) in enumerate(looks.items()):
            found = pick(tables["cases"], horizon="short", region=region, rationing=rationing, rent=rent)
            values = [-float(pick(found, backstop=p, rho=r)[0]["real_income_bp"]) for p, r in places]
            title = f"market, rents {rent}" if rent else "quota"
            axes.plot([x + 0.14 * (shift - 2) for x in at], values, marker, color=colour, markersize=6, label=title)
        axes.set(yscale="log", ylabel=f"{region}: loss, basis points")
        axes.grid(axis="y", alpha=0.3)
    panels[0].legend(fontsize=8, loc="upper right")
    labels = [f"{rho}\n" + f"backstop {price}" * (k % 3 == 1) for k, (price, rho) in enumerate(places)]
    panels[1].set_xticks(at, labels)
    panels[1].set_xlabel("rho, in groups by backstop price (times normal)")
    figure.suptitle("Once stocks are out, backstop and rho decide what the cut costs; who gets the rents comes third")
    return figure


def stocks(tables: dict[str, list[Row]]) -> Figure:
    """Mean loss of the three months by stock."""
    figure, axes = plt.subplots(figsize=(7.0, 3.8), layout="constrained")
    keys = {"horizon": "short", "rationing": "market", "rent": "user", "rho": "0.1", "backstop": "30"}
    for k, (level, colour, hatch) in enumerate(zip(LEVELS, (RED, ORANGE, BLUE), ("", "//", ".."), strict=True)):
        for x, region in enumerate(("USA", "EU", "KOR")):
            change = float(pick(tables["cases"], region=region, **keys)[0][f"quarter_{level}_stock_bp"])
            loss = abs(change)  # none gains here
            months = {"low": 1, "central": 2, "high": 4}[level]
            title = f"{level} stock, {months} month" + "s" * (months > 1)
            bar = axes.bar(x + 0.27 * (k - 1), loss, 0.25, color=colour, hatch=hatch, edgecolor="white", label=title)
            axes.bar_label(bar, [f"{loss:.1f}"], fontsize=9)
            if x == 0:
                axes.legend(fontsize=9)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::3], labels[::3], fontsize=9, loc="upper left")
    axes.set_xticks(range(3), ["USA", "EU", "KOR"])
    axes.set_ylabel("loss over three months,\nbasis points of real income")
    axes.set_title("Three months hurt by what stocks do not cover (rho .1, backstop 30)", fontsize=11)
    return figure


def visibility(tables: dict[str, list[Row]]) -> Figure:
    """The same cut without the node."""
    figure, axes = plt.subplots(figsize=(8.0, 3.6), layout="constrained")
    sector = {row["policy"]: row["USA_bp"] for row in pick(tables["sector_level"], horizon="short")}
    node = pick(tables["cases"], horizon="short", rationing="market", rent="user", rho="0.1", region="USA")
    bars = [
        (
            f"node, {'no backstop' if p == 'none' else f'backstop {p}'}",
            pick(node, backstop=p)[0]["real_income_bp"],
            BLUE,
        )
        for p in ("none", "30")
    ]
    bars += [(title, sector[title], ORANGE) for title in sector if "USA" not in title and "FABM" not in title][::-1]
    for k, (_, change, colour) in enumerate(reversed(bars)):
        bar = axes.barh(k, -float(change), color=colour, height=0.6)
        axes.bar_label(bar, [f" {-float(change):.3g}"], fontsize=9)
    axes.set_yticks(range(len(bars)), [title for title, *_ in reversed(bars)], fontsize=9)
    axes.set(xscale="log", xlim=(1e-3, 1e3), xlabel="loss of the USA, basis points of real income (log scale)")
    title = "At sector level the cut disappears: 0.004 basis points for the USA against 4 to 135 with the node"
    figure.suptitle(title, fontsize=11)
    return figure


def main() -> None:
    tables = read()
    print("\n".join(report(tables)))
    plt.rcParams.update({"svg.hashsalt": "rare earths", "svg.fonttype": "path"})
    for draw in (prices, losses, stocks, visibility):
        draw(tables).savefig(HERE / f"{draw.__name__}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
