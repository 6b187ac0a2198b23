"""Conventions: rewriting keeps the meaning, and every rewritten solution is proved anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from derivations.conventions import (
    KINDS,
    ConventionError,
    Variant,
    adapt,
    conventions_of,
    in_force,
    own_option,
)
from derivations.derivation import Answer, Convention, Derivation, Fact, Solution, Step
from derivations.rules.conventions import (
    NotInvertible,
    divide_each_term,
    in_symbols,
    replace_symbols,
    solve,
    tidy,
)
from derivations.sheets import LIBRARY, load_sheet, sheet_names
from derivations.solutions import derive
from language.claims import Claim, Equality, Status
from language.notation import Notation, Symbol
from language.terms import Name, Term, lift
from language.types import POSITIVE, REAL, Array, Interval
from language.vocabulary import (
    TRUE,
    derivative,
    entry,
    greater,
    identity,
    index_sum,
    inverse,
    let,
    limit,
    log,
    names,
    norm,
    sqrt,
)
from numerics import balls
from numerics.engine import decide, decide_equal
from numerics.valuations import draw
from numerics.verification import check_solution
from tests.strategies import NOTATION, rational_terms, scalar_terms, scalars_of_all_kinds

p, s, t, x, n = names("p s t x n")
#: What a convention may put in the place of a name, over the notation of the strategies.
REPLACEMENTS: list[tuple[str, Term]] = [
    ("p", 1 - p),
    ("s", s / 2),
    ("s", n * s),
    ("s", sqrt(s)),
    ("s", s**2),
    ("t", s * t),
    ("x", -x),
]


def values(*terms: Term, seed: int, notation: Notation = NOTATION) -> list[balls.Ball]:
    """The values of terms at one drawn valuation, or none if one of them has no value there."""
    valuation = draw(notation, seed)
    try:
        return [balls.evaluate(term, valuation) for term in terms]
    except (balls.Undefined, balls.Unsupported, balls.TooLarge):
        return []


def agree(left: Term, right: Term, seed: int) -> bool:
    found = values(left, right, seed=seed)
    return not found or not balls.disjoint(*found)


@given(scalars_of_all_kinds(), st.sampled_from(REPLACEMENTS), st.integers(0, 10**6))
def test_replacing_is_what_a_let_would_say(
    term: Term, replacement: tuple[str, Term], seed: int
) -> None:
    name, value = replacement
    assert agree(replace_symbols(term, {name: value}), let(name, value, term), seed)


@given(scalar_terms(leaves=5), st.sampled_from(REPLACEMENTS), st.integers(0, 10**6))
def test_a_derivative_obeys_the_chain_rule(
    term: Term, replacement: tuple[str, Term], seed: int
) -> None:
    name, value = replacement
    slope = derivative(term, name)
    assert agree(replace_symbols(slope, {name: value}), let(name, value, slope), seed)


@given(scalar_terms(), st.integers(0, 10**6))
def test_tidying_changes_no_value(term: Term, seed: int) -> None:
    assert agree(tidy(term), term, seed)


@given(rational_terms(), st.sampled_from([n, s, log(2), lift(3)]), st.integers(0, 10**6))
def test_a_division_of_each_term_is_one_of_the_whole(term: Term, divisor: Term, seed: int) -> None:
    assert agree(divide_each_term(term, divisor), term / divisor, seed)


@given(st.sampled_from(REPLACEMENTS), st.integers(1, 50), st.integers(0, 10**6))
def test_a_solved_replacement_gives_back_what_it_was_solved_for(
    replacement: tuple[str, Term], number: int, seed: int
) -> None:
    name, value = replacement
    assert agree(let(name, solve(value, name, lift(number)), value), lift(number), seed)


def test_a_bound_variable_captures_nothing() -> None:
    total = index_sum("n", lift(3), n * s)
    assert decide_equal(replace_symbols(total, {"s": n * s}), 6 * (n * s), NOTATION).status is (
        Status.PROVED
    )


def test_a_given_value_is_one_of_the_new_symbol() -> None:
    assert replace_symbols(let("p", 1, p * x), {"p": 1 - p}) == let("p", 0, (1 - p) * x)
    assert replace_symbols(limit("p", 0, p / x), {"p": 1 - p}) == limit("p", 1, (1 - p) / x)


def test_an_entry_of_a_replaced_array_is_replaced_entry_by_entry() -> None:
    i = Name("i")
    variance = replace_symbols(entry("u", i) ** 2, {"u": sqrt("u")})
    assert variance == entry("u", i)


@pytest.mark.parametrize(
    ("domain", "value", "found"),
    [
        (Interval(Fraction(1)), 2 * s, Interval(Fraction(1, 2))),
        (Interval(Fraction(1), Fraction(3)), 1 - s, Interval(Fraction(-2), Fraction(0))),
        (Interval(Fraction(2)), sqrt(s), Interval(Fraction(4))),
        (Interval(Fraction(4), Fraction(9)), s**2, Interval(Fraction(2), Fraction(3))),
        (POSITIVE, n * s, POSITIVE),
        (Interval(None, Fraction(2)), s / 4, Interval(None, Fraction(8))),
    ],
)
def test_a_domain_is_that_of_the_new_symbol(domain: Interval, value: Term, found: Interval) -> None:
    assert in_symbols(Symbol("s", REAL, domain=domain), {"s": value}).domain == found


@pytest.mark.parametrize("value", [s + s, log(s), s * s, lift(1)])
def test_what_cannot_be_solved_is_refused(value: Term) -> None:
    with pytest.raises(NotInvertible):
        solve(value, "s", lift(1))


# ------------------------------------------------------------------ whole solutions


def _offering() -> list[tuple[str, Mapping[str, str]]]:
    """Every solution of the sheets with each single convention it offers, and all at once."""
    found = []
    for sheet in (*sheet_names(), LIBRARY):
        for name in dict.fromkeys(question.solution for question in load_sheet(sheet).questions):
            options = conventions_of(derive(Variant(name)))
            widest = options[-1:] if options and len(options[-1]) > 1 else ()
            single = [one for one in options if len(one) == 1]
            found += [(name, one) for one in (*single, *widest)]
    return found


@pytest.mark.parametrize(
    ("name", "options"),
    [pytest.param(*case, id=f"{case[0]}-{'-'.join(case[1].values())}") for case in _offering()],
)
def test_every_convention_that_is_offered_can_be_proved(
    name: str, options: Mapping[str, str]
) -> None:
    variant = Variant(name, tuple(options.items()))
    checked = check_solution(variant, with_mutants=False)
    assert checked.findings == ()
    assert checked.conventions == variant.conventions
    unchanged = derive(Variant(name))
    for kind, option in options.items():
        assert option in KINDS[kind].options
        assert option != own_option(unchanged, kind)


def closed_form(solution: Solution, answer: str) -> tuple[Term, Notation]:
    (claim,) = [a.derivation.claim for a in solution.answers if a.id == answer]
    return claim.closed_form, claim.notation


def same(left: Term, right: Term, notation: Notation) -> bool:
    return decide_equal(left, right, notation).status is Status.PROVED


def test_the_order_of_changes_does_not_matter() -> None:
    changes = {"dropout": "drop", "penalty": "lambda/2", "reduction": "mean"}
    before = derive(Variant("dropout.dropout_minimizer"))
    there = adapt(before, changes)
    back = adapt(before, dict(reversed(changes.items())))
    for answer in before.answers:
        left, notation = closed_form(there, answer.id)
        right, _ = closed_form(back, answer.id)
        assert same(left, right, notation), answer.id


def test_weight_decay_by_hand() -> None:
    X, y, w, lam = names("X y w lambda")
    solution = derive(Variant("dropout.weight_decay_minimizer"))
    mean = adapt(solution, {"reduction": "mean", "penalty": "lambda/2"})
    loss, notation = closed_form(mean, "loss-l2")
    assert same(loss, norm(y - X @ w) ** 2 / n + lam / 2 * norm(w) ** 2, notation)
    for options, factor in (
        ({"penalty": "lambda/2"}, lam / 2),
        ({"penalty": "lambda/n"}, lam / n),
        ({"reduction": "mean"}, n * lam),
        ({"reduction": "mean", "penalty": "lambda/n"}, lam),
    ):
        minimizer, notation = closed_form(adapt(solution, options), "w-l2")
        wanted = inverse(X.T @ X + factor * identity("d")) @ X.T @ y
        assert same(minimizer, wanted, notation), options


def test_the_coefficient_of_dropout_by_hand() -> None:
    solution = derive(Variant("dropout.dropout_minimizer"))
    for options, wanted in (
        ({"dropout": "drop"}, p / (1 - p)),
        ({"penalty": "lambda/2"}, 2 * (1 - p) / p),
        ({"penalty": "lambda/n"}, n * (1 - p) / p),
        ({"reduction": "mean"}, (1 - p) / (n * p)),
        ({"reduction": "mean", "penalty": "lambda/n"}, (1 - p) / p),
    ):
        found, notation = closed_form(adapt(solution, options), "lambda-dropout")
        assert same(found, wanted, notation), options


def test_an_answer_in_another_convention_is_another_answer() -> None:
    """Otherwise no judge could tell which convention an answer follows."""
    for name, options in _offering():
        before, after = derive(Variant(name)), derive(Variant(name, tuple(options.items())))
        differs = [
            old.derivation.claim.closed_form != new.derivation.claim.closed_form
            for old, new in zip(before.answers, after.answers, strict=True)
        ]
        assert any(differs) or not before.answers, (name, options)


def test_alternatives_begin_with_single_changes() -> None:
    options = conventions_of(derive(Variant("dropout.dropout_minimizer")))
    assert options[0] in ({"dropout": "drop"}, {"penalty": "lambda/2"}, {"reduction": "mean"})
    assert [len(one) for one in options] == sorted(len(one) for one in options)
    assert {"dropout": "drop", "penalty": "lambda/n", "reduction": "mean"} in options


# ------------------------------------------------------------------ what is offered


def small(*conventions: Convention) -> Solution:
    notation = Notation((Symbol("s", REAL, domain=POSITIVE), Symbol("c", Array(("m",)))))
    steps = (Step(s + s, "definition", "Asked."), Step(2 * s, "collect", "Collected."))
    claim = Claim("twice", notation, s + s, 2 * s)
    positive = Claim("positive", notation, greater(s, 0), TRUE, Equality.CONDITION)
    return Solution(
        notation,
        answers=(Answer("twice", Derivation(claim, steps), (s * 2,), greater("answer", s)),),
        facts=(Fact(positive),),
        conventions=conventions,
    )


HALF = Convention("penalty", "lambda/2", {"s": s / 2})


def test_what_a_topic_follows_is_what_it_does_not_list() -> None:
    assert own_option(small(HALF), "penalty") == "lambda"
    assert own_option(small(replace(HALF, option="lambda")), "penalty") == "lambda/2"
    assert own_option(small(HALF), "spread") is None


def test_only_what_is_offered_can_be_in_force() -> None:
    assert in_force(small(HALF), {"penalty": "lambda/2", "spread": "variance"}) == {
        "penalty": "lambda/2"
    }
    assert in_force(small(HALF), {"penalty": "lambda"}) == {}
    with pytest.raises(ConventionError, match="can be lambda and lambda/2 here, not lambda/n"):
        in_force(small(HALF), {"penalty": "lambda/n"})
    with pytest.raises(ConventionError, match="'lambda/n' is not offered here"):
        adapt(small(HALF), {"penalty": "lambda/n"})


def test_what_follows_is_said_and_scaled() -> None:
    scaled = Convention("reduction", "mean", scale={"twice": 1 / lift(3)})
    (answer,) = adapt(small(scaled), {"reduction": "mean"}).answers
    assert (
        answer.derivation.steps[0].reason == "Asked. Here the loss is the mean over the examples."
    )
    assert decide(answer.derivation.claim).status is Status.PROVED
    assert answer.accepts is not None
    accepted = answer.derivation.claim.notation.extended(Symbol("answer", REAL))
    judged = replace_symbols(answer.accepts, {"answer": answer.derivation.claim.closed_form})
    assert decide(Claim("a", accepted, judged, TRUE, Equality.CONDITION)).status is Status.PROVED


def test_a_new_name_must_be_declared() -> None:
    with pytest.raises(ConventionError, match="'k' is not declared"):
        adapt(small(replace(HALF, replace={"s": Name("k") * s})), {"penalty": "lambda/2"})


def test_what_cannot_be_carried_out_is_one_line() -> None:
    wrong = [
        (replace(HALF, replace={"s": log(s)}), "cannot be carried out"),
        (replace(HALF, scale={"positive": lift(2)}), "positive is a statement"),
    ]
    for convention, said in wrong:
        with pytest.raises(ConventionError, match=said):
            adapt(small(convention), {"penalty": "lambda/2"})
