"""The commands ``check`` and ``read``: verdicts, exit codes, carets, input of every kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import assume, given, strategies as st
from typer.testing import CliRunner

from grading.judgement import Counterexample, Grade, Judgement
from reports.cli import _dashed_answers_last, app
from reports.judging import caret, lines_of, record_of

ITEM = "assignment/1.2/lambda-dropout"

run = CliRunner().invoke


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (r"\frac{1-p}{p}", "correct", 0),
        ("p/(1-p)", "incorrect", 1),
        (r"\frac{1-p}{", "invalid", 3),
    ],
)
def test_the_verdict_comes_first_and_is_the_exit_code(answer, verdict, code):
    done = run(app, ["check", ITEM, answer])
    assert (done.exit_code, done.stdout.split(",")[0].split("\n")[0]) == (code, verdict)


def test_what_cannot_be_read_is_marked():
    done = run(app, ["check", ITEM, "1/p - ?"])
    lines = done.stdout.splitlines()
    place = lines.index("  1/p - ?")
    assert lines[place + 1] == "        ^"


def test_the_reference_is_shown_only_when_asked():
    reference = r"\frac{1 - p}{p}"
    hidden, shown = (run(app, ["check", ITEM, "p", *more]) for more in ([], ["--reveal"]))
    assert reference not in hidden.stdout and reference in shown.stdout


def test_json_holds_the_whole_judgement():
    record = json.loads(run(app, ["check", ITEM, "p/(1-p)", "--json"]).stdout)
    revealed = json.loads(run(app, ["check", ITEM, "p", "--json", "--reveal"]).stdout)
    assert revealed["expected"][0] == r"\frac{1 - p}{p}"
    assert record["verdict"] == "incorrect" and record["item"] == ITEM
    assert set(record["witness"]) == {"values", "answer", "expected", "words"}
    assert "expected" not in record


@pytest.mark.parametrize("place", [2, 3])
def test_an_answer_may_start_with_a_minus(place):
    arguments = ["check", "tutorial/3.2/saturating-gradient", "--json"]
    arguments.insert(place, r"-\sigma(s)")
    assert json.loads(run(app, _dashed_answers_last(arguments)).stdout)["verdict"] == "correct"


@given(st.text(min_size=1), st.integers(2, 4))
def test_no_answer_is_taken_for_an_option(answer, place):
    assume(answer != "-h" and not answer.startswith("--"))
    given_in = ["check", ITEM, "--json", "--reveal"]
    arguments = _dashed_answers_last([*given_in[:place], answer, *given_in[place:]])
    assert sorted(arguments) == sorted([*given_in, answer, "--"])
    if answer.startswith("-") and answer != "-":
        assert arguments[-2:] == ["--", answer]


def test_a_misspelled_option_is_no_answer():
    done = run(app, _dashed_answers_last(["check", ITEM, "p", "--jsn"]))
    assert done.exit_code == 2 and "No such option: --jsn" in done.output


def test_answers_come_from_standard_input_too():
    for text in ("1/p - 1\n", "\ufeff1/p - 1\r\n"):
        done = run(app, ["check", ITEM, "-"], input=text.encode())
        assert done.stdout.startswith("correct")
    done = run(app, ["check", ITEM], input=b"1/p - 1\xff")
    assert done.exit_code == 3 and "\ufffd" in done.stdout


def test_without_standard_input_there_is_no_answer():
    command = "from reports.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "check", ITEM],
        preexec_fn=lambda: os.close(0),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (3, "") and "found nothing" in done.stdout


def test_half_a_character_is_said_in_json_too():
    done = run(app, ["check", ITEM, "1/p\udcff", "--json"])
    assert json.loads(done.stdout)["answer"] == "1/p\udcff"


@pytest.mark.parametrize("item", [f"{ITEM}/", f" {ITEM} ", "lecture/cs230.2", "lecture/cs230.2/"])
def test_an_item_may_be_written_in_some_ways(item):
    assert run(app, ["read", item, "1"]).exit_code == 0


QUIZ = """
id = "quiz"
title = "Quiz"
[[question]]
id = "1"
title = "One"
points = 1
statement = "What is $1 + 1$?"
notation = []
[[question.answer]]
id = "sum"
definition = "1 + 1"
answer = "2"
mistakes = [{ wrong = "11", words = "Written side by side.", deduction = 1 }]
"""


def test_an_item_of_a_sheet_of_ones_own(tmp_path):
    sheet = tmp_path / "a.toml.d" / "quiz.toml"
    sheet.parent.mkdir()
    sheet.write_text(QUIZ)
    for item in (sheet, f"{sheet}/", f"{sheet}/1", f"{sheet}/1/sum"):
        assert run(app, ["check", str(item), "4/2"]).exit_code == 0
    told = run(app, ["check", str(sheet), "11"]).stdout.splitlines()
    assert "Written side by side." in told[1] and told[2] == "deduction: 1"
    for rest in ("2", "1/total", "1/su"):
        done = run(app, ["check", f"{sheet}/{rest}", "2"])
        assert done.exit_code == 2 and f"no answer '{rest}'" in done.output


def test_read_echoes_what_was_understood():
    done = run(app, ["read", ITEM, "1/p - 1"])
    assert done.exit_code == 0
    assert r"\frac{1}{p} - 1" in done.stdout and "between 0 and 1" in done.stdout


def test_read_marks_what_it_cannot_read():
    done = run(app, ["read", ITEM, "1/q"])
    assert done.exit_code == 3 and "    ^" in done.stdout


def test_read_says_which_option_was_chosen():
    assert run(app, ["read", "exam/II/1", "F"]).stdout == "the option false\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "expected an item"),
        (["check", "assignment/1.2/lambda-dropuot", "p"], "did you mean lambda-dropout"),
        (["check", "nothing/1/2", "p"], "no sheet"),
        (["check", "nowhere.toml/1/x", "p"], "no such file"),
        (["check", ITEM, "p", "--batch", "x"], "--batch takes everything"),
        (["check", ITEM, "p", "--sheet", "x.toml"], "--sheet goes with --batch"),
    ],
)
def test_misuse_is_said_in_one_line(arguments, message):
    done = run(app, arguments)
    assert done.exit_code == 2 and message in " ".join(done.output.split())
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", ["nowhere.jsonl", "."])
def test_a_batch_that_cannot_be_read_says_so(name, tmp_path):
    done = run(app, ["check", "--batch", str(tmp_path / name)])
    assert done.exit_code == 3 and "cannot be read" in " ".join(done.output.split())


def test_a_batch_streams_records(tmp_path):
    file = tmp_path / "class.jsonl"
    texts = ["(1-p)/p", "p/(1-p)", "nonsense ?"]
    file.write_text(
        "".join(
            json.dumps({"id": n, "answer": ITEM, "text": t}) + "\n" for n, t in enumerate(texts)
        ),
        encoding="utf-8",
    )
    done = run(app, ["check", "--batch", str(file), "--json"])
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["id"], r["verdict"]) for r in records] == [
        (0, "correct"), (1, "incorrect"), (2, "invalid"),
    ]  # fmt: skip
    assert done.exit_code == 0


def test_a_batch_with_lines_that_are_no_submissions_fails_at_its_end(tmp_path):
    file = tmp_path / "class.jsonl"
    file.write_bytes(b'\xff\xfe\n{"answer": "' + ITEM.encode() + b'", "text": "1/p-1"}\n')
    done = run(app, ["check", "--batch", str(file)])
    again = run(app, ["check", "--batch", "-"], input=file.read_bytes())
    assert [line["verdict"] for line in map(json.loads, again.stdout.splitlines())] == [
        "invalid", "correct",
    ]  # fmt: skip
    assert done.exit_code == 3 and "1 of 2 lines were no submissions" in done.output
    assert '"correct"' in done.output


def test_checking_loads_no_sympy():
    code = (
        "import sys; sys.argv = ['closedform', 'check', "
        f"{ITEM!r}, '1/p - 1']\n"
        "from reports.cli import main\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code\n"
        "assert 'sympy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@given(st.text(max_size=300), st.integers(0, 300), st.integers(0, 10))
def test_a_caret_is_two_lines_whatever_the_text(text, start, length):
    start = min(start, len(text))
    shown, mark = caret(text, start, min(start + length, len(text)))
    assert not {"\n", "\r", "\x1b", "\x00"} & {*shown, *mark}
    assert mark.strip(" ").strip("^") == "" and "^" in mark


def test_a_judgement_is_told_in_few_lines():
    judgement = Judgement(
        ITEM, "p", Grade.INCORRECT, "balls", "", "At p = 1/2 it is 1/2, not 1.", "p",
        Counterexample((("p", "1/2"),), "1/2", "1"),
    )  # fmt: skip
    lines = list(lines_of(judgement))
    assert lines == ["incorrect, by balls", "At p = 1/2 it is 1/2, not 1.", "understood: p"]
    assert record_of(judgement)["witness"]["values"] == {"p": "1/2"}
