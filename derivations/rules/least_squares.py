"""Rules on weighted squares: means that minimize them, and integrals of squares of densities.

A weight or a density is any term that a square is multiplied by; SymPy works out the coefficients
of linear forms, everything else is rewriting.
"""

from __future__ import annotations

import sympy

from derivations.rules.calculus import collect, tidy
from derivations.rules.information import signed_sum, summands
from language.bridge import from_sympy, to_sympy
from language.notation import Notation, Symbol
from language.terms import (
    Apply,
    Bind,
    Name,
    Term,
    free_names,
    lift,
    replace,
    same,
    substitute,
)
from language.vocabulary import (
    chi_square,
    divide,
    multiply,
    number,
    power,
    product_of,
    sum_of,
)

__all__ = [
    "bring_inside",
    "common_factor",
    "expand_square_over",
    "over_one_bar",
    "recognise_chi_square",
    "regroup",
    "square_of_quotient",
    "total_mass",
    "weighted_mean",
    "work_out_coefficients",
]

TWO = number(2)


def _square(term: Term) -> tuple[Term, Term] | None:
    """``weight`` and ``u`` of ``weight u^2``; the weight is one where none is written."""
    match term:
        case Apply("power", (base, exponent)) if exponent == TWO:
            return number(1), base
        case Apply("multiply", (*weights, Apply("power", (base, exponent)))) if exponent == TWO:
            return product_of(weights), base
    return None


def _squared_distance(term: Term, unknown: str) -> tuple[Term, Term] | None:
    """``weight`` and ``target`` of ``weight (unknown - target)^2``."""
    match _square(term):
        case (weight, Apply("add", (Name(name), Apply("negative", (target,))))) if (
            name == unknown and unknown not in free_names(weight * target)
        ):
            return weight, target
    return None


def bring_inside(term: Term) -> Term:
    """A constant factor goes under the integral or into the expectation behind it."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("multiply", (*factors, Bind("integral" | "expectation" as head, x, on, f))):
                if any(x in free_names(factor) for factor in factors):
                    return None
                return Bind(head, x, on, multiply(*factors, f))
        return None

    return replace(term, rule)


def weighted_mean(term: Term) -> Term:
    """The minimizer of ``sum_k w_k (y - t_k)^2`` is ``sum_k w_k t_k / sum_k w_k``.

    A factor that all weights share does not matter and is left out. Side condition: the weights
    are not negative, and not all zero.
    """

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("argmin", unknown, _, body):
                parts = [_squared_distance(part, unknown) for _, part in summands(body)]
                weights, targets = _split(parts)
                weights = _without_shared(weights)
                weighted = [t * w for w, t in zip(weights, targets, strict=True)]
                return divide(sum_of(weighted), sum_of(weights))
        return None

    return replace(term, rule)


def _split(parts: list[tuple[Term, Term] | None]) -> tuple[list[Term], list[Term]]:
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        raise ValueError("expected a sum of weighted squared distances from the unknown")
    return [weight for weight, _ in found], [target for _, target in found]


def _without_shared(weights: list[Term]) -> list[Term]:
    """The weights without the leading factor that they share, where they share one."""
    match weights:
        case [Apply("multiply", (first, *_)), *_] if all(_starts_with(w, first) for w in weights):
            return [product_of(list(w.args[1:])) for w in weights if isinstance(w, Apply)]
    return weights


def _starts_with(weight: Term, factor: Term) -> bool:
    match weight:
        case Apply("multiply", (first, _, *_)):
            return same(first, factor)
    return False


def common_factor(term: Term) -> Term:
    """``p u + q u`` becomes ``(p + q) u``, where ``u`` is the last factor of each summand."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("add", parts) if len(parts) > 1:
                split = [_last_factor(part) for part in parts]
                if all(found is not None and same(found[1], split[0][1]) for found in split):
                    return multiply(sum_of([found[0] for found in split]), split[0][1])
        return None

    return replace(term, rule)


def _last_factor(term: Term) -> tuple[Term, Term]:
    match term:
        case Apply("multiply", (*others, last)) if others:
            return product_of(others), last
    return number(1), term


def over_one_bar(term: Term) -> Term:
    """``u/s - c`` becomes ``(u - c s)/s``."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("add", (Apply("divide", (above, below)), Apply("negative", (c,)))):
                return divide(above - multiply(c, below), below)
        return None

    return replace(term, rule)


def square_of_quotient(term: Term) -> Term:
    """``s (u/s)^2`` becomes ``u^2/s``."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply(
                "multiply", (first, Apply("power", (Apply("divide", (above, below)), exponent)))
            ) if exponent == TWO and same(first, below):
                return divide(power(above, TWO), below)
        return None

    return replace(term, rule)


# linear forms in two densities ----------------------------------------------------------------


def regroup(term: Term, notation: Notation, first: Term, second: Term) -> Term:
    """Write each squared linear form in two densities as one in ``first`` and ``second``.

    Args:
        term: holds squares of linear forms in two densities.
        notation: what the coefficients' names mean.
        first: a linear form in the densities, such as their sum.
        second: another, such as their difference.

    Raises:
        ValueError: where ``first`` and ``second`` are proportional.
    """
    p, q = _densities(first + second)

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("power", (Apply("add") as form, exponent)) if exponent == TWO:
                if {p, q} <= set(_densities(form)):
                    return power(_in_terms_of(form, first, second, p, q, notation), TWO)
        return None

    return replace(term, rule)


def _densities(term: Term) -> list[Term]:
    """The different densities in ``term``, in the order in which they are met."""
    found: list[Term] = []

    def visit(here: Term) -> Term | None:
        if isinstance(here, Apply) and here.head == "density" and here not in found:
            found.append(here)
        return None

    replace(term, visit)
    return found


def _coefficient(form: Term, of: Term, other: Term, notation: Notation) -> sympy.Expr:
    """What a linear form is where one density is one and the other zero: its coefficient."""

    def put(here: Term) -> Term | None:
        return lift(1) if here == of else lift(0) if here == other else None

    return to_sympy(replace(form, put), notation)


def _in_terms_of(
    form: Term, first: Term, second: Term, p: Term, q: Term, notation: Notation
) -> Term:
    (a, b), (c, d), (e, f) = (
        (_coefficient(linear, p, q, notation), _coefficient(linear, q, p, notation))
        for linear in (form, first, second)
    )
    scale = sympy.expand(c * f - d * e)
    if scale == 0:
        raise ValueError("expected two linear forms that are not proportional")
    of_first = sympy.expand((a * f - b * e) / scale)
    of_second = sympy.expand((b * c - a * d) / scale)
    # A difference of names is written with the last of them in front: (b - a), not (a - b).
    last = max(of_second.free_symbols, key=str, default=None)
    sign = -1 if last is not None and of_second.coeff(last) < 0 else 1
    return signed_sum([(1, _times(of_first, first)), (sign, _times(sign * of_second, second))])


def _times(coefficient: sympy.Expr, form: Term) -> Term:
    """``coefficient form``, the coefficient over one whole number, a positive summand in front."""
    if coefficient == 1:
        return form
    content, primitive = sympy.expand(coefficient).primitive()
    top = _positive_first(from_sympy(content.p * primitive))
    return multiply(top if content.q == 1 else divide(top, int(content.q)), form)


def _positive_first(term: Term) -> Term:
    parts = summands(term)
    return signed_sum(sorted(parts, key=lambda part: -part[0])) if len(parts) > 1 else term


def expand_square_over(term: Term) -> Term:
    """``(m s + k d)^2 / s`` becomes ``m^2 s + 2 m k d + k^2 d^2/s``."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("divide", (Apply("power", (Apply("add", (one, two)), exponent)), s)):
                m, left = _last_factor(one)
                if exponent != TWO or not same(left, s):
                    return None
                ((sign, other),) = summands(two)
                k, d = _last_factor(other)
                return signed_sum(
                    [
                        (1, multiply(power(m, TWO), s)),
                        (sign, multiply(TWO, m, k, d)),
                        (1, multiply(power(k, TWO), divide(power(d, TWO), s))),
                    ]
                )
        return None

    return replace(term, rule)


def total_mass(term: Term) -> Term:
    """The integral of each density over its whole space is one."""

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("integral", x, _, body):
                masses = [_mass(part, x) for _, part in summands(body)]
                if all(mass is not None for mass in masses):
                    signs = [sign for sign, _ in summands(body)]
                    return lift(sum(signs))
        return None

    return tidy(replace(term, rule))


def _mass(term: Term, variable: str) -> Term | None:
    match term:
        case Apply("density", (Name(), Name(point))) if point == variable:
            return number(1)
    return None


def work_out_coefficients(term: Term, notation: Notation) -> Term:
    """Work out, by SymPy, the sums of numbers that densities are multiplied by."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("multiply", (*factors, last)):
                known = [f for f in factors if not _densities(f)]
                if not known or not _densities(last):
                    return None
                others = [f for f in factors if _densities(f)]
                scale = collect(product_of(known), notation)
                return tidy(product_of([scale, *others, last]))
        return None

    return tidy(replace(term, rule))


def recognise_chi_square(term: Term, notation: Notation, left: str, right: str) -> Term:
    """Read ``int (q - p)^2 / q`` as Pearson's divergence of ``left`` from ``right``.

    Args:
        term: holds such integrals.
        notation: where ``left`` and ``right`` are defined by what p and q are.
        left: the name of the law, or measure, with density p.
        right: the name of that with density q.
    """
    p, q = (notation[name] for name in (left, right))

    def rule(here: Term) -> Term | None:
        match here:
            case Bind(
                "integral",
                x,
                _,
                Apply(
                    "divide",
                    (Apply("power", (Apply("add", (u, Apply("negative", (v,)))), exponent)), w),
                ),
            ) if exponent == TWO:
                if same(v, _at(p, x)) and same(u, _at(q, x)) and same(w, u):
                    return chi_square(left, right)
        return None

    return replace(term, rule)


def _at(law: Symbol, point: str) -> Term:
    """The density of a law, or measure, by its definition."""
    if law.definition is None:
        raise ValueError(f"expected a name with a definition, found {law.name!r}, which has none")
    (parameter,) = law.parameters
    return substitute(law.definition, {parameter: Name(point)})
