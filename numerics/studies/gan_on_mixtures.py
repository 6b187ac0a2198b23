"""Algorithm 1 on a ring of eight normal laws in the plane: the value of the game, and modes found.

The generated law is an equal mixture of normal laws too (see :mod:`numerics.models.adversarial`),
so the densities of both players' laws are known at every step of training, and with them, by
quadrature,

    V(D, G) = -log 4 + 2 JSD(p_data || p_g) - 2 E_m KL(Bernoulli(D*) || Bernoulli(D)),

with m the equal mixture of both laws (Goodfellow et al., NeurIPS 27, 2014, Theorem 1; what a
discriminator D misses is the fact ``price`` of the solution). It holds for networks as they are,
trained well or badly; the sampled value of every trained pair is compared with it, with a
guarantee. So is the sampled divergence.

Which modes the generator finds is observed, not claimed. A fifth rule takes ten generator steps for
one of the discriminator: it lowers the value against a discriminator that is nearly frozen, whose
minimum is a point mass. A share within three deviations of a centre is exact: what normal noise
about a code puts into a disc is a noncentral chi-square probability; for the data themselves it is
1 - exp(-9/2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import chndtr

from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.adversarial import (
    LARGEST_LOGIT,
    Game,
    Rule,
    divergence_part,
    label_score,
    log_mixture,
    perceptrons,
    play,
    shortfall_part,
)
from numerics.settings import Setting
from numerics.statistics import decide_mean, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["MODES", "NOISE", "RULES", "SPREAD", "run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]
Tensor: TypeAlias = Any

_ANGLES = np.arange(8) * math.pi / 4
#: Centres of the data's normal laws, their deviation, and that of the noise on generated points.
MODES: Reals = 2 * np.stack((np.cos(_ANGLES), np.sin(_ANGLES)), axis=1)
SPREAD, NOISE = 0.15, 0.1
RULES = (
    Rule("saturating-1", "saturating loss, k = 1", True),
    Rule("saturating-3", "saturating loss, k = 3", True, discriminator_steps=3),
    Rule("non-saturating-1", "non-saturating loss, k = 1", False),
    Rule("non-saturating-3", "non-saturating loss, k = 3", False, discriminator_steps=3),
    Rule("hasty", "non-saturating loss, ten generator steps", False, generator_steps=10),
)
#: A mode counts as found from this part of its fair share of an eighth.
_FOUND = 1 / 4
_REACH = 3.0  # deviations
_WITHIN = 1 - math.exp(-(_REACH**2) / 2)
_INPUTS, _WIDTH, _BATCH, _RATE = 4, 64, 128, 1e-3
_SNAPSHOTS = 4
#: Points that a discriminator is asked about at once.
_ROWS = 1 << 15
_LEAST_VALUE = -2 * math.log1p(math.exp(LARGEST_LOGIT))


@dataclass(frozen=True, slots=True)
class Course:
    """What one rule did: rows for the rounds that were looked at, columns for the copies.

    Attributes:
        rule: by which it was played.
        game: its players as they are at the end.
        rounds: when it was looked at.
        centres: where the generators put their codes: (looks, copies, codes, 2).
        discs: the share of each generated law about each mode: (looks, copies, modes).
        values: of the game, V(D, G).
        divergences: Jensen-Shannon.
        forward: KL(p_data || p_g).
        reverse: KL(p_g || p_data).
    """

    rule: Rule
    game: Game
    rounds: Reals
    centres: Reals
    discs: Reals
    values: Reals
    divergences: Reals
    forward: Reals
    reverse: Reals

    @property
    def modes(self) -> Reals:
        """How many modes are found."""
        found: Reals = (self.discs >= _FOUND / len(MODES)).sum(-1).astype(np.float64)
        return found

    @property
    def within(self) -> Reals:
        """The share within three deviations of any mode; no two of these discs meet."""
        result: Reals = self.discs.sum(-1)
        return result


def _game(torch: Any, copies: int, codes: int, device: str) -> Game:
    modes = torch.as_tensor(MODES, dtype=torch.float32, device=device)

    def data(copies: int, count: int) -> Tensor:
        chosen = modes[torch.randint(len(modes), (copies, count), device=device)]
        return chosen + SPREAD * torch.randn_like(chosen)

    def unchanged(points: Tensor) -> Tensor:
        return points

    return Game(
        torch,
        data,
        torch.randn(copies, codes, _INPUTS, device=device),
        perceptrons(torch, copies, (_INPUTS, _WIDTH, _WIDTH, 2), device, unchanged),
        NOISE,
        perceptrons(torch, copies, (2, _WIDTH, _WIDTH, 1), device, unchanged),
    )


# --------------------------------------------------------------------------- by quadrature


@dataclass(frozen=True, slots=True)
class Plane:
    """Both densities of one copy on a grid, and the logits of its discriminator."""

    cell: float
    log_data: Reals
    log_generated: Reals
    logits: Reals

    @property
    def best(self) -> Reals:
        """The logits of the best discriminator."""
        return self.log_data - self.log_generated

    def mean(self, values: Reals) -> float:
        """The mean under the equal mixture of both laws."""
        mixture = (np.exp(self.log_data) + np.exp(self.log_generated)) / 2
        return float((mixture * values).sum() * self.cell)

    @property
    def divergence(self) -> float:
        """The Jensen-Shannon divergence."""
        return self.mean(divergence_part(self.best))

    @property
    def value(self) -> float:
        """The value of the game, by the best value and what this discriminator misses."""
        missed = 2 * self.mean(shortfall_part(self.best, self.logits))
        return -math.log(4) + 2 * self.divergence - missed

    @property
    def forward(self) -> float:
        """KL(p_data || p_g)."""
        return float((np.exp(self.log_data) * self.best).sum() * self.cell)

    @property
    def reverse(self) -> float:
        """KL(p_g || p_data)."""
        return float((np.exp(self.log_generated) * -self.best).sum() * self.cell)


def _plane(game: Game, step: float = NOISE) -> Plane:
    """The plane of the first copy, on a grid that reaches eight deviations beyond all centres.

    The trapezoidal rule integrates a normal law to 1e-8 if the step is its deviation.
    """
    torch = game.torch
    centres = game.centres()[0]
    modes = torch.as_tensor(MODES, device=centres.device)
    around = [(modes, 8 * SPREAD), (centres, 8 * NOISE)]
    low = [min(float(at[:, axis].min()) - reach for at, reach in around) for axis in (0, 1)]
    high = [max(float(at[:, axis].max()) + reach for at, reach in around) for axis in (0, 1)]
    axes = [np.arange(start, stop, step) for start, stop in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    points = torch.as_tensor(grid, device=centres.device)
    return Plane(
        step**2,
        _array(log_mixture(torch, points, modes, SPREAD)),
        _array(log_mixture(torch, points, centres, NOISE)),
        _logits(game, points.float()),
    )


def _array(tensor: Tensor) -> Reals:
    result: Reals = tensor.detach().double().cpu().numpy()
    return result


def _logits(game: Game, points: Tensor) -> Reals:
    """What the first discriminator says of points (n, 2)."""
    with game.torch.no_grad():
        said = [_array(game.logits(rows[None])[0]) for rows in points.split(_ROWS)]
    return np.concatenate(said)


# --------------------------------------------------------------------------- training


def _course(torch: Any, setting: Setting, rule: Rule, number: int) -> Course:
    """Play by one rule, and look at the game at even distances."""
    copies, codes, looks, every = setting.choose((2, 64, 1, 15), (6, 256, 8, 200))
    game = _game(torch, copies, codes, setting.device)
    seen = [_look(game)]
    for played in play(game, rule, looks * every, batch=_BATCH, rates=(_RATE, _RATE)):
        if played % every == 0:
            seen.append(_look(game))
            setting.progress((number + played / (looks * every)) / len(RULES))
    rounds = np.arange(looks + 1, dtype=np.float64) * every
    centres, numbers = (np.array(part) for part in zip(*seen, strict=True))
    return Course(rule, game, rounds, centres, _discs(centres), *np.moveaxis(numbers, -1, 0))


def _discs(centres: Reals) -> Reals:
    """What normal noise about the codes puts within three deviations of each mode, on average."""
    squares: Reals = ((centres[..., None, :] - MODES) ** 2).sum(-1) / NOISE**2
    result: Reals = chndtr((_REACH * SPREAD / NOISE) ** 2, 2, squares).mean(-2)
    return result


def _look(game: Game) -> tuple[Reals, Reals]:
    """Where the generators put their codes, and the numbers of each copy's plane."""
    planes = [_plane(game.alone(copy)) for copy in range(len(game.codes))]
    numbers = [(plane.value, plane.divergence, plane.forward, plane.reverse) for plane in planes]
    return _array(game.centres()), np.array(numbers)


# --------------------------------------------------------------------------- what is compared


def _sampled(course: Course, setting: Setting, alpha: float) -> tuple[Measurement, Measurement]:
    """Value and divergence of the first copy's trained pair, from fresh draws."""
    game, rule, torch = course.game.alone(0), course.rule, course.game.torch
    value, divergence = float(course.values[-1, 0]), float(course.divergences[-1, 0])
    epsilon = setting.choose(0.1, 0.02)  # nats; a value is of the size of log 4
    modes = torch.as_tensor(MODES, device=setting.device)
    centres = game.centres()[0]

    def values(count: int) -> Reals:
        with torch.no_grad():
            real, generated = game.real(count)[0], game.generated(count)[0]
        one, zero = np.ones(count), np.zeros(count)
        return label_score(one, _logits(game, real)) + label_score(zero, _logits(game, generated))

    def parts(count: int) -> Reals:
        with torch.no_grad():
            coins = torch.rand(count, 1, device=setting.device) < 1 / 2
            points = torch.where(coins, game.real(count)[0], game.generated(count)[0])
        best = log_mixture(torch, points, modes, SPREAD) - log_mixture(
            torch, points, centres, NOISE
        )
        return divergence_part(_array(best))

    bounds, most = (_LEAST_VALUE, 0.0), setting.choose(1 << 16, 1 << 20)
    drawn = decide_mean(values, value, bounds, alpha, epsilon, most)
    apart = decide_mean(parts, divergence, (0.0, math.log(2)), alpha, epsilon / 2)
    return (
        drawn.measurement(
            f"value-{rule.name}",
            f"value of a trained pair on fresh draws, {rule.words}",
            value,
            setting.seed,
        ),
        apart.measurement(
            f"divergence-{rule.name}",
            f"Jensen-Shannon divergence of its generator on fresh draws, {rule.words}",
            divergence,
            setting.seed,
        ),
    )


def _control(setting: Setting, alpha: float) -> Measurement:
    """The share of the data within three deviations of their own centre."""
    generator = setting.generator("control")

    def inside(count: int) -> Reals:
        offsets = generator.normal(size=(count, 2))
        result: Reals = ((offsets**2).sum(1) < _REACH**2).astype(np.float64)
        return result

    decision = decide_mean(inside, _WITHIN, (0.0, 1.0), alpha, setting.choose(0.02, 0.002))
    words = "share of the data within three deviations of their centre"
    return decision.measurement("control", words, _WITHIN, setting.seed)


def _over_copies(
    name: str, words: str, values: Reals, course: Course, seed: int, limit: float
) -> Observation:
    error = float(values.std(ddof=1)) / math.sqrt(values.size)
    words = f"{words}, mean over {values.size} copies, {course.rule.words}"
    name = f"{name}-{course.rule.name}"
    return Observation(name, words, float(values.mean()), error, values.size, seed, limit)


def _observed(course: Course, seed: int) -> tuple[Observation, ...]:
    """Where training has led, over the copies."""
    rows = (
        ("modes", "modes found", course.modes, float(len(MODES))),
        ("within", "share within three deviations of a centre", course.within, _WITHIN),
        ("apart", "Jensen-Shannon divergence", course.divergences, 0.0),
        ("forward", "KL(data || generated)", course.forward, 0.0),
        ("reverse", "KL(generated || data)", course.reverse, 0.0),
    )
    return tuple(
        _over_copies(name, words, values[-1], course, seed, limit)
        for name, words, values, limit in rows
    )


def _shown(course: Course) -> NDArray[np.int64]:
    """Which looks become snapshots."""
    return np.linspace(0, course.rounds.size - 1, _SNAPSHOTS).round().astype(np.int64)


def _series(course: Course) -> dict[str, Reals]:
    """Curves of all copies, and snapshots of the copy with the fewest modes at the end."""
    copy, name = int(np.argmin(course.modes[-1])), course.rule.name
    return {
        f"modes-{name}": course.modes,
        f"within-{name}": course.within,
        f"values-{name}": course.values,
        f"divergences-{name}": course.divergences,
        f"centres-{name}": course.centres[_shown(course), copy],
    }


def run(setting: Setting) -> Experiment:
    """Train by every rule, compare sampled values with exact ones, observe the modes found."""
    began = perf_counter()
    checks = [f"{kind}-{rule.name}" for rule in RULES for kind in ("value", "divergence")]
    budget = experiment_budget("control", *checks)
    measurements = [_control(setting, budget["control"])]
    observations: list[Observation] = []
    series: dict[str, Reals] = {}
    with reproducible(setting) as torch:
        for number, rule in enumerate(RULES):
            course = _course(torch, setting, rule, number)
            measurements += _sampled(course, setting, budget[f"value-{rule.name}"])
            observations += _observed(course, setting.seed)
            series |= _series(course)
        series |= {"rounds": course.rounds, "shown": course.rounds[_shown(course)]}
    return Experiment(
        "gan_on_mixtures",
        tuple(measurements),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=tuple(observations),
    )
