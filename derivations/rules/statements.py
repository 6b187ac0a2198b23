"""Rules on generated laws and labelled samples: push-forwards, labels, means over an index.

Every rule takes the term before and returns the term after, and returns it unchanged where its
pattern does not occur.
"""

from __future__ import annotations

from derivations.rules.information import signed_sum, summands
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    free_names,
    fresh,
    replace,
    same,
    substitute,
)
from language.vocabulary import call, entry, expectation, multiply, number

__all__ = [
    "as_labelled_mixture",
    "expectation_of_generated",
    "flip_inside",
    "inclusion_probability",
    "independent_of_index",
    "share_of_equals",
]


def expectation_of_generated(term: Term, function: str, base: str) -> Term:
    """A function of G(z) alone, with z drawn from ``base``, is a function of a generated point.

    E over z of f(G(z)) becomes E over x of f(x), with x drawn from the push-forward of ``base``.
    """

    def write(here: Term) -> Term | None:
        match here:
            case Bind("expectation", bound, Name(name), body) if name == base:
                point = fresh("x", free_names(body))
                image = _replaced(body, call(function, bound), Name(point))
                if bound not in free_names(image):
                    law = Apply("pushforward", (Name(function), Name(base)))
                    return expectation(point, law, image)
        return None

    return replace(term, write)


def _replaced(term: Term, old: Term, new: Term) -> Term:
    return replace(term, lambda here: new if same(here, old) else None)


def as_labelled_mixture(term: Term, first: str, second: str, mixture: str, share: str) -> Term:
    """Two equal classes as one mixture: E_p f + E_q g = 2 E_m [D* f + (1 - D*) g].

    ``mixture`` is the equal mixture m of the laws ``first`` and ``second``, and ``share`` the
    probability p/(p + q) that a point of it is of the first class.
    """
    match summands(term):
        case [
            (1, Bind("expectation", x, Name(p), f)),
            (1, Bind("expectation", y, Name(q), g)),
        ] if p == first and q == second:
            at = call(share, x)
            other = substitute(g, {y: Name(x)})
            body = multiply(at, f) + multiply(1 - at, other)
            return multiply(2, expectation(x, mixture, body))
    return term


def flip_inside(term: Term) -> Term:
    """Twice an expectation as minus twice the expectation of the opposite, summand by summand."""
    match term:
        case Apply("multiply", (Number(factor), Bind("expectation", x, law, body))):
            opposite = signed_sum([(-sign, part) for sign, part in summands(body)])
            return multiply(Number(-factor), expectation(x, law, opposite))
    return term


def share_of_equals(term: Term) -> Term:
    """One of two equal positive parts is one half of their sum: a/(a + a) = 1/2."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply("divide", (part, Apply("add", (left, right)))):
                if same(part, left) and same(part, right):
                    return number(1, 2)
        return None

    return replace(term, write)


def independent_of_index(term: Term) -> Term:
    """A mean over an index of what does not depend on it: (1/m) sum_i a = a."""

    def write(here: Term) -> Term | None:
        match here:
            case Apply(
                "multiply",
                (
                    Apply("divide", (Number(above), size)),
                    Bind("sum", index, Apply("range", (Number(low), high)), body),
                ),
            ) if above == low == 1 and same(size, high) and index not in free_names(body):
                return body
        return None

    return replace(term, write)


def inclusion_probability(term: Term) -> Term:
    """E over a 0/1 mask B with mean p of (1/p) sum_i B_i a_i is sum_i a_i."""

    def write(here: Term) -> Term | None:
        match here:
            case Bind(
                "expectation",
                mask,
                Apply("bernoulli", (mean,)),
                Apply(
                    "multiply",
                    (
                        Apply("divide", (Number(above), divisor)),
                        Bind("sum", index, domain, Apply("multiply", (picked, body))),
                    ),
                ),
            ) if above == 1 and same(mean, divisor) and picked == entry(Name(mask), Name(index)):
                if mask not in free_names(body):
                    return Bind("sum", index, domain, body)
        return None

    return replace(term, write)
