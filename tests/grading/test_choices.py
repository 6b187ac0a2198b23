"""Choices: what names an option, and what is left to a person."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from grading.choices import chosen, ways
from grading.items import Choice
from grading.references import ids_of, load, sheet_ids

#: Texts in which an option can be found by whoever wants to.
UNCLEAR = (
    "{0.__class__}", "0.5", "1.5", "f(x)", "t(1)", "1:2", "n. a.", "f; t", "t. f.", "1, 0", "1 0",
    "f.a.q.", "y: no idea", "true; false", "false (true)", "false, no wait: t", "yes, no",
    "true. just kidding, it is wrong", "T or F", "right, I don't know", "not sure, true", "true?",
    "true, if D is optimal", "true, but only sometimes",
)  # fmt: skip

TRUTH = ways({"true": (), "false": ()})
CHOICES = [
    item
    for sheet in sheet_ids()
    for identifier in ids_of(sheet)
    if isinstance(item := load(identifier), Choice)
]


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("true", "true"),
        ("True.", "true"),
        (" TRUE ", "true"),
        ("T", "true"),
        ("yes", "true"),
        ("y", "true"),
        ("1", "true"),
        ("correct", "true"),
        ("it holds", "true"),
        (r"\text{True}", "true"),
        (r"$\mathrm{true}$", "true"),
        ("**True**", "true"),
        ("The statement is true.", "true"),
        ("It is true", "true"),
        ("Answer: true", "true"),
        ("not false", "true"),
        ("vrai", "true"),
        ("false", "false"),
        ("F", "false"),
        ("no", "false"),
        ("0", "false"),
        ("wrong", "false"),
        ("not true", "false"),
        ("It is not true.", "false"),
        ("The statement is not correct", "false"),
        ("does not hold", "false"),
        ("it doesn't hold", None),
        ("Y 8.", "true"),
        ("F, because the map is only onto its range", "false"),
        *((text, None) for text in UNCLEAR),
        ("False, because the support has measure zero", "false"),
        ("True: the discriminator says one half everywhere", "true"),
        ("false (the generator sees no data)", "false"),
        ("NO - it is sampled from a fixed law", "false"),
        ("(i) True", "true"),
        ("3. False", "false"),
        ("1. false", "false"),
        ("true or false", None),
        ("not quite true", None),
        ("never true", None),
        ("True. No wait, false", None),
        ("False, it is true that D is a network", None),
        ("true false", None),
        ("maybe", None),
        ("", None),
        ("?", None),
        ("truee", None),
        ("not not true", None),
        ("x > 1", None),
    ],
)
def test_what_names_an_option(text: str, option: str | None) -> None:
    assert chosen(text, TRUTH) == option


@pytest.mark.parametrize(
    ("identifier", "right", "wrong"),
    [
        ("assignment/3.2/density-only", "Reverse KL", "forward KL"),
        ("assignment/3.2/samples-only", "the forward KL, since samples are enough", "reverse"),
        ("assignment/2.2/larger", "amortised", "per instance"),
        ("exam/III.2.1/consistent", "not consistent", "consistent"),
        ("exam/III.2.1/consistent", "no", "yes"),
        ("exercises/1.a/necessary", "not necessary", "necessary"),
        ("exercises/1.b/necessary", "yes", "unnecessary"),
    ],
)
def test_the_options_of_a_question(identifier: str, right: str, wrong: str) -> None:
    choice = load(identifier)
    assert isinstance(choice, Choice)
    assert chosen(right, choice.spellings) == choice.option
    found = chosen(wrong, choice.spellings)
    assert found is not None
    assert found != choice.option


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.id)
def test_every_option_can_be_chosen_by_its_name(choice: Choice) -> None:
    options = {*choice.spellings.values()}
    assert choice.option in options
    assert len(options) == 2
    assert choice.asks
    assert all(chosen(option, choice.spellings) == option for option in options)


@given(st.text(max_size=30), st.sampled_from(sorted(TRUTH)))
def test_a_word_in_front_of_an_option_never_turns_it(word: str, spelling: str) -> None:
    found = chosen(f"not {word} {spelling}", TRUTH)
    assert found in (None, chosen(f"not {spelling}", TRUTH), chosen("not " + word, TRUTH))


@given(st.text(max_size=200))
def test_any_text_ends_in_an_option_or_in_none(text: str) -> None:
    assert chosen(text, TRUTH) in ("true", "false", None)
