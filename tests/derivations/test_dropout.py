from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from derivations.derivation import Derivation, Solution
from derivations.rules.components import replay
from derivations.rules.matrix_calculus import (
    RuleError,
    gradient_of_squared_norm,
    linearity_of_gradient,
    minimizer_of_quadratic,
    norm_by_rows,
    norms_from_rows,
    push_through,
    rescale_unknown,
    solve_linear_system,
)
from derivations.rules.moments import (
    exchange_sums,
    linearity_of_expectation,
    mean_of_mask,
    second_moment,
    variance_of_independent_sum,
)
from derivations.topics import dropout
from language.claims import Equality
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Term, lift
from language.typecheck import typecheck
from language.types import INTEGER, PROBABILITY, REAL, Array
from language.vocabulary import (
    TRUE,
    argmin,
    entry,
    equal,
    expectation,
    gradient,
    hadamard,
    hessian,
    identity,
    index_sum,
    inverse,
    norm,
    power,
    spaces,
    sqrt,
    variance,
)

SOLUTIONS = (
    dropout.expected_loss,
    dropout.dropout_minimizer,
    dropout.weight_decay_minimizer,
    dropout.dropout_against_weight_decay,
)
SHAPES = ({"n": 2, "d": 3}, {"n": 3, "d": 2}, {"n": 1, "d": 3}, {"n": 2, "d": 2})

NOTATION = Notation(
    (
        Symbol("A", Array(("n", "d"))),
        Symbol("B", Array(("n", "d"))),
        Symbol("S", Array(("d", "d")), traits=frozenset(("diagonal", "invertible"))),
        Symbol("R", Array(("n", "d"))),
        Symbol("r", Array(("d",))),
        Symbol("b", Array(("n",))),
        Symbol("u", Array(("d",))),
        Symbol("w", Array(("d",))),
        Symbol("p", REAL, domain=PROBABILITY),
        Symbol("c", REAL),
    )
)
A, B, S, R, U, W, P, C = map(Name, ("A", "B", "S", "R", "u", "w", "p", "c"))
VECTOR = Name("b")
MASKED = Apply("bernoulli", (P,))


def derivations_of(solution: Solution) -> list[Derivation]:
    return [answer.derivation for answer in solution.answers] + list(solution.lemmas)


def neighbours() -> list[tuple[str, Term, Term, Notation]]:
    return [
        (f"{derivation.claim.name}-{step.rule}", before.term, step.term, derivation.claim.notation)
        for solve in SOLUTIONS
        for derivation in derivations_of(solve())
        if derivation.claim.equality is Equality.EXACT
        for before, step in pairwise(derivation.steps)
    ]


# the solutions


@pytest.mark.parametrize("solve", SOLUTIONS)
def test_chains_join_the_claims_they_are_for(solve):
    for derivation in derivations_of(solve()):
        steps = derivation.steps
        assert steps[0].term == derivation.claim.defined
        assert steps[-1].term == derivation.claim.closed_form
        assert len(steps) >= 2
        assert all(step.reason.endswith(".") for step in steps)


@pytest.mark.parametrize("solve", SOLUTIONS)
def test_everything_said_has_a_type(solve):
    solution = solve()
    for formula in solution.formulas.values():
        typecheck(formula, solution.notation)
    for fact in solution.facts:
        typecheck(fact.claim.defined, fact.claim.notation)
        typecheck(fact.claim.closed_form, fact.claim.notation)
    for answer in solution.answers:
        for form in answer.forms:
            typecheck(form, answer.derivation.claim.notation)


@pytest.mark.parametrize("solve", SOLUTIONS)
def test_names_are_used_once(solve):
    solution = solve()
    names = [d.claim.name for d in derivations_of(solution)]
    names += [fact.claim.name for fact in solution.facts]
    names += list(solution.formulas)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("solve", "ids"),
    [
        (dropout.expected_loss, ["expected-loss"]),
        (dropout.dropout_minimizer, ["lambda-dropout", "pw-dropout", "w-dropout", "gradient"]),
        (dropout.weight_decay_minimizer, ["loss-l2", "w-l2"]),
        (dropout.dropout_against_weight_decay, []),
    ],
)
def test_the_catalogue_s_answers_are_there(solve, ids):
    assert [answer.id for answer in solve().answers] == ids


@pytest.mark.parametrize("sizes", SHAPES, ids=str)
@pytest.mark.parametrize(("name", "left", "right", "notation"), neighbours())
def test_steps_hold_in_components(name, left, right, notation, sizes):
    assert replay(left, right, notation, sizes) is True


@pytest.mark.parametrize("sizes", SHAPES, ids=str)
@pytest.mark.parametrize("solve", SOLUTIONS)
def test_facts_and_forms_agree_with_their_components(solve, sizes):
    solution = solve()
    for answer in solution.answers:
        claim = answer.derivation.claim
        for form in answer.forms:
            assert replay(claim.closed_form, form, claim.notation, sizes) is True
    for fact in solution.facts:
        found = replay(fact.claim.defined, fact.claim.closed_form, fact.claim.notation, sizes)
        assert found in (fact.holds, None)


# replay, against falsehoods and against exhaustion


MUTANTS = {
    "p for p (1 - p)": norm(dropout.Y - P * dropout.X @ W) ** 2 + P * norm(dropout.GAMMA @ W) ** 2,
    "1 - p for p": norm(dropout.Y - (1 - P) * dropout.X @ W) ** 2
    + P * (1 - P) * norm(dropout.GAMMA @ W) ** 2,
    "plain weight decay": norm(dropout.Y - P * dropout.X @ W) ** 2 + P * (1 - P) * norm(W) ** 2,
    "no penalty": norm(dropout.Y - P * dropout.X @ W) ** 2,
    "sign": norm(dropout.Y - P * dropout.X @ W) ** 2 - P * (1 - P) * norm(dropout.GAMMA @ W) ** 2,
}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_replay_tells_wrong_expected_losses_apart(mutant):
    defined = expectation("R", dropout.RETAINED, dropout.LOSS)
    assert replay(defined, mutant, dropout.NOTATION, {"n": 2, "d": 3}) is False


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 3))
@settings(max_examples=15)
def test_means_over_masks_are_sums_over_all_masks(n, d, degree):
    """E f(R) by R^k = R against the definition, for f = (sum of R)^degree."""
    total = index_sum("i", "n", index_sum("j", "d", entry(R, "i", "j")))
    count = n * d
    powers = [
        lift(_binomial(count, k)) * P**k * (1 - P) ** (count - k) * lift(k**degree)
        for k in range(count + 1)
    ]
    mean = expectation("R", MASKED, power(total, degree))
    assert replay(mean, Apply("add", tuple(powers)), NOTATION, {"n": n, "d": d}) is True


def _binomial(n: int, k: int) -> int:
    from math import comb

    return comb(n, k)


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        (inverse(A.T @ A + C * identity("d")) @ (A.T @ A + C * identity("d")), identity("d"), True),
        ((A.T @ B).T, B.T @ A, True),
        ((A.T @ B).T, A.T @ B, False),
        (S @ inverse(S), identity("d"), True),
        (hadamard(A, B), hadamard(B, A), True),
        (sqrt(C**2 + 1) ** 2, C**2 + 1, True),
        (hessian(norm(A @ W) ** 2, W), 2 * (A.T @ A), True),
        (argmin("w", spaces("d"), norm(W - U) ** 2), U, True),
        (equal(norm(W) ** 2, W.T @ W), TRUE, True),
        (Apply("log", (C,)), C, None),
        (sqrt(C**2), C, None),
    ],
)
def test_replay_decides(left, right, wanted):
    assert replay(left, right, NOTATION, {"n": 2, "d": 2}) is wanted


def test_replay_asks_for_missing_sizes():
    with pytest.raises(ValueError, match="expected a value for the size 'd'"):
        replay(A @ W, A @ W, NOTATION, {"n": 2})


# rules on terms they were not written for


COEFFICIENTS = st.sampled_from((lift(1), lift(-2), lift(3), P, 1 - P, C, P * C))


@st.composite
def affine_vectors(draw) -> Term:
    """b - c A w and relatives, with one to three summands."""
    parts = draw(
        st.lists(st.sampled_from((VECTOR, A @ W, B @ W, A @ S @ W)), min_size=1, max_size=3)
    )
    terms = [draw(COEFFICIENTS) * part for part in parts] + [A @ W]
    return Apply("add", tuple(terms))


@given(affine_vectors())
@settings(max_examples=25)
def test_norms_by_rows_and_back(vector):
    square = norm(vector) ** 2
    rows = norm_by_rows(square, NOTATION)
    assert replay(square, rows, NOTATION, {"n": 2, "d": 2}) is True


@given(affine_vectors(), affine_vectors(), COEFFICIENTS)
@settings(max_examples=25)
def test_gradients_of_squared_norms(first, second, weight):
    slope = gradient(norm(first) ** 2 + weight * norm(second) ** 2, W)
    found = gradient_of_squared_norm(linearity_of_gradient(slope, NOTATION), NOTATION)
    assert replay(slope, found, NOTATION, {"n": 2, "d": 2}) is True


@given(affine_vectors())
@settings(max_examples=15)
def test_minimizers_are_stationary(vector):
    optimum = argmin("w", spaces("d"), norm(vector) ** 2 + norm(W) ** 2)
    found = minimizer_of_quadratic(optimum, NOTATION)
    assert replay(optimum, found, NOTATION, {"n": 2, "d": 2}) is True


@given(st.sampled_from((identity("d"), S, S**2, S @ S)), COEFFICIENTS)
def test_push_through_for_any_penalty(penalty, weight):
    if penalty == S @ S:
        penalty = S**2
    term = inverse(A.T @ A + weight * penalty) @ A.T @ VECTOR
    assert replay(term, push_through(term, NOTATION), NOTATION, {"n": 2, "d": 2}) is True


@given(COEFFICIENTS)
def test_moments_of_a_masked_row(weight):
    row = C - weight * index_sum("j", "d", entry(U, "j") * entry("r", "j") * entry(W, "j"))
    term = expectation("r", MASKED, row**2)
    split = second_moment(term)
    mean = mean_of_mask(split)
    for before, after in pairwise((term, split, mean)):
        assert replay(before, after, NOTATION, {"n": 1, "d": 3}) is True


def test_sums_change_places():
    inner = index_sum("j", "d", entry(A, "i", "j") ** 2 * entry(W, "j"))
    term = index_sum("i", "n", entry(VECTOR, "i") + P * inner)
    found = exchange_sums(term)
    assert replay(term, found, NOTATION, {"n": 3, "d": 2}) is True
    assert found != term


# side conditions


def masked_sum(body: Term) -> Term:
    return variance("R", MASKED, index_sum("j", "d", body))


@pytest.mark.parametrize(
    "apply",
    [
        # the same entry of the mask in every summand: the terms are not independent
        lambda: variance_of_independent_sum(masked_sum(entry(R, 1, 1) * entry(W, "j"))),
        # a square of the mask's entry
        lambda: variance_of_independent_sum(masked_sum(entry(R, 1, "j") ** 2)),
        # two entries in one product
        lambda: variance_of_independent_sum(masked_sum(entry(R, 1, "j") * entry(R, 2, "j"))),
        lambda: mean_of_mask(expectation("R", MASKED, entry(R, 1, 1) ** 2)),
        lambda: mean_of_mask(expectation("R", MASKED, Apply("exp", (entry(R, 1, 1),)))),
        lambda: linearity_of_expectation(expectation("R", MASKED, entry(R, 1, 1))),
        lambda: second_moment(expectation("R", MASKED, entry(R, 1, 1) ** 3)),
        lambda: norm_by_rows(norm(A @ W), NOTATION),
        lambda: norms_from_rows(index_sum("i", "n", entry(VECTOR, "i")), NOTATION),
        lambda: gradient_of_squared_norm(gradient(norm(A @ S @ W) ** 4, W), NOTATION),
        lambda: minimizer_of_quadratic(
            argmin("w", spaces("d"), norm(W) ** 2 * norm(A @ W) ** 2), NOTATION
        ),
        lambda: rescale_unknown(equal(W, U), P, NOTATION),
        lambda: solve_linear_system(equal(W, U)),
        lambda: push_through(inverse(A.T @ B + identity("d")) @ A.T @ VECTOR, NOTATION),
    ],
)
def test_rules_refuse_what_their_side_conditions_exclude(apply):
    with pytest.raises(RuleError, match="expected"):
        apply()


def test_norms_come_back_only_over_the_whole_range():
    partial = index_sum("i", "d", entry(VECTOR, "i") ** 2)
    notation = NOTATION.extended(Symbol("k", INTEGER))
    with pytest.raises(RuleError):
        norms_from_rows(partial, notation)
