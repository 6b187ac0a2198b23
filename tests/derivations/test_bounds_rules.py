"""Rules for lower bounds and for likelihoods: what they produce is proved, or they do nothing."""

from __future__ import annotations

import pytest

from derivations.rules.bounds import (
    average_of_constant,
    bayes_quotient,
    divergence_of_log_ratio,
    insert_law,
    set_apart,
)
from derivations.rules.likelihoods import added_first, log_of_index_product, log_of_power
from derivations.topics.evidence_bound import NOTATION, joint, log_evidence, q
from language.claims import Status
from language.notation import Notation, Symbol
from language.terms import Name
from language.types import PROBABILITY, REAL, Array
from language.vocabulary import density, expectation, index_product, log, names
from numerics.engine import decide_equal

r = density("R", "z")
posterior = density("posterior", "z")
a, b, x = names("a b x")
NUMBERS = Notation(
    (
        Symbol("a", REAL),
        Symbol("b", REAL, domain=PROBABILITY),
        Symbol("x", Array(("m",)), domain=PROBABILITY),
    )
)

CASES = {
    "constant": (log_evidence, average_of_constant, (log_evidence, "Q", "z")),
    "bayes": (
        expectation("z", "Q", log_evidence),
        bayes_quotient,
        ("evidence", "likelihood", "prior", "posterior", "z"),
    ),
    "insert": (expectation("z", "Q", log(joint / posterior)), insert_law, ("Q",)),
    "apart": (expectation("z", "Q", log(joint / q)), set_apart, ("likelihood",)),
    "divergence": (expectation("z", "Q", log(q / r)), divergence_of_log_ratio, ()),
    "minus divergence": (expectation("z", "Q", log(r / q)), divergence_of_log_ratio, ()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_rewrites_and_keeps_the_value(name: str) -> None:
    before, rule, arguments = CASES[name]
    after = rule(before, *arguments)
    assert after != before
    assert decide_equal(before, after, NOTATION).status is Status.PROVED


def test_another_laws_log_ratio_is_no_divergence() -> None:
    term = expectation("z", "Q", log(r / posterior))
    assert divergence_of_log_ratio(term) == term


def test_logarithms_of_products_and_powers() -> None:
    product = log(index_product("j", "m", x["j"] ** Name("a")))
    for rule in (log_of_index_product, log_of_power):
        split = rule(product)
        assert split != product
        assert decide_equal(product, split, NUMBERS).status is Status.PROVED
        product = split


def test_what_is_added_comes_first() -> None:
    assert added_first(-a + b) == b - a
    assert added_first(b - a) == b - a
