"""Rules for variances: mean squares about the mean, squares of deviations, sums over pairs, roots.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not.

Source: Grimmett and Stirzaker, "Probability and Random Processes" (2001), section 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from derivations.rules.conjugates import Numbers
from derivations.rules.information import signed_sum, summands
from language.claims import Claim
from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term, free_names, replace, same
from language.vocabulary import divide, expectation, multiply, product_of, sqrt

__all__ = ["about_its_mean", "in_deviations", "sum_over_deltas", "under_one_root"]


def about_its_mean(term: Term, mean: Claim) -> Term:
    """Var h = E (h - m)^2, where an earlier result says that E h = m."""

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("variance", drawn, law, body):
                if same(expectation(drawn, law, body), mean.defined):
                    centred = signed_sum([*summands(body), (-1, mean.closed_form)])
                    return expectation(drawn, law, centred**2)
        return None

    return replace(term, rule)


def in_deviations(term: Term, notation: Notation, means: Mapping[Term, Term]) -> Term:
    """Multiply out the body of each expectation in powers of the deviations ``f - m``.

    Carried out by SymPy, to which each deviation is one number.

    Args:
        term: holds expectations of polynomials in the keys of ``means``.
        notation: of the names in it.
        means: for each term f the mean m that is taken off.
    """
    deviations = tuple(f - m for f, m in means.items())

    def split(here: Term) -> Term | None:
        for deviation, (f, m) in zip(deviations, means.items(), strict=True):
            if here == f:
                return deviation + m
        return None

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("expectation" as head, drawn, law, body):
                numbers = Numbers(notation, *deviations)
                polynomial = sympy.expand(numbers.to_sympy(replace(body, split)))
                return Bind(head, drawn, law, numbers.from_sympy(polynomial))
        return None

    return replace(term, rule)


def sum_over_deltas(term: Term) -> Term:
    """``sum_j (a + delta_ij b) = n a + b`` over j = 1, ..., n, for a and b without j."""

    def rule(here: Term) -> Term | None:
        match here:
            case Bind("sum", j, Apply("range", (Number(first), size)), body) if first == 1:
                picks = any(_picked(part, j) is not None for _, part in summands(body))
                return _summed(body, j, size) if picks else None
        return None

    return replace(term, rule)


def _picked(term: Term, index: str) -> Term | None:
    """The b of ``delta_ij b``, free of the index j."""
    match term:
        case Apply("multiply", (Apply("delta", (Name() as i, Name(j))), rest)):
            if j == index and i != Name(j) and index not in free_names(rest):
                return rest
    return None


def _summed(body: Term, index: str, size: Term) -> Term | None:
    parts = []
    for sign, part in summands(body):
        picked = _picked(part, index)
        if picked is None and index in free_names(part):
            return None
        parts.append((sign, multiply(size, part) if picked is None else picked))
    return signed_sum(parts)


def under_one_root(term: Term) -> Term:
    """sqrt(a) sqrt(b) / sqrt(c) = sqrt(a b / c), for positive numbers."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("divide", (above, below)):
                radicands = _radicands(above), _radicands(below)
                if all(radicands):
                    return sqrt(divide(*map(product_of, radicands)))
        return None

    return replace(term, rule)


def _radicands(term: Term) -> list[Term]:
    """The numbers under the roots of a product of roots; empty where it is none."""
    factors = term.args if isinstance(term, Apply) and term.head == "multiply" else (term,)
    found = [part.args[0] for part in factors if isinstance(part, Apply) and part.head == "sqrt"]
    return found if len(found) == len(factors) else []
