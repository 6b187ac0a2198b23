"""Sheets: the one that is there, and every way in which one can be malformed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import derivations.topics
from derivations.conventions import Variant
from derivations.sheets import (
    LIBRARY,
    SheetError,
    UnknownName,
    add_topics,
    load_sheet,
    near,
    sheet_names,
    solution_names,
    topic_names,
)
from derivations.solutions import derive, prepare

QUESTION = """
[[question]]
id = "1"
points = 2
title = "One"
solution = "dropout.expected_loss"
"""

PENALTY = "conventions: unknown kind 'penality'; did you mean penalty?"


def test_the_assignment_has_the_points_of_its_source() -> None:
    sheet = load_sheet("assignment")
    points = [
        (group.id, [q.points for q in sheet.questions if sheet.group_of(q) == group])
        for group in sheet.groups
    ]
    assert points == [
        ("1", [7, 5, 5, 3]),
        ("2", [5, 5, 6]),
        ("3", [6, 4]),
        ("4", [3, 7]),
        ("5", [1, 2, 1, 1, 2, 3, 0]),
    ]


def test_the_sheets_are_those_of_the_source_texts() -> None:
    assert sheet_names() == ["assignment", "exam", "exercises", "lecture", "tutorial"]
    library = load_sheet(LIBRARY)
    assert library.points == 0
    assert len(library.questions) >= 25


def test_the_exam_takes_either_reading_of_its_covariance() -> None:
    question = load_sheet("exam").question("III.2.2")
    assert question.one_of == (("lambdas-variance", "lambdas-std"), ("R-variance", "R-std"))


def test_a_sheet_is_found_by_name_or_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'id = "mine"\ntitle = "Mine"\n{QUESTION}')
    sheet = load_sheet(path)
    assert sheet == load_sheet(str(path))
    assert sheet.points == 2
    assert sheet.question("1").topic == "dropout"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = ", "not TOML: Invalid value (at end of document)"),
        ('id = "sheet"\n[[question]\n', "line 2"),
        ("", "the sheet: id is missing"),
        ('id = "other"\ntitle = "T"', "id is 'other', expected the file's name 'sheet'"),
        ('id = "sheet"', "expected at least one [[question]], found none"),
        (f'id = "sheet"\n{QUESTION}', "the sheet: title is missing"),
        (f'id = "sheet"\ntitle = ""\n{QUESTION}', "title must be text, found ''"),
        (f'id = "sheet"\ntitel = "T"\n{QUESTION}', "unknown key 'titel'; did you mean title"),
        (f'id = "sheet"\ntitle = "T"\n{QUESTION * 2}', "question id '1' occurs twice"),
        ('id = "sheet"\ntitle = "T"\nquestion = 3', "question must be written as [[question]]"),
        (QUESTION.replace("2", '"two"'), "question 1: points must be a whole number from 0 on"),
        (QUESTION.replace("2", "-1"), "found -1"),
        (QUESTION.replace("2", "true"), "found True"),
        (QUESTION.replace("points = 2", ""), "found nothing"),
        (QUESTION.replace('id = "1"', ""), "question 1: id is missing"),
        (QUESTION.replace('id = "1"', "id = 1"), "id must be text, found 1"),
        (QUESTION.replace('id = "1"', 'id = "1/2"'), "id must be letters and digits"),
        (QUESTION.replace("dropout.", "dropuot."), "no topic 'dropuot'; did you mean dropout?"),
        (QUESTION.replace("_loss", "_los"), "derives no 'expected_los'; did you mean expected"),
        (QUESTION.replace("dropout.expected_loss", "../../etc"), "no topic ''"),
        (QUESTION.replace("One", "One\\nTwo"), "title must be a single line of text"),
        (
            f'id = "sheet"\ntitle = "T"\nconventions = 1{QUESTION}',
            "[conventions] must be a table, found 1",
        ),
        (f'id = "sheet"\ntitle = "T"\n[conventions]\npenality = "lambda"{QUESTION}', PENALTY),
        (
            f'id = "sheet"\ntitle = "T"\n[conventions]\npenalty = "lambda/3"{QUESTION}',
            "conventions: penalty must be lambda, lambda/2 or lambda/n, found 'lambda/3'",
        ),
        (
            f'id = "sheet"\ntitle = "T"\n[conventions]\npenalty = 2{QUESTION}',
            "conventions: penalty must be lambda, lambda/2 or lambda/n, found 2",
        ),
        (f'{QUESTION}answers = "a"', "answers must be a list of answers, found 'a'"),
        (f"{QUESTION}answers = [1]", "answers must be a list of answers, found [1]"),
        (f'{QUESTION}answers = ["a", "a"]', "question 1: answers names 'a' twice"),
        (f'{QUESTION}one-of = ["a"]', "one-of must be a list of lists"),
        (f'{QUESTION}one-of = [["a"]]', "a group of one-of needs two answers, found a"),
        (f"{QUESTION}one-of = [[]]", "a group of one-of needs two answers, found none"),
        (f'{QUESTION}one-of = [["a", "b"], ["b", "c"]]', "one-of: 'b' is in two groups"),
        (
            f'{QUESTION}answers = ["loss"]\none-of = [["los", "loss"]]',
            "one-of: 'los' is not asked for; did you mean loss?",
        ),
        (QUESTION.replace("= 2", "= {}"), "points must be given for at least one answer"),
        (QUESTION.replace("= 2", "= {a = -1}"), "question 1, a: points must be a whole number"),
        (
            f'{QUESTION}answers = ["a", "b"]'.replace("= 2", "= {a = 1}"),
            "points must be given for a and b, found a",
        ),
        (
            f'{QUESTION}one-of = [["a", "b"]]'.replace("= 2", "= {a = 1, b = 2}"),
            "of a and b one counts, so their points must be the same",
        ),
        (QUESTION.replace("2", "9" * 5000), "not TOML: Exceeds the limit"),
        ("x = " + "[" * 5000, "nested too deeply"),
        ("#" * 1_000_001, "expected a sheet of at most 1000000 bytes"),
    ],
)
def test_a_malformed_sheet_gets_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "sheet.toml"
    if text.startswith("\n[[question]]"):
        text = f'id = "sheet"\ntitle = "T"\n{text}'
    path.write_text(text)
    with pytest.raises(SheetError) as caught:
        load_sheet(path)
    message = str(caught.value)
    assert said in message
    assert message.startswith(str(path))
    assert "\n" not in message


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_bytes(b"id = \xff")
    with pytest.raises(SheetError, match="expected UTF-8 text, found byte 5"):
        load_sheet(path)


def test_a_byte_order_mark_is_no_part_of_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'id = "mine"\ntitle = "Mine"\n{QUESTION}', encoding="utf-8-sig")
    assert load_sheet(path).title == "Mine"


def test_a_path_that_the_system_refuses_gets_one_line() -> None:
    with pytest.raises(SheetError, match="cannot be read: File name too long"):
        load_sheet("a" * 5000 + ".toml")


def test_unknown_names_list_the_near_ones() -> None:
    with pytest.raises(UnknownName, match="did you mean assignment"):
        load_sheet("asignment")
    with pytest.raises(UnknownName, match=r"did you mean 1\.1"):
        load_sheet("assignment").question("1.11")


def test_alternatives_share_their_points(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    points = '{ "a" = 2, "b" = 2, "c" = 3 }\none-of = [["a", "b"]]'
    path.write_text(f'id = "mine"\ntitle = "T"\n{QUESTION.replace("2", points)}')
    (question,) = load_sheet(path).questions
    assert question.points == 5
    assert question.answers == ("a", "b", "c")
    assert dict(question.shares) == {"a": 2, "b": 2, "c": 3}


@pytest.mark.parametrize("name", [*sheet_names(), LIBRARY])
def test_what_a_sheet_asks_for_is_derived(name: str) -> None:
    sheet = load_sheet(name)
    assert prepare(sheet).keys() == {question.solution for question in sheet.questions}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('answers = ["expected-los"]', "question 1: dropout.expected_loss has no answer"),
        ('one-of = [["expected-loss", "loss"]]', "has no answer 'loss'; there is expected-loss"),
        ('[conventions]\ngamma = "gamma"', "gamma = 'gamma' makes no difference to any of its"),
    ],
)
def test_what_is_not_derived_cannot_be_asked_for(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'id = "mine"\ntitle = "T"\n{QUESTION}{more}')
    with pytest.raises(SheetError) as caught:
        prepare(load_sheet(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_conventions_reach_the_questions_that_know_them(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    other = QUESTION.replace('"1"', '"2"').replace("expected_loss", "weight_decay_minimizer")
    conventions = '[conventions]\nreduction = "mean"\npenalty = "lambda"\ndropout = "drop"'
    path.write_text(f'id = "mine"\ntitle = "T"\n{QUESTION}{other}{conventions}')
    found = prepare(load_sheet(path))
    # the coefficient itself before the penalty is what the topic has anyway
    assert [dict(variant.conventions) for variant in found.values()] == [
        {"reduction": "mean", "dropout": "drop"},
        {"reduction": "mean"},
    ]


# ------------------------------------------------------------------ topics of one's own


@pytest.fixture
def own_topics(tmp_path: Path) -> Iterator[Path]:
    """A folder for topics, of which nothing is left afterwards."""
    places, modules = list(derivations.topics.__path__), set(sys.modules)
    yield tmp_path
    derivations.topics.__path__[:] = places
    for name in sys.modules.keys() - modules:
        if name.startswith("derivations.topics."):
            del sys.modules[name]


def test_a_topic_of_ones_own_is_found(own_topics: Path) -> None:
    (own_topics / "our_topic.py").write_text(
        "from derivations.derivation import Solution\nfrom language.notation import Notation\n\n"
        "def nothing() -> Solution:\n    return Solution(Notation())\n"
    )
    before = list(sys.path)
    add_topics(own_topics)
    add_topics(own_topics)
    assert sys.path == before
    assert "our_topic" in topic_names()
    assert solution_names("our_topic") == ("nothing",)
    assert derive(Variant("our_topic.nothing")).answers == ()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("dropout.py", "", "dropout.py: there is a topic dropout already; rename yours"),
        ("our-topic.py", "", "'our-topic' cannot name a Python module; rename it"),
        ("notes.txt", "", "expected topics, <name>.py, found none"),
    ],
)
def test_a_folder_that_holds_no_topics_is_refused(
    own_topics: Path, name: str, text: str, said: str
) -> None:
    (own_topics / name).write_text(text)
    with pytest.raises(SheetError, match=re.escape(said)):
        add_topics(own_topics)
    assert str(own_topics) not in derivations.topics.__path__


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f( -> Solution: ...", "broken.py: not a topic: invalid syntax (broken.py, line 1)"),
        ("def f() -> 'Solution': ...", "broken.f: expected a Solution, found NoneType"),
        ("import nowhere\ndef f() -> 'Solution': ...", "cannot be imported: ModuleNotFoundError"),
        ("def f() -> 'Solution': 1 / 0", "broken.f cannot be derived: ZeroDivisionError"),
        ("def g() -> 'Solution': ...", "topic broken derives no 'f'; there is g"),
    ],
)
def test_a_broken_topic_gets_one_line(own_topics: Path, text: str, said: str) -> None:
    (own_topics / "broken.py").write_text(text)
    add_topics(own_topics)
    with pytest.raises(SheetError) as caught:
        derive(Variant("broken.f"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_loading_a_sheet_imports_no_topic() -> None:
    code = (
        "import sys; from derivations.sheets import load_sheet; load_sheet('assignment');"
        "sys.exit('sympy' in sys.modules or 'derivations.topics.dropout' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_near_says_so_where_there_is_nothing() -> None:
    assert near("x", []) == "; there are none"
    assert near("x", ["assignment"]) == "; there is assignment"
