"""Algorithm 1 on the 8 x 8 digits of scikit-learn: value, accuracy, samples.

Two generator losses, one and three steps of the discriminator in a round (Goodfellow et al.,
"Generative Adversarial Nets", NeurIPS 27, 2014, Algorithm 1). Real and generated images carry the
same normal noise, so both laws are equal mixtures of normal laws and the best discriminator is
known (see :mod:`numerics.models.adversarial`). What is compared with what was derived:

* ``identity``: of every trained pair V(D, G) = C(G) - 2 E_m KL(Bernoulli(D*) || Bernoulli(D)),
  where C(G) = -log 4 + 2 JSD (the facts ``loss-of-a-worse-one`` and ``best-value``). All three are
  averaged over the same labelled draws of the equal mixture m, and the difference has mean zero.
* ``settled``: a discriminator trained against the data's own law. With D* = 1/2 its value is -log 4
  less what it misses, a finite sum over the images, and its accuracy is one half.
* ``slope``: the slopes of the two losses in the logits, by automatic differentiation.

How near training comes to -log 4 and one half on images that it has not seen is observed, and so
are C(G) and how far samples lie from the images of the training set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics.gan_objective import saturation
from derivations.topics.gans import training
from numerics.comparisons import agreement, claims_of, predict
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
    train_discriminator,
)
from numerics.settings import Setting
from numerics.statistics import decide_mean, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["RULES", "run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]
Tensor: TypeAlias = Any

RULES = (
    Rule("saturating-1", "saturating loss, k = 1", True),
    Rule("saturating-3", "saturating loss, k = 3", True, discriminator_steps=3),
    Rule("non-saturating-1", "non-saturating loss, k = 1", False),
    Rule("non-saturating-3", "non-saturating loss, k = 3", False, discriminator_steps=3),
)
#: The deviation of the noise on images whose pixels reach from -1 to 1.
_NOISE = 0.6
_UNSEEN = 300
_INPUTS, _WIDTH, _BATCH = 16, 128, 64
#: Learning rates of the discriminator and the generator.
_RATES = (4e-4, 2e-4)
_PICTURES, _SNAPSHOTS = 40, 5
_TRAINING = training()
_HALF, _LIMIT = (
    predict(_TRAINING.formulas[name], _TRAINING.notation, {}) for name in ("half", "minus-log-four")
)


@dataclass(frozen=True, slots=True)
class Images:
    """Digits as vectors of 64 pixels from -1 (white) to 1, split at random."""

    seen: Tensor
    unseen: Tensor


def _images(torch: Any, setting: Setting) -> Images:
    from sklearn.datasets import load_digits

    pixels = load_digits().data / 8 - 1
    order = setting.generator("split").permutation(len(pixels))
    shuffled = torch.as_tensor(pixels[order], dtype=torch.float32, device=setting.device)
    return Images(shuffled[_UNSEEN:], shuffled[:_UNSEEN])


def _game(torch: Any, images: Images, setting: Setting, noise: float = _NOISE) -> Game:
    device = setting.device

    def data(copies: int, count: int) -> Tensor:
        chosen = images.seen[torch.randint(len(images.seen), (copies, count), device=device)]
        return chosen + noise * torch.randn_like(chosen)

    def unchanged(points: Tensor) -> Tensor:
        return points

    return Game(
        torch,
        data,
        torch.randn(1, setting.choose(128, 1024), _INPUTS, device=device),
        perceptrons(torch, 1, (_INPUTS, _WIDTH, _WIDTH, 64), device, torch.tanh),
        noise,
        perceptrons(torch, 1, (64, _WIDTH, _WIDTH, 1), device, unchanged),
    )


def _array(tensor: Tensor) -> Reals:
    result: Reals = tensor.detach().double().cpu().numpy()
    return result


# --------------------------------------------------------------------------- the trained pairs


@dataclass(frozen=True, slots=True)
class Draws:
    """Labelled draws of the equal mixture, with the logits of the best discriminator and of D."""

    labels: Reals
    best: Reals
    logits: Reals


def _mixed(game: Game, images: Images, centres: Tensor, count: int) -> Draws:
    """Toss a coin for each draw: real, or generated."""
    torch = game.torch
    with torch.no_grad():
        coins = torch.rand(1, count, 1, device=images.seen.device) < 1 / 2
        points = torch.where(coins, game.real(count), game.generated(count))
        logits = game.logits(points)[0]
    best = log_mixture(torch, points[0], images.seen, _NOISE)
    best = best - log_mixture(torch, points[0], centres, _NOISE)
    return Draws(_array(coins[0, :, 0]), _array(best), _array(logits))


def _difference(draws: Draws) -> Reals:
    """Sampled value, less the best value and what is missed of it; its mean is zero."""
    value = 2 * label_score(draws.labels, draws.logits)
    best_value = -math.log(4) + 2 * divergence_part(draws.best)
    missed = 2 * shortfall_part(draws.best, draws.logits)
    result: Reals = value - (best_value - missed)
    return result


def _identity(
    game: Game, images: Images, rule: Rule, setting: Setting, alpha: float
) -> Measurement:
    centres = game.centres()[0]
    bound = 2 * LARGEST_LOGIT  # the difference is 2 (label - D*) times the logit
    # nats; less than half of what a discriminator misses after so few, or so many, rounds
    epsilon = setting.choose(0.1, 0.04)
    decision = decide_mean(
        lambda count: _difference(_mixed(game, images, centres, count)),
        0.0,
        (-bound, bound),
        alpha,
        epsilon,
        setting.choose(1 << 14, 1 << 17),
    )
    words = "value of a trained pair, less the best value and what its discriminator misses"
    return decision.measurement(
        f"identity-{rule.name}", f"{words}, {rule.words}", 0.0, setting.seed
    )


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a trained pair at one time, with standard errors.

    Attributes:
        value: on images not seen in training and generated ones.
        accuracy: on the same images, both kinds counting one half.
        criterion: C(G), from draws of the equal mixture.
        images: how many went into value and accuracy.
    """

    value: float
    value_error: float
    accuracy: float
    accuracy_error: float
    criterion: float
    criterion_error: float
    images: int


def _look(game: Game, images: Images, draws: int) -> Look:
    """What the discriminator achieves on unseen images, and what the best one could on seen ones.

    Every unseen image and every code occurs at most once, with fresh noise.
    """
    torch = game.torch
    centres = game.centres()[0]
    generated = centres[torch.randperm(len(centres), device=centres.device)[:_UNSEEN]]
    with torch.no_grad():
        real, made = (
            _array(game.logits((points + _NOISE * torch.randn_like(points))[None])[0])
            for points in (images.unseen, generated)
        )
    parts = divergence_part(_mixed(game, images, centres, draws).best)
    scores = [label_score(np.ones_like(real), real), label_score(np.zeros_like(made), made)]
    right = [(float((real > 0).mean()), real.size), (float((made < 0).mean()), made.size)]
    return Look(
        float(sum(score.mean() for score in scores)),
        math.sqrt(sum(score.var(ddof=1) / score.size for score in scores)),
        sum(share for share, _ in right) / 2,
        math.sqrt(sum(share * (1 - share) / count for share, count in right)) / 2,
        -math.log(4) + 2 * float(parts.mean()),
        2 * float(parts.std(ddof=1)) / math.sqrt(draws),
        real.size + made.size,
    )


def _nearest(torch: Any, points: Tensor, images: Images) -> tuple[Reals, Reals]:
    """Distances of the points to their nearest images of the training set, and these images."""
    distances, places = torch.cdist(points, images.seen).min(1)
    return _array(distances), _array(images.seen[places])


def _observed(game: Game, images: Images, rule: Rule, setting: Setting) -> tuple[Observation, ...]:
    """Where training has led."""
    draws = setting.choose(256, 4096)
    look = _look(game, images, draws)
    torch = game.torch
    made, _ = _nearest(torch, game.centres()[0], images)
    unseen, _ = _nearest(torch, images.unseen, images)
    rows = (
        ("value", "value on unseen images", look.value, look.value_error, look.images, _LIMIT),
        (
            "accuracy",
            "discriminator's accuracy on unseen images",
            look.accuracy,
            look.accuracy_error,
            look.images,
            _HALF,
        ),
        (
            "criterion",
            "best discriminator's value C(G)",
            look.criterion,
            look.criterion_error,
            draws,
            _LIMIT,
        ),
        (
            "nearest",
            "mean distance of samples to the training set, beside that of unseen images",
            float(made.mean()),
            float(made.std(ddof=1)) / math.sqrt(made.size),
            made.size,
            float(unseen.mean()),
        ),
    )
    return tuple(
        Observation(
            f"{name}-{rule.name}",
            f"{words}, {rule.words}",
            estimate,
            standard_error,
            count,
            setting.seed,
            limit,
        )
        for name, words, estimate, standard_error, count, limit in rows
    )


def _course(
    torch: Any, images: Images, rule: Rule, number: int, setting: Setting
) -> tuple[Game, dict[str, Reals]]:
    """Train by one rule; the trained players, and series over the rounds."""
    looks, every = setting.choose((2, 10), (20, 150))
    draws = setting.choose(64, 256)
    game = _game(torch, images, setting)
    seen = [_look(game, images, draws)]
    pictures = [_array(game.centres()[0, :_PICTURES])]
    for played in play(game, rule, looks * every, batch=_BATCH, rates=_RATES):
        if played % every == 0:
            seen.append(_look(game, images, draws))
            pictures.append(_array(game.centres()[0, :_PICTURES]))
            setting.progress((number + played / (looks * every)) / len(RULES))
    shown = np.linspace(0, looks, _SNAPSHOTS).round().astype(int)
    rounds = np.arange(looks + 1, dtype=np.float64) * every
    return game, {
        "rounds": rounds,
        "shown": rounds[shown],
        f"value-{rule.name}": np.array([look.value for look in seen]),
        f"accuracy-{rule.name}": np.array([look.accuracy for look in seen]),
        f"criterion-{rule.name}": np.array([look.criterion for look in seen]),
        f"pictures-{rule.name}": np.array([pictures[place] for place in shown]),
        f"nearest-{rule.name}": _nearest(torch, game.centres()[0, :_PICTURES], images)[1],
    }


# --------------------------------------------------------------------------- at the equilibrium


def _settled(
    torch: Any, images: Images, setting: Setting, budget: tuple[float, float]
) -> tuple[Measurement, Measurement]:
    """A discriminator trained against the data's own law: its value, and its accuracy."""
    game = _game(torch, images, setting, noise=0.0)
    train_discriminator(game, game.real, setting.choose(40, 1000), batch=_BATCH, rate=_RATES[0])
    with torch.no_grad():
        logits = _array(game.logits(images.seen[None])[0])
    predicted = _LIMIT - 2 * float(shortfall_part(np.zeros_like(logits), logits).mean())
    generator = setting.generator("settled")
    # Half of what it misses of -log 4, or less, so that the value cannot pass without that.
    close, near = setting.choose((0.005, 0.1), (0.001, 0.01))

    def values(count: int) -> Reals:
        real, other = generator.choice(logits, (2, count))
        return label_score(np.ones(count), real) + label_score(np.zeros(count), other)

    def right(count: int) -> Reals:
        labels = generator.integers(0, 2, count)
        result: Reals = ((generator.choice(logits, count) > 0) == labels).astype(np.float64)
        return result

    bounds = (-2 * math.log1p(math.exp(LARGEST_LOGIT)), 0.0)
    value = decide_mean(values, predicted, bounds, budget[0], close, 1 << 21)
    accuracy = decide_mean(right, _HALF, (0.0, 1.0), budget[1], near, 1 << 21)
    words = "of a discriminator trained against the data's own law"
    return (
        value.measurement("settled-value", f"value {words}", predicted, setting.seed),
        accuracy.measurement("settled-accuracy", f"accuracy {words}", _HALF, setting.seed),
    )


# --------------------------------------------------------------------------- at the start


def _start(
    torch: Any, images: Images, setting: Setting
) -> tuple[tuple[Measurement, ...], tuple[Observation, ...]]:
    """The losses' slopes where a discriminator has been trained against a generator that has not.

    By automatic differentiation, in the logits and in the generator's parameters.
    """
    steps, draws = setting.choose(20, 100), 32
    game = _game(torch, images, setting)
    train_discriminator(game, game.generated, steps, batch=_BATCH, rate=_RATES[0])
    generated = game.generated(draws)
    said = [float(logit) for logit in _array(game.logits(generated)[0])]
    claims = claims_of(saturation())
    measurements, sizes = [], []
    for saturating in (True, False):
        name = "saturating" if saturating else "non-saturating"
        claim = claims[f"{name.replace('-', '')}-gradient"]
        predicted = [predict(claim.closed_form, claim.notation, {"s": logit}) for logit in said]
        logits = torch.tensor(said, dtype=torch.float64, requires_grad=True)
        score = torch.nn.functional.logsigmoid
        loss = score(-logits).sum() if saturating else -score(logits).sum()
        (slopes,) = torch.autograd.grad(loss, logits)
        measurements.append(
            agreement(
                f"slope-{name}",
                f"mean slope of the {name} loss in the logits, at the start",
                float(np.mean(predicted)),
                float(slopes.mean()),
                draws,
                "automatic differentiation",
                wanted=12,
                seed=setting.seed,
            )
        )
        descended = game.generator_loss(generated, saturating=saturating).sum()
        parts = torch.autograd.grad(descended, game.generator.parameters, retain_graph=True)
        sizes.append(math.sqrt(sum(float((part.double() ** 2).sum()) for part in parts)))
    ratio = Observation(
        "start-gradients",
        "generator's gradient at the start, non-saturating over saturating, in norm",
        sizes[1] / sizes[0],
        None,
        draws,
        setting.seed,
    )
    return tuple(measurements), (ratio,)


def run(setting: Setting) -> Experiment:
    """Train by every rule, and look at both ends: no generator yet, and a perfect one."""
    began = perf_counter()
    checks = [f"identity-{rule.name}" for rule in RULES]
    budget = experiment_budget(*checks, "settled-value", "settled-accuracy")
    with reproducible(setting) as torch:
        images = _images(torch, setting)
        slopes, found = _start(torch, images, setting)
        measurements, observations = [*slopes], [*found]
        series = {"data": _array(images.seen[:_PICTURES])}
        for number, rule in enumerate(RULES):
            game, curves = _course(torch, images, rule, number, setting)
            series |= curves
            alpha = budget[f"identity-{rule.name}"]
            measurements.append(_identity(game, images, rule, setting, alpha))
            observations += _observed(game, images, rule, setting)
        shares = budget["settled-value"], budget["settled-accuracy"]
        measurements += _settled(torch, images, setting, shares)
    return Experiment(
        "gan_on_digits",
        tuple(measurements),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=tuple(observations),
    )
