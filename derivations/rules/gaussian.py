"""Rules for normal laws: densities, coordinates, moments, reparametrization, divergences.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not. The second argument of ``normal`` is the
variance, for a vector the vector of the variances of its independent coordinates.

Sources: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014), section 2.4 and appendix B;
Mohamed, Rosca, Figurnov and Mnih, "Monte Carlo Gradient Estimation in Machine Learning", JMLR 21
(2020), sections 4 (score function) and 5 (pathwise).
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm, prod

import sympy

from derivations.rules.calculus import from_sympy, tidy, to_sympy
from derivations.rules.information import signed_sum, summands
from derivations.rules.pointwise import collect_pointwise
from language.notation import Notation, Symbol
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    free_names,
    lift,
    replace,
    same,
    substitute,
)
from language.typecheck import typecheck
from language.types import REAL, Array
from language.vocabulary import (
    PI,
    derivative,
    entry,
    exp,
    expectation,
    gradient,
    hadamard,
    index_sum,
    kl,
    log,
    multiply,
    norm,
    number,
    sqrt,
    trace,
    transpose,
)

__all__ = [
    "collect_summands",
    "coordinate_divergences",
    "derivative_inside",
    "diagonal_as_hadamard",
    "divergence_from_standard",
    "entry_of",
    "expand_in",
    "expected_squared_norm",
    "gaussian_moments",
    "log_normal_density",
    "normal",
    "normal_variance",
    "reparametrize",
    "root_of_variance",
    "standard_normal",
]

HALF = number(1, 2)


def normal(mean: Term | int | str, variance: Term | int | str) -> Term:
    """The normal law with this mean and variance (of each coordinate, for vectors)."""
    return Apply("normal", (lift(mean), lift(variance)))


def standard_normal(size: Term | int | str = 1) -> Term:
    """N(0, 1), or N(0, I) of a symbolic ``size``."""
    if size == 1:
        return normal(0, 1)
    return normal(Apply("zeros", (lift(size),)), Apply("ones", (lift(size),)))


# --------------------------------------------------------------------------- densities


def log_normal_density(term: Term) -> Term:
    """log N(t; m, v) = -(t - m)^2 / (2 v) - log(v) / 2 - log(2 pi) / 2, on the line."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("log", (Apply("density", (Apply("normal", (mean, variance)), point)),)):
                square = _distance(point, mean) ** 2 / _times(2, variance)
                own = [] if _is_one(variance) else [(-1, HALF * log(variance))]
                return signed_sum([(-1, square), *own, (-1, HALF * log(_times(2, PI)))])
        return None

    return _flat(replace(term, write))


def _distance(point: Term, mean: Term) -> Term:
    return point if _is_zero(mean) else point - mean


def _times(*factors: Term | int) -> Term:
    """A product without factors that are one."""
    kept = [lift(factor) for factor in factors if not _is_one(lift(factor))]
    return multiply(*kept) if len(kept) > 1 else kept[0]


def _is_zero(term: Term) -> bool:
    return term == number(0) or (isinstance(term, Apply) and term.head == "zeros")


def _is_one(term: Term) -> bool:
    return term == number(1) or (isinstance(term, Apply) and term.head == "ones")


# --------------------------------------------------------------------------- coordinates


def entry_of(term: Term, index: str, notation: Notation) -> Term:
    """The entry of a vector at ``index``, written in entries of names.

    What acts entry by entry (sums, entrywise products, powers and elementary functions) is carried
    to the entries; numbers stay.
    """
    match term:
        case Number():
            return term
        case Apply("zeros", _):
            return number(0)
        case Apply("ones", _):
            return number(1)
        case Apply("hadamard", (left, right)):
            return multiply(entry_of(left, index, notation), entry_of(right, index, notation))
        case Apply("add" | "negative" | "power" | "divide" | "exp" | "sqrt" | "softplus" as head):
            assert isinstance(term, Apply)
            return Apply(head, tuple(entry_of(part, index, notation) for part in term.args))
        case Apply("multiply", parts):
            return multiply(*(entry_of(part, index, notation) for part in parts))
    return entry(term, index) if isinstance(typecheck(term, notation), Array) else term


def coordinate_divergences(term: Term, notation: Notation, index: str) -> Term:
    """The divergence of laws with independent coordinates is the sum of those of the coordinates.

    KL(N(m, diag v) || N(n, diag w)) = sum_j KL(N(m_j, v_j) || N(n_j, w_j)), because the densities
    are products and the logarithm of a product is a sum.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Apply("kl", (Apply("normal", left), Apply("normal", right))):
                kind = typecheck(Apply("normal", left), notation)
                shape = getattr(getattr(kind, "element", None), "shape", None)
                if shape is None or len(shape) != 1:
                    return None
                first, second = (
                    Apply("normal", tuple(entry_of(part, index, notation) for part in law))
                    for law in (left, right)
                )
                return index_sum(index, lift(shape[0]), kl(first, second))
        return None

    return replace(term, write)


def collect_summands(term: Term, notation: Notation) -> Term:
    """Collect what each index sum adds up, by SymPy, and write a common number before the sum."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind("sum", index, domain, body):
                content, collected = _primitive(collect_pointwise(body, notation))
                total = Bind("sum", index, domain, collected)
                return total if content == 1 else Number(content) * total
        return None

    return replace(term, write)


def _primitive(term: Term) -> tuple[Fraction, Term]:
    """The common numerical factor of a sum, and the rest: what is added, numbers, subtracted."""
    parts = _weighted(term)
    below = lcm(*(weight.denominator for weight, _ in parts))
    content = Fraction(gcd(*(int(weight * below) for weight, _ in parts)), below)
    parts = sorted(((weight / content, part) for weight, part in parts), key=_place)
    return content, signed_sum(
        [
            (1 if weight > 0 else -1, _monomial(Number(abs(weight)), part, 1))
            for weight, part in parts
        ]
    )


def _place(summand: tuple[Fraction, Term]) -> tuple[bool, bool, bool, list[str]]:
    weight, part = summand
    is_power = isinstance(part, Apply) and part.head == "power"
    return (weight < 0, part != number(1), not is_power, sorted(free_names(part)))


def _weighted(term: Term) -> list[tuple[Fraction, Term]]:
    """A sum as numbers times terms; a number alone is itself times one."""
    match term:
        case Number(value):
            return [(value, number(1))]
        case Apply("add", parts):
            return [pair for part in parts for pair in _weighted(part)]
        case Apply("negative", (inner,)):
            return [(-weight, part) for weight, part in _weighted(inner)]
        case Apply("divide", (above, Number(below))):
            return [(weight / below, part) for weight, part in _weighted(above)]
        case Apply("multiply", (Number(factor), inner)):
            return [(weight * factor, part) for weight, part in _weighted(inner)]
    return [(Fraction(1), term)]


def divergence_from_standard(term: Term) -> Term:
    """KL(N(m, v) || N(0, 1)) = (m^2 + v - 1 - log v) / 2, on the line."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("kl", (Apply("normal", (mean, spread)), other)) if other == normal(0, 1):
                return HALF * (mean**2 + spread - 1 - log(spread))
        return None

    return replace(term, write)


# --------------------------------------------------------------------------- reparametrization


def reparametrize(term: Term, notation: Notation, variable: str) -> Term:
    """A draw from N(m, v) is m + sqrt(v) e with e drawn from N(0, 1), for vectors entrywise.

    ``variable`` is the name of e. The square root of a square s^2 with positive s is written s, and
    that of exp(l) is exp(l/2).
    """

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation" | "variance", drawn, Apply("normal", (mean, spread)), body):
                noise: Term = Name(variable)
                kind = typecheck(mean, notation)
                size = lift(kind.shape[0]) if isinstance(kind, Array) else lift(1)
                if not _is_one(spread):
                    root = _root(spread, notation)
                    noise = hadamard(root, noise) if size != lift(1) else multiply(root, noise)
                point = noise if _is_zero(mean) else mean + noise
                law = standard_normal(1 if size == lift(1) else size)
                return Bind(here.head, variable, law, substitute(body, {drawn: point}))
        return None

    return replace(term, write)


def _root(variance: Term, notation: Notation) -> Term:
    match variance:
        case Apply("power", (Name(name) as base, Number(two))) if two == 2:
            if notation[name].domain.lower == 0:
                return base
        case Apply("exp", (Apply("multiply", (Number(two), inner)),)) if two == 2:
            return exp(inner)
        case Apply("exp", (inner,)):
            return exp(inner / 2)
    return sqrt(variance)


def root_of_variance(term: Term, notation: Notation) -> Term:
    """The square roots of variances: of s^2 it is s for positive s, of exp(l) it is exp(l/2)."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("sqrt", (Apply("ones") as ones,)):
                return ones
            case Apply("sqrt", (variance,)):
                return _root(variance, notation)
        return None

    return replace(term, write)


def diagonal_as_hadamard(term: Term) -> Term:
    """A diagonal matrix multiplies entry by entry: diag(v) e = v * e; a diagonal of ones drops."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("multiply", (Apply("diagonal", (vector,)), other)):
                return other if _is_one(vector) else hadamard(vector, other)
        return None

    return replace(term, write)


def derivative_inside(term: Term) -> Term:
    """Differentiate under the expectation: d/da E f = E df/da where the law does not depend on a.

    Side condition: an integrable function bounds the derivative near the point, as for the
    polynomials under normal laws here.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Apply(
                "derivative" | "gradient" as head, (Bind("expectation", drawn, law, body), variable)
            ):
                if free_names(variable) & (free_names(law) | {drawn}):
                    return None
                inner = derivative(body, variable) if head == "derivative" else None
                return expectation(drawn, law, inner or gradient(body, variable))
        return None

    return replace(term, write)


# --------------------------------------------------------------------------- moments


def gaussian_moments(term: Term) -> Term:
    """Work out E z^k, E (z - a)^2 under N(m, v), and E e^k under N(0, 1), on the line.

    Odd moments of a standard normal vanish, the even ones are (k - 1)!! = 1, 3, 15, ...
    """

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", drawn, Apply("normal", (mean, variance)), body):
                return _moment(drawn, mean, variance, body)
        return None

    return tidy(replace(term, write))


def _moment(drawn: str, mean: Term, variance: Term, body: Term) -> Term | None:
    """One moment, None where it is not among those of :func:`gaussian_moments`."""
    standard = _is_zero(mean) and _is_one(variance)
    match body:
        case Name(name) if name == drawn:
            return mean
        case Apply("power", (Name(name), Number(k))) if name == drawn and standard:
            return number(0) if k % 2 else number(prod(range(1, int(k), 2)))
        case Apply("power", (Name(name), Number(two))) if name == drawn and two == 2:
            return variance if _is_zero(mean) else mean**2 + variance
        case Apply("power", (difference, Number(two))) if two == 2:
            match summands(difference):
                case [(1, Name(name)), (-1, centre)] if name == drawn:
                    if same(centre, mean):
                        return variance
                    if drawn not in free_names(centre):
                        return (mean - centre) ** 2 + variance
    return None


def normal_variance(term: Term) -> Term:
    """The variance of a draw from N(m, v) is v."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind("variance", drawn, Apply("normal", (_, variance)), Name(name)):
                return variance if name == drawn else None
        return None

    return replace(term, write)


def expand_in(term: Term, notation: Notation, variable: str) -> Term:
    """Multiply out the body of each expectation over ``variable``, as a polynomial in it.

    Carried out by SymPy on scalars; each coefficient is factored.
    """
    scope = notation if variable in notation else notation.extended(Symbol(variable, REAL))

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation" | "variance" as head, drawn, law, body) if drawn == variable:
                unknown = to_sympy(Name(variable), scope)
                polynomial = sympy.Poly(to_sympy(body, scope), unknown)
                parts = [
                    (1, _monomial(from_sympy(sympy.factor(c)), Name(variable), degree))
                    for (degree,), c in polynomial.terms()
                ]
                return Bind(head, drawn, law, signed_sum(parts))
        return None

    return replace(term, write)


def _monomial(coefficient: Term, unknown: Term, degree: int) -> Term:
    power = unknown if degree == 1 else unknown**degree
    if not degree or power == number(1):
        return coefficient
    return power if coefficient == number(1) else multiply(coefficient, power)


def expected_squared_norm(term: Term, notation: Notation, variable: str) -> Term:
    """E ||a + B e||^2 = ||a||^2 + tr(B^T B) for e drawn from N(0, I), called ``variable``.

    The cross term has mean zero, and E e e^T = I. Side condition, checked: the vector is affine
    in e, with each summand a product of matrices that ends in e or is free of it.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", drawn, law, Apply("power", (Apply("norm", (body,)), two))):
                is_standard = isinstance(law, Apply) and all(
                    test(part) for test, part in zip((_is_zero, _is_one), law.args, strict=True)
                )
                if drawn == variable and is_standard and two == number(2):
                    constant, slope = _affine(body, variable)
                    return norm(constant) ** 2 + trace(transpose(slope) @ slope)
        return None

    return replace(term, write)


def _affine(vector: Term, variable: str) -> tuple[Term, Term]:
    """``(a, B)`` with ``vector = a + B e`` up to the sign of ``B``, which its square drops."""
    constant: list[tuple[int, Term]] = []
    slopes: list[Term] = []
    for sign, factors, last in _products(vector):
        if last == Name(variable) and factors:
            slopes.append(_chain(factors))
        elif variable not in free_names(_chain([*factors, last])):
            constant.append((sign, _chain([*factors, last])))
        else:
            raise ValueError(f"expected a vector that is affine in {variable}")
    if len(slopes) != 1 or not constant:
        raise ValueError(f"expected one product that ends in {variable}, found {len(slopes)}")
    return signed_sum(constant), slopes[0]


def _products(vector: Term) -> list[tuple[int, list[Term], Term]]:
    """A sum of products of matrices and a vector, multiplied out: sign, matrices, vector."""
    found: list[tuple[int, list[Term], Term]] = []
    for sign, part in summands(vector):
        match part:
            case Apply("multiply", (*matrices, last)):
                found += [
                    (sign * own, [*_flattened(matrices), *inner], end)
                    for own, inner, end in _products(last)
                ]
            case Apply("add"):
                found += [(sign * own, inner, end) for own, inner, end in _products(part)]
            case _:
                found.append((sign, [], part))
    return found


def _flattened(factors: list[Term]) -> list[Term]:
    flat: list[Term] = []
    for factor in factors:
        match factor:
            case Apply("multiply", parts):
                flat += _flattened(list(parts))
            case _:
                flat.append(factor)
    return flat


def _chain(factors: list[Term]) -> Term:
    return multiply(*factors) if len(factors) > 1 else factors[0]


def _flat(term: Term) -> Term:
    """Sums within sums, and negated sums, as one flat sum."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("negative", (Apply("add", parts),)):
                return signed_sum([(-sign, p) for part in parts for sign, p in summands(part)])
            case Apply("add"):
                return signed_sum(summands(here))
        return None

    return replace(term, rule)
