"""Do rare earths bite? Chinese magnet licences at 10 % for three months, in both forms of rationing.

python experiments/rare_earths_bite/study.py    solves everything, writes CSV files beside itself (half a minute)
python experiments/rare_earths_bite/show.py     prints the tables of README.md from them and draws the figures
"""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tariffsim.data import load_facts
from tariffsim.economy import Economy, Wedges, solve
from tariffsim.economy.chokepoints import ChokepointReport, chokepoint_report
from tariffsim.economy.critical_data import LEVELS, Range
from tariffsim.economy.horizons import short_run
from tariffsim.economy.loading import load_critical_inputs, load_economy, load_nodes
from tariffsim.economy.supply_path import Layer, SupplyPath, simulate_supply
from tariffsim.instruments.schedule import load_schedule

Array = np.ndarray
Row = dict[str, str]

HERE = Path(__file__).resolve().parent
INPUT, OWNER = "rare_earth_magnets", "CHN"
LICENCE = 0.1  # what China approves of normal exports to everybody
WEEKS, WEEK = 13, 3 / 13  # three months; months a week
RHOS = (0.05, 0.1, 0.3)
BACKSTOPS = (5.0, 30.0, 200.0, np.inf)  # the scenario's median 30 and its 80 % range
RENTS = ("user", "owner", "split", "lost")
THETAS = {"short": 1.0, "long": None}  # goods; the middle of the scenario's .75-1.25, and the sectors' own (U4)
REGIONS = ("USA", "EU", "JPN", "KOR", "IND", "CHN")
SECTORS = ("AUTO", "ELEC", "ELEQ", "MACH")
START = np.datetime64("2025-04-04")


@dataclass(frozen=True)
class Case:
    """One way the world may work; rent is empty under quotas, where nobody pays one."""

    horizon: str
    rationing: str
    rent: str
    rho: float
    backstop: float

    @property
    def keys(self) -> Row:
        return {
            "horizon": self.horizon,
            "rationing": self.rationing,
            "rent": self.rent,
            "rho": f"{self.rho:g}",
            "backstop": told_backstop(self.backstop),
        }


def told_backstop(price: float) -> str:
    return "none" if np.isinf(price) else f"{price:g}"


def all_cases() -> list[Case]:
    forms = [("market", rent) for rent in RENTS] + [("quota", "")]
    return [
        Case(horizon, *form, rho, backstop)
        for horizon, form, rho, backstop in itertools.product(THETAS, forms, RHOS, BACKSTOPS)
    ]


# ---------------------------------------------------------------------- solving
def base_economy(horizon: str) -> Economy:
    economy, theta = load_economy(), THETAS[horizon]
    goods = [sector for sector, good in zip(economy.sectors, load_schedule().goods, strict=True) if good]
    return economy if theta is None else short_run(economy, theta, goods)


def with_magnets(economy: Economy, case: Case, level: str = "central") -> Economy:
    nodes = load_nodes(
        economy, level, case.rationing, case.rent or "user", case.rho, backstop_price=case.backstop, names=[INPUT]
    )
    return economy.with_nodes(nodes)


def paths(economy: Economy) -> SupplyPath:
    """Thirteen weeks of supply for low, central and high stocks (3, 13, ...)."""
    stock = load_critical_inputs(economy)[INPUT].stock_months
    months = np.array([[getattr(stock, level)] for level in LEVELS]) * np.ones(len(economy.regions))
    layer = Layer(economy.region_index(OWNER), LICENCE)
    return simulate_supply(economy.nodes[0], [layer], WEEKS, WEEK, stock_months=months)


def solved(economy: Economy) -> tuple[ChokepointReport, Array]:
    """Reports on every distinct week and, last, on empty stocks; the position (3, 13) of each week among them."""
    path = paths(economy)
    stocks, place = np.unique(path.stocks.reshape(-1, path.stocks.shape[-1]), axis=0, return_inverse=True)
    licences = path.licences[0, 0][..., None]
    supply = Wedges(licences=licences, stocks=np.concatenate([stocks, np.zeros_like(stocks[:1])])[..., None])
    found = chokepoint_report(economy, supply)
    assert found.converged.all()
    return found, place.reshape(path.stocks.shape[:2])


def rows_of(case: Case, economy: Economy) -> list[Row]:
    """What the study says about one case: once stocks are out, and on average over the three months."""
    found, place = solved(economy)
    change = -1e4 * found.loss[..., 0]
    output = -100 * found.output_lost[-1, ..., 0]
    quarter = change[place].mean(axis=1)
    rows = []
    for region in REGIONS:
        n = economy.region_index(region)
        numbers = {
            "price": found.scarcity_price[-1, n, 0],
            "rent_paid_bn": found.rent[-1, n, 0] / 1e3,
            "rent_received_bn": found.rents_received[-1, n, 0] / 1e3,
            "real_income_bp": change[-1, n],
            **{f"{sector}_percent": output[n, economy.sector_index(sector)] for sector in SECTORS},
            **{f"quarter_{level}_stock_bp": quarter[k, n] for k, level in enumerate(LEVELS)},
        }
        rows.append({**case.keys, "region": region, **{key: told(value) for key, value in numbers.items()}})
    return rows


def told(value: float) -> str:
    """Four digits; what is solver noise is 0."""
    return f"{0.0 if abs(value) < 1e-6 else value:.4g}"


def weekly(case: Case, economy: Economy) -> list[Row]:
    """Price and real income by week and stock, for the figure."""
    found, place = solved(economy)
    return [
        {
            **case.keys,
            "stock": level,
            "week": str(week + 1),
            "region": region,
            "price": told(found.scarcity_price[place[k, week], economy.region_index(region), 0]),
            "real_income_bp": told(-1e4 * found.loss[place[k, week], economy.region_index(region), 0]),
        }
        for k, level in enumerate(LEVELS)
        for week in range(WEEKS)
        for region in ("USA", "EU", "KOR")
    ]


def leverage_rows(case: Case, economy: Economy) -> list[Row]:
    """The owner's own cost beside its targets' losses, once stocks are out, billion USD a year."""
    found, _ = solved(economy)
    china, costs = economy.region_index(OWNER), load_critical_inputs(economy)[INPUT].variable_cost_share
    lost_sales = found.lost_sales[-1, :, china, 0] / 1e3
    rows = []
    for region in ("USA", "EU", "KOR", "all of them"):
        pick = np.arange(len(economy.regions)) != china
        if region in economy.regions:
            pick = np.arange(len(economy.regions)) == economy.region_index(region)
        loss, sales = found.loss_value[-1, pick, 0].sum() / 1e3, lost_sales[pick].sum()
        rows.append(
            {
                **case.keys,
                "target": region,
                "loss_bn": told(loss),
                "lost_sales_bn": told(sales),
                **{f"own_cost_bn_{level}_margin": told(sales * (1 - cost)) for level, cost in margins(costs)},
                "leverage_bn": told(loss - sales * (1 - costs.central)),
                "owner_real_income_bn": told(-found.loss_value[-1, china, 0] / 1e3),
            }
        )
    return rows


def margins(costs: Range) -> list[tuple[str, float]]:
    """A high share of variable cost is a low margin."""
    return [("low", costs.high), ("central", costs.central), ("high", costs.low)]


def sector_level(horizon: str) -> list[Row]:
    """The same cut without the node: as wedges on whole sectors of Chinese exports."""
    economy = base_economy(horizon)
    magnets = with_magnets(economy, Case(horizon, "quota", "", 0.1, 30.0)).nodes[0]
    china, others = economy.region_index(OWNER), np.arange(len(economy.regions)) != economy.region_index(OWNER)
    flow = economy.flows[:, china, economy.sector_index("FABM")]
    withheld = 0.9 * (magnets.cost_share * economy.output).sum(axis=1) * magnets.supplier_share[:, china]
    caps = np.full(economy.flows.shape, np.inf)
    caps[others, china, economy.sector_index("FABM")] = np.maximum(1 - withheld / flow, 0.0)[others]
    policies = {"magnets withheld, as a cap on fabricated metals": Wedges(rations=caps, ration_rent="importer")}
    for title, sector in (("ores (MINE)", "MINE"), ("non-ferrous metals (NFM)", "NFM"), ("metal goods (FABM)", "FABM")):
        iceberg = np.ones(economy.flows.shape)
        iceberg[others, china, economy.sector_index(sector)] = np.inf
        policies[f"no Chinese exports of {title} at all"] = Wedges(iceberg=iceberg)
        alone = np.ones(economy.flows.shape)
        alone[economy.region_index("USA"), china, economy.sector_index(sector)] = np.inf
        policies[f"none of {title} to the USA"] = Wedges(iceberg=alone)
    rows = []
    for title, wedges in policies.items():
        answer = solve(economy, wedges=wedges)
        assert answer.converged
        change = {region: told(1e4 * answer.real_income[economy.region_index(region)]) for region in REGIONS}
        rows.append({"horizon": horizon, "policy": title, **{f"{region}_bp": bp for region, bp in change.items()}})
    return rows


def earlier_rows() -> list[Row]:
    """The figures that the model's specification quotes, for a cut that hits everybody or the USA alone."""
    rows = []
    for horizon, rent, rho in itertools.product(THETAS, ("user", "owner", "lost"), RHOS):
        case = Case(horizon, "market", rent, rho, np.inf)
        economy = with_magnets(base_economy(horizon), case)
        usa, china = economy.region_index("USA"), economy.region_index(OWNER)
        everybody = np.ones((len(economy.regions),) * 2)
        everybody[:, china] = LICENCE
        everybody[china, china] = 1.0
        alone = np.ones_like(everybody)
        alone[usa, china] = LICENCE
        answer = solve(economy, wedges=Wedges(licences=np.stack([everybody, alone])[..., None]))
        assert answer.converged.all()
        for k, whom in enumerate(("everybody", "USA alone")):
            price, change = answer.scarcity_price[k, usa, 0], 1e4 * answer.real_income[k, usa]
            numbers = {"USA_price": told(price), "USA_bp": told(change)}
            rows.append({"horizon": horizon, "cut": whom, "rent": rent, "rho": f"{rho:g}", **numbers})
    return rows


def stock_rows() -> list[Row]:
    """Months from the cut until a user's stock is out: stock over what is missing a month."""
    economy = load_economy()
    node, stock = load_nodes(economy, names=[INPUT])[0], load_critical_inputs(economy)[INPUT].stock_months
    rows = []
    for region in REGIONS[:-1]:
        share = float(node.supplier_share[economy.region_index(region), economy.region_index(OWNER)])
        months = {level: told(getattr(stock, level) / (share * (1 - LICENCE))) for level in LEVELS}
        rows.append({"region": region, "share_from_China": told(share), **months})
    return rows


def cost_share_rows() -> list[Row]:
    """Low, central and high cost shares: real income once stocks are out, basis points."""
    rows = []
    for backstop, level in itertools.product((np.inf, 30.0), LEVELS):
        economy = with_magnets(base_economy("short"), Case("short", "market", "user", 0.1, backstop), level)
        change = -1e4 * solved(economy)[0].loss[-1, :, 0]
        numbers = {region: told(change[economy.region_index(region)]) for region in REGIONS[:4]}
        rows.append({"backstop": told_backstop(backstop), "cost_share": level, **numbers})
    return rows


def price_facts() -> list[Row]:
    """European oxide prices over the first quotation before or at the licence rule of 4 April 2025."""
    quotes = [row for row in load_facts("rare_earths") if row["metric"].startswith("price_")]
    first: dict[str, float] = {}
    rows = []
    for row in quotes:
        metal, value = row["metric"].split("_")[1], float(row["value"])
        if metal not in first:
            first[metal] = value
            continue
        weeks = (np.datetime64(row["date"]) - START) / np.timedelta64(7, "D")
        rows.append({"oxide": metal, "date": row["date"], "weeks": told(weeks), "times": told(value / first[metal])})
    return rows


def implied_rho() -> list[Row]:
    """rho that makes a scarcity price out of a shortage without backstop and stocks: -ln u / ln p, activity given."""
    share = load_nodes(load_economy(), names=[INPUT])[0].supplier_share
    china = float(share[load_economy().region_index("EU"), load_economy().region_index(OWNER)])
    return [
        {
            "licences": f"{licence:g}",
            "available": told(1 - china * (1 - licence)),
            **{f"rho_at_{price}": told(-np.log(1 - china * (1 - licence)) / np.log(price)) for price in (3, 6)},
        }
        for licence in (0.1, 0.25, 0.5)
    ]


# ---------------------------------------------------------------------- all of it
def has_weeks(case: Case) -> bool:
    """Cases whose weeks are kept: those that the figure of prices draws."""
    return (case.horizon, case.rationing, case.rent, case.rho) == ("short", "market", "user", 0.1)


def has_leverage(case: Case) -> bool:
    return (case.horizon, case.rho, case.backstop) == ("short", 0.1, 30.0)


def solve_all() -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {"cases": [], "weeks": [], "leverage": []}
    bases = {horizon: base_economy(horizon) for horizon in THETAS}
    for case in all_cases():
        economy = with_magnets(bases[case.horizon], case)
        tables["cases"] += rows_of(case, economy)
        tables["weeks"] += weekly(case, economy) if has_weeks(case) else []
        tables["leverage"] += leverage_rows(case, economy) if has_leverage(case) else []
    tables["sector_level"] = [row for horizon in THETAS for row in sector_level(horizon)]
    tables["specification"] = earlier_rows()
    tables["cost_share"] = cost_share_rows()
    tables["stock_out"] = stock_rows()
    tables["price_facts"] = price_facts()
    tables["implied_rho"] = implied_rho()
    return tables


def main() -> None:
    for name, rows in solve_all().items():
        with (HERE / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
