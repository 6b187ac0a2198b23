"""The command line: exit codes, single lines on standard error, nothing else."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from derivations.conventions import Variant
from derivations.sheets import Sheet, UnknownName
from numerics.verification import CheckedSolution
from reports import checking, words
from reports.cli import app
from reports.items import complete, parse_item
from tests.reports.fakes import Fake

ROOT = Path(__file__).parents[2]
RUN = "import sys; from reports.cli import main; sys.argv[0] = 'closedform'; main()"


def closedform(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_list_names_every_question() -> None:
    code, out, _ = closedform("list")
    assert code == 0
    assert "assignment/5.empirical" in out


def test_json_is_json() -> None:
    code, out, _ = closedform("list", "--json")
    assert code == 0
    assert json.loads(out)[0]["questions"][0]["question"] == "1.1"


def test_json_names_every_answer_of_every_sheet_with_its_kind() -> None:
    (sheet,) = [
        s for s in json.loads(closedform("list", "--json")[1]) if s["sheet"] == "assignment"
    ]
    named = {
        f"{question['question']}/{answer['answer']}": answer["kind"]
        for question in sheet["questions"]
        for answer in question["answers"]
    }
    assert named["1.1/expected-loss"] == "formula"
    assert named["2.2/larger"] == "choice"
    (question,) = [q for q in sheet["questions"] if q["question"] == "1.1"]
    assert ["dropout", "drop"] in question["conventions"]
    assert question["solution"] == "dropout.expected_loss"


def test_the_library_is_a_sheet_that_is_listed_apart() -> None:
    code, out, _ = closedform("list", "--library")
    assert code == 0
    assert out.startswith("library  ")
    assert "library/" not in closedform("list")[1]
    assert closedform("show", "library")[1].count("library/") == out.count("library/")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("solve",), 2, "expected the name of a sheet, a TOML file, or --all"),
        (("solve", "assignment", "--all"), 2, "expected either names or --all, found both"),
        (("verify", "assignment", "--all"), 2, "expected either names or --all, found both"),
        (("solve", "assignment", "assignment"), 2, "the sheet assignment is given twice"),
        (("verify", "--topics", "nowhere"), 3, "nowhere: no such folder"),
        (("solve", "--all", "--templates", "nowhere"), 3, "nowhere: no such folder"),
        (("show", "asignment"), 2, "unknown sheet 'asignment'; did you mean assignment?"),
        (("show", "assignment/1.11"), 2, "has no question '1.11'; did you mean 1.1"),
        (("verify", "assignment/9"), 2, "has no question '9'"),
        (("show", "assignment/1.1/loss"), 2, "has no answer 'loss'"),
        (("solve", "nowhere.toml"), 2, "nowhere.toml: no such file"),
        (("solve", "assignment", "--edition", "gold"), 2, "'gold' is not one of"),
        (("frobnicate",), 2, "No such command"),
    ],
)
def test_bad_usage_ends_with_2_and_names_what_is_near(
    arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended, out, err = closedform(*arguments)
    assert ended == code
    assert said in " ".join(err.split())
    assert out == ""
    assert "Traceback" not in err


def test_a_malformed_sheet_ends_with_3(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("id = \n")
    code, _, err = closedform("solve", str(path))
    assert code == 3
    assert err.startswith("closedform: ")
    assert "line 1" in err
    assert err.count("\n") == 1


def faked(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the real sheet's loader and checker answer with the fake ones."""
    monkeypatch.setattr("derivations.sheets.load_sheet", lambda name: fake.sheet)
    monkeypatch.setattr(checking, "check_solution", lambda one, seed: fake.checked[one.solution])
    monkeypatch.setattr(words, "TEMPLATES", fake.templates)


def test_solve_writes_and_names_its_files(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(fake, monkeypatch)
    code, out, err = closedform("solve", "small", "--output", str(tmp_path / "o"), "--json")
    assert (code, err) == (0, "")
    assert [Path(name).name for name in json.loads(out)["files"]] == [
        "small.pdf",
        "small.json",
        "small.tex",
    ]


def other(fake: Fake) -> Sheet:
    """A second sheet that shares the first one's question."""
    return replace(fake.sheet, id="other")


def test_several_sheets_are_written_and_what_they_share_is_checked_once(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(fake, monkeypatch)
    sheets = {"small": fake.sheet, "other": other(fake)}
    checks: list[str] = []

    def check(one: Variant, seed: int) -> CheckedSolution:
        checks.append(one.solution)
        return fake.checked[one.solution]

    monkeypatch.setattr("derivations.sheets.load_sheet", sheets.__getitem__)
    monkeypatch.setattr("derivations.sheets.sheet_names", lambda: list(sheets))
    monkeypatch.setattr(checking, "check_solution", check)
    code, out, err = closedform("solve", "--all", "--output", str(tmp_path), "--json")
    assert (code, err) == (0, "")
    assert checks == ["fake.double"]
    assert [record["sheet"] for record in json.loads(out)] == ["small", "other"]
    assert {"small.pdf", "other.pdf"} <= {path.name for path in tmp_path.iterdir()}


def test_a_sheet_with_findings_keeps_no_other_from_being_written(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(fake, monkeypatch)
    (question,) = fake.sheet.questions
    doubtful = replace(question, solution="fake.doubtful")
    sheets = {"small": replace(fake.sheet, questions=(doubtful,)), "other": other(fake)}
    fake.checked["fake.doubtful"] = replace(
        fake.solution, name="fake.doubtful", findings=("step 1 is not proved",)
    )
    monkeypatch.setattr("derivations.sheets.load_sheet", sheets.__getitem__)
    code, out, err = closedform("solve", "small", "other", "--output", str(tmp_path))
    assert code == 1
    assert err.splitlines() == [
        "closedform: small was not printed: not everything came out as promised",
        "finding: step 1 is not proved",
    ]
    assert out.startswith(str(tmp_path / "other.pdf"))
    assert not (tmp_path / "small.pdf").exists()


def test_a_missing_formula_ends_with_3(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(fake, monkeypatch)
    fake.write(
        '{% block statement %}{{ f("nothing") }}{% endblock %}{% block solution %}{% endblock %}'
        "{% block remarks %}{% endblock %}{% block mistakes %}{% endblock %}"
    )
    code, _, err = closedform("solve", "small", "--output", str(tmp_path / "o"))
    assert code == 3
    assert "double.md.j2:1: no formula 'nothing'" in err
    assert err.count("\n") == 1


def test_an_unwritable_folder_ends_with_3(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(fake, monkeypatch)
    (tmp_path / "file").write_text("")
    code, _, err = closedform("solve", "small", "--output", str(tmp_path / "file"))
    assert code == 3
    assert "cannot be written" in err
    assert err.count("\n") == 1


def test_findings_end_with_1_and_print_nothing(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubtful = replace(fake.solution, findings=("step 1 is not proved",))
    fake.checked["fake.double"] = doubtful
    faked(fake, monkeypatch)
    code, _, err = closedform("solve", "small", "--output", str(tmp_path / "o"))
    assert code == 1
    assert "finding: step 1 is not proved" in err
    assert not (tmp_path / "o").exists()


def test_an_interrupt_ends_with_130_and_one_line(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(fake, monkeypatch)

    def interrupted(name: str, seed: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checking, "check_solution", interrupted)
    code, out, err = closedform("solve", "small", "--output", str(tmp_path / "o"))
    assert (code, out) == (130, "")
    assert err == "closedform: interrupted\n"
    assert not (tmp_path / "o").exists()


def test_a_closed_pipe_is_silent() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert said == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("arguments", [("--help",), ("list",), ("list", "--json")])
def test_output_that_cannot_be_written_ends_with_3(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [sys.executable, "-c", RUN, *arguments], stdout=full, stderr=subprocess.PIPE
        )
    assert result.returncode == 3
    assert result.stderr == b"closedform: the output: No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the shell's redirection is meant")
def test_closed_streams_are_no_reason_to_fail() -> None:
    for closed in (">&-", "2>&-"):
        command = f"exec {shlex.join([sys.executable, '-c', RUN, 'list'])} {closed}"
        result = subprocess.run(["/bin/sh", "-c", command], capture_output=True)
        assert (result.returncode, result.stderr) == (0, b"")


def test_a_poor_locale_still_shows_every_character(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'id = "mine"\ntitle = "Π"\n[[question]]\nid = "1"\npoints = 1\ntitle = "One"\n'
        'solution = "dropout.expected_loss"\n',
        encoding="utf-8",
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", RUN, "show", "mine.toml", *options],
            cwd=tmp_path,
            env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for options in ((), ("--json",))
    ]
    assert said[0].startswith(b"\\u03a0")
    assert json.loads(said[1])["title"] == "Π"


def test_the_version_is_shown() -> None:
    code, out, _ = closedform("--version")
    assert code == 0
    assert out.startswith("closedform")


def test_an_item_may_be_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "my sheets" / "mine.toml"
    path.parent.mkdir()
    path.write_text(
        'id = "mine"\ntitle = "T"\n[[question]]\nid = "1"\npoints = 1\ntitle = "One"\n'
        'solution = "dropout.expected_loss"\n'
    )
    for text, said in (("", "mine"), ("/", "mine"), ("/1", "mine/1")):
        assert str(parse_item(f"{path}{text}")) == said
    assert parse_item(f"{path}/1/expected-loss").answer == "expected-loss"
    with pytest.raises(UnknownName, match="has no question '2'; there is 1"):
        parse_item(f"{path}/2")


def test_an_unwritable_folder_is_noticed_before_anything_is_checked(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(fake, monkeypatch)
    monkeypatch.setattr(checking, "check_solution", lambda name, seed: pytest.fail("checked"))
    (tmp_path / "file").write_text("")
    assert closedform("solve", "small", "--output", str(tmp_path / "file" / "o"))[0] == 3


def test_a_narrow_window_cuts_no_number_short(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    faked(fake, monkeypatch)
    monkeypatch.setattr("reports.items.load_sheet", lambda name: fake.sheet)
    monkeypatch.setenv("COLUMNS", "20")
    code, out, _ = closedform("verify", "small")
    assert code == 0
    assert "statistical" in out
    assert "…" not in out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib\n"
        "sys.argv = ['closedform', '--help']\n"
        "from reports.cli import main\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main()\n"
        "heavy = {'numpy', 'sympy', 'flint', 'z3', 'matplotlib', 'jinja2', 'rich', 'torch'}\n"
        "sys.exit(', '.join(sorted(heavy & sys.modules.keys())) or 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_items_are_completed_part_by_part() -> None:
    assert complete("ass") == ["assignment"]
    assert "assignment/1.1" in complete("assignment/1")
    assert complete("assignment/1.1/") == ["assignment/1.1/expected-loss"]
    assert complete("nothing/") == []
