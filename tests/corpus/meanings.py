"""The corpus of answers, and how its labels are checked without reading a single answer.

Every line of practice/SHEET.jsonl and holdout/SHEET.jsonl is an answer as a student would write it:

    {"id": the answer's full id, "answer": the text, "format": "latex" or "text",
     "right": would a fair, strict teacher count it as right,
     "kind": the spelling that is exercised, or the mistake,
     "means": what the text means, as a NumPy expression over the names that a Setting draws}

Whoever writes a line reads its text and writes `means` from it.  A Setting computes what is asked
for from the question's definition; the label is correct if both agree exactly where it says so.
`means` may be "undefined" in a wrong line: shapes that do not fit, a name that nothing defines.

A third of the lines is held out: they are for measuring the reader of answers, so whoever works
on that reader looks only at practice/.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import numpy as np

HERE = Path(__file__).parent
UNDEFINED = "undefined"
Names = dict[str, Any]
Comparison = Callable[[Any, Any, float], bool]


# ------------------------------------------------------------------ lines


@dataclass(frozen=True)
class Line:
    """One answer of the corpus."""

    id: str
    answer: str
    format: str
    right: bool
    kind: str
    means: str

    @cached_property
    def code(self) -> CodeType:
        """What the answer means, compiled."""
        return compile(self.means.strip(), f"<{self.id}: {self.answer}>", "eval")


def held_out(identifier: str, answer: str) -> bool:
    """Whether an answer belongs into holdout/: a third of them, by a rule that nobody chooses."""
    return int(sha256(f"{identifier}\n{answer}".encode()).hexdigest(), 16) % 3 == 0


def read_lines(part: str, sheet: str) -> list[Line]:
    """The lines of one sheet in `part`, which is "practice" or "holdout"."""
    text = (HERE / part / f"{sheet}.jsonl").read_text(encoding="utf-8")
    return [Line(**json.loads(line)) for line in text.splitlines()]


def sheets() -> list[str]:
    """The sheets that have a corpus."""
    return sorted(
        {path.stem for part in ("practice", "holdout") for path in (HERE / part).glob("*")}
    )


# ------------------------------------------------------------------ numbers, and when they agree


@dataclass(frozen=True)
class Digits:
    """A number written in decimals: right if it is off by less than one unit of its last digit."""

    text: str

    def agrees(self, value: Any) -> bool:
        number = Decimal(self.text)
        exponent = number.as_tuple().exponent
        assert isinstance(exponent, int)
        return abs(float(value) - float(number)) < 10.0**exponent


def exact(meant: Any, expected: Any, rtol: float) -> bool:
    """Equal numbers, arrays of one shape, or tuples and lists entry by entry."""
    if isinstance(meant, Digits):
        return np.ndim(expected) == 0 and meant.agrees(expected)
    if isinstance(expected, tuple | list):
        return (
            isinstance(meant, tuple | list)
            and len(meant) == len(expected)
            and all(exact(m, e, rtol) for m, e in zip(meant, expected, strict=True))
        )
    if isinstance(expected, bool | np.bool_ | str):
        return bool(meant == expected)
    left, right = np.asarray(meant), np.asarray(expected)
    if left.shape != right.shape or left.dtype == object:
        return False
    scale = np.maximum(np.max(np.abs(right), initial=0.0), 1e-3)
    return bool(np.all(np.abs(left - right) <= rtol * scale))


def multiset(meant: Any, expected: Any, rtol: float) -> bool:
    """The same entries with the same multiplicities, in any order."""
    left, right = list(meant), list(expected)
    if len(left) != len(right):
        return False
    for entry in left:
        match = next((k for k, other in enumerate(right) if exact(entry, other, rtol)), None)
        if match is None:
            return False
        del right[match]
    return True


def condition(meant: Any, expected: Any, rtol: float) -> bool:
    """The same truth value (draw enough samples, and draw the boundary too)."""
    return bool(meant) == bool(expected)


# ------------------------------------------------------------------ settings


@dataclass(frozen=True)
class Setting:
    """Where the answers to one question can be computed.

    `sample` draws the names that `means` may use, and `expected` computes what the question asks
    for from its definition, given those names as attributes.  With `up_to`, only the difference
    between two draws of those names is compared, so that a constant does not count.
    Right answers agree within `rtol`; wrong ones differ by more than a thousand times that.
    """

    sample: Callable[[np.random.Generator], Names]
    expected: Callable[[Any], Any]
    compare: Comparison = exact
    samples: int = 4
    up_to: tuple[str, ...] = ()
    rtol: float = 1e-9

    @cached_property
    def draws(self) -> list[list[tuple[Names, Any]]]:
        """For every sample the names and what is expected (twice where a difference is taken)."""
        return [self._draw(np.random.default_rng(seed)) for seed in range(self.samples)]

    def _draw(self, rng: np.random.Generator) -> list[tuple[Names, Any]]:
        first = self.sample(rng)
        drawn = [first]
        if self.up_to:
            second = self.sample(rng)
            drawn.append(first | {name: second[name] for name in self.up_to})
        return [(names, self.expected(SimpleNamespace(**names))) for names in drawn]

    def agrees(self, line: Line, *, loosely: bool = False) -> bool:
        """Whether what a line means is what is asked for, at every sample."""
        if line.means == UNDEFINED:
            return False
        rtol = self.rtol * 1000 if loosely else self.rtol
        with np.errstate(all="ignore"):
            return all(self._agrees_at(line.code, draw, rtol) for draw in self.draws)

    def _agrees_at(self, code: CodeType, draw: list[tuple[Names, Any]], rtol: float) -> bool:
        meant = [evaluate(code, names) for names, _ in draw]
        if self.up_to:
            (first, second), (before, after) = meant, (expected for _, expected in draw)
            return self.compare(first - second, before - after, rtol)
        return self.compare(meant[0], draw[0][1], rtol)


@dataclass(frozen=True)
class Choice:
    """A question with one right option; `means` is the option that the student chose."""

    right: str
    options: tuple[str, ...]

    def agrees(self, line: Line, *, loosely: bool = False) -> bool:
        """Whether the right option was chosen."""
        assert line.means in self.options, f"{line.means} is none of {self.options}"
        return line.means == self.right


def true_false(*, right: bool) -> Choice:
    """The choice between "true" and "false"."""
    return Choice("true" if right else "false", ("true", "false"))


# ------------------------------------------------------------------ the names for `means`


def expectation(law: Any, values: Any) -> Any:
    """E_law[values] on finitely many cells: `law` holds their probabilities."""
    return np.sum(law * values)


def kl(p: Any, q: Any) -> Any:
    """KL(p || q) of probabilities (or measures) on the same cells."""
    return np.sum(p * np.log(p / q))


def entropy(p: Any) -> Any:
    """The entropy of probabilities on finitely many cells."""
    return -np.sum(p * np.log(p))


def jsd(p: Any, q: Any) -> Any:
    """The Jensen-Shannon divergence, with natural logarithms."""
    return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2


def normal(x: Any, mean: Any, variance: Any) -> Any:
    """The density of N(mean, variance) at x."""
    return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


def logistic(t: Any) -> Any:
    """1 / (1 + exp(-t))."""
    return 1 / (1 + np.exp(-np.asarray(t)))


def softplus(t: Any) -> Any:
    """log(1 + exp(t))."""
    return np.logaddexp(0, t)


def relu(t: Any) -> Any:
    """max(0, t)."""
    return np.maximum(0, t)


def root(t: Any) -> Any:
    """The principal square root, complex where it has to be."""
    return np.emath.sqrt(t)


NAMESPACE: Mapping[str, Any] = {
    "__builtins__": {},
    **{name: getattr(np, name) for name in (
        "abs", "all", "any", "arctan", "array", "ceil", "cos", "cosh", "cumsum", "diag", "dot",
        "exp", "eye", "floor", "log", "log2", "log10", "max", "maximum", "mean", "min", "minimum",
        "ones", "outer", "pi", "prod", "sign", "sin", "sinh", "sqrt", "sum", "tanh", "trace",
        "where", "zeros", "inf",
    )},
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "norm": np.linalg.norm,
    "eigvals": np.linalg.eigvals,
    "E": expectation,
    "KL": kl,
    "H": entropy,
    "JSD": jsd,
    "normal": normal,
    "logistic": logistic,
    "softplus": softplus,
    "relu": relu,
    "root": root,
    "Digits": Digits,
    "np": np,
    "range": range,
    "len": len,
    "list": list,
    "tuple": tuple,
    "bool": bool,
    "int": int,
    "True": True,
    "False": False,
}  # fmt: skip


def evaluate(code: CodeType, names: Names) -> Any:
    """What an expression of the corpus (never a student's text) is worth; drawn names win."""
    return eval(code, {**NAMESPACE, **names})  # noqa: S307 - written by us, in this repository


AnySetting = Setting | Choice


def random_law(rng: np.random.Generator, cells: int) -> Any:
    """Probabilities of `cells` cells, none of them tiny."""
    weights = rng.uniform(0.2, 1.5, cells)
    return weights / weights.sum()
