"""Studies on the command line: levels, devices, what is kept and what is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from numerics import store
from numerics.measurements import Experiment
from reports import studying
from reports.cli import app

ITEM, STUDY = "assignment/1.1", "dropout_sampling"


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own for what is kept."""
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def closedform(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_a_study_is_carried_out_and_kept(kept: Path) -> None:
    code, out, _ = closedform("cache")
    assert (code, out.split()[0]) == (0, "0")
    code, out, _ = closedform("verify", ITEM, "--level", "quick")
    assert code == 0
    assert f"{STUDY} (quick, cpu, seed 0, " in out
    assert ", kept)" not in out
    code, again, _ = closedform("verify", ITEM, "--level", "quick")
    assert code == 0
    assert ", kept)" in again
    assert again.replace(", kept)", ")") == out
    code, out, _ = closedform("cache", "--json")
    assert [one["study"] for one in json.loads(out)["kept"]] == [STUDY]
    assert STUDY in closedform("cache")[1]
    assert closedform("cache", "--clear")[1].startswith("removed 1 result from")
    assert list(kept.iterdir()) == []


def test_without_a_level_no_study_is_carried_out(kept: Path) -> None:
    code, out, _ = closedform("verify", ITEM)
    assert code == 0
    assert STUDY not in out
    assert not kept.exists()


def test_json_holds_what_was_measured_and_for_how_long() -> None:
    code, out, _ = closedform("verify", ITEM, "--level", "quick", "--seed", "3", "--json")
    assert code == 0
    (record,) = json.loads(out)
    (found,) = record["studies"]
    assert (record["level"], record["left_out"]) == ("quick", {})
    assert (found["experiment"], found["device"]) == (STUDY, "cpu")
    assert found["seconds"] >= 0
    assert found["measurements"]
    for row in found["measurements"]:
        assert row["seed"] in (3, None)
        assert {"predicted", "estimate", "standard_error", "verdict"} <= row.keys()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", ITEM, "--device", "cpu"), "--device goes with --level"),
        (("solve", "assignment", "--device", "cpu"), "--device goes with --level"),
        (("verify", ITEM, "--level", "quick", "--device", "gpu"), "no device 'gpu'"),
        (("verify", ITEM, "--level", "thorough"), "'thorough' is not one of 'quick', 'full'"),
    ],
)
def test_bad_usage_is_noticed_before_anything_is_checked(
    arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.cli._check", None)
    code, out, err = closedform(*arguments)
    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())
    assert out == ""


def test_what_needs_pytorch_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studying, "torch_installed", lambda: False)
    code, out, _ = closedform("verify", "assignment/1.2", "--level", "quick")
    assert code == 0
    (line,) = [line for line in out.splitlines() if "is left out" in line]
    assert line.startswith("dropout_training is left out: ")
    assert line.endswith("pip install torch")


def test_an_interrupt_says_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(names: Any, setting: Any, kept_in: Any, watch: Any) -> None:
        kept_in.save(names[0], setting, Experiment(names[0], ()))
        raise KeyboardInterrupt

    monkeypatch.setattr(studying, "study", interrupted)
    code, _, err = closedform("verify", ITEM, "--level", "full")
    assert code == 130
    said = ["closedform: what 1 of 1 studies found is kept", "closedform: interrupted"]
    assert err.splitlines() == said


def test_what_could_not_be_kept_is_not_said_to_be(kept: Path) -> None:
    kept.write_text("a file, where a folder should be")
    code, _, err = closedform("verify", ITEM, "--level", "quick")
    assert code == 0
    assert err == f"closedform: what studies found could not all be kept in {kept}\n"
