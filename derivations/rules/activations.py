"""Rules for softplus, the logistic function and tanh: to exponentials and back.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not.
"""

from __future__ import annotations

from derivations.rules.calculus import expand, tidy
from language.notation import Notation
from language.terms import Apply, Number, Term, replace
from language.vocabulary import divide, exp, log, logistic, negative, sqrt, tanh

__all__ = [
    "absorb_exponential",
    "exponential_of_log",
    "in_exponentials",
    "multiply_through",
    "over_one_bar",
    "read_tanh",
]


def in_exponentials(term: Term) -> Term:
    """The definitions: softplus u = log(1 + e^u), sigma(u) = 1/(1 + e^-u), tanh by e^u and e^-u."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("softplus", (u,)):
                return log(1 + exp(u))
            case Apply("logistic", (u,)):
                return 1 / (1 + exp(_minus(u)))
            case Apply("tanh", (u,)):
                return (exp(u) - exp(_minus(u))) / (exp(u) + exp(_minus(u)))
        return None

    return replace(term, write)


def _minus(term: Term) -> Term:
    match term:
        case Apply("negative", (inner,)):
            return inner
    return negative(term)


def exponential_of_log(term: Term) -> Term:
    """e^(log u) = u and e^(log(u)/2) = sqrt u for positive u; with a minus sign, their inverses."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("exp", (Apply("negative", (inner,)),)):
                found = _power_of(inner)
                return None if found is None else 1 / found
            case Apply("exp", (inner,)):
                return _power_of(inner)
        return None

    return replace(term, write)


def _power_of(exponent: Term) -> Term | None:
    match exponent:
        case Apply("log", (u,)):
            return u
        case Apply("multiply", (Number(half), Apply("log", (u,)))) if half * 2 == 1:
            return sqrt(u)
    return None


def absorb_exponential(term: Term) -> Term:
    """sigma(-u) e^u = sigma(u)."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("multiply", (Apply("logistic", (minus,)), Apply("exp", (u,)))):
                return logistic(u) if minus == _minus(u) else None
        return None

    return replace(term, write)


def over_one_bar(term: Term) -> Term:
    """c (a/b) - 1 = (c a - b)/b, for a number c."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("add", (first, Apply("negative", (Number(one),)))) if one == 1:
                match first:
                    case Apply("divide", (above, below)):
                        return divide(above - below, below)
                    case Apply("multiply", (Number() as c, Apply("divide", (above, below)))):
                        return divide(tidy(c * above) - below, below)
        return None

    return replace(term, write)


def multiply_through(term: Term, factor: Term, notation: Notation) -> Term:
    """Multiply above and below the outermost line by the nonzero ``factor``, and expand."""
    match term:
        case Apply("divide", (above, below)):
            return divide(*(expand(part * factor, notation) for part in (above, below)))
    raise ValueError("expected a quotient")


def read_tanh(term: Term) -> Term:
    """(e^u - e^-u)/(e^u + e^-u) is tanh u."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("divide", (_, Apply("add", (Apply("exp", (u,)), Apply("exp", _))))):
                return tanh(u) if in_exponentials(tanh(u)) == here else None
        return None

    return replace(term, write)
