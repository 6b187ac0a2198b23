"""From a checked sheet to files: all of them or none, and always the same bytes."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from reports import solve as solving
from reports.engine import EngineMissing, TeXError, find_engine, typeset
from reports.options import Edition, Engine
from reports.output import OutputError, Staging
from reports.solve import Unconfirmed, solve
from reports.words import WordsError
from tests.reports.fakes import Fake


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_two_runs_write_the_same_bytes(fake: Fake, tmp_path: Path) -> None:
    for name in ("one", "two"):
        solved = solve(fake.sheet, fake.checked, tmp_path / name, templates=fake.templates)
        assert solved.fit == ()
    first = contents(tmp_path / "one")
    assert first == contents(tmp_path / "two")
    assert set(first) == {"small.pdf", "small.tex", "small.json"}
    # and the source compiles where it lies
    program = find_engine(Engine.BUNDLED)
    assert program is not None
    typeset(program, tmp_path / "one" / "small.tex")
    assert (tmp_path / "one" / "small.pdf").read_bytes() == first["small.pdf"]


def test_the_editions_hold_what_they_should(fake: Fake, tmp_path: Path) -> None:
    texts = {}
    for edition in Edition:
        solved = solve(
            fake.sheet, fake.checked, tmp_path, edition=edition, templates=fake.templates
        )
        pages = PdfReader(solved.files[0]).pages
        texts[edition] = " ".join(" ".join(page.extract_text() for page in pages).split())
    statement, solution, mistake = "What is 50% of", "First this", "Halving: minus 1"
    key, handout, rubric = texts[Edition.KEY], texts[Edition.HANDOUT], texts[Edition.RUBRIC]
    assert statement in key and solution in key and mistake not in key
    assert statement in handout and solution not in handout and "PROVED" not in handout
    assert mistake in rubric and solution not in rubric and "PROVED" in rubric
    assert "3 points" in rubric


def test_the_evidence_can_be_read_back(fake: Fake, tmp_path: Path) -> None:
    solve(fake.sheet, fake.checked, tmp_path, engine=Engine.NONE, templates=fake.templates)
    record = json.loads((tmp_path / "small.json").read_text())
    (question,) = record["questions"]
    (answer,) = question["answers"]
    assert answer["steps"][1]["verdict"]["stage"] == "scalar normal form"
    assert question["facts"][0]["verdict"]["witness"]["values"] == {"x": "1/2"}
    assert question["experiments"][0]["measurements"][0]["samples"] == 10_000


def test_a_folder_needs_no_more_than_what_it_changes(fake: Fake, tmp_path: Path) -> None:
    for name in ("document.tex.j2", "preamble.tex"):
        (fake.templates / name).unlink()
    solved = solve(fake.sheet, fake.checked, tmp_path, templates=fake.templates)
    assert solved.files[0].name == "small.pdf"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<% if %>", "document.tex.j2:1: Expected an expression"),
        ("<< nothing >>", "document.tex.j2: 'nothing' is undefined"),
        ('<% include "none.tex" %>', "document.tex.j2: none.tex cannot be found"),
    ],
)
def test_a_wrong_document_template_is_one_line(
    fake: Fake, tmp_path: Path, text: str, said: str
) -> None:
    (fake.templates / "document.tex.j2").write_text(text)
    with pytest.raises(WordsError, match=re.escape(said)):
        solve(fake.sheet, fake.checked, tmp_path / "out", templates=fake.templates)
    assert not (tmp_path / "out").exists()


def test_what_a_sheet_asks_for_is_printed_and_recorded(fake: Fake, tmp_path: Path) -> None:
    (question,) = fake.sheet.questions
    asked = replace(
        question,
        answers=("double", "which"),
        one_of=(("double", "which"),),
        shares=(("double", 3), ("which", 3)),
    )
    conventions = (("penalty", "lambda/2"),)
    sheet = replace(fake.sheet, questions=(asked,), conventions=conventions)
    checked = {"fake.double": replace(fake.solution, conventions=conventions)}
    for edition in Edition:
        solved = solve(sheet, checked, tmp_path, edition=edition, templates=fake.templates)
        pages = PdfReader(solved.files[0]).pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        assert "Asked for here: double (3 points), which (3 points)." in text
        assert "One of double and which is enough, and counts once." in text
        assert "half of the coefficient multiplies the penalty" in text
    record = json.loads((tmp_path / "small.json").read_text())
    assert record["conventions"] == {"penalty": "lambda/2"}
    (found,) = record["questions"]
    assert found["asked"] == ["double", "which"]
    assert found["one_of"] == [["double", "which"]]
    assert found["shares"] == {"double": 3, "which": 3}
    assert found["conventions"] == {"penalty": "lambda/2"}


def test_a_rubric_names_only_what_is_asked_for(fake: Fake, tmp_path: Path) -> None:
    (question,) = fake.sheet.questions
    sheet = replace(fake.sheet, questions=(replace(question, answers=("which",)),))
    solved = solve(sheet, fake.checked, tmp_path, edition=Edition.RUBRIC, templates=fake.templates)
    text = " ".join(page.extract_text() for page in PdfReader(solved.files[0]).pages)
    assert "the second" in text
    assert "Also accepted" not in text


def test_a_finding_keeps_everything_from_being_printed(fake: Fake, tmp_path: Path) -> None:
    doubtful = {"fake.double": replace(fake.solution, findings=("step 1 is not proved",))}
    with pytest.raises(Unconfirmed):
        solve(fake.sheet, doubtful, tmp_path / "out", templates=fake.templates)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), TeXError("x.tex:1: no")])
def test_an_interrupted_run_leaves_what_was_there(
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
) -> None:
    output = tmp_path / "out"

    def interrupted(program: Path, source: Path) -> None:
        source.with_suffix(".pdf").write_bytes(b"half")
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(solving, "typeset", interrupted)
        with pytest.raises(type(failure)):
            solve(fake.sheet, fake.checked, output, templates=fake.templates)
        assert not output.exists()
    solve(fake.sheet, fake.checked, output, templates=fake.templates)
    before = contents(output)
    monkeypatch.setattr(solving, "typeset", interrupted)
    with pytest.raises(type(failure)):
        solve(fake.sheet, fake.checked, output, templates=fake.templates)
    assert contents(output) == before


def test_published_folders_replace_old_ones(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "old.pdf").write_bytes(b"old")
    with Staging(tmp_path) as staging:
        (staging.folder / "figures").mkdir()
        (staging.folder / "figures" / "new.pdf").write_bytes(b"new")
        staging.publish("figures")
    assert contents(tmp_path) == {"figures/new.pdf": b"new"}


def test_files_are_replaced_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "first").write_bytes(b"old")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "old.pdf").write_bytes(b"old")
    (tmp_path / "last" / "mine").mkdir(parents=True)
    before = contents(tmp_path)
    with Staging(tmp_path) as staging:
        for name in ("first", "new", "last"):
            (staging.folder / name).write_bytes(b"new")
        (staging.folder / "figures").mkdir()
        with pytest.raises(OutputError, match="last: cannot be replaced: Is a directory"):
            staging.publish("first", "new", "figures", "last")
    assert contents(tmp_path) == before
    assert (tmp_path / "last" / "mine").is_dir()
    assert not (tmp_path / "new").exists()


def test_folders_made_for_nothing_are_removed(tmp_path: Path) -> None:
    with Staging(tmp_path / "a" / "b"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file/out: cannot be written: Not a directory"):
        Staging(tmp_path / "file" / "out").__enter__()


def test_without_an_engine_the_source_stays_and_says_what_to_do(
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissing, match="install a TeX distribution"):
        find_engine(Engine.SYSTEM)
    solved = solve(
        fake.sheet, fake.checked, tmp_path / "out", engine=Engine.SYSTEM, templates=fake.templates
    )
    assert "no pdflatex on the PATH" in solved.remedy
    assert set(contents(tmp_path / "out")) == {"small.tex", "small.json"}


def program_of(tmp_path: Path, text: str) -> None:
    """Let ``pdflatex`` on the PATH be this."""
    program = tmp_path / "bin" / "pdflatex"
    program.parent.mkdir()
    program.write_text(text)
    program.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="programs are started otherwise")
def test_an_engine_that_cannot_be_started_leaves_the_source(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program_of(tmp_path, "no program")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    solved = solve(
        fake.sheet, fake.checked, tmp_path / "out", engine=Engine.SYSTEM, templates=fake.templates
    )
    assert "cannot be started: Exec format error; use another --engine" in solved.remedy
    assert set(contents(tmp_path / "out")) == {"small.tex", "small.json"}


@pytest.mark.skipif(sys.platform == "win32", reason="programs are started otherwise")
def test_an_engine_that_writes_nothing_is_a_tex_error(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program_of(tmp_path, "#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(TeXError, match="reported no error, but wrote no PDF"):
        solve(
            fake.sheet, fake.checked, tmp_path / "o", engine=Engine.SYSTEM, templates=fake.templates
        )
    assert not (tmp_path / "o").exists()


def test_another_tex_on_the_machine_is_not_mixed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TEXINPUTS", "TEXMFCNF", "TEXFORMATS"):
        monkeypatch.setenv(name, str(tmp_path))
    source = tmp_path / "right.tex"
    source.write_text(
        "\\documentclass{article}\\pagestyle{empty}\\begin{document}\\rule{9pt}{9pt}\\end{document}"
    )
    program = find_engine(Engine.BUNDLED)
    assert program is not None
    assert typeset(program, source).pdf.is_file()


def test_a_tex_error_is_one_line_with_its_place(tmp_path: Path) -> None:
    source = tmp_path / "wrong.tex"
    source.write_text("\\documentclass{article}\n\\begin{document}\nHere \\nowhere there.\n")
    program = find_engine(Engine.BUNDLED)
    assert program is not None
    with pytest.raises(TeXError) as caught:
        typeset(program, source)
    assert str(caught.value).startswith("wrong.tex:3: Undefined control sequence.")
    assert "\n" not in str(caught.value)


def test_an_error_of_the_program_itself_is_named_too(tmp_path: Path) -> None:
    source = tmp_path / "wrong.tex"
    source.write_text(
        "\\documentclass{article}\\pdfmapline{=cmr10 <none.pfb}\\begin{document}x\\end{document}"
    )
    program = find_engine(Engine.BUNDLED)
    assert program is not None
    with pytest.raises(TeXError, match=r"none\.pfb\): cannot open Type 1 font file"):
        typeset(program, source)


def test_tex_reads_and_writes_nothing_outside_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.tex").write_text("secret")
    program = find_engine(Engine.BUNDLED)
    assert program is not None
    for command in ("\\input{../secret}", "\\immediate\\openout3=../made.tex "):
        source = inside / "curious.tex"
        source.write_text(
            f"\\documentclass{{article}}\\begin{{document}}{command}x\\end{{document}}"
        )
        with pytest.raises(TeXError):
            typeset(program, source)
    assert not (tmp_path / "made.tex").exists()
