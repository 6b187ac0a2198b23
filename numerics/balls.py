"""Balls: rigorous values of terms at a valuation, in complex interval arithmetic.

Every value is a flint ``acb`` (a disc that contains the exact number), an ``acb_mat`` (vectors are
columns; an array of one entry is a number), or :class:`Items`, a tuple, set or multiset of these.
If the balls of two terms are disjoint, the terms differ at that valuation: a proof.

What expectations and integrals are worth is said in :mod:`numerics.laws`, what names in
definitions mean in :mod:`numerics.machine`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import cast

from flint import acb, acb_mat, arb, ctx, fmpq, fmpq_mat

from language.terms import Apply, Bind, Term
from numerics import arrays
from numerics.heads import machine_at, places, set_value
from numerics.machine import Ball, Items, Kept, Machine
from numerics.rings import OutOfRange, TooLarge, Undefined, Unsupported
from numerics.valuations import Exact, Valuation

__all__ = [
    "Ball",
    "Items",
    "OutOfRange",
    "TooLarge",
    "Undefined",
    "Unsupported",
    "digits",
    "disjoint",
    "evaluate",
    "exactly",
    "holds",
    "show",
]


def evaluate(
    term: Term,
    valuation: Valuation,
    precision: int = 128,
    operations: int | None = None,
    kept: dict[int, tuple[Term, object]] | None = None,
) -> Ball:
    """A ball that contains the value of ``term`` at ``valuation``.

    Args:
        term: a number, an array or a collection of them, typed over the valuation's notation.
        valuation: see :func:`numerics.valuations.draw`.
        precision: bits of working precision.
        operations: the most that are spent, where that is fewer than the usual limit.
        kept: values of parts, which are used and added to: for terms that share parts, all at one
            valuation and precision.

    Returns:
        A ball. It may be infinite (not a number) where the precision does not suffice.

    Raises:
        Undefined: where the term has no value: log 0, division by an exact zero, ...
        Unsupported: for a head that cannot be evaluated.
        TooLarge: after more operations than are allowed; operations are counted, not seconds.
    """
    with _running(valuation, precision, operations) as machine:
        if kept is not None:
            machine.kept = Kept(machine.constants, kept)
        return cast("Ball", machine.value(term))


@contextmanager
def _running(
    valuation: Valuation, precision: int | None, operations: int | None = None
) -> Iterator[Machine]:
    machine = machine_at(valuation, precision)
    outer = ctx.prec
    if precision is not None:
        ctx.prec = precision
    machine.left, machine.env, machine.slots, machine.levels = machine.allowed, {}, 0, 0
    if operations is not None:
        machine.left = min(machine.left, operations)
    try:
        yield machine
    except RecursionError:
        raise TooLarge("the term is nested too deeply") from None
    except KeyError as error:
        raise Unsupported(f"expected a head of the vocabulary, found {error}") from None
    finally:
        ctx.prec, machine.kept = outer, None


def exactly(term: Term, valuation: Valuation) -> Exact | None:
    """The exact value of ``term`` where it is seen to be rational, else None.

    Raises:
        Undefined: where the term has no value.
    """
    with _running(valuation, None) as machine:
        value = machine.exactly(term)
    if isinstance(value, fmpq):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, fmpq_mat):
        return tuple(tuple(Fraction(int(x.p), int(x.q)) for x in row) for row in value.table())
    return None


# statements ------------------------------------------------------------------------------------


def holds(
    statement: Term, valuation: Valuation, precision: int = 128, operations: int | None = None
) -> bool | None:
    """Whether a statement is true at ``valuation``; None where the balls do not decide.

    Equality is found true only between exact rational values.

    Raises:
        Undefined: where a side has no value.
        Unsupported: where a side has a head that cannot be evaluated.
        TooLarge: as :func:`evaluate`.
    """
    with _running(valuation, precision, operations) as machine:
        return _truth(machine, statement)


def _truth(machine: Machine, statement: Term) -> bool | None:
    machine.left -= 1
    match statement:
        case Apply("true"):
            return True
        case Apply("false"):
            return False
        case Apply("both", args):
            return _all([_truth(machine, arg) for arg in args])
        case Apply("either", args):
            return _not(_all([_not(_truth(machine, arg)) for arg in args]))
        case Apply("negation", (arg,)):
            return _not(_truth(machine, arg))
        case Apply("implies", (premise, conclusion)):
            # A conclusion may be undefined where its premise is false.
            given = _truth(machine, premise)
            if given is False:
                return True
            then = _truth(machine, conclusion)
            return True if then else (then if given else None)
        case Apply("equal", (left, right)):
            return _equal(machine, left, right)
        case Apply("unequal", (left, right)):
            return _not(_equal(machine, left, right))
        case Apply("less", (left, right)):
            return _less(machine, left, right)
        case Apply("greater", (left, right)):
            return _less(machine, right, left)
        case Apply("less_equal", (left, right)):
            return _not(_less(machine, right, left))
        case Apply("greater_equal", (left, right)):
            return _not(_less(machine, left, right))
        case Apply("element", (member, container)):
            return _member(machine, member, container)
        case Bind("forall", variable, Apply("range") as domain, body):
            outer = machine.env
            try:
                found: list[bool | None] = []
                for place in places(machine, domain):
                    machine.env = {**outer, variable: place}
                    found.append(_truth(machine, body))
                return _all(found)
            finally:
                machine.env = outer
        case Bind("let", variable, value, body):
            with set_value(machine, variable, value):
                return _truth(machine, body)
    raise Unsupported("expected a statement over numbers")


def _all(found: list[bool | None]) -> bool | None:
    if any(truth is False for truth in found):
        return False
    return True if all(found) else None


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _equal(machine: Machine, left: Term, right: Term) -> bool | None:
    x, y = machine.value(left), machine.value(right)
    if disjoint(x, y):
        return False
    exact, other = machine.exactly(left), machine.exactly(right)
    if exact is None or other is None:
        return None
    return bool(exact == other) if arrays.shape(exact) == arrays.shape(other) else False


def _less(machine: Machine, left: Term, right: Term) -> bool | None:
    x, y = machine.value(left), machine.value(right)
    if not (isinstance(x, acb) and isinstance(y, acb)):
        raise Unsupported("an order between what are not numbers")
    difference = y - x
    if not difference.imag.contains(0):
        raise Undefined("an order between numbers that are not real")
    if difference.imag == 0:
        if difference.real > 0:
            return True
        if difference.real <= 0:
            return False
    exact, other = machine.exactly(left), machine.exactly(right)
    if isinstance(exact, fmpq) and isinstance(other, fmpq):
        return bool(exact < other)
    return None


def _member(machine: Machine, member: Term, container: Term) -> bool | None:
    match container:
        case Apply("reals"):
            value = machine.value(member)
            return True if all(x.imag == 0 for x in arrays.entries(value)) else None
        case Apply("interval", (low, high)):
            return _all([
                low == _MINUS_INFINITY or _less(machine, low, member),
                high == _INFINITY or _less(machine, member, high),
            ])  # fmt: skip
        case Apply("set" | "multiset", items):
            return _not(_all([_not(_equal(machine, member, item)) for item in items]))
    raise Unsupported("membership in this set")


_INFINITY = Apply("infinity")
_MINUS_INFINITY = Apply("negative", (_INFINITY,))


# comparing and showing balls -------------------------------------------------------------------


def disjoint(left: Ball, right: Ball) -> bool:
    """Whether two values are seen to differ.

    Arrays differ in shape or in an entry; multisets if no pairing of their members overlaps
    throughout; sets if a member of one overlaps none of the other.
    """
    if isinstance(left, acb) and isinstance(right, acb):
        return left.is_finite() and right.is_finite() and not left.overlaps(right)
    if isinstance(left, Items) and isinstance(right, Items):
        return _disjoint_items(left, right)
    if isinstance(left, Items) or isinstance(right, Items):
        return disjoint(_as_array(left), _as_array(right))
    if arrays.shape(left) != arrays.shape(right):
        return True
    pairs = zip(arrays.entries(left), arrays.entries(right), strict=True)
    return any(disjoint(x, y) for x, y in pairs)


def _as_array(ball: Ball) -> Ball:
    """A tuple of numbers as the vector that it may be compared with."""
    if not isinstance(ball, Items):
        return ball
    if ball.kind != "tuple" or not all(isinstance(member, acb) for member in ball.members):
        raise Unsupported(f"a comparison of a {ball.kind} with an array")
    return cast("Ball", arrays.pack(len(ball.members), 1, list(ball.members)))


def _disjoint_items(left: Items, right: Items) -> bool:
    if "set" in (left.kind, right.kind):
        return not (_covered(left, right) and _covered(right, left))
    if len(left.members) != len(right.members):
        return True
    if left.kind == "tuple":
        return any(map(disjoint, left.members, right.members))
    return not _matched(list(left.members), list(right.members))


def _covered(left: Items, right: Items) -> bool:
    return all(any(not disjoint(x, y) for y in right.members) for x in left.members)


def _matched(left: list[Ball], right: list[Ball]) -> bool:
    """Whether a perfect matching of overlapping balls exists, by augmenting paths."""
    partner: dict[int, int] = {}

    def augment(i: int, seen: set[int]) -> bool:
        for j, candidate in enumerate(right):
            if j not in seen and not disjoint(left[i], candidate):
                seen.add(j)
                if j not in partner or augment(partner[j], seen):
                    partner[j] = i
                    return True
        return False

    return all(augment(i, set()) for i in range(len(left)))


def digits(left: Ball, right: Ball) -> int:
    """To how many significant decimal digits two values are seen to agree, at least; 0 if none."""
    if isinstance(left, Items) and isinstance(right, Items):
        if len(left.members) != len(right.members):
            return 0
        best = [max((digits(x, y) for y in right.members), default=0) for x in left.members]
        if left.kind == "tuple":
            best = list(map(digits, left.members, right.members))
        return min(best, default=0)
    if isinstance(left, Items) or isinstance(right, Items):
        return digits(_as_array(left), _as_array(right))
    if arrays.shape(left) != arrays.shape(right):
        return 0
    pairs = zip(arrays.entries(left), arrays.entries(right), strict=True)
    return min(_digits(acb(x), acb(y)) for x, y in pairs)


def _digits(x: acb, y: acb) -> int:
    gap = (x - y).abs_upper()
    if not gap.is_finite():
        return 0
    scale = max(x.abs_lower(), y.abs_lower(), key=float) if x.is_finite() else arb(0)
    if gap == 0:
        return EQUAL
    ratio = gap / scale if scale > 0 else gap
    if not ratio.is_finite():
        return 0
    return max(0, int(-float((ratio.log() / arb(10).log()).mid())))


#: The digits to which two equal exact values are said to agree: those of 4,096 bits.
EQUAL = 1233

#: What may be zero and is smaller than this is shown as zero.
NEGLIGIBLE = 1e-20

#: Significant digits of a number shown to readers.
SHOWN = 17


def show(ball: Ball, digits: int = SHOWN) -> str:
    """A value in short decimals: ``"1.6931471805599453"``, ``"(1, 0.5)"``, ``"{1, 2i}"``."""
    if isinstance(ball, Items):
        inside = ", ".join(show(member, digits) for member in ball.members)
        return f"({inside})" if ball.kind == "tuple" else f"{{{inside}}}"
    if isinstance(ball, acb_mat):
        columns = range(ball.ncols())
        rows = [[show(ball[i, j], digits) for j in columns] for i in range(ball.nrows())]
        if ball.ncols() == 1:
            return "(" + ", ".join(row[0] for row in rows) + ")"
        return "(" + ", ".join("(" + ", ".join(row) + ")" for row in rows) + ")"
    if not ball.is_finite():
        return "undetermined"
    real, imaginary = ball.real, ball.imag
    if imaginary == 0 or (imaginary.contains(0) and abs(imaginary) < NEGLIGIBLE):
        return _decimal(real, digits)
    if real == 0:
        return _imaginary(imaginary, digits)
    sign = "-" if imaginary < 0 else "+"
    return f"{_decimal(real, digits)} {sign} {_imaginary(abs(imaginary), digits)}"


def _imaginary(x: arb, digits: int) -> str:
    text = _decimal(x, digits)
    return {"1": "i", "-1": "-i"}.get(text, f"{text}i")


def _decimal(x: arb, digits: int) -> str:
    text = x.str(digits, radius=False)
    if x.rad() != 0 and x.contains(0):
        return "0" if abs(x) < NEGLIGIBLE else x.str(5)
    mantissa, mark, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return mantissa + mark + exponent
