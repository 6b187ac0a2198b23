"""Training the linear autoencoder x -> w2 w1 x: gradient flow, its hyperbola and its saddle.

The loss is the mean squared reconstruction error of real data, and its derivatives are taken by a
complex step through that mean (Squire and Trapp, SIAM Review 40, 1998), so nothing here uses the
derived closed forms except to predict.

Along gradient flow w1^2 - w2^2 is conserved, because w1 dL/dw1 = w2 dL/dw2 (derived; for deep
linear networks see Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of
learning in deep linear neural networks", 2014). With c for that number, a start ends where the
hyperbola w1 w2 = 1 meets w1^2 - w2^2 = c, that is at w1^2 = (c + sqrt(c^2 + 4)) / 2, on the branch
of the sign of w1 + w2, which the flow keeps too. Where w1 + w2 = 0 it ends in the saddle. Close to
the saddle w1 + w2 grows at the rate 2 m and w1 - w2 shrinks at it, the derived eigenvalues; on the
lines w2 = w1 and w2 = -w1 the flow is a logistic equation, solved by :func:`on_a_line`.
"""

from __future__ import annotations

import math
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from derivations.topics import small_networks as topic
from language.terms import children
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement, Observation
from numerics.settings import Setting

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

UNIT = 5.0  # kg/m^2: the width of a class of the body mass index
SIDE = 2.0  # starts lie in the square from -SIDE to SIDE
UNTIL = 20.0  # the time at which a trajectory is taken to have ended, in units of 1/m
RATE = 0.1  # the learning rate of gradient descent, in units of 1/m
IMAGINARY_STEP = 1e-20
TOLERANCE = 1e-12  # relative, of the integration

#: Distances from the line w2 = -w1 of the starts whose escape is timed.
CLOSE = (1e-4, 1e-6)
#: The distance at which they count as having left.
FAR = 0.1
#: Both weights of the starts on the diagonal, whose loss over time is shown.
SMALL = (1e-1, 1e-2, 1e-3, 1e-4)


def examples() -> Reals:
    """The body mass index of 442 patients, less its mean, in units of ``UNIT``."""
    from sklearn.datasets import load_diabetes

    table, _ = load_diabetes(return_X_y=True, scaled=False)
    column: Reals = table[:, 2].astype(np.float64)
    deviations: Reals = (column - column.mean()) / UNIT
    return deviations


# The loss and its derivatives, from the data.


def _loss(data: Reals, first: NDArray[np.complex128], second: NDArray[np.complex128]) -> Reals:
    """The loss, shape (starts,), for weights of that shape; complex where these are."""
    errors = data[:, None] - (second * first) * data[:, None]
    mean: Reals = (errors * errors).mean(axis=0)
    return mean


def measured_gradient(data: Reals, weights: Reals) -> Reals:
    """The loss's gradient at ``weights``, both of shape (2, starts), by a complex step."""
    first, second = weights.astype(np.complex128)
    tilt = IMAGINARY_STEP * 1j
    in_first, in_second = _loss(data, first + tilt, second), _loss(data, first, second + tilt)
    return np.stack((in_first.imag, in_second.imag)) / IMAGINARY_STEP


def _flow(data: Reals, starts: Reals, times: Reals) -> Reals:
    """Gradient flow from ``starts``, shape (2, starts), at ``times``: shape (2, starts, times)."""
    solution = solve_ivp(
        lambda _, state: -measured_gradient(data, state.reshape(2, -1)).ravel(),
        (0.0, float(times[-1])),
        starts.ravel(),
        method="DOP853",
        rtol=TOLERANCE,
        atol=TOLERANCE,
        t_eval=times,
    )
    paths: Reals = solution.y.reshape(*starts.shape, -1)
    return paths


# What is predicted.


def end_point(start: Reals) -> Reals:
    """Where gradient flow from ``start``, shape (2, starts), ends, from what it conserves."""
    first, second = start
    conserved = first**2 - second**2
    square = (conserved + np.hypot(conserved, 2)) / 2
    end = np.sign(first + second) * np.sqrt(square)
    # The saddle for starts on the line w2 = -w1, whose sign is zero.
    return np.stack((end, np.divide(1.0, end, out=np.zeros_like(end), where=end != 0)))


def on_a_line(start: float, time: Reals, mean_square: float, *, rising: bool) -> Reals:
    """The first weight along the flow on w2 = w1 (``rising``) or w2 = -w1, both lines invariant.

    There a = w1 solves da/dt = +-2 m a (1 -+ a^2), so a^2 / (1 -+ a^2) grows as exp(+-4 m t).
    """
    sign = 1.0 if rising else -1.0
    odds = start**2 / (1 - sign * start**2) * np.exp(sign * 4 * mean_square * time)
    solved: Reals = math.copysign(1.0, start) * np.sqrt(odds / (1 + sign * odds))
    return solved


def _curvatures(mean_square: float) -> tuple[float, float]:
    """The derived eigenvalues of the Hessian at the origin, the negative one first."""
    members = children(claims_of(topic.saddle_point())["eigenvalues"].closed_form)
    low, high = sorted(predict(member, topic.SADDLE, {"m": mean_square}) for member in members)
    return low, high


# Measurements.


def _gradient(setting: Setting, data: Reals, mean_square: float) -> Measurement:
    """The derived gradient at drawn weights, at the entry where it is farthest off."""
    count = setting.choose(quick=20, full=500)
    weights = setting.generator("weights").uniform(-SIDE, SIDE, (2, count))
    measured = measured_gradient(data, weights)
    entries = children(claims_of(topic.linear_autoencoder())["gradient"].closed_form)
    values = [{"w1": first, "w2": second, "m": mean_square} for first, second in weights.T]
    derived = np.array([[predict(entry, topic.SADDLE, at) for at in values] for entry in entries])
    worst = np.unravel_index(np.abs(derived - measured).argmax(), measured.shape)
    # Exact but for the rounding of a mean of 442 squares.
    return agreement(
        "gradient",
        "entry of the gradient at the drawn weights where formula and complex step differ most",
        float(derived[worst]),
        float(measured[worst]),
        count,
        "complex step",
        wanted=12,
        seed=setting.seed,
    )


def _hessian(data: Reals, mean_square: float) -> list[Measurement]:
    """The curvatures at the origin, from differences of the measured gradient."""
    width = 1e-4
    ahead = measured_gradient(data, width * np.eye(2))
    behind = measured_gradient(data, -width * np.eye(2))
    curvatures = np.linalg.eigvalsh((ahead - behind) / (2 * width))
    # A central difference leaves an error of the order of the squared width, 1e-8.
    return [
        agreement(
            name,
            f"{name.replace('-', ' ')} at the origin",
            predicted,
            float(measured),
            4,
            "central differences",
            wanted=6,
        )
        for name, predicted, measured in zip(
            ("lower-curvature", "upper-curvature"),
            _curvatures(mean_square),
            curvatures,
            strict=True,
        )
    ]


def _off_the_line(starts: Reals) -> Reals:
    """The starts that do not lie on the line w2 = -w1."""
    return starts[:, np.abs(starts.sum(axis=0)) > SIDE / 100]


def _starts(setting: Setting) -> Reals:
    """A square grid, of shape (2, starts)."""
    side = np.linspace(-SIDE, SIDE, setting.choose(quick=7, full=21))
    return np.stack(np.meshgrid(side, side)).reshape(2, -1)


def _ends(starts: Reals, ends: Reals) -> list[Measurement]:
    """Where the starts end, and what the flow conserves, at the start that is farthest off."""
    predicted = end_point(starts)
    worst = np.unravel_index(np.abs(ends - predicted).argmax(), ends.shape)
    before, after = starts[0] ** 2 - starts[1] ** 2, ends[0] ** 2 - ends[1] ** 2
    drift = int(np.abs(after - before).argmax())
    count = starts.shape[1]
    # The integration errs by 1e-12 a step, relatively; a few hundred steps leave nine digits.
    return [
        agreement(
            "end-points",
            "weight at the end of the flow, for the start that ends farthest from its prediction",
            float(predicted[worst]),
            float(ends[worst]),
            count,
            "integration of the flow",
            wanted=8,
        ),
        agreement(
            "conserved",
            "difference of the squared weights at the end, for the start that changes it most",
            float(before[drift]),
            float(after[drift]),
            count,
            "integration of the flow",
            wanted=8,
        ),
    ]


def _along_the_lines(data: Reals, mean_square: float) -> list[Measurement]:
    """The flow on its two invariant lines, one into the saddle and one out of it."""
    time = np.array([0.0, 1.0]) / mean_square
    measurements = []
    for name, start, rising, words in (
        ("into-the-saddle", 1.5, False, "first weight on the line into the saddle"),
        ("out-of-the-saddle", 0.05, True, "first weight on the line out of the saddle"),
    ):
        weights = np.array([[start], [start if rising else -start]])
        path = _flow(data, weights, time)
        measurements.append(
            agreement(
                name,
                words,
                float(on_a_line(start, time, mean_square, rising=rising)[-1]),
                float(path[0, 0, -1]),
                1,
                "integration of the flow",
                wanted=8,
            )
        )
    return measurements


def _escape(data: Reals, mean_square: float) -> Measurement:
    """How fast the flow leaves the saddle, from the times that two starts close to the line take.

    A start a hundred times closer to the line w2 = -w1 stays log(100)/(2 m) longer, up to terms of
    the order of the squared ratio of the distances at the beginning and at the end, 1e-6.
    """
    time = np.linspace(0.0, UNTIL / mean_square, 4001)
    crossings = []
    for distance in CLOSE:
        start = np.array([[0.5], [-0.5]]) + distance / 2
        away = _flow(data, start, time)[:, 0].sum(axis=0)
        crossings.append(float(np.interp(math.log(FAR), np.log(away), time)))
    rate = math.log(CLOSE[0] / CLOSE[1]) / (crossings[1] - crossings[0])
    low, _ = _curvatures(mean_square)
    return agreement(
        "escape",
        "rate at which the flow leaves the saddle",
        -low,
        rate,
        len(CLOSE),
        "integration of the flow",
        wanted=6,
    )


def _descent(data: Reals, mean_square: float, starts: Reals) -> tuple[Measurement, Observation]:
    """Gradient descent: its growth a step close to the saddle, and what it does not conserve."""
    low, _ = _curvatures(mean_square)
    width, steps = RATE / mean_square, 50
    weights = np.array([[1e-8], [1e-8]])
    for _ in range(steps):
        weights = weights - width * measured_gradient(data, weights)
    growth = agreement(
        "descent",
        "factor of the weights in one step of gradient descent close to the saddle",
        1 - width * low,
        float((weights[0, 0] / 1e-8) ** (1 / steps)),
        steps,
        "gradient descent",
        wanted=8,
    )
    weights, steps = starts, 400
    for _ in range(steps):
        weights = weights - width * measured_gradient(data, weights)
    change = np.abs((weights[0] ** 2 - weights[1] ** 2) - (starts[0] ** 2 - starts[1] ** 2))
    drift = Observation(
        "descent-drift",
        "largest change of the difference of the squared weights by gradient descent",
        float(change.max()),
        None,
        steps,
        None,
        0.0,
    )
    return growth, drift


def run(setting: Setting) -> Experiment:
    """Follow the flow from a grid of starts, close to the saddle and on its two lines.

    Series: ``mean-square``, that of the data; ``starts`` and ``ends`` (2, starts) off the line into
    the saddle; ``paths`` (2, starts, times) of those that are drawn and ``line-paths`` of those on
    the line; ``times``, ``losses`` (starts, times) and ``small``: the loss over time from starts on
    the diagonal, the last their first weights.
    """
    began = perf_counter()
    data = examples()
    mean_square = float((data**2).mean())
    setting.progress(0.1)
    starts = _off_the_line(_starts(setting))
    times = np.linspace(0.0, UNTIL / mean_square, 2)
    ends = _flow(data, starts, times)[:, :, -1]
    setting.progress(0.6)
    edge = np.linspace(-SIDE, SIDE, 7)
    drawn = np.stack(np.meshgrid(edge, edge)).reshape(2, -1)
    fine = np.concatenate(([0.0], np.geomspace(1e-3, UNTIL, 80))) / mean_square
    line = np.array([[SIDE, -SIDE], [-SIDE, SIDE]])
    plateau = np.linspace(0.0, 8.0, 161) / mean_square
    diagonal = _flow(data, np.array([SMALL, SMALL]), plateau)
    losses = np.array([_loss(data, *diagonal[:, k]) for k in range(len(SMALL))])
    growth, drift = _descent(data, mean_square, starts)
    setting.progress(0.9)
    measurements = (
        _gradient(setting, data, mean_square),
        *_hessian(data, mean_square),
        *_ends(starts, ends),
        *_along_the_lines(data, mean_square),
        _escape(data, mean_square),
        growth,
    )
    series = {
        "mean-square": np.array([mean_square]),
        "starts": starts,
        "ends": ends,
        "paths": _flow(data, _off_the_line(drawn), fine),
        # Later rounding may throw it off the line, which repels.
        "line-paths": _flow(data, line, fine[fine * mean_square <= 4.0]),
        "times": plateau,
        "losses": losses,
        "small": np.array(SMALL),
    }
    setting.progress(1.0)
    return Experiment(
        "linear_autoencoder",
        measurements,
        MappingProxyType(series),
        seconds=perf_counter() - began,
        observations=(drift,),
    )
