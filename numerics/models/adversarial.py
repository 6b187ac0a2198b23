"""Algorithm 1 of a GAN, on several games at once, with laws whose densities are known.

Source of the algorithm: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 27 (2014),
Algorithm 1. What is generated carries normal noise of a fixed deviation, and the generator's input
is drawn from finitely many codes. So the generated law is an equal mixture of normal laws, its
density and the best discriminator are known, and what is derived of them can be measured (such
noise is also what gives both laws common points: Arjovsky and Bottou, "Towards principled methods
for training generative adversarial networks", ICLR 2017, section 3.1).

Logits are bounded, as the statistical guarantees need it. Values are in nats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LARGEST_LOGIT",
    "Game",
    "Perceptrons",
    "Rule",
    "divergence_part",
    "label_score",
    "log_mixture",
    "logistic",
    "perceptrons",
    "play",
    "shortfall_part",
    "train_discriminator",
]

Reals: TypeAlias = NDArray[np.float64]
#: A tensor of PyTorch, which has no types.
Tensor: TypeAlias = Any

#: Bound on the discriminator's logits: it never says less than 0.0024 or more than 0.9976.
LARGEST_LOGIT = 6.0
#: The decay rates of Adam's averages, lower than usual: the other player moves.
_DECAY = (0.5, 0.99)
#: Rows of a table of distances that are computed at once.
_ROWS = 256


# --------------------------------------------------------------------------- values at a point


def logistic(logits: Reals) -> Reals:
    """The probability that belongs to a logit."""
    result: Reals = np.exp(-np.logaddexp(0.0, -logits))
    return result


def label_score(probability: Reals, logits: Reals) -> Reals:
    """The expected log likelihood of a label that is 1 with ``probability``, under ``logits``."""
    result: Reals = -probability * np.logaddexp(0.0, -logits) - (1 - probability) * np.logaddexp(
        0.0, logits
    )
    return result


def divergence_part(best: Reals) -> Reals:
    """What has the Jensen-Shannon divergence as its mean under the equal mixture of both laws.

    log 2 + D* log D* + (1 - D*) log(1 - D*), between 0 and log 2.

    Args:
        best: logits of the best discriminator D*.
    """
    result: Reals = math.log(2) + label_score(logistic(best), best)
    return result


def shortfall_part(best: Reals, logits: Reals) -> Reals:
    """The Bernoulli divergence of D from D* at each point; twice its mean is what D misses.

    Args:
        best: logits of the best discriminator D*.
        logits: those of the discriminator D.
    """
    return label_score(logistic(best), best) - label_score(logistic(best), logits)


def log_mixture(torch: Any, points: Tensor, centres: Tensor, deviation: float) -> Tensor:
    """Log density at ``points`` (n, d) of equally many normal laws about ``centres`` (m, d).

    In double precision, whatever that of the points is.
    """
    points, centres = points.double(), centres.double()
    count, dimension = centres.shape
    scale = -0.5 / deviation**2
    found = [
        torch.logsumexp(scale * torch.cdist(rows, centres) ** 2, 1) for rows in points.split(_ROWS)
    ]
    whole = math.log(count) + dimension / 2 * math.log(2 * math.pi * deviation**2)
    return torch.cat(found) - whole


# --------------------------------------------------------------------------- players


@dataclass(frozen=True, slots=True)
class Perceptrons:
    """Independent networks of one shape, side by side: (copies, batch, width) in and out."""

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    activation: Callable[[Tensor], Tensor]
    last: Callable[[Tensor], Tensor]

    def __call__(self, x: Tensor) -> Tensor:
        """What each network makes of its own batch."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = self.activation(bias + x @ weight)
        return self.last(self.biases[-1] + x @ self.weights[-1])

    @property
    def parameters(self) -> list[Tensor]:
        """All weights and biases."""
        return [*self.weights, *self.biases]

    def alone(self, copy: int) -> Perceptrons:
        """One of the networks."""
        weights, biases = (
            tuple(tensor[copy : copy + 1] for tensor in tensors)
            for tensors in (self.weights, self.biases)
        )
        return replace(self, weights=weights, biases=biases)


def perceptrons(
    torch: Any,
    copies: int,
    widths: tuple[int, ...],
    device: str,
    last: Callable[[Tensor], Tensor],
) -> Perceptrons:
    """Networks with drawn weights of variance 2 / inputs, smooth units, and ``last`` at the end."""
    pairs = list(pairwise(widths))
    weights = [
        (math.sqrt(2 / inputs) * torch.randn(copies, inputs, outputs, device=device))
        for inputs, outputs in pairs
    ]
    biases = [torch.zeros(copies, 1, outputs, device=device) for _, outputs in pairs]
    for tensor in weights + biases:
        tensor.requires_grad_()
    return Perceptrons(tuple(weights), tuple(biases), torch.nn.functional.silu, last)


@dataclass(frozen=True, slots=True)
class Game:
    """Data, a generator and a discriminator, in several independent copies.

    Attributes:
        torch: the library.
        data: draws points of the data, given the numbers of copies and points: (copies, count, d).
        codes: the generator's inputs, each as likely as the others: (copies, number, k).
        generator: makes points of codes.
        deviation: of the normal noise on what is generated.
        discriminator: before its logits are bounded.
    """

    torch: Any
    data: Callable[[int, int], Tensor]
    codes: Tensor
    generator: Perceptrons
    deviation: float
    discriminator: Perceptrons

    def alone(self, copy: int) -> Game:
        """One of the games."""
        return replace(
            self,
            codes=self.codes[copy : copy + 1],
            generator=self.generator.alone(copy),
            discriminator=self.discriminator.alone(copy),
        )

    def real(self, count: int) -> Tensor:
        """As many draws of the data for each copy."""
        return self.data(len(self.codes), count)

    def centres(self) -> Tensor:
        """What the generator makes of every code, without noise: (copies, number, d)."""
        with self.torch.no_grad():
            return self.generator(self.codes)

    def generated(self, count: int) -> Tensor:
        """As many draws from the generated law of each copy."""
        torch, codes = self.torch, self.codes
        copies, number, inputs = codes.shape
        chosen = torch.randint(number, (copies, count, 1), device=codes.device)
        points = self.generator(codes.gather(1, chosen.expand(-1, -1, inputs)))
        return points + self.deviation * torch.randn_like(points)

    def logits(self, points: Tensor) -> Tensor:
        """Bounded logits of the discriminators: (copies, batch)."""
        raw = self.discriminator(points).squeeze(-1)
        return LARGEST_LOGIT * (raw / LARGEST_LOGIT).tanh()

    def value(self, real: Tensor, generated: Tensor) -> Tensor:
        """The sampled value of each copy: (copies,)."""
        score = self.torch.nn.functional.logsigmoid
        return score(self.logits(real)).mean(1) + score(-self.logits(generated)).mean(1)

    def generator_loss(self, generated: Tensor, *, saturating: bool) -> Tensor:
        """What each copy's generator descends: (copies,)."""
        score = self.torch.nn.functional.logsigmoid
        logits = self.logits(generated)
        return score(-logits).mean(1) if saturating else -score(logits).mean(1)


# --------------------------------------------------------------------------- Algorithm 1


@dataclass(frozen=True, slots=True)
class Rule:
    """How a round is played.

    Attributes:
        name: in measurements and series.
        words: in text.
        saturating: whether the generator descends log(1 - D), the loss of the game, or -log D.
        discriminator_steps: k of Algorithm 1.
        generator_steps: one in Algorithm 1.
    """

    name: str
    words: str
    saturating: bool
    discriminator_steps: int = 1
    generator_steps: int = 1


def _optimizer(game: Game, network: Perceptrons, rate: float) -> Any:
    return game.torch.optim.Adam(network.parameters, lr=rate, betas=_DECAY, fused=True)


def _step(optimizer: Any, loss: Tensor) -> None:
    """One step down; copies share no parameter, so the sum over them trains each on its own."""
    optimizer.zero_grad()
    loss.sum().backward()
    optimizer.step()


def play(
    game: Game,
    rule: Rule,
    rounds: int,
    *,
    batch: int,
    rates: tuple[float, float],
) -> Iterator[int]:
    """Play the rounds; after each, hand over the number of those played.

    Args:
        game: whose networks are trained in place.
        rule: how many steps of whom, and on which loss.
        rounds: how many.
        batch: real points and generated points in a minibatch, of each copy.
        rates: learning rates of the discriminator and the generator.
    """
    raising = _optimizer(game, game.discriminator, rates[0])
    lowering = _optimizer(game, game.generator, rates[1])
    for played in range(1, rounds + 1):
        for _ in range(rule.discriminator_steps):
            with game.torch.no_grad():
                real, generated = game.real(batch), game.generated(batch)
            _step(raising, -game.value(real, generated))
        for _ in range(rule.generator_steps):
            _step(lowering, game.generator_loss(game.generated(batch), saturating=rule.saturating))
        yield played


def train_discriminator(
    game: Game,
    generated: Callable[[int], Tensor],
    steps: int,
    *,
    batch: int,
    rate: float,
) -> None:
    """The discriminator's steps alone, against a law that stays as it is."""
    raising = _optimizer(game, game.discriminator, rate)
    for _ in range(steps):
        with game.torch.no_grad():
            real, other = game.real(batch), generated(batch)
        _step(raising, -game.value(real, other))
