"""Both algorithms of the Dirac-GAN from a million starts, and at many rates and weights.

What :mod:`numerics.experiments.dirac_gan` measures at one learning rate and a few weights of the
penalty is measured here on a grid, against the moduli derived in
:func:`derivations.topics.dirac_gan.discrete_time`: the growth per step near equilibrium, also
close to the weights at which the eigenvalues coincide. From measured stability and measured
oscillation alone, bisection locates the weights where either ends, to be compared with the derived
conditions. The setting and both algorithms are those of Mescheder, Geiger and Nowozin, "Which
training methods for GANs do actually converge?" (2018), with a bias added to the critic.

Growth is measured as in the experiment, by a weighted Birkhoff average (Das, Saiki, Sander and
Yorke, Nonlinearity 30, 2017). States are scaled back to the same small distance after every step,
as for a Lyapunov exponent (Benettin, Galgani, Giorgilli and Strelcyn, Meccanica 15, 1980), so that
runs of any length stay near equilibrium.

A grid of starts then shows what no linearization tells: from where the algorithms arrive, and
after how many steps. Nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.derivation import Solution
from derivations.topics import dirac_gan as topic
from language.terms import Term, children
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement, Observation
from numerics.settings import Setting
from numerics.training import device_name
from numerics.trajectories import SCHEMES, logistic, simulate

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

#: Learning rates near equilibrium.
RATES = (Fraction(1, 2), Fraction(3, 4), Fraction(1))
NEAR = 1e-6  # the distance from equilibrium to which states are scaled back
DIRECTION = np.array([0.8, 0.36, 0.48])  # in which runs near equilibrium start
#: How far from the critical weight, relative to it, growth is measured as well. At the weight
#: itself it settles only like 1/steps.
BESIDE = tuple(Fraction(thousandths, 1000) for thousandths in (-10, -1, 1, 10))
GROWTH_DIGITS = 4  # as in the experiment

SECTIONS = 64  # weights that are tried at once between the ends of a bracket
STABILITY_DIGITS = 8  # of a weight where growth, which is accurate to about 1e-10, becomes one
#: Of a weight where oscillation ends: near it, half a turn takes longer than the run.
OSCILLATION_DIGITS = 4

RATE = Fraction(1, 2)  # of the runs from a grid of starts
PENALTIES = MappingProxyType({"plain": Fraction(0), "damped": Fraction(1, 2)})
REACH = 3.0  # the largest slope and sample to start from
ARRIVED = 1e-3  # the distance from equilibrium at which a trajectory counts as there
PIXELS = 100  # of a picture's side
AFAR_STEPS, NEAR_STEPS = 60, 200  # while each step's growth, or the area, is followed
EXACT_DIGITS = 9  # of what holds from step to step up to rounding, or up to ``NEAR`` squared


# What was derived.


def _value(term: Term, **values: Fraction) -> float:
    return predict(term, topic.DISCRETE, values)


def _radius(solution: Solution, scheme: str, rate: Fraction, weight: Fraction) -> float:
    """The largest modulus of an eigenvalue of the linearized step."""
    if weight:
        return _value(solution.formulas[f"{scheme}-radius"], eta=rate, gamma=weight)
    return _value(solution.formulas[f"{scheme}-plain-radius"], eta=rate)


class Threshold(NamedTuple):
    """A weight at which something ends, and where it is looked for.

    Attributes:
        words: what ends there, at a learning rate.
        scheme: the algorithm.
        weight: what was derived, in the learning rate.
        ends: of the bracket; what ends holds at the first and not at the second.
        oscillation: whether it is the oscillation that ends, else stability.
    """

    words: str
    scheme: str
    weight: Term
    ends: tuple[float, float]
    oscillation: bool = False


def _thresholds(solution: Solution) -> dict[str, Threshold]:
    """From the derived conditions, such as gamma < 1 - eta/4."""
    claims = claims_of(solution)
    _, critical = children(claims["alternating-oscillates"].closed_form)
    _, highest = children(claims["alternating-stable"].closed_form)
    _, above, below = children(claims["simultaneous-stable"].closed_form)
    lower, upper = children(above)[0], children(below)[1]
    largest = "the largest weight of the penalty at which {} steps of size {{}} converge"
    least = "the least weight of the penalty at which {} steps of size {{}} converge"
    end = "the weight of the penalty at which {} steps of size {{}} cease to oscillate"
    return {
        "alternating-critical": Threshold(
            end.format("alternating"), "alternating", critical, (0.0, 1.25), oscillation=True
        ),
        "alternating-stable": Threshold(
            largest.format("alternating"), "alternating", highest, (0.5, 8.0)
        ),
        "simultaneous-stable": Threshold(
            largest.format("simultaneous"), "simultaneous", upper, (0.5, 8.0)
        ),
        "simultaneous-floor": Threshold(
            least.format("simultaneous"), "simultaneous", lower, (0.5, 0.0)
        ),
    }


# Near equilibrium.


class Growth(NamedTuple):
    """What happens near equilibrium in the second half of a run, for each rate and weight.

    Attributes:
        factors: the growth per step of the distance from equilibrium.
        turned: whether the critic's slope changed its sign.
    """

    factors: Reals
    turned: Flags


def _growth(scheme: str, rates: Reals, weights: Reals, steps: int) -> Growth:
    """Measured side by side for ``rates`` and ``weights`` of one shape (m,)."""
    step, half = SCHEMES[scheme], steps // 2
    t = (np.arange(half) + 0.5) / half
    bump = np.exp(-1 / (t * (1 - t)))
    bump /= bump.sum()
    state: Reals = NEAR * np.repeat(DIRECTION[:, None], weights.size, axis=1)
    logs, turned = np.zeros(weights.size), np.zeros(weights.size, dtype=bool)
    for k in range(-half, half):
        moved = np.stack(step(*state, weights, rates, logistic))
        size = np.sqrt((moved**2).sum(axis=0))
        if k >= 0:
            logs += bump[k] * np.log(size / NEAR)
            turned |= (moved[0] < 0) != (state[0] < 0)
        state = moved * (NEAR / size)
    return Growth(np.exp(logs), turned)


def _weights(rate: Fraction, critical: Fraction, count: int) -> list[Fraction]:
    """Weights from none to where neither algorithm is stable, and four beside the critical one."""
    grid = (Fraction(5 * k, 2 * (count - 1)) / rate for k in range(count))
    apart = [weight for weight in grid if abs(weight / critical - 1) > max(BESIDE)]
    return apart + [critical * (1 + part) for part in BESIDE]


def _moduli(
    solution: Solution, scheme: str, setting: Setting
) -> tuple[list[Measurement], dict[str, Reals]]:
    """The growth of one algorithm on a grid of weights at every rate."""
    term = solution.formulas[
        "critical-weight" if scheme == "alternating" else "simultaneous-critical-weight"
    ]
    count, steps = setting.choose(quick=26, full=201), setting.choose(quick=4000, full=40_000)
    grids = [_weights(rate, Fraction(_value(term, eta=rate)), count) for rate in RATES]
    pairs = [(rate, weight) for rate, grid in zip(RATES, grids, strict=True) for weight in grid]
    beside = np.concatenate([np.arange(len(grid)) >= len(grid) - len(BESIDE) for grid in grids])
    rates, weights = np.array(pairs, dtype=np.float64).T
    predicted = np.array([_radius(solution, scheme, *pair) for pair in pairs])
    measured = _growth(scheme, rates, weights, steps).factors
    errors = np.abs(measured - predicted)
    words = f"largest error of the growth per {scheme} step, {{}} pairs of rate and weight"
    where = f" within {float(max(BESIDE)):.0%} of the critical one"
    measurements = [
        agreement(
            f"{scheme}-{name}",
            words.format(lanes.sum()) + which,
            0.0,
            float(errors[lanes].max()),
            steps,
            "simulation",
            wanted=GROWTH_DIGITS,
        )
        for name, lanes, which in (("moduli", ~beside, ""), ("beside-critical", beside, where))
    ]
    series = {"rates": rates, "weights": weights, "moduli": measured}
    return measurements, {f"{scheme}-{name}": values for name, values in series.items()}


def _located(
    ends: tuple[float, float], holds: Callable[[Reals, Reals], Flags], rounds: int
) -> Reals:
    """For each rate the weight between ``ends`` at which something ceases to hold.

    Every round tries ``SECTIONS`` weights in each bracket and keeps the part where it ceases.
    """
    first, last = (np.full(len(RATES), end) for end in ends)
    rates = np.repeat(np.array(RATES, dtype=np.float64), SECTIONS)
    lanes = np.arange(len(RATES))
    for _ in range(rounds):
        tried = np.linspace(first, last, SECTIONS + 2, axis=1)
        held = holds(rates, tried[:, 1:-1].reshape(-1)).reshape(-1, SECTIONS)
        ceased = np.hstack((~held, np.ones((lanes.size, 1), dtype=bool))).argmax(axis=1)
        first, last = tried[lanes, ceased], tried[lanes, ceased + 1]
    return np.asarray((first + last) / 2)


def _located_thresholds(solution: Solution, setting: Setting) -> list[Measurement]:
    """Every derived threshold beside the weight that bisection finds."""
    measurements = []
    for name, threshold in _thresholds(solution).items():
        if threshold.oscillation:
            steps, rounds = setting.choose(quick=(4000, 3), full=(40_000, 5))
        else:
            steps, rounds = setting.choose(quick=(1000, 6), full=(10_000, 7))

        def holds(
            rates: Reals, weights: Reals, threshold: Threshold = threshold, steps: int = steps
        ) -> Flags:
            growth = _growth(threshold.scheme, rates, weights, steps)
            return growth.turned if threshold.oscillation else growth.factors < 1

        for rate, found in zip(RATES, _located(threshold.ends, holds, rounds), strict=True):
            measurement = agreement(
                f"{name}-{round(100 * rate):03d}",
                threshold.words.format(f"{float(rate):g}"),
                _value(threshold.weight, eta=rate),
                float(found),
                steps,
                "bisection",
                wanted=OSCILLATION_DIGITS if threshold.oscillation else STABILITY_DIGITS,
            )
            measurements.append(measurement)
    return measurements


# From a grid of starts.


def _grid(side: int) -> Reals:
    """Starts (3, side^2) in the plane of slope and sample, without a bias, none at equilibrium."""
    axis = REACH * ((2 * np.arange(side) + 1) / side - 1)
    place, slope = np.meshgrid(axis, axis, indexing="ij")
    return np.stack((slope.ravel(), np.zeros(side**2), place.ravel()))


def _picture(values: Reals) -> Reals:
    """Values on a square grid as a picture of at most ``PIXELS`` a side, by averaging blocks."""
    side = round(values.size**0.5)
    block = max(1, side // PIXELS)
    blocks = values.reshape(side // block, block, side // block, block)
    return np.asarray(blocks.mean(axis=(1, 3)))


def _radius_growth(starts: Reals) -> Measurement:
    """Simultaneous steps without penalty multiply the squared radius by 1 + eta^2 sigma^2."""
    rate, worst = float(RATE), 0.0
    for block in np.array_split(starts, max(1, starts.shape[1] // 4096), axis=1):
        state, logs = block, np.zeros(block.shape[1])
        for _ in range(AFAR_STEPS):
            slope, bias, place = state
            logs += growth_of_squared_radius(slope, bias, place, rate)
            state = np.stack(SCHEMES["simultaneous"](*state, 0.0, rate, logistic))
        grown = np.log((state[0] ** 2 + state[2] ** 2) / (block[0] ** 2 + block[2] ** 2))
        worst = max(worst, float(np.abs(grown - logs).max()))
    return agreement(
        "radius-growth",
        "largest error of the growth of the log squared radius, simultaneous steps, no penalty",
        0.0,
        worst,
        AFAR_STEPS * starts.shape[1],
        "simulation",
        wanted=EXACT_DIGITS,
    )


def growth_of_squared_radius(slope: Reals, bias: Reals, place: Reals, rate: float) -> Reals:
    """log(1 + eta^2 sigma^2), the derived growth in a simultaneous step without penalty."""
    return np.log1p((rate * logistic(slope * place + bias)) ** 2)


def _area(
    solution: Solution, scheme: str, weight: Fraction, starts: Reals, setting: Setting
) -> Measurement:
    """The area of a cloud of trajectories is multiplied by the product of the pair."""
    penalty = "" if weight else "-plain"
    product = claims_of(solution)[f"{scheme}{penalty}-product"].closed_form
    weights = np.full(starts.shape[1], float(weight))
    cloud = NEAR / REACH * starts
    ended = simulate(cloud, weights, float(RATE), NEAR_STEPS, scheme, device=setting.device)
    ratio = np.linalg.det(np.cov(ended.states[::2])) / np.linalg.det(np.cov(cloud[::2]))
    how = f"penalty weight {float(weight):g}" if weight else "no penalty"
    values = {"eta": RATE, "gamma": weight} if weight else {"eta": RATE}
    return agreement(
        f"{scheme}{penalty}-area",
        f"growth per {scheme} step of the area of a cloud near equilibrium, {how}",
        _value(product, **values),
        float(ratio) ** (1 / (2 * NEAR_STEPS)),
        NEAR_STEPS * starts.shape[1],
        "simulation",
        wanted=EXACT_DIGITS,
    )


def _basin(
    scheme: str, penalty: str, starts: Reals, setting: Setting
) -> tuple[list[Observation], dict[str, Reals]]:
    """Where one algorithm ends, and for how many steps it is not there yet, from every start."""
    steps = setting.choose(quick=300, full=500)
    weight, count = PENALTIES[penalty], starts.shape[1]
    weights = np.full(count, float(weight))
    ended = simulate(
        starts, weights, float(RATE), steps, scheme, radius=ARRIVED, device=setting.device
    )
    distances = np.sqrt((ended.states**2).sum(axis=0))
    how = f"{scheme} steps, " + (f"penalty weight {float(weight):g}" if weight else "no penalty")
    if weight:
        name, words, values = "outside", "mean number of steps not near equilibrium", ended.outside
    else:
        name, words, values = "distance", "mean distance from equilibrium at the end", distances
    seen = {
        "arrived": ("share of the starts that ended near equilibrium", distances <= ARRIVED),
        name: (words, values),
    }
    observations = [
        Observation(
            f"{scheme}-{penalty}-{key}",
            f"{phrase}: {how}",
            float(each.mean()),
            None,
            steps * count,
            None,
        )
        for key, (phrase, each) in seen.items()
    ]
    return observations, {f"{scheme}-{penalty}-{name}": _picture(values)}


def run(setting: Setting) -> Experiment:
    """Measure moduli and thresholds near equilibrium, and simulate from a grid of starts.

    Series, for each scheme: ``<scheme>-rates``, ``<scheme>-weights`` and ``<scheme>-moduli``, the
    measured growth per step; ``<scheme>-plain-distance``, the last distance from equilibrium
    without penalty; and ``<scheme>-damped-outside``, after how many steps with it the distance was
    above 1/1000. These two are pictures: the sample of the start increases from row to row, its
    slope from column to column, both between plus and minus ``reach``.
    """
    began = perf_counter()
    solution = topic.discrete_time()
    measurements, observations = [], []
    series = {"reach": np.array([REACH])}
    for scheme in SCHEMES:
        found, arrays = _moduli(solution, scheme, setting)
        measurements += found
        series |= arrays
    setting.progress(0.3)
    measurements += _located_thresholds(solution, setting)
    setting.progress(0.6)
    starts = _grid(setting.choose(quick=100, full=1000))
    measurements.append(_radius_growth(starts))
    for scheme in SCHEMES:
        for penalty, weight in PENALTIES.items():
            measurements.append(_area(solution, scheme, weight, starts, setting))
            seen, pictures = _basin(scheme, penalty, starts, setting)
            observations += seen
            series |= pictures
    return Experiment(
        "dirac_gan_basin",
        tuple(measurements),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=tuple(observations),
    )
