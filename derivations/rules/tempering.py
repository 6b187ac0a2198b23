"""Rules for weighted evidence bounds: weights split and collected, tempered posteriors.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not.

Source: Higgins et al., "beta-VAE" (2017), section 2.
"""

from __future__ import annotations

import sympy

from derivations.rules.conjugates import Numbers, lay_out
from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term, free_names, replace
from language.vocabulary import density, divide, expectation, kl, log, multiply

__all__ = [
    "collect_multiples",
    "differentiate_multiples",
    "divergence_from_constant",
    "drop_trivial",
    "join_weighted_logarithms",
    "mean_for_point",
    "split_weight",
    "tempered_bayes",
]


def split_weight(term: Term) -> Term:
    """E - c D is (E - D) - (c - 1) D, for a divergence D with a weight c."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("add", (first, Apply("negative", (Apply("multiply", (c, d)),)))):
                if isinstance(d, Apply) and d.head == "kl":
                    return first - d - (c - 1) * d
        return None

    return replace(term, write)


def collect_multiples(term: Term, notation: Notation, *kept: Term) -> Term:
    """Collect a sum of multiples of the terms ``kept``, which are not looked into."""
    numbers = Numbers(notation, *kept)
    return numbers.from_sympy(lay_out(numbers.to_sympy(term)))


def differentiate_multiples(term: Term, notation: Notation, *kept: Term) -> Term:
    """Carry out the derivatives in names on which none of the terms ``kept`` depends."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("derivative", (body, Name(name) as variable)):
                if any(name in free_names(part) for part in kept):
                    return None
                numbers = Numbers(notation, *kept)
                slope = sympy.diff(numbers.to_sympy(body), numbers.to_sympy(variable))
                return numbers.from_sympy(slope)
        return None

    return replace(term, write)


def join_weighted_logarithms(term: Term) -> Term:
    """E log a - c E log(q/p) is c E log(a^(1/c) p/q), for a positive number c."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply(
                "add",
                (
                    Bind("expectation", x, law, Apply("log", (a,))),
                    Apply("negative", (Apply("multiply", (c, second)),)),
                ),
            ):
                match second:
                    case Bind("expectation", y, other, Apply("log", (Apply("divide", (q, p)),))):
                        if (x, law) == (y, other) and x not in free_names(c):
                            joined = log(divide(multiply(a ** (1 / c), p), q))
                            return multiply(c, expectation(x, law, joined))
        return None

    return replace(term, write)


def tempered_bayes(term: Term, joint: Term, law: str, constant: str, variable: str) -> Term:
    """``joint`` is the density of ``law`` times ``constant``, by the definition of both."""

    def write(here: Term) -> Term | None:
        return multiply(density(law, variable), constant) if here == joint else None

    return replace(term, write)


def divergence_from_constant(term: Term) -> Term:
    """E_q log(r c/q) is log c - KL(q || r), for a positive number c."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind(
                "expectation",
                x,
                q,
                Apply(
                    "log",
                    (
                        Apply(
                            "divide",
                            (
                                Apply("multiply", (Apply("density", (r, point)), c)),
                                Apply("density", (base, other)),
                            ),
                        ),
                    ),
                ),
            ) if point == other == Name(x) and base == q and x not in free_names(c):
                return log(c) - kl(q, r)
        return None

    return replace(term, write)


def mean_for_point(term: Term) -> Term:
    """N(x; m, v) = N(m; x, v): a normal density is symmetric in its point and its mean."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("density", (Apply("normal", (mean, variance)), point)):
                return density(Apply("normal", (point, variance)), mean)
        return None

    return replace(term, write)


def drop_trivial(term: Term) -> Term:
    """Drop divisions by one and distances from zero."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("divide", (above, Number(one))) if one == 1:
                return above
            case Apply("add", (first, Apply("negative", (Number(zero),)))) if zero == 0:
                return first
        return None

    return replace(term, write)
