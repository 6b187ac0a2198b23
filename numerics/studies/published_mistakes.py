"""Two published formulas that are wrong, and how soon the checks used here find that out.

**A threshold.** A test of samplers splits its draws into B blocks, computes one z statistic for
each, and raises an alarm if any exceeds erfinv(1 - 2 alpha/B), to be wrong with probability alpha
at most. The quantile of the normal law is sqrt(2) erfinv(1 - 2 alpha/B); without the factor the
alarm goes off far more often. For independent normal statistics the probability of an alarm at the
threshold t is exactly 1 - Phi(t)^B, and 1 - erf(t/sqrt(2))^B where absolute values are compared.
We saw this formula described, not its source, so nobody is named.

**A gradient.** The code beside Mescheder, Geiger and Nowozin, "Which training methods for GANs do
actually converge?" (2018), github.com/LMescheder/GAN_stability, notebooks/diracgan/gans.py, class
GAN_Consensus, commit d9bd7a9, has a factor 1/2 too many on the cross term of the gradient of
consensus optimization's regularizer. The derived gradient is that of the library's topic
``consensus_optimization``; derivatives are measured by a complex step (Squire and Trapp, SIAM
Review 40, 1998), accurate to rounding.

What was published is put through the very checks that our own claims go through, and is caught if
it fails them; see :func:`caught`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import erf, erfinv, expit, lambertw, ndtr

from derivations.topics import consensus_optimization as topic
from language.claims import Status
from language.terms import Term, children
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement, Observation
from numerics.settings import Setting
from numerics.statistics import Sampler, decide_mean, experiment_budget

__all__ = ["caught", "run"]

Reals: TypeAlias = NDArray[np.float64]
#: The velocities of theta and psi at points, both of shape (2, m).
Field: TypeAlias = "Callable[[Reals], Reals]"

PROMISED = 0.05  # the false-alarm probability that the threshold is meant to keep
BLOCKS = 20
BLOCK_SIZE = 4  # draws of a block
CHUNK = 1 << 13  # tests simulated at a time
WEIGHT = 1.0  # of the regularizer
IMAGINARY_STEP = 1e-20


def caught(claim: Measurement) -> bool:
    """Whether a check found the claimed value wrong, rather than only failing to confirm it."""
    inside = claim.lower <= claim.predicted <= claim.upper
    return claim.verdict.status is Status.UNDECIDED and not inside


# The threshold.


def right_threshold(blocks: int) -> float:
    """The normal quantile at 1 - alpha/B."""
    return math.sqrt(2) * published_threshold(blocks)


def published_threshold(blocks: int) -> float:
    """The same without the square root of two."""
    return float(erfinv(1 - 2 * PROMISED / blocks))


def one_sided(threshold: float, blocks: int) -> float:
    """The probability that the largest of independent normal statistics exceeds a threshold."""
    return float(1 - ndtr(threshold) ** blocks)


def two_sided(threshold: float, blocks: int) -> float:
    """The probability that the largest of their absolute values does."""
    return float(1 - erf(threshold / math.sqrt(2)) ** blocks)


def _alarms(
    generator: np.random.Generator, threshold: float, blocks: int, *, absolute: bool = False
) -> Sampler:
    """Runs of the test on a correct sampler of the standard normal law: one where it alarms."""

    def chunk(count: int) -> Reals:
        draws = generator.standard_normal((count, blocks, BLOCK_SIZE))
        statistics = draws.sum(axis=2) / math.sqrt(BLOCK_SIZE)
        largest = (np.abs(statistics) if absolute else statistics).max(axis=1)
        alarms: Reals = (largest > threshold).astype(np.float64)
        return alarms

    def sampler(count: int) -> Reals:
        sizes = [CHUNK] * (count // CHUNK) + [count % CHUNK] * (count % CHUNK > 0)
        return np.concatenate([chunk(size) for size in sizes])

    return sampler


def _thresholds(setting: Setting) -> tuple[list[Measurement], list[Measurement]]:
    """What we predict of the three tests, and what was promised of the published one."""
    epsilon = setting.choose(quick=0.02, full=0.004)
    # After half of these draws the confidence sequence of a share near one half reaches about two
    # thirds of this to either side, so a true claim comes within it before they are spent.
    most = setting.choose(quick=1 << 19, full=1 << 24)
    right, published = right_threshold(BLOCKS), published_threshold(BLOCKS)
    cases = (
        ("right", "at the normal quantile", one_sided(right, BLOCKS), right, False),
        ("published", "at the published threshold", one_sided(published, BLOCKS), published, False),
        (
            "published-two-sided",
            "at the published threshold, absolute values compared",
            two_sided(published, BLOCKS),
            published,
            True,
        ),
    )
    budget = experiment_budget(*(case[0] for case in cases), "promise", "promise-two-sided")
    measurements = []
    for name, where, probability, threshold, absolute in cases:
        draws = _alarms(setting.generator(name), threshold, BLOCKS, absolute=absolute)
        decision = decide_mean(draws, probability, (0, 1), budget[name], epsilon, most)
        words = f"probability of a false alarm {where}"
        measurements.append(decision.measurement(name, words, probability, setting.seed))
    promises = []
    for name, absolute in (("promise", False), ("promise-two-sided", True)):
        draws = _alarms(setting.generator(name), published, BLOCKS, absolute=absolute)
        decision = decide_mean(draws, PROMISED, (0, 1), budget[name], epsilon, most)
        words = "probability of a false alarm" + (", absolute values compared," if absolute else "")
        promises.append(decision.measurement(name, words, PROMISED, setting.seed))
    return measurements, promises


def _over_blocks(setting: Setting) -> dict[str, Reals]:
    """Frequencies of alarms for several numbers of blocks, with standard errors, for the figure."""
    count = setting.choose(quick=1_000, full=50_000)
    blocks = np.array([1, 2, 5, 10, 20, 50, 100])
    series: dict[str, Reals] = {"blocks": blocks.astype(np.float64)}
    for name, threshold in (("right", right_threshold), ("published", published_threshold)):
        generator = setting.generator(f"{name} over blocks")
        shares = np.array(
            [_alarms(generator, threshold(b), b)(count).mean() for b in blocks.tolist()]
        )
        series[f"{name}-shares"] = shares
        series[f"{name}-errors"] = np.sqrt(shares * (1 - shares) / count)
    return series


# The gradient.


def _speed(theta: NDArray[np.complex128], psi: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Half the squared length of the velocity field."""
    slope = 1 / (1 + np.exp(theta * psi))
    half: NDArray[np.complex128] = (theta**2 + psi**2) * slope**2 / 2
    return half


def measured_gradient(point: Reals) -> Reals:
    """The gradient of half the squared speed, by a complex step."""
    theta, psi = point.astype(np.complex128)
    tilt = IMAGINARY_STEP * 1j
    in_theta, in_psi = _speed(theta + tilt, psi), _speed(theta, psi + tilt)
    return np.stack((in_theta.imag, in_psi.imag)) / IMAGINARY_STEP


def published_gradient(point: Reals) -> Reals:
    """What was published for it: half of the cross term."""
    theta, psi = point
    slope = expit(-theta * psi)
    cross = -(theta**2 + psi**2) * slope**2 * expit(theta * psi) / 2
    return np.stack((theta * slope**2 + psi * cross, psi * slope**2 + theta * cross))


def _regularized(gradient: Field) -> Field:
    """The velocity field of the two players, less the weighted regularizer's gradient."""

    def field(point: Reals) -> Reals:
        theta, psi = point
        slope = expit(-theta * psi)
        return np.stack((-psi * slope, theta * slope)) - WEIGHT * gradient(point)

    return field


def _gradient_claim(
    name: str, words: str, entries: tuple[Term, ...], points: Reals, seed: int
) -> Measurement:
    """A formula against the measured gradient, at the point and entry where they differ most."""
    measured = measured_gradient(points)
    notation = topic.regularizer().notation
    claimed = np.array(
        [
            [predict(entry, notation, {"theta": theta, "psi": psi}) for theta, psi in points.T]
            for entry in entries
        ]
    )
    worst = np.unravel_index(np.abs(claimed - measured).argmax(), measured.shape)
    # A complex step is exact but for the rounding of some ten operations.
    return agreement(
        name,
        words,
        float(claimed[worst]),
        float(measured[worst]),
        points.shape[1],
        "complex step",
        wanted=12,
        seed=seed,
    )


def _gradients(setting: Setting) -> tuple[Measurement, Measurement]:
    """The derived gradient, and the published one, at points drawn from a square."""
    count = setting.choose(quick=40, full=1_000)
    points = setting.generator("points").uniform(-3, 3, (2, count))
    solution = topic.regularizer()
    derived = children(claims_of(solution)["gradient"].closed_form)
    (published,) = (fact.claim for fact in solution.facts if fact.claim.name == "published")
    where = "entry of the gradient at the point where formula and complex step differ most"
    return (
        _gradient_claim("gradient", f"derived {where}", derived, points, setting.seed),
        _gradient_claim(
            "published-gradient",
            f"published {where}",
            children(published.closed_form),
            points,
            setting.seed,
        ),
    )


# What the factor does to the dynamics.


def _step(field: Field, state: Reals, width: float) -> Reals:
    """One step of the classical Runge-Kutta method."""
    first = field(state)
    second = field(state + width / 2 * first)
    third = field(state + width / 2 * second)
    fourth = field(state + width * third)
    return state + width / 6 * (first + 2 * second + 2 * third + fourth)


def _decay(name: str, words: str, field: Field) -> Measurement:
    """The rate at which the distance from the equilibrium grows, close to it (negative: decays)."""
    eigenvalue, _ = children(claims_of(topic.regularizer())["eigenvalues"].closed_form)
    predicted = predict(eigenvalue, topic.regularizer().notation, {"gamma": WEIGHT})
    near, width, steps = 1e-4, 0.05, 400
    state = np.array([[near], [0.0]])
    for _ in range(steps):
        state = _step(field, state, width)
    rate = math.log(math.hypot(*state[:, 0]) / near) / (width * steps)
    # The linearization leaves out terms of the order of the squared distance, 1e-8.
    return agreement(name, words, predicted, rate, steps, "Runge-Kutta", wanted=6)


def spurious_point(factor: float) -> tuple[float, float]:
    """Where the field with ``factor`` before its cross term is stationary beside the equilibrium.

    From the derived rates of distance and angle: with t = psi theta and s the logistic function,
    2 c t s(t) = 1, that is t = 1/(2c) + W(exp(-1/(2c)) / (2c)) with Lambert's W, and
    psi^2 - theta^2 = 1/(c gamma s(t) s(-t)). Of the two opposite points, that in the first
    quadrant.
    """
    half = 1 / (2 * factor)
    product = half + float(lambertw(half * math.exp(-half)).real)
    difference = 1 / (factor * WEIGHT * expit(product) * expit(-product))
    theta = math.sqrt((math.hypot(difference, 2 * product) - difference) / 2)
    return theta, product / theta


def _stationary(name: str, words: str, field: Field, factor: float) -> Measurement:
    """The distance of the spurious stationary point from the equilibrium."""
    start = np.array([0.3, 3.0])
    found = root(lambda point: field(point[:, None])[:, 0], start, tol=1e-13)
    # Its condition is mild; half of the digits would do to tell the two fields apart.
    return agreement(
        name,
        words,
        math.hypot(*spurious_point(factor)),
        math.hypot(*found.x),
        int(found.nfev),
        "root finding",
        wanted=8,
    )


def _trajectories(setting: Setting, field: Field) -> tuple[Reals, NDArray[np.bool_]]:
    """Paths of shape (2, starts, times), and which starts in a square arrive."""
    width, steps = 0.05, 1_200
    side = setting.choose(quick=9, full=41)
    starts = np.stack(np.meshgrid(np.linspace(-4, 4, side), np.linspace(-4, 4, side)))
    square = starts.reshape(2, -1)
    drawn = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    state = np.concatenate((drawn, square), axis=1)
    paths = []
    for step in range(steps):
        if step % 4 == 0:
            paths.append(state[:, : drawn.shape[1]])
        state = _step(field, state, width)
    arrived = np.hypot(*state[:, drawn.shape[1] :]) < 0.5
    return np.stack(paths, axis=2), arrived


def run(setting: Setting) -> Experiment:
    """Put both published formulas through our checks, and measure what their slips do.

    Series: ``blocks``, numbers of blocks, with ``right-shares``, ``published-shares`` and
    ``...-errors``, frequencies of false alarms; ``derived-paths`` and ``published-paths``,
    trajectories (2, starts, times) of the regularized field with either gradient;
    ``derived-spurious`` and ``published-spurious``, stationary points.
    """
    began = perf_counter()
    measurements, promises = _thresholds(setting)
    setting.progress(0.5)
    series = _over_blocks(setting)
    setting.progress(0.7)
    derived, published = _gradients(setting)
    claims = [*promises, published]
    measurements.append(derived)
    observations = [
        Observation(
            promise.name,
            f"least {promise.words} that the draws left possible",
            promise.lower,
            None,
            promise.samples,
            promise.seed,
            PROMISED,
        )
        for promise in promises
    ]
    for name, gradient, factor in (
        ("derived", measured_gradient, 1.0),
        ("published", published_gradient, 0.5),
    ):
        field = _regularized(gradient)
        measurements.append(_decay(f"{name}-rate", f"growth rate near equilibrium, {name}", field))
        measurements.append(
            _stationary(
                f"{name}-spurious",
                f"distance of the spurious stationary point, {name}",
                field,
                factor,
            )
        )
        paths, arrived = _trajectories(setting, field)
        series[f"{name}-paths"] = paths
        series[f"{name}-spurious"] = np.array(spurious_point(factor))
        observations.append(
            Observation(
                f"{name}-arrivals",
                f"share of starts on a grid that came close to the equilibrium, {name}",
                float(arrived.mean()),
                None,
                arrived.size,
                None,
            )
        )
        setting.progress(0.85 if name == "derived" else 1.0)
    measurements.append(
        agreement(
            "caught",
            "published claims that these checks found wrong, of three",
            float(len(claims)),
            float(sum(caught(claim) for claim in claims)),
            len(claims),
            "the checks themselves",
            seed=setting.seed,
        )
    )
    return Experiment(
        "published_mistakes",
        tuple(measurements),
        MappingProxyType(series),
        seconds=perf_counter() - began,
        observations=tuple(observations),
    )
