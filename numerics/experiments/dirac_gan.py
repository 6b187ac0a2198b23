"""The training algorithms of the Dirac-GAN, simulated, against what was derived of them.

Nothing here uses the derived velocity field: the algorithms ascend and descend the objective
itself, whose partial derivatives are taken by a complex step (Squire and Trapp, SIAM Review 40,
1998), accurate to rounding. Rates are weighted Birkhoff averages of the growth of the distance
from the equilibrium per step (Das, Saiki, Sander and Yorke, Nonlinearity 30, 2017): the weight
vanishes smoothly at both ends of the run, so that the rotation's phase drops out faster than any
power of the number of steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from flint import acb
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from derivations.topics import dirac_gan as topic
from language.claims import Status, Verdict
from language.terms import Term, children
from numerics import balls
from numerics.measurements import Experiment, Measurement
from numerics.valuations import Valuation

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]
#: One step of an algorithm: states of shape (3, m) and weights of shape (m,) to new states.
Algorithm: TypeAlias = "Callable[[Reals, float, Reals], Reals]"

RATE = Fraction(1, 2)  # the learning rate of the runs
STEPS = 1200  # of a run whose modulus is measured
NEAR = 1e-6  # the largest distance from equilibrium in such a run
IMAGINARY_STEP = 1e-20
DIGITS_WANTED = 4

#: Weights of the penalty for the figure; the two critical ones, 0.875 and 1, are left out because
#: there the growth per step settles only like 1/steps.
WEIGHTS = tuple(
    Fraction(hundredths, 100)
    for hundredths in (
        0,
        5,
        10,
        20,
        40,
        50,
        60,
        80,
        95,
        110,
        125,
        150,
        200,
        250,
        300,
        350,
        400,
        450,
    )
)
#: The weights whose moduli are reported, while the figure shows all: none; one at which only the
#: alternating algorithm is stable; both oscillate; both are overdamped; neither is stable.
REPORTED = tuple(Fraction(hundredths, 100) for hundredths in (0, 10, 50, 200, 450))

STARTS = np.array([[1.5, 0.0, 0.0], [0.75, 0.5, 0.0]])  # of the trajectories in the figure
DAMPING = 0.5  # the penalty's weight in the figure


# The objective and its derivatives.


def _log_logistic(z: Complexes) -> Complexes:
    result: Complexes = -np.log1p(np.exp(-z))
    return result


def _objective(slope: Complexes, bias: Complexes, place: Complexes) -> Complexes:
    """The value of the two-player objective for data at 0 and a sample at ``place``."""
    return _log_logistic(bias) + _log_logistic(-(slope * place + bias))


def _penalized(slope: Complexes, bias: Complexes, place: Complexes, weight: Reals) -> Complexes:
    """What the critic ascends: the penalty is its squared slope at the data."""
    return _objective(slope, bias, place) - weight / 2 * slope**2


def _critic_gradient(state: Reals, weight: Reals) -> tuple[Reals, Reals]:
    slope, bias, place = state.astype(np.complex128)
    tilt = IMAGINARY_STEP * 1j
    in_slope = _penalized(slope + tilt, bias, place, weight).imag / IMAGINARY_STEP
    in_bias = _penalized(slope, bias + tilt, place, weight).imag / IMAGINARY_STEP
    return in_slope, in_bias


def _generator_gradient(state: Reals) -> Reals:
    slope, bias, place = state.astype(np.complex128)
    gradient: Reals = _objective(slope, bias, place + IMAGINARY_STEP * 1j).imag / IMAGINARY_STEP
    return gradient


def _velocity(state: Reals, weight: Reals) -> Reals:
    return np.stack((*_critic_gradient(state, weight), -_generator_gradient(state)))


def _simultaneous(state: Reals, rate: float, weight: Reals) -> Reals:
    return state + rate * _velocity(state, weight)


def _alternating(state: Reals, rate: float, weight: Reals) -> Reals:
    in_slope, in_bias = _critic_gradient(state, weight)
    moved = np.stack((state[0] + rate * in_slope, state[1] + rate * in_bias, state[2]))
    moved[2] -= rate * _generator_gradient(moved)
    return moved


ALGORITHMS: dict[str, Algorithm] = {"simultaneous": _simultaneous, "alternating": _alternating}


# Measuring.


def _birkhoff(increments: Reals) -> Reals:
    """The weighted average of ``increments`` (steps first) over their second half."""
    tail = increments[len(increments) // 2 :]
    t = (np.arange(len(tail)) + 0.5) / len(tail)
    bump = np.exp(-1 / (t * (1 - t)))
    average: Reals = bump @ tail / bump.sum()
    return average


def _moduli(step: Algorithm, weights: Reals, predicted: Reals) -> Reals:
    """The growth per step of the distance from equilibrium, measured for each weight.

    Runs start so that none ever gets farther from equilibrium than ``NEAR``.
    """
    start = NEAR / np.maximum(1, predicted) ** STEPS
    state = start * np.array([[0.8], [0.0], [0.6]])
    logs = np.empty((STEPS + 1, weights.size))
    for k in range(STEPS + 1):
        logs[k] = np.log(np.hypot(state[0], state[2]))
        state = step(state, float(RATE), weights)
    return np.exp(_birkhoff(np.diff(logs, axis=0)))


def _predicted(term: Term, **values: Fraction) -> float:
    """The value of a derived term at exact values of its names."""
    ball = balls.evaluate(term, Valuation(topic.DISCRETE, 0, values), 64)
    if not isinstance(ball, acb):
        raise TypeError(f"expected a number, found {type(ball).__name__}")
    return float(ball.real.mid())


def _measurement(
    name: str, words: str, predicted: float, estimate: float, samples: int, seed: int | None = None
) -> Measurement:
    """A deterministic comparison: EVIDENCE to as many digits as agree, if these are enough."""
    error = abs(estimate - predicted) / max(1.0, abs(predicted))
    digits = 15 if error < 1e-15 else max(0, math.floor(-math.log10(error)))
    enough = digits >= DIGITS_WANTED
    verdict = Verdict(
        Status.EVIDENCE if enough else Status.UNDECIDED,
        "simulation",
        f"this run of {samples} steps or points",
        f"Measured and predicted agree to {digits} digits"
        + ("." if enough else f", where {DIGITS_WANTED} are wanted."),
        digits=digits,
        valuations=1,
    )
    return Measurement(name, words, predicted, estimate, estimate, estimate, samples, seed, verdict)


# What is compared.


def _derived_field() -> tuple[Term, ...]:
    """The velocities of psi_0, psi_1 and theta, penalty included, as derived."""
    answers = topic.regularized_velocity_field().answers
    (whole,) = (a.derivation.claim.closed_form for a in answers if a.id == "v")
    return children(whole)


def _field(seed: int) -> Measurement:
    """The derived velocity field against the objective's derivatives at random points."""
    generator = np.random.Generator(np.random.PCG64(seed))
    tenths = generator.integers(-30, 31, size=(40, 4))
    field = _derived_field()
    largest = 0.0
    for slope, bias, place, weight in tenths:
        values = {
            "psi_0": Fraction(int(slope), 10),
            "psi_1": Fraction(int(bias), 10),
            "theta": Fraction(int(place), 10),
            "gamma": Fraction(int(abs(weight)) + 1, 10),
        }
        state = np.array([[float(values[name])] for name in ("psi_0", "psi_1", "theta")])
        observed = _velocity(state, np.array([float(values["gamma"])]))[:, 0]
        derived = [_predicted(part, **values) for part in field]
        largest = max(largest, float(np.abs(observed - derived).max()))
    return _measurement(
        "field",
        "largest difference between the derived field and the objective's derivatives",
        0.0,
        largest,
        len(tenths),
        seed,
    )


def _discrete(name: str) -> tuple[list[Measurement], Reals]:
    """The measured moduli of one algorithm: those reported, and all of them for the figure."""
    formulas = topic.discrete_time().formulas
    predicted = np.array(
        [
            _predicted(formulas[f"{name}-radius"], eta=RATE, gamma=weight)
            if weight
            else _predicted(formulas[f"{name}-plain-radius"], eta=RATE)
            for weight in WEIGHTS
        ]
    )
    weights = np.array([float(weight) for weight in WEIGHTS])
    measured = _moduli(ALGORITHMS[name], weights, predicted)
    reported = []
    for weight in REPORTED:
        place = WEIGHTS.index(weight)
        how = f"penalty weight {float(weight):g}" if weight else "no penalty"
        reported.append(
            _measurement(
                f"{name}-{round(100 * weight):03d}",
                f"growth per {name} step of size {float(RATE):g}, {how}",
                float(predicted[place]),
                float(measured[place]),
                STEPS,
            )
        )
    return reported, measured


def _growth_from_afar() -> Measurement:
    """The simultaneous algorithm multiplies the squared radius by 1 + eta^2 sigma^2, anywhere."""
    state, nothing, rate = np.array([[1.0], [0.5], [-0.5]]), np.zeros(1), float(RATE)
    logs, steps = [], 60
    for _ in range(steps):
        slope, bias, place = state[:, 0]
        sigma = (1 + math.tanh((slope * place + bias) / 2)) / 2
        logs.append(math.log1p(rate**2 * sigma**2))
        state = _simultaneous(state, rate, nothing)
    observed = math.log(state[0, 0] ** 2 + state[2, 0] ** 2) - math.log(1.25)
    return _measurement(
        "growth-from-afar",
        "growth of the log squared radius over a run that starts far from equilibrium",
        math.fsum(logs),
        observed,
        steps,
    )


def _ellipse() -> Measurement:
    """Near equilibrium the alternating algorithm without penalty stays on an ellipse."""
    state, nothing, rate, steps = NEAR * np.array([[0.8], [0.0], [0.6]]), np.zeros(1), 0.5, 4000

    def form(state: Reals) -> float:
        slope, _, place = state[:, 0]
        return float(slope**2 + place**2 - rate / 2 * slope * place)

    start = form(state)
    for _ in range(steps):
        state = _alternating(state, rate, nothing)
    return _measurement(
        "ellipse",
        "the quadratic form kept by alternating steps, relative to its first value",
        1.0,
        form(state) / start,
        steps,
    )


def _path(step: Algorithm, weight: float) -> Reals:
    """The first steps from the second start, of shape (3, 29): those that fit in the figure."""
    states = [STARTS[1][:, None]]
    for _ in range(28):
        states.append(step(states[-1], float(RATE), np.array([weight])))
    return np.concatenate(states, axis=1)


# Continuous time.


def _flow(start: Reals, weight: float, until: float, points: int) -> Reals:
    """The trajectory from ``start``, with the integral of psi_0^2 as a fourth row."""
    weights = np.array([weight])

    def rate(_: float, state: Reals) -> Reals:
        return np.append(_velocity(state[:3, None], weights)[:, 0], state[0] ** 2)

    solution = solve_ivp(
        rate,
        (0.0, until),
        np.append(start, 0.0),
        method="DOP853",
        rtol=1e-11,
        atol=1e-13,
        t_eval=np.linspace(0.0, until, points),
    )
    trajectory: Reals = solution.y
    return trajectory


def _continuous() -> tuple[list[Measurement], dict[str, Reals]]:
    plain = [_flow(start, 0.0, 30.0, 600) for start in STARTS]
    damped = [_flow(start, DAMPING, 30.0, 600) for start in STARTS]
    squared = damped[0][0] ** 2 + damped[0][2] ** 2
    measurements = [
        _measurement(
            "conserved",
            "squared radius at the end of the trajectory without penalty",
            float(STARTS[0][0] ** 2),
            float(plain[0][0, -1] ** 2 + plain[0][2, -1] ** 2),
            600,
        ),
        _measurement(
            "dissipated",
            "squared radius lost with the penalty, against twice the weight times the integral "
            "of the squared slope",
            float(2 * DAMPING * damped[0][3, -1]),
            float(squared[0] - squared[-1]),
            600,
        ),
    ]
    series = {
        f"{name}-{place}": trajectory[:3]
        for name, runs in (("plain", plain), ("damped", damped))
        for place, trajectory in enumerate(runs)
    }
    for name, step in ALGORITHMS.items():
        series[f"plain-{name}"] = _path(step, 0.0)
        series[f"damped-{name}"] = _path(step, DAMPING)
    return measurements, series


def run(seed: int) -> Experiment:
    """Simulate both algorithms and the flow, with and without penalty, and compare.

    Series: ``weights``, the penalty weights; ``simultaneous`` and ``alternating``, the measured
    growth per step for each; ``plain-0`` ... ``damped-1``, trajectories of shape (3, times);
    ``plain-simultaneous`` ... ``damped-alternating``, runs of the algorithms of shape (3, steps).
    """
    began = perf_counter()
    simultaneous, simultaneous_moduli = _discrete("simultaneous")
    alternating, alternating_moduli = _discrete("alternating")
    continuous, trajectories = _continuous()
    series = {
        "weights": np.array([float(weight) for weight in WEIGHTS]),
        "simultaneous": simultaneous_moduli,
        "alternating": alternating_moduli,
        **trajectories,
    }
    return Experiment(
        "dirac_gan",
        (
            _field(seed),
            *simultaneous,
            *alternating,
            _growth_from_afar(),
            _ellipse(),
            *continuous,
        ),
        MappingProxyType(series),
        seconds=perf_counter() - began,
    )
