"""Batches: order, repetition, lines that are no submissions, and a process that dies."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from grading import batch
from grading.batch import BatchError, Isolated, Line, judge_lines, parse_line
from grading.judgement import Grade

ROOT = Path(__file__).parents[2]
ITEM = "assignment/1.2/lambda-dropout"


def _line(text: str, answer: str = ITEM, **more: object) -> str:
    return json.dumps({"id": "s1", "answer": answer, "text": text, **more})


def test_a_submission_is_read():
    line = parse_line(_line("1/p - 1", format="text"))
    assert line == Line("s1", ITEM, "1/p - 1")
    assert parse_line(json.dumps({"answer": ITEM, "text": "p"})).id is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "expected an object"),
        (json.dumps({"answer": ITEM}), "'text'|\"text\""),
        (_line("p", format="word"), "latex or text"),
        (_line("p", points=3), "unknown key 'points'"),
        (_line("p", id=True), "under \"id\""),
        (_line("p", id=[1]), "under \"id\""),
        ("[" * 100_000, "nested too deeply"),
        ('{"answer": "' + "x" * 2_000_000 + '"}', "at most"),
        ('{"answer": 1e999999, "text": NaN}', "under \"answer\""),
    ],
)  # fmt: skip
def test_what_is_no_submission_says_so_in_one_line(text, message):
    with pytest.raises(BatchError, match=message) as error:
        parse_line(text)
    assert len(str(error.value)) < 300 and "\n" not in str(error.value)


@given(st.text())
def test_any_line_is_a_submission_or_a_batch_error(text):
    with contextlib.suppress(BatchError):
        assert isinstance(parse_line(text), Line)


def test_records_come_in_order_and_say_how():
    lines = [
        _line("(1-p)/p"),
        "",
        _line("p/(1-p)", id=2),
        "not a submission",
        _line("p", "assignment/1.2/lambda"),
        _line("(1-p)/p", id=None),
        _line(r"\frac{1-p}{"),
    ]
    records = list(judge_lines(lines))
    assert [record["verdict"] for record in records] == [
        "correct", "incorrect", "invalid", "invalid", "correct", "invalid",
    ]  # fmt: skip
    assert [record["id"] for record in records] == ["s1", 2, None, "s1", None, "s1"]
    assert [record["stage"] == "input" for record in records] == [0, 0, 1, 1, 0, 0]
    assert "line 4" in records[2]["feedback"] and "lambda-dropout" in records[3]["feedback"]
    keys = ["id", "answer", "verdict", "stage", "feedback", "witness", "milliseconds"]
    assert all(list(record) == keys for record in records)
    assert json.loads(json.dumps(records)) == records
    # the same answer is judged once
    assert records[4]["milliseconds"] == records[0]["milliseconds"]


def test_answers_stream():
    """A record is there before the next line is read."""
    seen: list[str] = []

    def lines():
        for text in ("1/p - 1", "p"):
            seen.append(text)
            yield _line(text)

    records = judge_lines(lines())
    next(records)
    assert seen == ["1/p - 1"]
    records.close()


def test_a_process_that_dies_is_a_timeout_and_is_replaced():
    with Isolated() as process:
        assert process.judge("(1-p)/p", ITEM).grade is Grade.CORRECT
        assert process._process is not None and process._process.pid is not None
        os.kill(process._process.pid, 9)
        assert process.judge("(1-p)/p", ITEM).grade is Grade.TIMEOUT
        assert process.judge("(1-p)/p", ITEM).grade is Grade.CORRECT


@pytest.mark.parametrize("stdin", [False, True])
def test_the_program_that_calls_it_is_not_run_again(stdin, tmp_path):
    """Nothing has to stand behind ``if __name__ == "__main__"``, as multiprocessing wants it."""
    program = tmp_path / "program.py"
    program.write_text(
        f"import sys; sys.path.append({str(ROOT)!r})\n"
        "from grading.check import check_lines\n"
        "print('started')\n"
        f"print([record['verdict'] for record in check_lines([{_line('1/p-1')!r}])])\n"
    )
    done = subprocess.run(
        [sys.executable, "-" if stdin else str(program)],
        input=program.read_text() if stdin else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("started\n['correct']\n", "")


def test_a_process_that_does_not_answer_is_ended(monkeypatch):
    monkeypatch.setattr(batch, "PATIENCE", 0)
    with Isolated() as process:
        found = process.judge("(1-p)/p", ITEM)
    assert (found.grade, found.stage, found.answer) == (Grade.TIMEOUT, "process", "(1-p)/p")


@settings(max_examples=4, deadline=None)  # each starts a process
@given(st.lists(st.sampled_from(["(1-p)/p", "p", "1/p-1", "?", ""]), max_size=6))
def test_a_batch_agrees_with_single_judgements(texts):
    from grading.check import check

    records = list(judge_lines([_line(text) for text in texts]))
    assert [r["verdict"] for r in records] == [check(ITEM, text).grade.value for text in texts]
