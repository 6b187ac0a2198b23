"""The optimality of GANs against plain computations on a few points, and near misses refuted."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, strategies as st

from derivations.topics import discriminator_values, gan_divergence, gan_objective, gan_optimality
from language.claims import Claim, Status
from language.terms import Apply, Bind, Name, Term, lift, replace, substitute
from language.vocabulary import both, density, jsd, less, let, log
from numerics.comparisons import claims_of, predict
from numerics.engine import decide

POINTWISE = claims_of(gan_optimality.pointwise_objective())
weights = st.floats(0.01, 100)
inside = st.floats(0.001, 0.999)
#: The densities of a law on a few points, up to a factor.
masses = st.lists(st.floats(0.05, 1), min_size=2, max_size=5)


def _objective(a: float, b: float, y: float) -> float:
    return a * math.log(y) + b * math.log1p(-y)


@given(weights, weights, inside)
def test_no_number_does_better_than_the_maximizer(a: float, b: float, y: float) -> None:
    given_weights = {"a": a, "b": b}
    top = predict(POINTWISE["max-value"].closed_form, gan_optimality.WEIGHTS, given_weights)
    best = predict(POINTWISE["argmax"].closed_form, gan_optimality.WEIGHTS, given_weights)
    assert _objective(a, b, y) <= top + 1e-9 * (1 + abs(top))
    assert _objective(a, b, best) == pytest.approx(top, rel=1e-9, abs=1e-12)


@given(weights, weights, st.floats(0.05, 0.95))
def test_the_curvature_is_a_second_difference(a: float, b: float, y: float) -> None:
    step = 1e-4
    rise = _objective(a, b, y + step) + _objective(a, b, y - step) - 2 * _objective(a, b, y)
    values = {"a": a, "b": b, "y": y}
    derived = predict(POINTWISE["second-derivative"].closed_form, gan_optimality.WEIGHTS, values)
    assert rise / step**2 == pytest.approx(derived, rel=1e-2)


@pytest.mark.parametrize("edge", ["one-weight", "negative-weights", "opposite-signs"])
def test_the_remarks_on_the_weights_are_proved(edge: str) -> None:
    assert decide(POINTWISE[edge]).status is Status.PROVED


@given(masses, st.data())
def test_on_a_few_points_the_criterion_is_the_divergence(
    first: list[float], data: st.DataObject
) -> None:
    second = data.draw(st.lists(st.floats(0.05, 1), min_size=len(first), max_size=len(first)))
    p = [mass / sum(first) for mass in first]
    q = [mass / sum(second) for mass in second]
    attained = sum(
        predict(POINTWISE["max-value"].closed_form, gan_optimality.WEIGHTS, {"a": a, "b": b})
        for a, b in zip(p, q, strict=True)
    )
    divergence = sum(
        (a * math.log(2 * a / (a + b)) + b * math.log(2 * b / (a + b))) / 2
        for a, b in zip(p, q, strict=True)
    )
    assert attained == pytest.approx(-math.log(4) + 2 * divergence, abs=1e-12)
    assert -1e-12 <= divergence <= math.log(2)


def test_the_two_sheets_ask_for_the_same_criterion() -> None:
    """The exercise's largest value is the tutorial's C(G), the names of the laws changed."""
    tutorial = claims_of(gan_divergence.jensen_shannon())["C"]
    exercise = claims_of(discriminator_values.discriminator_is_optimal())["optimal-value"]
    renamed = substitute(tutorial.closed_form, {"p_data": Name("p_star"), "p_g": Name("p_theta")})
    assert renamed == exercise.closed_form


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (-log(4) + jsd("p_data", "p_g"), "the factor two"),
        (2 * jsd("p_data", "p_g"), "the constant"),
        (log(4) + 2 * jsd("p_data", "p_g"), "the sign of the constant"),
        (-log(2) + 2 * jsd("p_data", "p_g"), "one logarithm only"),
    ],
)
def test_near_misses_of_the_criterion_are_refuted(wrong: Term, why: str) -> None:
    claim = claims_of(gan_divergence.jensen_shannon())["C"]
    verdict = decide(Claim(why, claim.notation, claim.defined, wrong))
    assert verdict.status is Status.REFUTED, why


@given(st.floats(-20, 20))
def test_the_slopes_of_the_losses(logit: float) -> None:
    claims = claims_of(gan_objective.saturation())
    said = 1 / (1 + math.exp(-logit))
    for name, slope in (("saturating-gradient", -said), ("nonsaturating-gradient", said - 1)):
        found = predict(claims[name].closed_form, gan_objective.LOGIT, {"s": logit})
        assert found == pytest.approx(slope, rel=1e-9, abs=1e-12)


def test_the_cure_is_strong_where_the_game_is_weak() -> None:
    claims = claims_of(gan_objective.saturation())
    weak, strong = (
        predict(claims[name].closed_form, gan_objective.LOGIT, {"s": -12})
        for name in ("saturating-gradient", "nonsaturating-gradient")
    )
    assert abs(weak) < 1e-5 < 0.99 < abs(strong)


def test_a_minibatch_of_equal_pairs_is_one_pair() -> None:
    (answer,) = gan_objective.minibatch().answers
    claim = answer.derivation.claim
    equal_pairs = replace(claim.closed_form, _without_number)
    pair = Apply("call", (Name("h"), Name("x"), Name("z")))
    assert decide(Claim("pair", claim.notation, equal_pairs, pair)).status is Status.PROVED


def _without_number(part: Term) -> Term | None:
    """The same point for every number of an example."""
    match part:
        case Apply("call", (Name("x_" | "z_" as name), _)):
            return Name(name.removesuffix("_"))
    return None


def test_the_three_values_are_what_nearby_densities_give() -> None:
    claims = claims_of(discriminator_values.three_values())
    values = [
        predict(claims[name].closed_form, claims[name].notation, {"a": 2, "b": 3})
        for name in ("i", "ii", "iii")
    ]
    assert values == [0.5, 1.0, 0.0]
    near = [(1.0, 1.0), (1.0, 1e-9), (1e-9, 1.0)]
    for (a, b), exact in zip(near, values, strict=True):
        assert a / (a + b) == pytest.approx(exact, abs=1e-8)


@given(st.floats(0.01, 0.99), st.floats(1e-6, 1e3))
def test_where_no_density_is_left_anything_may_be_said(wanted: float, total: float) -> None:
    claim = claims_of(discriminator_values.three_values())["anything"]
    assume(wanted * total > 0)
    shares = {"c": wanted, "r": total}
    assert predict(claim.defined, claim.notation, shares) == pytest.approx(wanted, rel=1e-9)


def test_no_law_is_further_away_than_one_without_a_common_point() -> None:
    facts = {fact.claim.name: fact.claim for fact in gan_divergence.interpretation().facts}
    assert decide(facts["bounds"]).status is Status.PROVED
    tighter = both(less(jsd("p_data", "p_g"), log(2) / 100))
    notation, proved = facts["bounds"].notation, facts["bounds"].closed_form
    claim = Claim("tighter", notation, tighter, proved, facts["bounds"].equality)
    assert decide(claim).status is not Status.PROVED


def test_the_disjoint_case_is_derived_with_a_zero_and_not_with_the_other_density() -> None:
    """With the other density left in place the first step would be the divergence itself."""
    (answer,) = gan_divergence.interpretation().answers
    start = answer.derivation.claim.defined
    lets = [part for part in _binders(start) if part.head == "let"]
    assert [part.domain for part in lets] == [lift(0), lift(0)]
    other = {"p_data": density("p_g", "x"), "p_g": density("p_data", "x")}
    restored = replace(start, lambda part: _with_density(part, other))
    claim = Claim("full", gan_divergence.DISJOINT, restored, jsd("p_data", "p_g"))
    assert decide(claim).status is Status.PROVED


def _binders(term: Term) -> list[Bind]:
    found: list[Bind] = []
    replace(term, lambda part: found.append(part) if isinstance(part, Bind) else None)
    return found


def _with_density(part: Term, other: dict[str, Term]) -> Term | None:
    """A ``let`` of zero around an expectation, with the other law's density in its place."""
    match part:
        case Bind("let", name, _, Bind("expectation", variable, Name(law), body)):
            inner = let(name, other[law], body)
            return Bind("expectation", variable, Name(law), inner)
    return None
