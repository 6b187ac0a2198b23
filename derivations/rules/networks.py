"""Rules of small networks: activations and their slopes, squared losses, stationary points.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs. The provers compare the two terms independently.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from derivations.rules.calculus import differentiate, from_sympy as in_order, tidy
from derivations.rules.dynamics import put_in
from derivations.rules.information import signed_sum, summands
from language.bridge import from_sympy, to_sympy
from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term, free_names, replace, same
from language.vocabulary import (
    both,
    equal,
    gradient,
    jacobian,
    logistic,
    multiply,
    multiset,
    number,
    power,
    product_of,
    relation,
    tanh,
)

__all__ = [
    "across",
    "common_factor",
    "constants_out_of_sums",
    "differentiate_twice",
    "divide_by_signed_factors",
    "drop_nonzero_factors",
    "drop_true_inequalities",
    "entry_by_entry",
    "exponential_of_zero",
    "factor_left_sides",
    "linear_inequality",
    "logistic_as_tanh",
    "power_of_product",
    "relu_as_maximum",
    "root_of_zero_power",
    "spectrum",
    "tanh_as_logistic",
]

HALF = number(1, 2)


def tanh_as_logistic(term: Term) -> Term:
    """tanh(u) is the logistic function, stretched: 2 logistic(2 u) - 1."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("tanh", (argument,)):
                return 2 * logistic(2 * argument) - 1
        return None

    return replace(term, write)


def logistic_as_tanh(term: Term) -> Term:
    """logistic(2 u) is (1 + tanh(u))/2, the converse of :func:`tanh_as_logistic`."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("logistic", (Apply("multiply", (Number(two), argument)),)) if two == 2:
                return (1 + tanh(argument)) / 2
        return None

    return replace(term, write)


def relu_as_maximum(term: Term) -> Term:
    """The rectifier is the larger one of its argument and zero."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("relu", (argument,)):
                return Apply("maximum", (argument, number(0)))
        return None

    return replace(term, write)


# --------------------------------------------------------------------------- inequalities


def exponential_of_zero(term: Term) -> Term:
    """exp(0) is one, and drops out of products."""

    def one(here: Term) -> Term | None:
        match here:
            case Apply("exp", (Number(exponent),)) if exponent == 0:
                return number(1)
        return None

    return tidy(replace(term, one))


def linear_inequality(statement: Term, notation: Notation, name: str) -> Term:
    """Solve ``u >= v``, linear in ``name``, as ``name >= number`` or ``number >= name``.

    In a conjunction with ``0 < name`` that statement is dropped where it follows.
    """

    def solved(here: Term) -> Term | None:
        match here:
            case Apply("greater_equal", (left, right)) if name in free_names(here):
                bound = _bound(left - right, notation, name)
                return None if bound is None else relation("less_equal", Number(bound), name)
        return None

    found = replace(statement, solved)
    match found:
        case Apply("both", parts):
            return _without_weaker(parts, name)
    return found


def _bound(difference: Term, notation: Notation, name: str) -> Fraction | None:
    """Where a rising line with rational coefficients crosses zero."""
    symbol = to_sympy(Name(name), notation)
    line = sympy.Poly(to_sympy(difference, notation), symbol)
    slope, rest = line.coeff_monomial(symbol), line.coeff_monomial(1)
    if line.degree() != 1 or not (slope.is_Rational and slope > 0 and rest.is_Rational):
        return None
    crossing = sympy.Rational(-rest / slope)
    return Fraction(int(crossing.p), int(crossing.q))


def _without_weaker(parts: tuple[Term, ...], name: str) -> Term:
    """A conjunction in order: the lower end first, and none that a larger lower end implies."""
    ends = {part: end for part in parts if (end := _lower_end(part, name)) is not None}
    if not ends:
        return both(*parts)
    strongest = max(ends, key=lambda part: ends[part])
    return both(strongest, *(part for part in parts if part not in ends))


def _lower_end(statement: Term, name: str) -> Fraction | None:
    match statement:
        case Apply("less" | "less_equal", (Number(end), Name(found))) if found == name:
            return end
    return None


# --------------------------------------------------------------------------- squared losses


def common_factor(term: Term, factor: Term) -> Term:
    """Take a factor that all summands share out of every sum: ``x - b x`` is ``(1 - b) x``."""

    def take_out(here: Term) -> Term | None:
        if not isinstance(here, Apply) or here.head != "add":
            return None
        rests = [(sign, _without(part, factor)) for sign, part in summands(here)]
        kept = [(sign, rest) for sign, rest in rests if rest is not None]
        return multiply(signed_sum(kept), factor) if len(kept) == len(rests) else None

    return replace(term, take_out)


def _without(part: Term, factor: Term) -> Term | None:
    """What multiplies ``factor`` in a product; None where it does not occur."""
    factors = _factors(part)
    at = next((k for k, other in enumerate(factors) if same(other, factor)), None)
    return None if at is None else product_of(factors[:at] + factors[at + 1 :])


def _factors(term: Term) -> list[Term]:
    match term:
        case Apply("multiply", parts):
            return [factor for part in parts for factor in _factors(part)]
    return [term]


def power_of_product(term: Term) -> Term:
    """A whole power of a product of numbers is the product of the powers."""

    def split(here: Term) -> Term | None:
        match here:
            case Apply("power", (Apply("multiply", factors), Number(exponent))) if (
                exponent.denominator == 1
            ):
                return product_of([power(factor, Number(exponent)) for factor in factors])
        return None

    return replace(term, split)


def constants_out_of_sums(term: Term) -> Term:
    """Factors that do not depend on the index leave an index sum, and stand behind its mean."""

    def leave(here: Term) -> Term | None:
        match here:
            case Bind("sum", index, domain, body):
                factors = _factors(body)
                constant = [f for f in factors if index not in free_names(f)]
                varying = [f for f in factors if index in free_names(f)]
                if not constant or not varying:
                    return None
                return product_of([*constant, Bind("sum", index, domain, product_of(varying))])
            case Apply("divide", (Apply("multiply", (*constant, Bind("sum") as total)), below)):
                return product_of([total / below, *constant])
        return None

    return replace(term, leave)


def differentiate_twice(term: Term, notation: Notation) -> Term:
    """Carry out derivatives, a Hessian as the Jacobian of the gradient."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("hessian", (body, variables)):
                return jacobian(gradient(body, variables), variables)
        return None

    return differentiate(replace(term, write), notation)


def spectrum(term: Term, notation: Notation) -> Term:
    """The multiset of eigenvalues of a written matrix, by SymPy, the positive ones first."""

    def work_out(here: Term) -> Term | None:
        match here:
            case Apply("eigenvalues", (Apply("matrix") as array,)):
                found = to_sympy(array, notation).eigenvals()
                roots = [root for root, times in found.items() for _ in range(times)]
                roots.sort(key=lambda root: (not root.is_positive, str(root)))
                return multiset(*(from_sympy(root) for root in roots))
        return None

    return replace(term, work_out)


# --------------------------------------------------------------------------- equations


def entry_by_entry(statement: Term) -> Term:
    """An equation between written vectors says that all their entries are equal."""

    def split(here: Term) -> Term | None:
        match here:
            case Apply("equal", (Apply("vector", left), Apply("vector", right))):
                pairs = zip(left, right, strict=True)
                return both(*(equal(first, second) for first, second in pairs))
        return None

    return _flat(replace(statement, split))


def _flat(statement: Term) -> Term:
    """Conjunctions within a conjunction as one."""
    match statement:
        case Apply("both", parts):
            flat: list[Term] = []
            for part in map(_flat, parts):
                flat += part.args if isinstance(part, Apply) and part.head == "both" else (part,)
            return both(*flat)
    return statement


def drop_nonzero_factors(statement: Term, *nonzero: Term) -> Term:
    """In ``product = 0``, drop numbers and the factors ``nonzero``, which cannot vanish there."""

    def drop(here: Term) -> Term | None:
        match here:
            case Apply("equal", (left, Number(zero))) if zero == 0:
                factors = [f for f in _factors(_unsigned(left)) if not isinstance(f, Number)]
                kept = [f for f in factors if not any(same(f, other) for other in nonzero)]
                return equal(product_of(kept), 0)
        return None

    return replace(statement, drop)


def factor_left_sides(statement: Term, notation: Notation) -> Term:
    """Write the left side of every equation and inequality as a product, by SymPy."""

    def factor(here: Term) -> Term | None:
        match here:
            case Apply("equal" | "less" as head, (left, right)):
                return relation(head, in_order(sympy.factor(to_sympy(left, notation))), right)
        return None

    return replace(statement, factor)


def divide_by_signed_factors(statement: Term) -> Term:
    """Where also ``product < 0``, its factors are not zero: drop them from ``product = 0``."""
    match statement:
        case Apply("both", parts):
            nonzero = [
                _base(factor)
                for part in parts
                if isinstance(part, Apply) and part.head == "less" and part.args[1] == number(0)
                for factor in _factors(_unsigned(part.args[0]))
            ]
            return both(*(drop_nonzero_factors(part, *nonzero) for part in parts))
    return statement


def _base(factor: Term) -> Term:
    match factor:
        case Apply("power", (base, _)):
            return base
    return factor


def _unsigned(term: Term) -> Term:
    match term:
        case Apply("negative", (inner,)):
            return inner
    return term


def drop_true_inequalities(statement: Term, notation: Notation) -> Term:
    """Leave out of a conjunction what the zeros in it make true: a number below zero.

    What equations ``name = 0`` say is put into the inequalities first.
    """
    match put_in(statement):
        case Apply("both", parts):
            kept = [part for part in parts if not _certainly_negative(part, notation)]
            return both(*kept)
    return statement


def _certainly_negative(statement: Term, notation: Notation) -> bool:
    match statement:
        case Apply("less", (left, Number(zero))) if zero == 0:
            return bool(to_sympy(left, notation).is_negative)
    return False


def across(statement: Term) -> Term:
    """Bring what is subtracted to the other side: ``u - v = 0`` says that ``v = u``."""

    def move(here: Term) -> Term | None:
        match here:
            case Apply(
                "equal", (Apply("add", (left, Apply("negative", (right,)))), Number(zero))
            ) if zero == 0:
                return equal(right, left)
        return None

    return replace(statement, move)


def root_of_zero_power(statement: Term) -> Term:
    """A power with a positive exponent is zero only where its base is."""

    def root(here: Term) -> Term | None:
        match here:
            case Apply("equal", (Apply("power", (base, Number(exponent))), Number(zero))) if (
                zero == 0 and exponent > 0
            ):
                return equal(base, 0)
        return None

    return replace(statement, root)
