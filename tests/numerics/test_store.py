"""What studies found, kept and found again."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, strategies as st

from language.claims import Status, Verdict
from numerics import store as storing
from numerics.measurements import Experiment, Measurement, Observation
from numerics.settings import Level, Setting
from numerics.store import Store, default_folder

NUMBERS = st.floats(allow_nan=False)
VERDICT = Verdict(
    Status.STATISTICAL, "confidence sequence", "here", "It holds.", alpha=1e-6, epsilon=0.1
)
FOUND = Experiment(
    "coin",
    (Measurement("mean", "mean of a coin", 0.5, 0.51, 0.4, 0.6, 100, 0, VERDICT, 0.05),),
    MappingProxyType({"draws": np.array([[0.0, 1.0], [1.0, math.pi]])}),
    "cpu",
    1.5,
    (Observation("heads", "heads in a row", 4.0, None, 100, 0),),
)


def same(one: Experiment | None, other: Experiment) -> bool:
    assert one is not None
    assert one.series.keys() == other.series.keys()
    assert all(np.array_equal(one.series[name], other.series[name]) for name in one.series)
    return replace(one, series={}) == replace(other, series={})


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "not" / "there" / "yet")
    assert store.load("coin", Setting()) is None
    assert store.entries() == ()
    assert not store.holds("coin", Setting())
    store.save("coin", Setting(), FOUND)
    assert store.holds("coin", Setting())
    assert not store.holds("coin", Setting(seed=1))
    assert same(store.load("coin", Setting()), FOUND)
    assert [entry.study for entry in store.entries()] == ["coin"]


@given(NUMBERS, st.floats(), st.one_of(st.none(), NUMBERS))
def test_numbers_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, estimate: float, drawn: float, error: float | None
) -> None:
    store = Store(tmp_path_factory.mktemp("kept"))
    row = replace(FOUND.measurements[0], estimate=estimate, standard_error=error)
    found = replace(FOUND, measurements=(row,), series={"x": np.array([drawn])})
    store.save("coin", Setting(), found)
    again = store.load("coin", Setting())
    assert again is not None
    assert again.measurements == (row,)
    np.testing.assert_array_equal(again.series["x"], [drawn])


@pytest.mark.parametrize("other", [Setting(seed=1), Setting(Level.FULL)], ids=["seed", "level"])
def test_another_setting_is_another_entry(tmp_path: Path, other: Setting) -> None:
    store = Store(tmp_path)
    store.save("coin", Setting(), FOUND)
    assert store.load("coin", other) is None
    assert store.load("coins", Setting()) is None


def test_other_code_or_versions_are_another_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.save("coin", Setting(), FOUND)
    with monkeypatch.context() as patched:
        patched.setattr(storing, "_code", lambda: "other code")
        assert store.load("coin", Setting()) is None
    with monkeypatch.context() as patched:
        patched.setattr(storing, "_version", lambda name: "0.0")
        assert store.load("coin", Setting()) is None
    assert store.load("coin", Setting()) is not None


def test_who_listens_to_the_progress_makes_no_difference(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save("coin", Setting(), FOUND)
    assert store.load("coin", Setting(progress=print)) is not None


def test_what_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save("coin", Setting(), FOUND)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for broken in (b"", b"nothing of the kind", whole[: len(whole) // 2], whole[:-1]):
        path.write_bytes(broken)
        assert store.load("coin", Setting()) is None
    with path.open("wb") as file:
        np.savez(file, record=np.array({"a": "pickle"}, dtype=object))
    assert store.load("coin", Setting()) is None
    store.save("coin", Setting(), FOUND)
    assert same(store.load("coin", Setting()), FOUND)


def test_clearing_removes_entries_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    store.save("coin", Setting(), FOUND)
    store.save("coin", Setting(seed=1), FOUND)
    (tmp_path / "killed.closedform-part").touch()
    assert store.clear() == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert store.clear() == 0


def test_a_folder_that_cannot_be_written_keeps_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "folder")
    store.save("coin", Setting(), FOUND)
    assert store.load("coin", Setting()) is None
    assert not store.holds("coin", Setting())
    assert store.entries() == ()
    assert store.clear() == 0


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(storing.VARIABLE, str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.setenv(storing.VARIABLE, "~/kept")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / "kept"
    monkeypatch.delenv(storing.VARIABLE)
    assert default_folder().name == "studies"
