"""What is written can be read back; what was not written cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from language.claims import Claim, Equality, Status, Verdict, Witness
from language.notation import Notation, Symbol
from language.serialize import SerializeError, from_json, to_json
from language.terms import Name, Number
from language.types import (
    COMPLEX,
    INTEGER,
    POSITIVE,
    REAL,
    TRUTH,
    Array,
    Collection,
    Function,
    Interval,
    Law,
    Space,
)
from language.vocabulary import less, names, validate
from tests.strategies import NOTATION, fractions, terms

x, y = names("x y")

types = st.recursive(
    st.one_of(
        st.sampled_from([REAL, INTEGER, COMPLEX, TRUTH]),
        st.lists(st.one_of(st.integers(1, 9), st.sampled_from("nd")), min_size=1, max_size=2).map(
            lambda shape: Array(tuple(shape))
        ),
    ),
    lambda parts: st.one_of(
        parts.map(Law),
        parts.map(Space),
        st.builds(lambda a, b: Function((a, b), a), parts, parts),
        st.builds(lambda a, b: Collection("tuple", (a, b)), parts, parts),
    ),
    max_leaves=4,
)
ends = st.none() | fractions()
intervals = st.builds(Interval, ends, ends)
texts = st.text(max_size=20)
symbols = st.builds(
    Symbol,
    st.just("x"),
    types,
    latex=texts,
    domain=intervals,
    definition=st.none() | st.just(Name("a") / 2),
    parameters=st.sampled_from([(), ("a",), ("a", "b")]),
    traits=st.frozensets(st.sampled_from(["symmetric", "invertible", "diagonal"])),
    inverse=st.none() | st.just("y"),
    jacobian=st.none() | st.just("J"),
    words=texts,
)
witnesses = st.builds(
    Witness, st.lists(st.tuples(texts, texts), max_size=3).map(tuple), texts, texts
)
verdicts = st.builds(
    Verdict,
    st.sampled_from(Status),
    texts,
    texts,
    texts,
    witness=st.none() | witnesses,
    alpha=st.none() | st.floats(0, 1),
    epsilon=st.none() | st.floats(0, 1),
    digits=st.none() | st.integers(0, 99),
    valuations=st.integers(0, 99),
)
claims = st.builds(
    Claim,
    texts,
    st.just(NOTATION),
    terms(),
    terms(),
    st.sampled_from(Equality),
    constant_in=st.sampled_from([(), ("x",)]),
    conditions=st.sampled_from([(), (less(0, x),)]),
)


@given(st.one_of(terms(), types, intervals, symbols, witnesses, verdicts, claims))
def test_round_trip_through_text(value):
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


@given(symbols)
def test_notations_round_trip(symbol):
    notation = NOTATION.extended(replace(symbol, name="new", definition=None)).assuming(x)
    assert from_json(json.loads(json.dumps(to_json(notation)))) == notation


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.sampled_from(["#", "bind", "sum", "add", "log", "x", "1/0", "Symbol", "Claim", "Array"]),
        st.text(max_size=5),
    ),
    lambda parts: st.lists(parts, max_size=5) | st.dictionaries(st.text(max_size=4), parts),
    max_leaves=12,
)


@given(json_values)
def test_arbitrary_data_is_read_or_refused_in_one_line(data):
    try:
        value = from_json(data)
    except SerializeError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 400
    else:
        assert from_json(to_json(value)) == value


def _deep(levels):
    data = "x"
    for _ in range(levels):
        data = ["negative", data]
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (["nonsense", "x"], "expected a head of the vocabulary, found 'nonsense'"),
        (["log", "x", "y"], "log takes 1 arguments, found 2"),
        (["add"], "add takes 1 to any number arguments, found 0"),
        (["bind", "sum", "i", "x"], "expected .*bind.*, found list"),
        (["bind", "log", "i", "x", "x"], "expected a binder of the vocabulary, found 'log'"),
        (["bind", "sum", ["#", "1"], "x", "x"], "expected a name"),
        (["#", "1" * 1001], "at most 1000 digits"),
        (["#", "1e99999999"], "expected a number such as -3/2"),
        (["#", "1/0"], "expected a nonzero denominator"),
        (["#", "٣"], "expected a number such as -3/2"),
        (["#", 3], "expected a number such as -3/2"),
        ("__import__('os')", "expected a name of letters"),
        ("a" * 101, "expected a name of letters"),
        ("", "expected a name of letters"),
        (3, "expected a value, found 3"),
        ([], "expected a value, found list"),
        ({"add": 1}, "expected a value, found dict"),
        (_deep(500), "expected at most 500 levels"),
        (_deep(100_000), "expected at most 500 levels"),
        (["Array", 0], "expected a size"),
        (["Array", True], "expected a size"),
        (["Array", "n", "d", "k"], "expected a type"),
        (["Symbol", {"name": "x"}], "a symbol needs type"),
        (["Symbol", {"name": "x", "type": ["Truth"], "eval": "1"}], "a symbol has no 'eval'"),
        (["Notation", [["Truth"]], []], "expected a symbol"),
        (
            ["Notation", [["Symbol", {"name": "x", "type": ["Truth"]}]] * 2, []],
            "'x' is declared twice",
        ),
        (
            ["Verdict", {"status": "sure", "stage": "", "scope": "", "reason": ""}],
            "expected one of",
        ),
        (
            [
                "Verdict",
                {"status": "proved", "stage": "", "scope": "", "reason": "", "alpha": 1e999},
            ],
            "expected a finite number",
        ),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_hostile_data_is_refused(data, message):
    with pytest.raises(SerializeError, match=message):
        from_json(data)


def test_the_deepest_term_that_is_allowed():
    term = from_json(_deep(499))
    validate(term)
    assert to_json(term) == _deep(499)


@pytest.mark.parametrize(
    "term", [Name("no name"), Name("x" * 101), Number(Fraction(10**1001)), -Name("")]
)
def test_what_could_not_be_read_back_is_not_written(term):
    with pytest.raises(SerializeError):
        to_json(term)


def test_a_deeper_term_is_not_written():
    term = x
    for _ in range(2000):
        term = -term
    with pytest.raises(SerializeError, match="at most 500 levels"):
        to_json(term)


def test_symbols_are_written_without_what_is_left_out():
    symbol = Symbol("s", REAL, domain=POSITIVE)
    assert to_json(symbol) == [
        "Symbol",
        {"name": "s", "type": ["Scalar", "real"], "domain": ["0", None]},
    ]
    assert from_json(["Notation", [to_json(symbol)], []]) == Notation((symbol,))
