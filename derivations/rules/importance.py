"""Rules for averages of independent draws: choices of draws, alike draws, variances of weights.

Independent draws are written as nested expectations under one law. Every rule takes the term before
and returns the term after; it rewrites wherever its pattern occurs, and returns the term unchanged
where it does not.

Source: Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders" (2016), appendix A.
"""

from __future__ import annotations

from itertools import combinations

from derivations.rules.information import summands
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    free_names,
    replace,
    same,
    substitute,
)
from language.vocabulary import chi_square, divide, expectation, log, multiply, number, sum_of

__all__ = [
    "draws_are_alike",
    "excess_of_log_average",
    "expect_in_each_draw",
    "over_all_choices",
    "read_second_moment",
    "variance_as_moments",
]


def _nested(term: Term) -> tuple[list[str], Term, Term] | None:
    """The draws, the law and the body of nested expectations under one law."""
    draws: list[str] = []
    law: Term | None = None
    while isinstance(term, Bind) and term.head == "expectation":
        if law is not None and term.domain != law:
            break
        draws.append(term.variable)
        law, term = term.domain, term.body
    return None if law is None else (draws, law, term)


def _over(draws: list[str], law: Term, body: Term) -> Term:
    for draw in reversed(draws):
        body = expectation(draw, law, body)
    return body


def expect_in_each_draw(term: Term) -> Term:
    """The expectation of an average is the average of the expectations, each over its own draws."""

    def write(here: Term) -> Term | None:
        found = _nested(here)
        if found is None:
            return None
        draws, law, body = found
        match body:
            case Apply("divide", (Apply("add", parts), Number() as count)):
                each = [_over([d for d in draws if d in free_names(p)], law, p) for p in parts]
                return divide(sum_of(each), count)
        return None

    changed = write(term)
    return term if changed is None else changed


def draws_are_alike(term: Term) -> Term:
    """Expectations of one function of different draws are equal: (E + ... + E)/n is E."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("divide", (Apply("add", parts), Number(count))) if count == len(parts):
                first = parts[0]
                return first if all(same(part, first) for part in parts) else None
        return None

    return replace(term, write)


def over_all_choices(term: Term) -> Term:
    """E over n draws minus E over fewer: the latter is the average over all choices among the n.

    Everything then stands under one expectation over the n draws.
    """
    match summands(term):
        case [(1, more), (-1, fewer)]:
            whole, part = _nested(more), _nested(fewer)
            if whole is None or part is None or whole[1] != part[1]:
                return term
            (draws, law, body), (chosen, _, inner) = whole, part
            choices = [
                substitute(inner, dict(zip(chosen, map(Name, choice), strict=True)))
                for choice in combinations(draws, len(chosen))
            ]
            return _over(draws, law, body - _mean(choices))
    return term


def _mean(terms: list[Term]) -> Term:
    return terms[0] if len(terms) == 1 else number(1, len(terms)) * sum_of(terms)


def excess_of_log_average(term: Term) -> Term:
    """log((a + b)/2) - (log a + log b)/2 = log(1 + (a - b)^2/(4 a b))/2."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply(
                "add",
                (
                    Apply("log", (Apply("divide", (Apply("add", (a, b)), Number(two))),)),
                    Apply("negative", (mean,)),
                ),
            ) if two == 2 and mean == number(1, 2) * (log(a) + log(b)):
                return number(1, 2) * log(1 + (a - b) ** 2 / multiply(4, a, b))
        return None

    return replace(term, write)


def variance_as_moments(term: Term) -> Term:
    """Var f = E f^2 - (E f)^2."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind("variance", variable, law, body):
                mean = expectation(variable, law, body)
                return expectation(variable, law, body**2) - mean**2
        return None

    return replace(term, write)


def read_second_moment(term: Term) -> Term:
    """E_q (p c/q)^2 - c^2 is c^2 times the Pearson divergence of p from q."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply(
                "add",
                (
                    Bind("expectation", x, q, Apply("power", (ratio, Number(two)))),
                    Apply("negative", (Apply("power", (c, Number(same_two))),)),
                ),
            ) if two == same_two == 2:
                match ratio:
                    case Apply(
                        "divide",
                        (
                            Apply("multiply", (Apply("density", (p, Name(point))), factor)),
                            Apply("density", (base, Name(again))),
                        ),
                    ) if point == again == x and base == q and factor == c:
                        return c**2 * chi_square(p, q)
        return None

    return replace(term, write)
