"""Arithmetic on 16 worlds at a time: the last axis of every array here is the lane, one world each.

Nothing crosses lanes and nothing is contracted or reassociated, so a world's bits depend neither on
its lane nor on its neighbours. `exp` and `log` are polynomials because calls of the C library are not
vectorised; the three sums are written in LLVM's vectors because Numba's own loops over lanes, which
must fear that arrays overlap, are two to six times slower.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import tariffsim.economy.numba_cache  # noqa: F401  (first: it chooses the cache directory)

from llvmlite import ir  # isort: skip
from numba import njit  # isort: skip
from numba.core import cgutils, types  # isort: skip
from numba import extending  # isort: skip

from tariffsim.economy.primitives import Array

Numbers = npt.NDArray[np.floating[Any]]  # float64 or float32
intrinsic: Any = extending.intrinsic  # it passes the first argument, the typing context, itself
helpers: Any = cgutils
LANES = 16
ROWS = 8  # of a matrix, multiplied together: their sums stay in registers

LOG2E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # ln 2 in two parts: k * high is exact
ROUND = 6755399441055744.0  # 1.5 x 2^52: adding it leaves the nearest integer in the last bits
ROUND_BITS = 0x4338000000000000
ONE_EXPONENT = 1023 << 52
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
LARGEST = 700.0


@njit(nogil=True, error_model="numpy")
def exp_lanes(x: Array, out: Array, scratch: Array) -> None:
    """out = exp(x) to an ulp or so, x clipped to +-700; three different arrays of one shape. NaN stays."""
    source, target, work = x.reshape(-1), out.reshape(-1), scratch.reshape(-1)
    bits = work.view(np.int64)
    for q in range(source.size):
        y = source[q]
        y = -LARGEST if y < -LARGEST else y
        y = LARGEST if y > LARGEST else y
        shifted = y * LOG2E + ROUND
        k = shifted - ROUND
        r = (y - k * LN2_HIGH) - k * LN2_LOW
        tail = 1.0 / 39916800.0 + r * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0))
        tail = 1.0 / 40320.0 + r * (1.0 / 362880.0 + r * (1.0 / 3628800.0 + r * tail))
        tail = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0 + r * tail))
        target[q] = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * tail))))
        work[q] = shifted
    for q in range(source.size):
        bits[q] = (bits[q] << 52) + ONE_EXPONENT  # 2^k
    for q in range(source.size):
        target[q] *= work[q]


@njit(nogil=True, error_model="numpy")
def log_lanes(x: Array, out: Array, scratch: Array) -> None:
    """out = ln(x) to an ulp or so, for normal x > 0 (the caller checks); three arrays of one shape."""
    source, target, work = x.reshape(-1), out.reshape(-1), scratch.reshape(-1)
    bits, target_bits = work.view(np.int64), target.view(np.int64)
    for q in range(source.size):
        work[q] = source[q]
    for q in range(source.size):
        k = (bits[q] - SQRT_HALF_BITS) >> 52
        bits[q] -= k << 52
        target_bits[q] = k + ROUND_BITS
    for q in range(source.size):
        power = target[q] - ROUND
        f = work[q] - 1.0
        s = f / (2.0 + f)
        z = s * s  # ln(1+f) = 2 artanh(s)
        tail = 1.0 / 15.0 + z * (1.0 / 17.0 + z * (1.0 / 19.0 + z * (1.0 / 21.0)))
        tail = 1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z * tail)))
        tail = z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * tail))
        target[q] = power * LN2_HIGH + (2.0 * s + (2.0 * s * tail + power * LN2_LOW))


def _parts(context: Any, builder: Any, signature: Any, args: Any) -> tuple[Any, Any, Any]:
    """The three arrays behind the arguments, LLVM's type of 16 lanes, and array, row -> address."""
    made = [context.make_array(t)(context, builder, a) for t, a in zip(signature.args[:3], args, strict=False)]
    vector = ir.VectorType(context.get_value_type(signature.args[0].dtype), LANES)
    byte = ir.IntType(8).as_pointer()

    def address(array: Any, row: Any) -> Any:
        stride = helpers.unpack_tuple(builder, array.strides)[0]
        start = builder.gep(builder.bitcast(array.data, byte), [builder.mul(row, stride)])
        return builder.bitcast(start, vector.as_pointer())

    return made, vector, address


def _row_count(builder: Any, array: Any) -> Any:
    return helpers.unpack_tuple(builder, array.shape)[0]


@intrinsic
def _multiply_rows(typing_context: Any, m: Any, x: Any, out: Any, row: Any) -> Any:  # noqa: ARG001
    """out[row : row+ROWS] = m[row : row+ROWS] @ x, with one register of lanes per row."""
    signature = types.void(m, x, out, types.intp)
    size = m.dtype.bitwidth // 8

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (left, right, target), vector, address = _parts(context, builder, sig, args)
        columns = helpers.unpack_tuple(builder, left.shape)[1]
        rows = [builder.add(args[3], ir.Constant(columns.type, k)) for k in range(ROWS)]
        starts = [builder.gep(left.data, [builder.mul(r, columns)]) for r in rows]
        sums = [helpers.alloca_once_value(builder, ir.Constant(vector, [0.0] * LANES)) for _ in rows]
        anything = ir.Constant(vector, ir.Undefined)
        spread = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        with helpers.for_range(builder, columns) as loop:
            value = builder.load(address(right, loop.index), align=size)
            for start, total in zip(starts, sums, strict=True):
                scalar = builder.load(builder.gep(start, [loop.index]))
                factor = builder.insert_element(anything, scalar, ir.Constant(ir.IntType(32), 0))
                factor = builder.shuffle_vector(factor, anything, spread)
                builder.store(builder.fadd(builder.load(total), builder.fmul(factor, value)), total)
        for r, total in zip(rows, sums, strict=True):
            builder.store(builder.load(total), address(target, r), align=size)
        return context.get_dummy_value()

    return signature, build


@intrinsic
def sum_products(typing_context: Any, a: Any, b: Any, out: Any) -> Any:  # noqa: ARG001
    """out (1, LANES) = sum over rows of a (R, LANES) * b (R, LANES), in the order of the rows."""
    signature = types.void(a, b, out)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (left, right, target), vector, address = _parts(context, builder, sig, args)
        total = helpers.alloca_once_value(builder, ir.Constant(vector, [0.0] * LANES))
        with helpers.for_range(builder, _row_count(builder, left)) as loop:
            x, y = (builder.load(address(array, loop.index), align=8) for array in (left, right))
            builder.store(builder.fadd(builder.load(total), builder.fmul(x, y)), total)
        builder.store(builder.load(total), address(target, ir.Constant(ir.IntType(64), 0)), align=8)
        return context.get_dummy_value()

    return signature, build


@intrinsic
def add_scaled(typing_context: Any, x: Any, factor: Any, out: Any) -> Any:  # noqa: ARG001
    """out (R, LANES) += x (R, LANES) * factor (1, LANES)."""
    signature = types.void(x, factor, out)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (source, scale, target), _, address = _parts(context, builder, sig, args)
        k = builder.load(address(scale, ir.Constant(ir.IntType(64), 0)), align=8)
        with helpers.for_range(builder, _row_count(builder, source)) as loop:
            value = builder.load(address(source, loop.index), align=8)
            place = address(target, loop.index)
            builder.store(builder.fadd(builder.load(place, align=8), builder.fmul(value, k)), place, align=8)
        return context.get_dummy_value()

    return signature, build


@njit(nogil=True, error_model="numpy")
def multiply(m: Numbers, x: Numbers, out: Numbers) -> None:
    """out (R, LANES) = m (R, C) @ x (C, LANES); C-contiguous, one dtype, sums in the order of C."""
    rows, columns = m.shape
    if rows >= ROWS:
        for row in range(0, rows, ROWS):  # the last block overlaps the one before
            _multiply_rows(m, x, out, min(row, rows - ROWS))
        return
    for row in range(rows):
        for lane in range(LANES):
            out[row, lane] = 0.0
        for c in range(columns):
            for lane in range(LANES):
                out[row, lane] += m[row, c] * x[c, lane]
