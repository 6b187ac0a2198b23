"""Rules for divergences: integrals of densities read as divergences, and normal integrands.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not.

Sources: Nowozin, Cseke and Tomioka (2016), table 1, for the integrals; Gil, Alajaji and Linder,
"Renyi divergence measures for commonly used univariate continuous distributions" (2013), for the
normal ones.
"""

from __future__ import annotations

import sympy

from derivations.rules.calculus import from_sympy, tidy, to_sympy
from derivations.rules.conjugates import lay_out
from derivations.rules.information import collect_constants, signed_sum, summands
from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term, replace, same
from language.vocabulary import (
    chi_square,
    density,
    divide,
    exp,
    expectation,
    integral,
    jsd,
    kl,
    log,
    multiply,
    number,
    sqrt,
)

__all__ = [
    "chi_square_as_integral",
    "complete_the_square",
    "double_shares",
    "entropy_as_expectation",
    "expand_squares",
    "log_of_powers",
    "read_divergences",
    "read_jensen_shannon",
]


def _law(term: Term, variable: str) -> Term | None:
    """The law whose density at ``variable`` a term is."""
    match term:
        case Apply("density", (law, Name(point))) if point == variable:
            return law
    return None


def read_divergences(term: Term, midpoint: str | None = None) -> Term:
    """Read integrals of densities as what they are by definition: one, or a divergence.

    That of a density is one. The integral of p log(p/q) is KL(p || q), that of p log(2p/(p + q))
    is the divergence of p from ``midpoint``, and that of (p - q)^2/q is the Pearson divergence of p
    from q.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Bind("integral", x, _, Apply("density", (_, Name(point)))):
                return number(1) if point == x else None
            case Bind("integral", x, _, Apply("multiply", (p, Apply("log", (ratio,))))):
                law, other = _law(p, x), _denominator_law(ratio, p, x, midpoint)
                return kl(law, other) if law is not None and other is not None else None
            case Bind("integral", x, _, Apply("divide", (Apply("power", (gap, two)), q))):
                base = _law(q, x)
                laws = [_law(part, x) for _, part in summands(gap)]
                if two == number(2) and sorted(s for s, _ in summands(gap)) == [-1, 1]:
                    others = [law for law in laws if law is not None and law != base]
                    if base in laws and len(others) == 1 and base is not None:
                        return chi_square(others[0], base)
        return None

    return tidy(replace(term, write))


def _denominator_law(ratio: Term, p: Term, x: str, midpoint: str | None) -> Term | None:
    """The law q of a ratio p/q; ``midpoint`` where the ratio is 2p/(p + q)."""
    match ratio:
        case Apply("divide", (above, below)) if same(above, p):
            return _law(below, x)
        case Apply("divide", (Apply("multiply", (two, above)), Apply("add", parts))):
            if two == number(2) and same(above, p) and p in parts and midpoint is not None:
                return Name(midpoint)
    return None


def read_jensen_shannon(term: Term, midpoint: str) -> Term:
    """KL(p || m) + KL(q || m), with m the midpoint of p and q, is twice JSD(p, q).

    Constants are added up.
    """

    def write(here: Term) -> Term | None:
        parts = summands(here)
        found = [
            (k, part.args[0])
            for k, (sign, part) in enumerate(parts)
            if sign > 0 and isinstance(part, Apply) and part.head == "kl"
            if part.args[1] == Name(midpoint)
        ]
        if len(found) != 2:
            return None
        (first, p), (second, q) = found
        rest = [part for k, part in enumerate(parts) if k not in (first, second)]
        return collect_constants(signed_sum([(1, 2 * jsd(p, q)), *rest]))

    return replace(term, write)


def double_shares(term: Term) -> Term:
    """c log(p/(p + q)) is c log(2p/(p + q)) - c log 2."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("multiply", (*factors, Apply("log", (Apply("divide", (above, below)),)))):
                if isinstance(below, Apply) and below.head == "add" and above in below.args:
                    doubled = log(divide(2 * above, below))
                    return multiply(*factors, doubled) - multiply(*factors, log(2))
        return None

    return replace(term, write)


def expand_squares(term: Term) -> Term:
    """(sqrt(p) - sqrt(q))^2 is p + q - 2 sqrt(p q), within integrals."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("power", (Apply("add", (first, Apply("negative", (second,)))), Number(two))):
                match first, second:
                    case Apply("sqrt", (p,)), Apply("sqrt", (q,)) if two == 2:
                        return p + q - 2 * Apply("sqrt", (p * q,))
        return None

    return replace(term, write)


# --------------------------------------------------------------------------- normal laws


def entropy_as_expectation(term: Term, variable: str) -> Term:
    """The definition of the entropy of p: minus the expectation under p of log p."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("entropy", (law,)):
                return -expectation(variable, law, log(density(law, variable)))
        return None

    return replace(term, write)


def complete_the_square(term: Term, notation: Notation, spread: str | None = None) -> Term:
    """Write a product of powers of normal densities as a number times one normal density.

    With the exponents c_k, the means m_k and the variances v_k, A = sum c_k/v_k and
    B = sum c_k m_k/v_k, the product is a number times N(x; B/A, 1/A). Side condition: A > 0,
    without which the integral diverges. Where a name ``spread`` is given it stands for the
    numerator of A over the product of the variances.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Bind("integral", x, space, body):
                factors = _normal_powers(body, x, number(1))
                if factors is None or len(factors) < 2:
                    return None
                constant, law = _merged(factors, notation, spread)
                return multiply(constant, Bind("integral", x, space, density(law, x)))
        return None

    return replace(term, write)


#: The exponent, the mean and the variance of a normal density.
_Power = tuple[Term, Term, Term]


def _normal_powers(term: Term, x: str, exponent: Term) -> list[_Power] | None:
    """The normal densities that a term is a product of powers of; None where it is not."""
    match term:
        case Apply("density", (Apply("normal", (mean, variance)), Name(point))) if point == x:
            return [(exponent, mean, variance)]
        case Apply("power", (base, power)):
            return _normal_powers(base, x, power * exponent)
        case Apply("sqrt", (base,)):
            return _normal_powers(base, x, exponent / 2)
        case Apply("multiply", parts):
            found = [_normal_powers(part, x, exponent) for part in parts]
        case Apply("divide", (above, below)):
            found = [_normal_powers(above, x, exponent), _normal_powers(below, x, -exponent)]
        case _:
            return None
    if any(part is None for part in found):
        return None
    return [power for part in found if part is not None for power in part]


def _merged(factors: list[_Power], notation: Notation, spread: str | None) -> tuple[Term, Term]:
    """The number and the normal law that a product of powers of normal densities comes to."""
    powers = [tuple(to_sympy(part, notation) for part in factor) for factor in factors]
    precision = sympy.factor(sum(c / v for c, _, v in powers))
    moment = sympy.factor(sum(c * m / v for c, m, v in powers))
    square = sympy.factor(sum(c * m**2 / v for c, m, v in powers) - moment**2 / precision)
    above, below = sympy.fraction(precision)
    order = sympy.expand(sum(c for c, _, _ in powers))
    volume = sympy.prod(v ** (c / 2) for c, _, v in powers)
    root = sympy.powsimp(sympy.sqrt(below) / volume) * (2 * sympy.pi) ** ((1 - order) / 2)

    mixed = above if spread is None else sympy.Symbol(spread, positive=True)

    def over_precision(number: sympy.Expr) -> Term:
        return replace(from_sympy(lay_out(number / mixed)), _positive_first)

    match from_sympy(root):
        case Apply("divide", (top, bottom)):
            constant = divide(top, multiply(bottom, sqrt(_positive(mixed))))
        case top:
            constant = divide(top, sqrt(_positive(mixed)))
    law = Apply("normal", (over_precision(moment * below), over_precision(below)))
    return multiply(constant, exp(over_precision(-square * above / 2))), law


def _positive(number: sympy.Expr) -> Term:
    """A positive number, written with what is added in front."""
    return replace(from_sympy(number), _positive_first)


def _positive_first(here: Term) -> Term | None:
    """A sum that starts with what is added, not with what is subtracted."""
    parts = summands(here)
    ordered = sorted(parts, key=lambda part: part[0] < 0)
    return signed_sum(ordered) if parts[0][0] < 0 and ordered != parts else None


def log_of_powers(term: Term) -> Term:
    """Logarithms of products, quotients, powers, roots and exponentials of positive numbers."""

    def split(inside: Term) -> Term | None:
        match inside:
            case Apply("multiply", factors):
                return signed_sum([(1, opened(factor)) for factor in factors])
            case Apply("divide", (above, below)):
                return signed_sum([(1, opened(above)), (-1, opened(below))])
            case Apply("power", (base, exponent)):
                return multiply(exponent, log(base))
            case Apply("sqrt", (base,)):
                return multiply(number(1, 2), log(base))
            case Apply("exp", (exponent,)):
                return exponent
        return None

    def opened(inside: Term) -> Term:
        found = split(inside)
        return log(inside) if found is None else found

    def write(here: Term) -> Term | None:
        match here:
            case Apply("log", (inside,)):
                return split(inside)
        return None

    return replace(term, write)


def chi_square_as_integral(term: Term, variable: str) -> Term:
    """chi^2(p || q) is the integral of p^2/q, minus one, on the line."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("chi_square", (p, q)):
                square = density(p, variable) ** 2 / density(q, variable)
                return integral(variable, square) - 1
        return None

    return replace(term, write)
