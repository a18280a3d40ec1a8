"""Arithmetic on 16 worlds at a time: the last axis of every array here is the lane, one world each.

Nothing crosses lanes and nothing is reassociated, so a world's bits depend neither on its lane nor on
its neighbours. `exp` and `log` are polynomials because calls of the C library are not vectorised; the
three sums are written in LLVM's vectors because Numba's own loops over lanes, which must fear that
arrays overlap, are two to six times slower. They multiply and add in one rounding on every processor.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

import tariffsim.economy.numba_cache  # noqa: F401  (first: it chooses the cache directory)

from llvmlite import ir  # isort: skip
from numba import njit  # isort: skip
from numba.core import cgutils, types  # isort: skip
from numba import extending  # isort: skip


Numbers = npt.NDArray[np.floating[Any]]  # float64 or float32
intrinsic: Any = extending.intrinsic  # it passes the first argument, the typing context, itself
helpers: Any = cgutils
LANES = 16
# Called from compiled code only: what would unpack a call of Python's is most of the time compiling takes.
_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # Numba documents neither
inner: Any = njit(nogil=True, error_model="numpy", **_INNER)
BLOCK = 24  # bytes: rows of a matrix that are multiplied together, so that their sums stay in AVX2's 16 registers

LOG2E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # ln 2 in two parts: k * high is exact
ROUND = 6755399441055744.0  # 1.5 x 2^52: adding it leaves the nearest integer in the last bits
ROUND_BITS = 0x4338000000000000
ONE_EXPONENT = 1023 << 52
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
LARGEST = 700.0
EXP_TERMS = tuple(1.0 / math.factorial(k) for k in range(14))
LOG_TERMS = tuple(1.0 / k for k in range(3, 23, 2))


def _fused(builder: Any, vector: Any) -> Any:
    """LLVM's a * b + c in one rounding, for one type of register."""
    name = f"llvm.fma.v{LANES}{'f32' if vector.element == ir.FloatType() else 'f64'}"
    return helpers.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)


def _spread(builder: Any, vector: Any, number: Any) -> Any:
    """A register with the number in every lane."""
    anything, zero = ir.Constant(vector, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    first = builder.insert_element(anything, number, zero)
    return builder.shuffle_vector(first, anything, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


class Rows:
    """An array (R, LANES) whose rows may lie apart, each row a register."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        self.builder, self.kind = builder, kind
        self.array = context.make_array(kind)(context, builder, value)
        self.vector = ir.VectorType(context.get_value_type(kind.dtype), LANES)
        self.size = kind.dtype.bitwidth // 8
        self.count = helpers.unpack_tuple(builder, self.array.shape)[0]

    def _address(self, row: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        stride = helpers.unpack_tuple(self.builder, self.array.strides)[0]
        start = self.builder.gep(self.builder.bitcast(self.array.data, byte), [self.builder.mul(row, stride)])
        return self.builder.bitcast(start, self.vector.as_pointer())

    def load(self, row: Any) -> Any:
        """The row as it is."""
        return self.builder.load(self._address(row), align=self.size)

    def load_wide(self, row: Any, wanted: Any) -> Any:
        """The row as `wanted`: single numbers as doubles, the one number of a contiguous (R,) in every lane."""
        if self.kind.ndim == 1:
            return _spread(self.builder, wanted, self.builder.load(self.builder.gep(self.array.data, [row])))
        value = self.load(row)
        return value if wanted == self.vector else self.builder.fpext(value, wanted)

    def store(self, row: Any, value: Any) -> None:
        """Put a register into the row."""
        self.builder.store(value, self._address(row), align=self.size)


def _rows(context: Any, builder: Any, signature: Any, args: Any, count: int) -> list[Rows]:
    return [Rows(context, builder, t, a) for t, a in list(zip(signature.args, args, strict=True))[:count]]


class Lanes:
    """Arithmetic on one register of lanes of doubles, for the code builders below."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.type = ir.VectorType(ir.DoubleType(), LANES)
        self.bits = ir.VectorType(ir.IntType(64), LANES)
        self._fma = _fused(builder, self.type)

    def number(self, value: float) -> Any:
        """A constant in every lane."""
        return ir.Constant(self.type, [value] * LANES)

    def whole(self, value: int) -> Any:
        """A whole number of 64 bits in every lane."""
        return ir.Constant(self.bits, [value] * LANES)

    def spread(self, number: Any) -> Any:
        """A variable in every lane."""
        return _spread(self.builder, self.type, number)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """The product of a and b, plus c, in one rounding."""
        return self.builder.call(self._fma, [a, b, c])

    def horner(self, x: Any, coefficients: tuple[float, ...]) -> Any:
        """Polynomial in x, constant first."""
        total = self.number(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            total = self.fma(total, x, self.number(c))
        return total

    def exp(self, x: Any) -> Any:
        """e^x to an ulp or so, x clipped to +-LARGEST; NaN stays."""
        b = self.builder
        low, high = self.number(-LARGEST), self.number(LARGEST)
        y = b.select(b.fcmp_ordered("<", x, low), low, x)
        y = b.select(b.fcmp_ordered(">", y, high), high, y)
        shifted = self.fma(y, self.number(LOG2E), self.number(ROUND))
        k = b.fsub(shifted, self.number(ROUND))
        r = self.fma(k, self.number(-LN2_HIGH), y)
        r = self.fma(k, self.number(-LN2_LOW), r)
        power = b.add(b.shl(b.bitcast(shifted, self.bits), self.whole(52)), self.whole(ONE_EXPONENT))
        return b.fmul(self.horner(r, EXP_TERMS), b.bitcast(power, self.type))

    def log(self, x: Any) -> Any:
        """ln x to an ulp or so for normal x > 0; the caller checks."""
        b = self.builder
        bits = b.bitcast(x, self.bits)
        k = b.ashr(b.sub(bits, self.whole(SQRT_HALF_BITS)), self.whole(52))
        f = b.fsub(b.bitcast(b.sub(bits, b.shl(k, self.whole(52))), self.type), self.number(1.0))
        power = b.fsub(b.bitcast(b.add(k, self.whole(ROUND_BITS)), self.type), self.number(ROUND))
        s = b.fdiv(f, b.fadd(f, self.number(2.0)))
        z = b.fmul(s, s)  # ln(1+f) = 2 artanh(s)
        tail = b.fmul(b.fmul(z, self.horner(z, LOG_TERMS)), b.fmul(s, self.number(2.0)))
        small = b.fadd(b.fmul(s, self.number(2.0)), self.fma(power, self.number(LN2_LOW), tail))
        return self.fma(power, self.number(LN2_HIGH), small)


def _of_each(what: str, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """target = what(source), register by register; both contiguous and of a multiple of LANES numbers."""
    source, target = (context.make_array(t)(context, builder, a) for t, a in zip(signature.args, args, strict=True))
    vector = Lanes(builder)
    pointer = vector.type.as_pointer()
    count = builder.udiv(builder.load(source._get_ptr_by_name("nitems")), ir.Constant(ir.IntType(64), LANES))
    read, write = builder.bitcast(source.data, pointer), builder.bitcast(target.data, pointer)
    with helpers.for_range(builder, count) as loop:
        value = builder.load(builder.gep(read, [loop.index]), align=8)
        builder.store(getattr(vector, what)(value), builder.gep(write, [loop.index]), align=8)
    return context.get_dummy_value()


@intrinsic
def exp_lanes(typing_context: Any, x: Any, out: Any) -> Any:
    """out = exp(x), x clipped to +-LARGEST; contiguous arrays whose last axis is the lane. NaN stays."""
    return types.void(x, out), partial(_of_each, "exp")


@intrinsic
def log_lanes(typing_context: Any, x: Any, out: Any) -> Any:
    """out = ln(x) for normal x > 0; contiguous arrays whose last axis is the lane."""
    return types.void(x, out), partial(_of_each, "log")


def _product(block: int) -> Any:
    """out[row : row+k] = m[row : row+k] @ x, with one register of lanes per row; k rows of `block` bytes, or one."""

    @intrinsic
    def multiply_rows(typing_context: Any, m: Any, x: Any, out: Any, row: Any) -> Any:
        signature = types.void(m, x, out, types.intp)

        def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            left, right, target = _rows(context, builder, sig, args, 3)
            vector, fused = right.vector, _fused(builder, right.vector)
            rows = [builder.add(args[3], ir.Constant(right.count.type, k)) for k in range(max(1, block // left.size))]
            starts = [builder.gep(left.array.data, [builder.mul(r, right.count)]) for r in rows]
            sums = [helpers.alloca_once_value(builder, ir.Constant(vector, [0.0] * LANES)) for _ in rows]
            with helpers.for_range(builder, right.count) as loop:
                value = right.load(loop.index)
                for start, total in zip(starts, sums, strict=True):
                    factor = _spread(builder, vector, builder.load(builder.gep(start, [loop.index])))
                    builder.store(builder.call(fused, [factor, value, builder.load(total)]), total)
            for r, total in zip(rows, sums, strict=True):
                target.store(r, builder.load(total))
            return context.get_dummy_value()

        return signature, build

    return multiply_rows


_multiply_rows, _multiply_row = _product(BLOCK), _product(1)


@intrinsic
def sum_products(typing_context: Any, a: Any, b: Any, out: Any) -> Any:
    """out (1, LANES) = sum of a * b (R, LANES) in order of rows, in doubles; a is (R, LANES), or (R,) for all lanes."""
    signature = types.void(a, b, out)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right, target = _rows(context, builder, sig, args, 3)
        vector, fused = target.vector, _fused(builder, target.vector)
        total = helpers.alloca_once_value(builder, ir.Constant(vector, [0.0] * LANES))
        with helpers.for_range(builder, left.count) as loop:
            x, y = left.load_wide(loop.index, vector), right.load_wide(loop.index, vector)
            builder.store(builder.call(fused, [x, y, builder.load(total)]), total)
        target.store(ir.Constant(left.count.type, 0), builder.load(total))
        return context.get_dummy_value()

    return signature, build


@intrinsic
def add_scaled(typing_context: Any, x: Any, factor: Any, out: Any) -> Any:
    """out (R, LANES) += x * factor (1, LANES), in doubles; x is (R, LANES), or (R,) the same for all lanes."""
    signature = types.void(x, factor, out)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, scale, target = _rows(context, builder, sig, args, 3)
        vector, fused = target.vector, _fused(builder, target.vector)
        k = scale.load(ir.Constant(scale.count.type, 0))
        with helpers.for_range(builder, source.count) as loop:
            value = source.load_wide(loop.index, vector)
            target.store(loop.index, builder.call(fused, [value, k, target.load(loop.index)]))
        return context.get_dummy_value()

    return signature, build


@intrinsic
def add_rows(typing_context: Any, a: Any, b: Any, out: Any) -> Any:
    """out = a + b, (R, LANES) each; single numbers are widened."""
    signature = types.void(a, b, out)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right, target = _rows(context, builder, sig, args, 3)
        with helpers.for_range(builder, left.count) as loop:
            x, y = (rows.load_wide(loop.index, target.vector) for rows in (left, right))
            target.store(loop.index, builder.fadd(x, y))
        return context.get_dummy_value()

    return signature, build


@intrinsic
def to_single(typing_context: Any, x: Any, out: Any) -> Any:
    """out = x as single numbers, (R, LANES) each."""
    signature = types.void(x, out)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, target = _rows(context, builder, sig, args, 2)
        with helpers.for_range(builder, source.count) as loop:
            target.store(loop.index, builder.fptrunc(source.load(loop.index), target.vector))
        return context.get_dummy_value()

    return signature, build


@intrinsic
def keep_above(typing_context: Any, new: Any, old: Any, share: Any) -> Any:
    """new = max(new, share * old), (R, LANES) each; NaN stays."""
    signature = types.void(new, old, types.float64)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows, before = _rows(context, builder, sig, args, 2)
        factor = _spread(builder, rows.vector, args[2])
        with helpers.for_range(builder, rows.count) as loop:
            value, least = rows.load(loop.index), builder.fmul(factor, before.load(loop.index))
            rows.store(loop.index, builder.select(builder.fcmp_ordered("<", value, least), least, value))
        return context.get_dummy_value()

    return signature, build


@intrinsic
def record_step(
    typing_context: Any, z: Any, new: Any, new_old: Any, step: Any, step_old: Any, change: Any, move: Any
) -> Any:
    """step = new - z, change = step - step_old, move = new - new_old, then new_old = new; all (R, LANES)."""
    signature = types.void(z, new, new_old, step, step_old, change, move)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        here, there, there_old, now, before, changed, moved = _rows(context, builder, sig, args, 7)
        with helpers.for_range(builder, here.count) as loop:
            reached = there.load(loop.index)
            taken = builder.fsub(reached, here.load(loop.index))
            now.store(loop.index, taken)
            for target, value, old in ((changed, taken, before), (moved, reached, there_old)):
                difference = builder.fsub(value, old.load(loop.index))
                target.store(loop.index, builder.fptrunc(difference, target.vector))
            there_old.store(loop.index, reached)
        return context.get_dummy_value()

    return signature, build


@njit(nogil=True, error_model="numpy")
def multiply(m: Numbers, x: Numbers, out: Numbers) -> None:
    """out (R, LANES) = m (R, C) @ x (C, LANES); C-contiguous, one dtype, sums in the order of C."""
    rows = m.shape[0]
    together = BLOCK // m.itemsize
    if rows >= together:
        for row in range(0, rows, together):  # the last block overlaps the one before
            _multiply_rows(m, x, out, min(row, rows - together))
        return
    for row in range(rows):
        _multiply_row(m, x, out, row)
