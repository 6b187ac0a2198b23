"""Rules for likelihoods of independent observations: logarithms of products and of powers.

Every rule takes the term before and returns the term after; it rewrites wherever its pattern
occurs, and returns the term unchanged where it does not.
"""

from __future__ import annotations

from derivations.rules.information import signed_sum, summands
from language.terms import Apply, Bind, Term, replace
from language.vocabulary import log, multiply

__all__ = ["added_first", "log_of_index_product", "log_of_power"]


def log_of_index_product(term: Term) -> Term:
    """The logarithm of an index product of positive factors is the sum of their logarithms."""

    def split(here: Term) -> Term | None:
        match here:
            case Apply("log", (Bind("product", index, domain, factor),)):
                return Bind("sum", index, domain, log(factor))
        return None

    return replace(term, split)


def log_of_power(term: Term) -> Term:
    """log b^e = e log b, for a positive base."""

    def split(here: Term) -> Term | None:
        match here:
            case Apply("log", (Apply("power", (base, exponent)),)):
                return multiply(exponent, log(base))
        return None

    return replace(term, split)


def added_first(term: Term) -> Term:
    """In every sum what is added comes before what is subtracted, otherwise in the same order."""

    def order(here: Term) -> Term | None:
        match here:
            case Apply("add"):
                return signed_sum(sorted(summands(here), key=lambda part: -part[0]))
        return None

    return replace(term, order)
