"""Dropout and weight decay on real data: the diabetes patients that scikit-learn ships.

442 patients, ten features in their own units (years, kg/m^2, mg/dl, ...), and the progression of
the disease after a year: Efron, Hastie, Johnstone and Tibshirani, "Least angle regression", Ann.
Stat. 32 (2004), section 1. Features and target are centred, and there is no intercept.

The derived minimizers of :mod:`derivations.topics.dropout` are compared with scikit-learn, which
knows nothing of them: with its ridge regression, its kernel ridge regression (the dual form), and
its least squares over every patient under each of the 2^10 masks, weighted by the probability of
the mask, which is dropout's expectation taken literally. Nothing is drawn but who is
learned from in the cross-validation. "Scaled weights" are p w, those that predict after dropout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from flint import acb_mat
from numpy.typing import NDArray

from derivations.topics import dropout as topic
from language.notation import Notation
from language.terms import Term
from numerics import balls
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement, Observation
from numerics.settings import Setting
from numerics.training import device_name
from numerics.valuations import Rows, Valuation

__all__ = ["FEATURES", "run"]

Reals: TypeAlias = NDArray[np.float64]

FEATURES = ("age", "sex", "BMI", "pressure", "s1", "s2", "s3", "s4", "s5", "s6")
#: Where the minimizers are compared: weight decay's coefficient, and the probability of keeping.
DECAY, KEEP = Fraction(100), Fraction(4, 5)
#: The matrices to be inverted have condition numbers of up to about 10^5, so that of the sixteen
#: digits of a float some five may be lost; one more is left to the length of the sums.
WANTED = 9
#: Each of these parts of the patients is learned from in turn.
PARTS = 10


@dataclass(frozen=True, slots=True)
class Data:
    """Features (n, d) and targets (n,), centred."""

    inputs: Reals
    targets: Reals

    @property
    def norms(self) -> Reals:
        """The norms of the columns, shape (d,): the diagonal of Gamma."""
        return np.asarray(np.linalg.norm(self.inputs, axis=0), dtype=np.float64)


def _patients() -> Data:
    from sklearn.datasets import load_diabetes

    loaded = load_diabetes(scaled=False)
    return Data(
        loaded.data - loaded.data.mean(axis=0),
        loaded.target - loaded.target.mean(),
    )


# What is predicted.


def derived(term: Term, notation: Notation, data: Data, coefficient: Fraction) -> Reals:
    """The weights that a derived term gives, shape (d,).

    Args:
        term: in X, y, Gamma, p and lambda, or some of them.
        notation: what it is written in; names with definitions get their values from these.
        data: X and y.
        coefficient: lambda; p is the keep probability with (1 - p) / p = lambda.
    """
    rows, columns = data.inputs.shape
    values: dict[str, Fraction | Rows] = {
        "n": Fraction(rows),
        "d": Fraction(columns),
        "X": _exact(data.inputs),
        "y": _exact(data.targets[:, None]),
        "Gamma": _exact(np.diag(data.norms)),
        "lambda": coefficient,
        "p": 1 / (1 + coefficient),
    }
    ball = balls.evaluate(term, Valuation(notation, 0, values))
    if not isinstance(ball, acb_mat):
        raise TypeError(f"expected the weights to be a vector, found {ball}")
    return np.array([float(entry.real.mid()) for entry in ball.entries()])


def _exact(matrix: Reals) -> Rows:
    return tuple(tuple(Fraction(float(entry)) for entry in row) for row in matrix)


# What scikit-learn says.


def _ridge(data: Data, coefficient: float) -> Reals:
    """Weight decay."""
    from sklearn.linear_model import Ridge

    fitted = Ridge(coefficient, fit_intercept=False, solver="svd").fit(data.inputs, data.targets)
    return np.asarray(fitted.coef_, dtype=np.float64)


def _ridge_of_units(data: Data, coefficient: float) -> Reals:
    """Weight decay on features of norm one, in the old units again: dropout's scaled weights."""
    return _ridge(Data(data.inputs / data.norms, data.targets), coefficient) / data.norms


def _dual(data: Data, coefficient: float, norms: Reals) -> Reals:
    """Kernel ridge regression with the kernel X Gamma^-2 X^T, and its weights Gamma^-2 X^T a."""
    from sklearn.kernel_ridge import KernelRidge

    scaled = data.inputs / norms
    fitted = KernelRidge(alpha=coefficient, kernel="linear").fit(scaled, data.targets)
    return np.asarray(scaled.T @ fitted.dual_coef_ / norms, dtype=np.float64)


def _over_all_masks(data: Data, keep: float) -> Reals:
    """Least squares over all patients under all masks: the minimizer of the expected loss."""
    from sklearn.linear_model import LinearRegression

    masks = np.array(list(product((0.0, 1.0), repeat=data.inputs.shape[1])))
    chances = np.where(masks == 1, keep, 1 - keep).prod(axis=1)
    masked = (data.inputs[:, None, :] * masks).reshape(-1, masks.shape[1])
    targets, weights = np.repeat(data.targets, len(masks)), np.tile(chances, len(data.targets))
    fitted = LinearRegression(fit_intercept=False).fit(masked, targets, sample_weight=weights)
    return np.asarray(fitted.coef_, dtype=np.float64)


#: Name, words, coefficient and scikit-learn's fit of the two regularizers.
KINDS = (
    ("decay", "weight decay", DECAY, _ridge),
    ("dropout", "dropout", (1 - KEEP) / KEEP, _ridge_of_units),
)


# What is compared.


def _apart(found: Reals, expected: Reals) -> float:
    """The distance of two vectors, in parts of the expected one's length."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def _same(name: str, words: str, found: Reals, expected: Reals) -> Measurement:
    """Two vectors by the digits of their relative distance, shown by their norms."""
    apart, count = _apart(found, expected), found.size
    judged = agreement(name, words, 0.0, apart, count, "scikit-learn", wanted=WANTED)
    norm, predicted = float(np.linalg.norm(found)), float(np.linalg.norm(expected))
    return replace(judged, predicted=predicted, estimate=norm, lower=norm, upper=norm)


def _minimizers(data: Data) -> list[Measurement]:
    """Derived minimizers against three routes to them."""
    coefficient = (1 - KEEP) / KEEP
    decay = claims_of(topic.weight_decay_minimizer())["w-l2"]
    scaled = claims_of(topic.dropout_minimizer())["pw-dropout"]
    plain = claims_of(topic.dropout_minimizer())["w-dropout"]
    decayed = derived(decay.closed_form, decay.notation, data, DECAY)
    scaled_weights = derived(scaled.closed_form, scaled.notation, data, coefficient)
    dropped = derived(plain.closed_form, plain.notation, data, coefficient)
    strength, ratio, ones = float(DECAY), float(coefficient), np.ones(data.inputs.shape[1])
    rows = (
        ("decay", "ridge regression", _ridge(data, strength), decayed),
        (
            "dropout",
            "ridge regression on features of norm one",
            _ridge_of_units(data, ratio),
            scaled_weights,
        ),
        (
            "masks",
            "least squares over all patients and masks",
            _over_all_masks(data, float(KEEP)),
            dropped,
        ),
        ("dual-decay", "kernel ridge regression", _dual(data, strength, ones), decayed),
        (
            "dual-dropout",
            "kernel ridge regression on features of norm one",
            _dual(data, ratio, data.norms),
            scaled_weights,
        ),
    )
    return [
        _same(name, f"norm of the weights of {words}, compared as vectors", found, expected)
        for name, words, found, expected in rows
    ]


def _shrinkage(data: Data) -> list[Measurement]:
    """What is left of least squares along principal axes, whose columns are orthogonal."""
    solution = topic.dropout_against_weight_decay()
    _, _, axes = np.linalg.svd(data.inputs, full_matrices=False)
    turned = Data(data.inputs @ axes.T, data.targets)
    free = np.linalg.lstsq(turned.inputs, turned.targets)[0]
    found = []
    for name, words, coefficient, fit in KINDS:
        left = fit(turned, float(coefficient)) / free
        for which, axis in (("strongest", 0), ("weakest", -1)):
            values = {"g": Fraction(float(turned.norms[axis])), "lambda": coefficient}
            found.append(
                agreement(
                    f"{name}-{which}",
                    f"part left of the weight of the {which} principal axis, {words}",
                    predict(solution.formulas[f"{name}-factor"], solution.notation, values),
                    float(left[axis]),
                    1,
                    "scikit-learn",
                    wanted=WANTED,
                )
            )
    return found


def _in_new_units(data: Data) -> tuple[Measurement, Observation]:
    """Months for years, kilopascals for millimetres of mercury, mmol/l for mg/dl."""
    factors = {"age": 12, "pressure": 0.1333, "s1": 1 / 38.67, "s6": 1 / 18.02}
    changed = Data(data.inputs * [factors.get(feature, 1) for feature in FEATURES], data.targets)
    decay, dropout = (
        [seen.inputs @ fit(seen, float(coefficient)) for seen in (changed, data)]
        for _, _, coefficient, fit in KINDS
    )
    words = "norm of dropout's predictions after a change of units, compared as vectors"
    return _same("units-dropout", words, *dropout), Observation(
        "units-decay",
        "relative distance of weight decay's predictions after a change of units",
        _apart(*decay),
        None,
        data.targets.size,
        None,
    )


# What is only looked at.


def _unseen(data: Data, grids: tuple[Reals, Reals], setting: Setting) -> tuple[Reals, Reals]:
    """Root mean square errors, (parts, strengths), of weight decay and of dropout.

    Each tenth of the patients is learned from in turn, and the others are predicted: with few
    examples there is something to gain.
    """
    generator = setting.generator("parts")
    found: tuple[list[list[float]], list[list[float]]] = ([], [])
    everyone, repeats = np.arange(data.targets.size), setting.choose(quick=1, full=10)
    for repeat in range(repeats):
        setting.progress(repeat / repeats)
        for known in np.array_split(generator.permutation(everyone), PARTS):
            x, y = data.inputs[known], data.targets[known]
            learned = Data(x - x.mean(axis=0), y - y.mean())
            new = np.setdiff1d(everyone, known)
            inputs, targets = data.inputs[new] - x.mean(axis=0), data.targets[new] - y.mean()
            for errors, grid, (_, _, _, fit) in zip(found, grids, KINDS, strict=True):
                residuals = (targets - inputs @ fit(learned, strength) for strength in grid)
                errors.append([math.sqrt(float((r**2).mean())) for r in residuals])
    return np.array(found[0]), np.array(found[1])


def _errors(decayed: Reals, dropped: Reals, setting: Setting) -> list[Observation]:
    """Mean errors: at the least strength, and the smallest along each grid.

    The standard error counts one repeat only, for further ones divide the same patients again.
    """
    rows = (
        ("unseen-least-squares", "nearly no weight decay", decayed[:, 0]),
        ("unseen-decay", "the best weight decay", decayed[:, decayed.mean(axis=0).argmin()]),
        ("unseen-dropout", "the best dropout", dropped[:, dropped.mean(axis=0).argmin()]),
    )
    return [
        Observation(
            name,
            f"error on unseen patients, {words}",
            float(errors.mean()),
            float(errors.std(ddof=1)) / math.sqrt(PARTS),
            errors.size,
            setting.seed,
        )
        for name, words, errors in rows
    ]


def _paths(data: Data, grids: tuple[Reals, Reals]) -> dict[str, Reals]:
    """Weights along the grids, derived and fitted, per standard deviation of the feature."""
    solution = topic.dropout_against_weight_decay()
    deviations = data.norms / math.sqrt(data.targets.size)
    found = {}
    for (name, _, _, fit), grid in zip(KINDS, grids, strict=True):
        term = solution.formulas[name]
        path = [derived(term, solution.notation, data, Fraction(value)) for value in grid]
        found[f"{name}-path"] = np.array(path) * deviations
        found[f"{name}-fitted"] = np.array([fit(data, value) for value in grid]) * deviations
    return found


def run(setting: Setting) -> Experiment:
    """Compare the minimizers, follow them along the strength, and look at unseen patients."""
    started = perf_counter()
    data = _patients()
    points = setting.choose(quick=11, full=41)
    grids = np.logspace(-1, 6, points), np.logspace(-4, 3, points)
    unchanged, moved = _in_new_units(data)
    measurements = (*_minimizers(data), *_shrinkage(data), unchanged)
    decayed, dropped = _unseen(data, grids, setting)
    series = {
        "decay": grids[0],
        "dropout": grids[1],
        "decay-errors": decayed.mean(axis=0),
        "dropout-errors": dropped.mean(axis=0),
        **_paths(data, grids),
    }
    return Experiment(
        "regression_on_data",
        measurements,
        MappingProxyType(series),
        device=device_name("cpu"),
        seconds=perf_counter() - started,
        observations=(moved, *_errors(decayed, dropped, setting)),
    )
