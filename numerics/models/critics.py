"""Critics of Wasserstein GANs, trained in the four usual ways.

Clipping: Arjovsky, Chintala and Bottou, "Wasserstein generative adversarial networks", ICML 2017,
Algorithm 1. The gradient penalty: Gulrajani et al., "Improved training of Wasserstein GANs",
NeurIPS 2017, equation 3. Its one-sided form: Petzka, Fischer and Lukovnicov, "On the regularization
of Wasserstein GANs", ICLR 2018, equation 7 (their penalty of slopes above one, at the interpolates
of Gulrajani et al.). Spectral normalization: Miyato et al., ICLR 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.models.networks import descend, perceptron, values
from numerics.models.transport import Draws

__all__ = [
    "Constraint",
    "Slopes",
    "ascend_slopes",
    "ascend_unit",
    "slopes_of",
    "train_critic",
    "train_many",
]


@dataclass(frozen=True, slots=True)
class Constraint:
    """How a critic is kept from large slopes.

    Attributes:
        penalty: the weight of the gradient penalty; none where it is zero.
        one_sided: whether slopes below one go unpunished.
        clip: the bound on weights and biases, if there is one.
        spectral: whether each weight matrix is divided by its largest singular value.
    """

    penalty: float = 0.0
    one_sided: bool = False
    clip: float | None = None
    spectral: bool = False

    @property
    def words(self) -> str:
        """For readers."""
        if self.penalty:
            return f"{'one' if self.one_sided else 'two'}-sided penalty of weight {self.penalty:g}"
        if self.clip is not None:
            return f"weights clipped at {self.clip:g}"
        return "spectral normalization" if self.spectral else "unconstrained"


def _excess(torch: Any, critic: Callable[[Any], Any], data: Any, made: Any, shares: Any) -> Any:
    """By how much the gradient's norm exceeds one, at points between ``made`` and ``data``."""
    between = (shares * data + (1 - shares) * made).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return gradient.norm(dim=-1) - 1


def train_critic(
    torch: Any,
    widths: tuple[int, ...],
    activation: str,
    constraint: Constraint,
    draw: Callable[[], Draws],
    steps: int,
    rate: float,
    device: str,
    *,
    falling: bool = False,
) -> Any:
    """A network that was trained to say more of data than of generated points.

    Every step has a minibatch of its own. With spectral normalization, training divides by the
    usual estimate of the singular values, by power iteration; the network that is returned has been
    divided by the values themselves, so that its slopes are at most one without any doubt.

    Args:
        torch: PyTorch.
        widths: of the layers, input and output included.
        activation: the name of a class in ``torch.nn`` with slopes of at most one.
        constraint: on the critic.
        draw: a minibatch, data first.
        steps: of Adam.
        rate: the first step's.
        device: to train on.
        falling: whether it says less of data at first. The last layer is negated where it does not.
    """
    network = perceptron(torch, widths, activation).to(device)
    affine = [layer for layer in network if hasattr(layer, "weight")]
    with torch.no_grad():
        first, second = (
            network(torch.as_tensor(points, device=device)).mean() for points in draw()
        )
        if bool(first < second) != falling:
            affine[-1].weight.neg_()
    if constraint.spectral:
        for layer in affine:
            torch.nn.utils.parametrizations.spectral_norm(layer)

    def loss() -> Any:
        data, made = (torch.as_tensor(points, device=device) for points in draw())
        gap = (network(data) - network(made)).mean()
        if not constraint.penalty:
            return -gap
        shares = torch.rand(len(data), 1, dtype=torch.float64, device=device)
        excess = _excess(torch, network, data, made, shares)
        excess = excess.relu() if constraint.one_sided else excess
        return constraint.penalty * (excess**2).mean() - gap

    def clip(step: int) -> None:
        if constraint.clip is not None:
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter.clamp_(-constraint.clip, constraint.clip)

    descend(torch, network.parameters(), loss, steps, rate, clip)
    if constraint.spectral:
        for layer in affine:
            torch.nn.utils.parametrize.remove_parametrizations(layer, "weight")
            with torch.no_grad():
                layer.weight /= torch.linalg.matrix_norm(layer.weight, 2)
    return network


def ascend_slopes(
    torch: Any,
    starts: NDArray[np.float64],
    penalties: NDArray[np.float64],
    one_sided: NDArray[np.bool_],
    draw: Callable[[], Draws],
    steps: int,
    rate: float,
    device: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Linear critics x -> w . x under the gradient penalty, all at once, by gradient ascent.

    Args:
        torch: PyTorch.
        starts: the first slopes, shape (r, d).
        penalties: the weights of the penalty, shape (r,).
        one_sided: whether slopes below one go unpunished, shape (r,).
        draw: data and generated points for each critic, each of shape (r, n, d).
        steps: how many.
        rate: a critic's learning rate, times its penalty.
        device: to train on.

    Returns:
        The last slopes, and their means over the second half of the steps; each of shape (r, d).
    """

    def tensor(values: NDArray[Any]) -> Any:
        return torch.as_tensor(values, device=device)

    slopes = tensor(starts).clone().requires_grad_()
    weights, sides = tensor(penalties), tensor(one_sided)[:, None]
    kept = torch.zeros_like(slopes)

    def critic(points: Any) -> Any:
        return (points * slopes[:, None, :]).sum(dim=-1)

    for step in range(steps):
        data, made = map(tensor, draw())
        shares = torch.rand(*data.shape[:2], 1, dtype=torch.float64, device=device)
        excess = _excess(torch, critic, data, made, shares)
        punished = torch.where(sides, excess.relu(), excess) ** 2
        gain = (critic(data) - critic(made)).mean(dim=1) - weights * punished.mean(dim=1)
        (direction,) = torch.autograd.grad(gain.sum(), slopes)
        with torch.no_grad():
            slopes += rate / weights[:, None] * direction
            if 2 * step >= steps:
                kept += slopes / (steps - steps // 2)
    return slopes.detach().cpu().numpy(), kept.cpu().numpy()


def train_many(
    torch: Any,
    count: int,
    width: int,
    penalty: float,
    *,
    one_sided: bool,
    draw: Callable[[], Draws],
    steps: int,
    rate: float,
    device: str,
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Networks on the line with one hidden layer, all at once, from as many random starts.

    The starts are those of PyTorch's affine layers, and all networks see the same minibatches.

    Args:
        torch: PyTorch.
        count: how many.
        width: of the hidden layers.
        penalty: the weight of the gradient penalty.
        one_sided: whether slopes below one go unpunished.
        draw: a minibatch, data first.
        steps: of Adam.
        rate: the first step's.
        device: to train on.

    Returns:
        The networks as one function from points, shape (n, 1), to values, shape (count, n).
    """
    starts = 2 * torch.rand(3, count, 1, width, dtype=torch.float64, device=device) - 1
    starts[2] /= width**0.5
    inner, bias, outer = (start.clone().requires_grad_() for start in starts)

    def critics(points: Any) -> Any:
        return (torch.tanh(points * inner + bias) * outer).sum(dim=-1)

    def loss() -> Any:
        data, made = (
            torch.as_tensor(points, device=device).expand(count, -1, 1) for points in draw()
        )
        shares = torch.rand(1, data.shape[1], 1, dtype=torch.float64, device=device)
        excess = _excess(torch, critics, data, made, shares)
        excess = excess.relu() if one_sided else excess
        return (penalty * excess**2 - critics(data) + critics(made)).mean(dim=1).sum()

    descend(torch, (inner, bias, outer), loss, steps, rate)

    def says(points: NDArray[np.float64]) -> NDArray[np.float64]:
        with torch.no_grad():
            result: NDArray[np.float64] = (
                critics(torch.as_tensor(points, device=device).expand(count, -1, 1)).cpu().numpy()
            )
        return result

    return says


def ascend_unit(
    torch: Any,
    points: NDArray[np.float64],
    masses: NDArray[np.float64],
    clip: float,
    steps: int,
    device: str,
) -> float:
    """The gap that one hidden unit v relu(w x + b) finds, all three weights clipped.

    Gradient ascent with steps that shrink to nothing, since the gap has a kink in b.

    Args:
        torch: PyTorch.
        points: on the line, shape (n,).
        masses: of the data, less those of what is generated, shape (n,).
        clip: the bound on v, w and b.
        steps: how many.
        device: to train on.
    """
    x, m = (torch.as_tensor(values, device=device) for values in (points, masses))
    start = [clip / 2, clip / 2, -clip / 4]
    unit = torch.tensor(start, dtype=torch.float64, device=device, requires_grad=True)

    def gap() -> Any:
        v, w, b = unit
        return v * (m * torch.relu(w * x + b)).sum()

    for step in range(steps):
        (direction,) = torch.autograd.grad(gap(), unit)
        with torch.no_grad():
            unit += 1e-12 ** (step / steps) * direction
            unit.clamp_(-clip, clip)
    return float(gap().detach())


@dataclass(frozen=True, slots=True)
class Slopes:
    """The slopes of a critic on the line.

    Attributes:
        at: as a function of points of shape (n, 1); shape (n,).
        bend: a bound on the second derivative.
    """

    at: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    bend: float

    def steepest(self, edges: NDArray[np.float64]) -> float:
        """A bound on their size from the first edge to the last, which have others between."""
        between = self.bend * float(np.diff(edges).max()) / 2
        return float(np.abs(self.at(edges[:, None])).max()) + between


def slopes_of(torch: Any, network: Any, device: str) -> Slopes:
    """Of a network with one hidden layer of tanh units."""
    first, _, last = network
    inner, outer = first.weight.detach()[:, 0], last.weight.detach()[0]

    def slopes(points: Any) -> Any:
        return ((1 - torch.tanh(first(points)) ** 2) * inner * outer).sum(dim=1)

    # the slope of 1 - tanh^2 is nowhere larger
    bend = 4 / 27**0.5 * float((inner**2 * outer.abs()).sum())
    return Slopes(lambda points: values(torch, slopes, points, device), bend)
