from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_project_with_packages_of_our_names_does_not_stand_in_the_way(tmp_path: Path) -> None:
    for name in ("grading", "reports", "templates", "tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('not ours')\n")
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    command = "from closedform.command import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "list"],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "assignment/1.1" in done.stdout
