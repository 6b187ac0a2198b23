"""Sheets: the one that is there, and every way in which one can be malformed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from derivations.sheets import SheetError, UnknownName, load_sheet, near, sheet_names

QUESTION = """
[[question]]
id = "1"
points = 2
title = "One"
solution = "dropout.expected_loss"
"""


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


@pytest.mark.parametrize("name", sheet_names())
def test_every_question_of_every_sheet_is_in_a_group(name: str) -> None:
    sheet = load_sheet(name)
    assert all(sheet.group_of(question) for question in sheet.questions)


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


def test_loading_a_sheet_imports_no_topic() -> None:
    code = (
        "import sys; from derivations.sheets import load_sheet; load_sheet('assignment');"
        "sys.exit('sympy' in sys.modules or 'derivations.topics.dropout' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_near_says_so_where_there_is_nothing() -> None:
    assert near("x", []) == "; there are none"
    assert near("x", ["assignment"]) == "; there is assignment"
