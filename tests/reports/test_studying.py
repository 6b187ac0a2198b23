"""Studies carried out, kept, interrupted and left out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import numerics.studies
from numerics import training
from numerics.settings import Level, Setting
from numerics.store import Store
from numerics.training import DeviceMissing
from reports import studying
from reports.studying import StudyFailed, resolve_device, study

#: A study that leaves a mark whenever it is carried out, and then does something.
STUDY = """
from pathlib import Path

from numerics.measurements import Experiment
{trains}

def run(setting):
    with Path({marks!r}).open("a") as file:
        file.write("{name}\\n")
    setting.progress(0.5)
    {then}
    return Experiment("{name}", ())
"""


#: For a fresh interpreter: studies in a folder, carried out by two workers.
WORKERS = """
import sys
from pathlib import Path

import numerics.studies
from numerics.settings import Setting
from numerics.store import Store
from reports.studying import study

numerics.studies.__path__.append(sys.argv[1])
if __name__ == "__main__":
    study(["own_coin", "own_end"], Setting(), Store(Path(sys.argv[2])), workers=2)
"""


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Studies of the tests' own, which mark what they do in this file."""
    folder = tmp_path / "own"
    folder.mkdir()
    found = tmp_path / "marks.txt"
    found.touch()
    for name, then, trains in (
        ("own_coin", "pass", ""),
        ("own_dice", "pass", ""),
        ("own_network", "pass", "TRAINS = True"),
        ("own_failure", "raise ArithmeticError('no convergence')", ""),
        ("own_missing_data", "raise FileNotFoundError('no such file')", ""),
        ("own_interrupt", "raise KeyboardInterrupt", ""),
    ):
        text = STUDY.format(name=name, then=then, trains=trains, marks=str(found))
        (folder / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, f"numerics.studies.{name}", raising=False)
    monkeypatch.setattr(numerics.studies, "__path__", [*numerics.studies.__path__, str(folder)])
    return found


def test_what_is_kept_is_not_carried_out_again(marks: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "kept")
    first = study(["own_coin", "own_dice"], Setting(), store, workers=1)
    again = study(["own_dice", "own_coin"], Setting(), store, workers=1)
    assert marks.read_text().split() == ["own_coin", "own_dice"]
    assert first.kept == frozenset()
    assert again.kept == {"own_coin", "own_dice"}
    assert list(again.found) == ["own_dice", "own_coin"]
    assert again.found == dict(first.found)


def test_progress_is_told_to_the_end(marks: Path, tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    store = Store(tmp_path / "kept")

    def watch(name: str, share: float) -> None:
        heard.append((name, share))

    study(["own_coin"], Setting(), store, watch, workers=1)
    assert heard == [("own_coin", 0.0), ("own_coin", 0.5), ("own_coin", 1.0)]
    heard.clear()
    study(["own_coin"], Setting(), store, watch, workers=1)
    assert heard == [("own_coin", 1.0)]


def test_an_interrupt_loses_nothing_that_is_finished(marks: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "kept")
    with pytest.raises(KeyboardInterrupt):
        study(["own_coin", "own_interrupt", "own_dice"], Setting(), store, workers=1)
    resumed = study(["own_coin", "own_dice"], Setting(), store, workers=1)
    assert resumed.kept == {"own_coin"}
    assert marks.read_text().split() == ["own_coin", "own_interrupt", "own_dice"]


def test_a_failure_names_the_study_and_keeps_none(marks: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "kept")
    with pytest.raises(StudyFailed, match="own_failure failed: ArithmeticError: no convergence"):
        study(["own_failure"], Setting(), store, workers=1)
    assert store.entries() == ()


def test_data_that_cannot_be_read_is_a_failure(marks: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyFailed, match="own_missing_data failed: FileNotFoundError: no such"):
        study(["own_missing_data"], Setting(), Store(tmp_path / "kept"), workers=1)


@pytest.mark.parametrize("with_pytorch", [True, False])
def test_a_study_that_is_not_there_is_named(
    with_pytorch: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studying, "torch_installed", lambda: with_pytorch)
    with pytest.raises(StudyFailed, match="the study nope cannot be loaded: No module named"):
        study(["nope"], Setting(), Store(tmp_path), workers=1)


def test_a_worker_that_ends_loses_nothing_that_is_finished(marks: Path, tmp_path: Path) -> None:
    script = tmp_path / "workers.py"
    script.write_text(WORKERS)
    end = marks.parent / "own" / "own_end.py"
    # it waits for the other's result to be kept
    end.write_text(
        "import os, time\nfrom pathlib import Path\n\ndef run(setting):\n"
        f"    while not list(Path({str(tmp_path / 'kept')!r}).glob('own_coin*.npz')):\n"
        "        time.sleep(0.01)\n    os._exit(1)\n"
    )
    arguments = [sys.executable, str(script), str(end.parent), str(tmp_path / "kept")]
    ended = subprocess.run(
        arguments,
        env={**os.environ, "PYTHONPATH": str(Path(numerics.__path__[0]).parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "WorkerEnded: a working process was ended from outside" in ended.stderr
    assert [entry.study for entry in Store(tmp_path / "kept").entries()] == ["own_coin"]


def test_without_pytorch_what_trains_is_left_out(
    marks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studying, "torch_installed", lambda: False)
    found = study(["own_network", "own_coin"], Setting(), Store(tmp_path / "kept"), workers=1)
    assert found.left_out == ("own_network",)
    assert list(found.found) == ["own_coin"]


def test_without_pytorch_the_device_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (studying, training):
        monkeypatch.setattr(module, "torch_installed", lambda: False)
    assert resolve_device(Level.FULL, None) == "cpu"
    with pytest.raises(DeviceMissing, match="without PyTorch: only cpu is there"):
        resolve_device(Level.FULL, "cuda")


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "cuda:", "cuda:x", "mps", "", "cuda:-1"])
def test_a_device_that_is_not_there_is_named_with_those_that_are(device: str) -> None:
    pytest.importorskip("torch")
    with pytest.raises(DeviceMissing, match="cpu"):
        resolve_device(Level.QUICK, device)
