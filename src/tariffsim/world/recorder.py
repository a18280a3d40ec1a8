"""The record of a run: whole-number state and book rows per tick, turned into arrays once at the end.

Times 0..T: 0 is the opening, k the close of tick k. Nothing per world and tick is labelled; labels come in
`tariffsim.ensemble`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array
from tariffsim.instruments.schedule import average_by_pair
from tariffsim.world.appraisal import pillars
from tariffsim.world.base import WorldModel


@dataclass(frozen=True)
class Trajectories:
    """Arrays of W worlds; time axis T+1. Axes and units are in `tariffsim.ensemble.variables`."""

    arrays: dict[str, npt.NDArray[np.generic]]


class Recorder:
    """Collects one snapshot per tick and the first events of each world."""

    def __init__(self, model: WorldModel) -> None:
        self._taken: dict[str, list[npt.NDArray[np.generic]]] = {}
        self.take(model)

    def take(self, model: WorldModel) -> None:
        """Snapshot of the state as it is now."""
        state, addons = model.state, model.space.columns("addon")
        for name, values in {
            "rows": state.rows,
            "addon": state.policy[:, addons],
            "access": state.policy[:, model.space.columns("access")],
            "status": state.pair.status,
            "approved": state.supply.approved,
            "delivered": state.supply.delivered,
            "usable": state.supply.usable,
            "stock": state.supply.stock,
            "stance": state.stance,
            "log_flow": state.log_flow,
            "suspicion": state.pair.trust.probability,
            "compliance": state.pair.compliance,
            "offer": state.said.package.astype(np.int32),
            "offer_mover": state.said.mover.astype(np.int8),
            "offer_value": state.said.value,
            "reservation": state.said.reservation,
            "walked_out": state.said.left.astype(np.int8),
            "threat": state.pair.threat,
            "acted": state.acts.done,
            "signed": state.acts.package.astype(np.int32),
            "signed_gain": state.acts.gain,
            "belief": _beliefs(state.pair.beliefs),
        }.items():
            self._taken.setdefault(name, []).append(np.array(values))

    def trajectories(self, model: WorldModel) -> Trajectories:
        """Everything recorded, as arrays with axes (world, time, ...)."""
        taken = {name: np.stack(values, axis=1) for name, values in self._taken.items()}
        rows, access = taken.pop("rows").astype(np.int64), taken.pop("access")
        outcomes = {name: values.copy() for name, values in _outcomes(model).items()}  # the model may go on
        return Trajectories({**taken, **_economics(model, rows, taken["addon"], access), **outcomes})


def _beliefs(beliefs: tuple[Array, Array]) -> Array:
    """Beliefs (W, 2, T) of both parties over the other's types; NaN beyond the types it has."""
    count = max(belief.shape[1] for belief in beliefs)
    padded = [np.pad(b, ((0, 0), (0, count - b.shape[1])), constant_values=np.nan) for b in beliefs]
    return np.stack(padded, axis=1)


def _economics(
    model: WorldModel, rows: npt.NDArray[np.int64], addon: npt.NDArray[np.generic], access: npt.NDArray[np.generic]
) -> dict[str, Array]:
    reference = model.reference_row[model.types.economy]
    page = model.book.page  # after the reference row, which may be the last to be solved
    log_change = np.log1p(page.real_income[rows]) - np.log1p(page.real_income[reference])[:, None]
    pairs = [(lever.owner, lever.target) for lever in model.space.levers if lever.kind == "addon"]
    named = [k for k, (_, target) in enumerate(pairs) if target != "others"]
    n = [model.economy.region_index(pairs[k][0]) for k in named]
    i = [model.economy.region_index(pairs[k][1]) for k in named]
    imports, duties = (array[rows][..., 0, n, i] for array in (page.imports, page.duties))
    return {
        "real_income": 100 * np.expm1(log_change),
        "applied": 100 * page.applied[rows][..., n, i],
        "effective": 100 * duties / imports,
        "statutory": _statutory(model, [pairs[k] for k in named], addon[..., named], access),
        "imports": imports / 12_000,
    }


def _statutory(
    model: WorldModel, pairs: list[tuple[str, str]], addon: npt.NDArray[np.generic], access: npt.NDArray[np.generic]
) -> Array:
    """Statutory rate (W, T+1, pair) in percent: base law less what was conceded of the ordinary tariff, plus add-on."""
    ground, levers = model.space.ground, [model.space.levers[c] for c in model.space.columns("access")]
    rates = addon.astype(np.float64)
    goods = model.economy.flows * ground.all_goods
    law, ordinary = (100 * average_by_pair(part, goods) for part in (ground.statutory, ground.mfn))
    for k, (importer, exporter) in enumerate(pairs):
        n, i = model.economy.region_index(importer), model.economy.region_index(exporter)
        cut = [a for a, lever in enumerate(levers) if (lever.owner, lever.target) == (importer, exporter)]
        rates[..., k] += law[n, i] - ordinary[n, i] * access[..., cut].astype(np.float64).sum(-1) / 100
    return rates


def _outcomes(model: WorldModel) -> dict[str, npt.NDArray[np.generic]]:
    firsts, types = model.state.firsts, model.types
    return {
        "deal_day": firsts.deal,
        "breach_day": firsts.breach,
        "rejection_day": firsts.rejection,
        "lapse_day": firsts.lapse,
        "snapback_day": firsts.snapback,
        "renewal_day": firsts.renewal,
        "threat_executed_day": firsts.threat_executed,
        "threat_dropped_day": firsts.threat_dropped,
        "audience_paid": firsts.audience_paid,
        "deal_terms": _terms(model),
        "deal_gain": firsts.values,
        "deal_distance": firsts.distance,
        "frontier_distance": firsts.frontier,
        "win_set": firsts.win_set,
        "agreement_zone": firsts.zone,
        "home_win_set": firsts.home_win_set,
        **pillars(model),
        "linkage_gain": firsts.linkage,
        "critical_rate": firsts.critical_rate,
        "critical_discount": firsts.critical_discount,
        "detection_lag": firsts.lag,
        "noisy_rate": firsts.noisy_rate,
        "punishment": firsts.punishment,
        "sustained": firsts.sustained,
        "sustainable_terms": _sustainable(model),
        "sustainable_punishment": firsts.sustainable_punishment,
        "meetings": firsts.meetings,
        "executed": model.state.executed,
        "economy_draw": types.economy,
        "kind": types.kind.astype(np.int8),
        "discount": np.stack([taste.discount for taste in types.tastes], axis=-1),
    }


def _sustainable(model: WorldModel) -> Array:
    """Terms (W, I + 1) of the most cooperative deal that keeps itself, NaN without one; it is kept for good, so the
    truce length is NaN."""
    packages, terms = model.table.packages, model.state.firsts.sustainable
    found = np.pad(packages.terms[np.maximum(terms, 0)], ((0, 0), (0, 1)), constant_values=np.nan)
    return np.where((terms >= 0)[:, None], found, np.nan)


def _terms(model: WorldModel) -> Array:
    """Terms (W, I + 1) of the first deal, the truce length last; NaN without one."""
    packages, package = model.table.packages, model.state.firsts.package
    terms, days = packages.split(np.maximum(package, 0))
    found = np.column_stack([packages.terms[terms], packages.days[days]])
    return np.where((package >= 0)[:, None], found, np.nan)
