"""The front door opens inside other people's projects, quickly, and says what blocks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import closedform
from closedform import shadowing

CHECKOUT = Path(closedform.__file__).parent.parent


def _run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a project in ``folder``, whose packages come first on the path."""
    start = f"import sys; sys.path[:] = ['', *sys.path[1:], {str(CHECKOUT)!r}]\n"
    return subprocess.run(
        [sys.executable, "-c", start + code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def _own(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("mine = True\n")


def test_a_project_may_have_its_own_reports_templates_and_tests(tmp_path):
    _own(tmp_path, "reports", "templates", "tests", "grading")
    code = "import closedform, reports; assert reports.mine; print(closedform.decide.__name__)"
    done = _run(code, tmp_path)
    assert (done.returncode, done.stdout) == (0, "decide\n"), done.stderr


@pytest.mark.parametrize("name", shadowing.NEEDED)
def test_a_package_in_the_place_of_ours_is_named(name, tmp_path):
    _own(tmp_path, name)
    done = _run("import closedform", tmp_path)
    message = done.stderr.strip().splitlines()[-1]
    assert message.startswith(f"ImportError: closedform needs its own package '{name}', but ")
    assert str(tmp_path / name) in message


def test_a_module_in_the_place_of_ours_is_named(tmp_path):
    (tmp_path / "numerics.py").write_text("")
    done = _run("import closedform", tmp_path)
    assert str(tmp_path / "numerics.py") in done.stderr.strip().splitlines()[-1]


def test_importing_loads_nothing_heavy(tmp_path):
    heavy = {"sympy", "numpy", "z3", "flint", "torch", "jinja2", "reports", "numerics.engine"}
    done = _run(f"import sys, closedform; print({heavy!r} & sys.modules.keys())", tmp_path)
    assert done.stdout == "set()\n", done.stderr


def test_deciding_loads_neither_sympy_nor_torch(tmp_path):
    code = """
import sys, closedform as cf
x, y = cf.names("x y")
notation = cf.Notation((cf.Symbol("x", cf.REAL), cf.Symbol("y", cf.REAL)))
verdict = cf.decide(cf.Claim("square", notation, (x + y) ** 2, x**2 + 2 * x * y + y**2))
print(verdict.status.name, {"sympy", "torch", "jinja2", "matplotlib"} & sys.modules.keys())
"""
    done = _run(code, tmp_path)
    assert done.stdout == "PROVED set()\n", done.stderr


def test_everything_that_is_announced_is_there():
    assert len(set(closedform.__all__)) == len(closedform.__all__)
    for name in closedform.__all__:
        assert getattr(closedform, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = closedform.nothing
