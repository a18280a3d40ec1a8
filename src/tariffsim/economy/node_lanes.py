"""The two innermost steps of critical inputs, each from registers to registers (see `lanes.py`)."""

from __future__ import annotations

from typing import Any

from tariffsim.economy.lanes import Lanes, Rows, intrinsic

from numba.core import types  # isort: skip  (after lanes, which chooses the cache directory)


@intrinsic
def join_ces(
    typing_context: Any,
    unknown: Any,
    scarcity_row: Any,
    prices: Any,
    price_row: Any,
    cost: Any,
    row: Any,
    within: Any,
    entry: Any,
    share: Any,
    power: Any,
) -> Any:
    """cost[row] += ln m / power with m = 1 - share + q, q = share exp(power y); within[entry] = q / m.

    y = unknown[scarcity_row] + prices[price_row] - cost[row] is what a unit of the input costs, relative to the
    rest of its user's cost; all are (R, LANES).
    """
    whole = types.intp
    signature = types.void(unknown, whole, prices, whole, cost, whole, within, whole, types.float64, types.float64)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        scarcity, price, costs, parts = (Rows(context, builder, sig.args[k], args[k]) for k in (0, 2, 4, 6))
        lanes = Lanes(builder)
        s, k = (lanes.spread(args[a]) for a in (8, 9))
        before = costs.load(args[5])
        y = builder.fsub(builder.fadd(scarcity.load(args[1]), price.load(args[3])), before)
        q = builder.fmul(s, lanes.exp(builder.fmul(k, y)))
        mix = builder.fadd(builder.fsub(lanes.number(1.0), s), q)
        costs.store(args[5], builder.fadd(before, builder.fdiv(lanes.log(mix), k)))
        parts.store(args[7], builder.fdiv(q, mix))
        return context.get_dummy_value()

    return signature, build


@intrinsic
def take_bill(
    typing_context: Any,
    within: Any,
    entry: Any,
    rest: Any,
    output: Any,
    row: Any,
    bill_share: Any,
    bill: Any,
    pair: Any,
) -> Any:
    """bill_share[entry] = within[entry] rest[row], off rest[row]; bill[pair] += bill_share[entry] output[row]."""
    whole = types.intp
    signature = types.void(within, whole, rest, output, whole, bill_share, bill, whole)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        parts, left, sold, shares, bills = (Rows(context, builder, sig.args[k], args[k]) for k in (0, 2, 3, 5, 6))
        lanes = Lanes(builder)
        before = left.load(args[4])
        share = builder.fmul(parts.load(args[1]), before)
        left.store(args[4], builder.fsub(before, share))
        shares.store(args[1], share)
        bills.store(args[7], lanes.fma(share, sold.load(args[4]), bills.load(args[7])))
        return context.get_dummy_value()

    return signature, build
