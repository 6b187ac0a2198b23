"""What studies found, kept in a folder of the user's: nothing is trained twice.

An entry is found by its content: the code of every package that takes part, the study, level, seed
and device, and the versions of whatever computes. So an entry never stands for anything else, and
one that cannot be read counts as none. Entries hold numbers and words only (no pickles).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from language.claims import Status, Verdict
from numerics.measurements import Experiment, Measurement, Observation
from numerics.settings import Setting
from numerics.training import device_name

__all__ = ["VARIABLE", "Entry", "Store", "default_folder"]

#: The environment variable that names another folder.
VARIABLE = "CLOSEDFORM_CACHE"

#: The packages whose code a study may run.
_ROOMS = ("language", "derivations", "numerics")
#: What else computes, by the names of the distributions.
_COMPUTING = ("numpy", "scipy", "python-flint", "scikit-learn", "torch", "numba")
_ENDING = ".npz"
_UNFINISHED = ".closedform-part"  # what is left of one whose writer was killed


def default_folder() -> Path:
    """Where entries are kept unless the environment says otherwise."""
    named = os.environ.get(VARIABLE)
    if named:
        # unlike a path's own method, this leaves alone a user that is not there
        return Path(os.path.expanduser(named))  # noqa: PTH111
    return platformdirs.user_cache_path("closedform") / "studies"


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept result: the study, and the bytes it takes."""

    study: str
    size: int


@dataclass(frozen=True, slots=True)
class Store:
    """The results in a folder, which need not exist yet."""

    folder: Path

    def load(self, study: str, setting: Setting) -> Experiment | None:
        """What was found before, or None."""
        path = self._path(study, setting)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return _experiment(json.loads(str(arrays["record"])), arrays)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, study: str, setting: Setting, experiment: Experiment) -> None:
        """Keep a result, all of it or nothing; a folder that cannot be written keeps none."""
        path = self._path(study, setting)
        arrays: dict[str, Any] = {
            f"series-{name}": values for name, values in experiment.series.items()
        }
        arrays["record"] = np.array(json.dumps(_record(experiment)))
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(_UNFINISHED, dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(file, **arrays)
                Path(name).replace(path)
            finally:
                Path(name).unlink(missing_ok=True)

    def holds(self, study: str, setting: Setting) -> bool:
        """Whether there is something kept, readable or not."""
        return self._path(study, setting).exists()

    def entries(self) -> tuple[Entry, ...]:
        """What is kept, by the names of the studies."""
        return tuple(
            Entry(path.name.rpartition("-")[0], path.stat().st_size) for path in self._files()
        )

    def clear(self) -> int:
        """Remove every entry, finished or not, and nothing else; how many there were."""
        files = self._files()
        for path in (*files, *self.folder.glob(f"*{_UNFINISHED}")):
            path.unlink(missing_ok=True)
        return len(files)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*-????????????????{_ENDING}"))

    def _path(self, study: str, setting: Setting) -> Path:
        return self.folder / f"{study}-{_key(study, setting)}{_ENDING}"


def _key(study: str, setting: Setting) -> str:
    """The name of the content: whatever could change the numbers."""
    content = {
        "study": study,
        "level": setting.level.value,
        "seed": setting.seed,
        "device": [setting.device, device_name(setting.device), platform.machine()],
        "python": platform.python_version(),
        "versions": [(name, _version(name)) for name in _COMPUTING],
        "code": _code(),
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def _code() -> str:
    """A digest of our own code."""
    digest = hashlib.sha256()
    root = Path(__file__).parent.parent
    for path in sorted(file for room in _ROOMS for file in (root / room).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _record(experiment: Experiment) -> dict[str, Any]:
    return {
        "name": experiment.name,
        "device": experiment.device,
        "seconds": float(experiment.seconds),
        "measurements": [_measurement_record(row) for row in experiment.measurements],
        "observations": [asdict(row) for row in experiment.observations],
    }


def _measurement_record(row: Measurement) -> dict[str, Any]:
    record = asdict(row)
    record["verdict"]["status"] = row.verdict.status.value
    return record


def _experiment(record: dict[str, Any], arrays: Mapping[str, NDArray[np.float64]]) -> Experiment:
    return Experiment(
        record["name"],
        tuple(_measurement(row) for row in record["measurements"]),
        MappingProxyType(
            {
                name.removeprefix("series-"): arrays[name]
                for name in arrays
                if name.startswith("series-")
            }
        ),
        device=record["device"],
        seconds=record["seconds"],
        observations=tuple(Observation(**row) for row in record["observations"]),
    )


def _measurement(record: dict[str, Any]) -> Measurement:
    verdict = Verdict(**{**record["verdict"], "status": Status(record["verdict"]["status"])})
    return Measurement(**{**record, "verdict": verdict})
