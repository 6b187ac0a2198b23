"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
from pathlib import Path
from types import TracebackType

from grading.interrupts import ignoring

__all__ = ["OutputError", "Staging"]


class OutputError(OSError):
    """The output folder cannot be written; the message is one line."""


class Staging:
    """A folder beside the final one, whose contents are moved into place at the end.

    Leaving the ``with`` block removes what was not published, and the final folder, with those
    above it, if they were created here and nothing came of it.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._created: list[Path] = []

    def __enter__(self) -> Staging:
        try:
            above = (self.target, *self.target.parents)
            self._created = [folder for folder in above if not folder.exists()]
            self.target.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix=".closedform-", dir=self.target))
        except OSError as error:
            self._remove_empty()
            raise OutputError(
                f"{self.target}: cannot be written: {error.strerror}; choose another --output"
            ) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with ignoring(signal.SIGINT, signal.SIGTERM):
            shutil.rmtree(self.folder, ignore_errors=True)
            self._remove_empty()

    def _remove_empty(self) -> None:
        """Remove the folders created here, innermost first, that hold nothing."""
        for folder in self._created:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def publish(self, *names: str) -> list[Path]:
        """Move files and folders of these names into the final folder, replacing old ones.

        Either all of them are moved, or everything is left as it was.

        Raises:
            OutputError: one of them cannot be moved.
        """
        (self.folder / "replaced").mkdir()
        with ignoring(signal.SIGINT, signal.SIGTERM):
            for name in names:
                try:
                    self._move(name)
                except OSError as error:
                    for moved in names[: names.index(name) + 1]:
                        self._restore(moved)
                    raise OutputError(
                        f"{self.target / name}: cannot be replaced: {error.strerror}"
                    ) from None
        return [self.target / name for name in names]

    def _places(self, name: str) -> tuple[Path, Path, Path]:
        """Where something is made, where it goes, and where what was there steps aside."""
        return self.folder / name, self.target / name, self.folder / "replaced" / name

    def _move(self, name: str) -> None:
        source, target, aside = self._places(name)
        if source.is_file() and target.is_dir() and not target.is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if os.path.lexists(target):
            target.replace(aside)
        source.replace(target)

    def _restore(self, name: str) -> None:
        source, target, aside = self._places(name)
        if not source.exists():
            target.replace(source)
        if os.path.lexists(aside):
            aside.replace(target)
