"""Rules for normal laws: each keeps the value of what it rewrites, which the engine proves."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from derivations.rules.gaussian import (
    collect_summands,
    coordinate_divergences,
    derivative_inside,
    diagonal_as_hadamard,
    divergence_from_standard,
    entry_of,
    expand_in,
    expected_squared_norm,
    gaussian_moments,
    log_normal_density,
    normal,
    normal_variance,
    reparametrize,
    root_of_variance,
    standard_normal,
)
from language.claims import Status
from language.notation import Notation, Symbol
from language.terms import Name, Term, walk
from language.types import INTEGER, POSITIVE, REAL, Array
from language.vocabulary import (
    density,
    derivative,
    diagonal,
    exp,
    expectation,
    hadamard,
    index_sum,
    kl,
    log,
    names,
    norm,
    number,
    sqrt,
    variance,
)
from numerics.engine import decide_equal

NOTATION = Notation(
    (
        Symbol("m", REAL),
        Symbol("c", REAL),
        Symbol("s", REAL, domain=POSITIVE),
        Symbol("v", REAL, domain=POSITIVE),
        Symbol("t", REAL),
        Symbol("mu", Array(("p",))),
        Symbol("sigma", Array(("p",)), domain=POSITIVE),
        Symbol("l", Array(("p",))),
        Symbol("eps", Array(("p",))),
        Symbol("x", Array(("n",))),
        Symbol("A", Array(("n", "p"))),
        Symbol("j", INTEGER),
    )
)
m, c, s, v, t, mu, sigma, l_, eps, x, A, p = names("m c s v t mu sigma l eps x A p")
z, e = names("z e")
STANDARD = standard_normal(p)

CASES = {
    "log density": (log(density(normal(m, s**2), t)), log_normal_density, ()),
    "coordinates": (
        kl(normal(mu, exp(2 * l_)), STANDARD),
        coordinate_divergences,
        (NOTATION, "j"),
    ),
    "from standard": (kl(normal(m, v), normal(0, 1)), divergence_from_standard, ()),
    "collect": (
        index_sum("j", p, mu["j"] ** 2 / 2 - number(1, 2) - log(sigma["j"])),
        collect_summands,
        (NOTATION,),
    ),
    "reparametrize": (
        expectation("z", normal(m, v), (z - c) ** 2),
        reparametrize,
        (NOTATION, "e"),
    ),
    "reparametrize vectors": (
        expectation("z", normal(mu, sigma**2), norm(z) ** 2),
        reparametrize,
        (NOTATION, "e"),
    ),
    "reparametrize a variance": (
        variance("z", normal(mu, exp(l_)), mu.T @ z),
        reparametrize,
        (NOTATION, "e"),
    ),
    "inside": (
        derivative(expectation("e", normal(0, 1), (m + s * e) ** 2), m),
        derivative_inside,
        (),
    ),
    "mean": (expectation("z", normal(m, v), z), gaussian_moments, ()),
    "second moment": (expectation("z", normal(m, v), z**2), gaussian_moments, ()),
    "spread": (expectation("z", normal(m, v), (z - m) ** 2), gaussian_moments, ()),
    "distance": (expectation("z", normal(m, v), (z - c) ** 2), gaussian_moments, ()),
    "sixth moment": (expectation("z", normal(0, 1), z**6), gaussian_moments, ()),
    "fifth moment": (2 + expectation("z", normal(0, 1), z**5), gaussian_moments, ()),
    "variance": (variance("z", normal(m, v), z), normal_variance, ()),
    "expand": (
        expectation("e", normal(0, 1), (m + s * e - c) ** 3 / s),
        expand_in,
        (NOTATION, "e"),
    ),
    "squared norm": (
        expectation("e", STANDARD, norm(x - A @ (mu + e)) ** 2),
        expected_squared_norm,
        (NOTATION, "e"),
    ),
    "roots": (diagonal(sqrt(exp(l_))) @ eps, root_of_variance, (NOTATION,)),
    "diagonal": (mu + diagonal(sigma) @ eps, diagonal_as_hadamard, ()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_rewrites_and_keeps_the_value(name: str) -> None:
    before, rule, arguments = CASES[name]
    after = rule(before, *arguments)
    assert after != before
    assert decide_equal(before, after, NOTATION).status is Status.PROVED


@pytest.mark.parametrize(
    "body", [z**2 * m, exp(z), z * Name("c")], ids=["product", "exponential", "factor"]
)
def test_moments_that_the_rule_does_not_know_stay(body: Term) -> None:
    term = expectation("z", normal(m, v), body)
    assert gaussian_moments(term) == term


def test_the_mean_of_the_law_may_not_be_differentiated_inside() -> None:
    term = derivative(expectation("z", normal(m, v), z**2), m)
    assert derivative_inside(term) == term


def test_a_quadratic_vector_is_no_affine_one() -> None:
    term = expectation("e", STANDARD, norm(x - A @ hadamard(e, e)) ** 2)
    with pytest.raises(ValueError, match="affine in e"):
        expected_squared_norm(term, NOTATION, "e")


@given(st.sampled_from([mu, sigma**2, exp(2 * l_), hadamard(mu, exp(l_ / 2)), mu - sigma]))
def test_entries_are_entries_of_names(vector: Term) -> None:
    entry = entry_of(vector, "j", NOTATION)
    heads = [part for part in walk(entry) if getattr(part, "head", "") == "entry"]
    assert heads
    assert all(isinstance(part.args[0], Name) for part in heads)  # type: ignore[attr-defined]
    assert decide_equal(vector[Name("j")], entry, NOTATION).status is Status.PROVED
