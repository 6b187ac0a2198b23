"""What the README shows works as it is written there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest
from pypdf import PdfReader

from derivations.conventions import KINDS

CHECKOUT = Path(__file__).parent.parent
README = (CHECKOUT / "README.md").read_text()


def test_the_python_example_runs(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    start = f"import sys; sys.path.append({str(CHECKOUT)!r})\n"
    command = [sys.executable, "-c", start + example]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("PROVED"), done.stderr


def closedform(folder, *arguments):
    """Run the command in a folder, as a user would."""
    start = f"import sys; sys.path.append({str(CHECKOUT)!r})\n"
    start += "from reports.cli import main; sys.argv[0] = 'closedform'; main()"
    command = [sys.executable, "-c", start, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_sheet_in_the_readme_is_solved_as_it_stands(tmp_path):
    (sheet,) = re.findall(r"<!-- sheet: retake -->\n```toml\n(.*?)```", README, flags=re.DOTALL)
    (block,) = re.findall(r"```\n(\{% block remarks.*?)```", README, flags=re.DOTALL)
    (tmp_path / "retake.toml").write_text(sheet)
    template = tmp_path / "words" / "topics" / "dropout" / "weight_decay_minimizer.md.j2"
    template.parent.mkdir(parents=True)
    template.write_text(block.replace('f("R")', 'f("X")'))
    done = closedform(tmp_path, "solve", "retake.toml", "--templates", "words")
    assert (done.returncode, done.stderr) == (0, "")
    pages = PdfReader(tmp_path / "retake.pdf").pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "half of the coefficient multiplies the penalty" in text
    assert "In our lecture the mask" in text and "No condition on the data" in text
    assert "is enough, and counts once" in text


def test_what_the_readme_shows_of_answers_is_what_comes_out(tmp_path):
    (console,) = re.findall(r"<!-- console -->\n```\n(.*?)```", README, flags=re.DOTALL)
    shown = []
    for line in console.splitlines():
        if line.startswith("$ closedform "):
            done = closedform(tmp_path, *shlex.split(line.removeprefix("$ closedform ")))
            shown += [line, *done.stdout.splitlines()]
    assert console.splitlines() == shown


def test_the_question_stated_in_the_readme_is_solved_and_graded(tmp_path):
    (sheet,) = re.findall(r"<!-- sheet: quiz -->\n```toml\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "quiz.toml").write_text(sheet)
    done = closedform(tmp_path, "solve", "quiz.toml")
    assert (done.returncode, done.stderr) == (0, "")
    text = " ".join(PdfReader(tmp_path / "quiz.pdf").pages[0].extract_text().split())
    assert "A unit turns its input" in text and "PROVED" in text
    for answer, code in ((r"\ln(2\cosh(a/2))", 0), (r"\log(1 + e^{a}) - a", 1)):
        assert closedform(tmp_path, "check", "quiz.toml/1/mean", answer).returncode == code
    (tmp_path / "quiz.toml").write_text(sheet.replace(r"\frac{a}{2}'", "a'"))
    done = closedform(tmp_path, "solve", "quiz.toml")
    assert done.returncode == 1 and "Witness at a = " in done.stderr
    assert closedform(tmp_path, "check", "quiz.toml/1/mean", "a").returncode == 3


def test_the_table_of_conventions_in_the_readme_is_complete():
    for kind, options in KINDS.items():
        row = f"| `{kind}` | " + ", ".join(f"`{option}`" for option in options.options)
        assert row in README


def test_the_question_in_contributing_is_all_that_it_takes(tmp_path):
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    python, template, toml = (
        dedent(*re.findall(rf"   ```{kind}\n(   {start}.*?)   ```\n", text, flags=re.DOTALL))
        for kind, start in (("python", "from"), ("", "{% block"), ("toml", r"\[\["))
    )
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "squares.py").write_text(python)
    words = tmp_path / "words" / "topics" / "squares" / "square_of_sum.md.j2"
    words.parent.mkdir(parents=True)
    words.write_text(template)
    sheet = 'id = "mine"\ntitle = "Mine"\n' + toml.replace("<topic>", "squares")
    (tmp_path / "mine.toml").write_text(sheet)
    folders = ("--topics", "topics", "--templates", "words")
    done = closedform(tmp_path, "show", "mine.toml/1", *folders)
    assert (done.returncode, done.stderr) == (0, "")
    assert "(a + b)^2 = a^2 + 2 a b + b^2" in done.stdout
    assert closedform(tmp_path, "verify", "mine.toml", *folders[:2]).returncode == 0


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files(name):
    text = (CHECKOUT / name).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (CHECKOUT / target).exists(), target


def test_every_dependency_is_pinned():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.]*", pin) for pin in pins)
    pinned = {pin.partition("==")[0] for pin in pins}
    extras = project["optional-dependencies"].values()
    for requirement in [*project["dependencies"], *(line for extra in extras for line in extra)]:
        assert re.split(r"[><=;\[ ]", requirement)[0] in pinned, requirement


def test_the_command_in_the_readme_is_the_one_that_is_installed():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"closedform": "closedform.command:main"}
    for mark in ("solve", "test"):
        assert README.count(f"<!-- command: {mark} -->\n```sh\n") == 1
