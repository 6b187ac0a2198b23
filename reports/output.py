"""Files that appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType

__all__ = ["OutputError", "Staging"]


class OutputError(OSError):
    """The output folder cannot be written; the message is one line."""


class Staging:
    """A folder beside the final one, whose contents are moved into place at the end.

    Leaving the ``with`` block removes what was not published, and the final folder if it was
    created here and nothing came of it.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._created = False

    def __enter__(self) -> Staging:
        self._created = not self.target.exists()
        try:
            self.target.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix=".closedform-", dir=self.target))
        except OSError as error:
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
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._created and not any(self.target.iterdir()):
            self.target.rmdir()

    def publish(self, *names: str) -> list[Path]:
        """Move files and folders of these names into the final folder, replacing old ones."""
        return [self._move(name) for name in names]

    def _move(self, name: str) -> Path:
        source, target = self.folder / name, self.target / name
        try:
            if target.is_dir() and not target.is_symlink():
                # a folder cannot be replaced in one move: the old one steps aside first
                target.replace(self.folder / f"old-{name}")
            source.replace(target)
        except OSError as error:
            raise OutputError(f"{target}: cannot be replaced: {error.strerror}") from None
        return target
