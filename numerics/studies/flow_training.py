"""Normalizing flows in training: both directions of the divergence, with and without the Jacobian.

On the line, a decreasing affine flow is fitted by maximum likelihood to a few draws from a normal
law. Both divergences between that law and the trained flow are derived, and both are estimated by
sampling, with a guarantee since the variances of the log ratios are known; without the Jacobian
the same estimates are off by its logarithm. Training without the Jacobian is linear here, so its
collapse is predicted. In the plane, affine couplings (Dinh, Sohl-Dickstein and Bengio, "Density
estimation using Real NVP", ICLR 2017, equations 4 to 8) are fitted to a curved law, by maximum
likelihood from samples and by the reverse divergence from the density (Papamakarios et al.,
"Normalizing flows for probabilistic modeling and inference", JMLR 22, 2021, section 2.3). Their
Jacobians are differentiated automatically, the log ratio of the two densities is taken at either
end of the flow, and sampled divergences are compared with quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics.flows import direction_of_kl, kl_under_a_flow
from numerics.comparisons import Value, agreement, claims_of, predict, replicated
from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.couplings import Couplings, identity_couplings, log_base, log_determinant
from numerics.settings import Setting
from numerics.statistics import decide_mean_with_variance, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["TRAINS", "run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]

#: The normal law on the line, and how many draws the affine flow is fitted to.
MEAN, DEVIATION, POINTS = 1.0, 1.5, 16
#: Steps on the line down to rounding, at their pace; and without the Jacobian, at their rate.
STEPS, PACE = 300, MappingProxyType({"lr": 0.1, "momentum": 0.8})
COLLAPSE, RATE = 50, 0.05
#: The law in the plane: x1 is standard normal, x2 normal around BEND (x1^2 - 1).
BEND, WIDTH = 0.6, 0.5
#: The grid of densities for figures: places along both axes.
GRID = (np.linspace(-3, 3, 81), np.linspace(-2.5, 5.5, 81))
#: Nodes along each axis of the trapezoidal rule, which is exact to rounding for smooth functions.
NODES, REACH = 161, 8.0
#: Independent estimates of a divergence in the plane, and points that are compared one by one.
REPLICATES, COMPARED = 32, 500
#: Digits of what is exact but for rounding.
WANTED = 8

DIRECTIONS = MappingProxyType({"forward": "from data to flow", "reverse": "from flow to data"})
TRAINED = MappingProxyType({"forward": "by likelihood", "reverse": "in reverse"})
_BUDGET = experiment_budget(
    *DIRECTIONS,
    *(f"{direction}-without" for direction in DIRECTIONS),
    *(f"coupling-{direction}" for direction in DIRECTIONS),
)


def run(setting: Setting) -> Experiment:
    """Fit, collapse and compare on the line, then in the plane."""
    began = perf_counter()
    with reproducible(setting) as torch:
        line, series = _on_the_line(torch, setting)
        setting.progress(0.05)
        plane, observations, more = _in_the_plane(torch, setting)
    return Experiment(
        "flow_training",
        (*line, *plane),
        MappingProxyType(series | more),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=observations,
    )


# on the line ----------------------------------------------------------------------------------


def _on_the_line(torch: Any, setting: Setting) -> tuple[tuple[Measurement, ...], dict[str, Reals]]:
    """The flow F(u) = b - c u by its inverse a (x - b) with a = -1/c; then without the Jacobian."""
    generator = setting.generator("line")
    drawn, half = MEAN + DEVIATION * generator.normal(size=POINTS), generator.normal(size=POINTS)
    spread, square = float(drawn.var()), float((half**2).mean())
    options: dict[str, Any] = {"dtype": torch.float64, "device": setting.device}
    x, u = torch.tensor(drawn, **options), torch.tensor([*half, *-half], **options)

    def without(at: Any) -> Any:
        """Minus the mean log likelihood, its constant and the Jacobian left out."""
        return ((at[0] * (x - at[1])) ** 2).mean() / 2

    def surprise(at: Any) -> Any:
        return without(at) - torch.log(torch.abs(at[0]))

    def from_density(at: Any) -> Any:
        """The same for the reverse divergence, of the flow at[1] + at[0] u."""
        return ((at[1] + at[0] * u - MEAN) ** 2).mean() / (2 * DEVIATION**2)

    def descend(
        objective: Callable[[Any], Any], start: tuple[float, float], steps: int, **pace: float
    ) -> Reals:
        at = torch.tensor(start, requires_grad=True, **options)
        optimizer = torch.optim.SGD([at], **pace)
        path = [_array(at)]
        for _ in range(steps):
            optimizer.zero_grad()
            objective(at).backward()
            optimizer.step()
            path.append(_array(at))
        return np.array(path)

    a, b = descend(surprise, (-1.0, 0.0), STEPS, **PACE)[-1].tolist()
    c = -1 / a
    inverse = descend(without, (a, float(drawn.mean())), COLLAPSE, lr=RATE)[:, 0]
    slope = descend(from_density, (c, MEAN), COLLAPSE, lr=RATE)[:, 0]
    kept = {"forward": 1 - RATE * spread, "reverse": 1 - RATE * square / DEVIATION**2}
    found = {
        "affine-mean": (
            "mean of the affine flow of largest likelihood, against that of its data",
            float(drawn.mean()),
            b,
            STEPS,
        ),
        "affine-variance": (
            "variance of that affine flow, against that of its data",
            spread,
            c**2,
            STEPS,
        ),
        "collapse-forward": (
            "likelihood without Jacobian: log of the inverse's slope over that at the start",
            COLLAPSE * math.log(kept["forward"]),
            math.log(inverse[-1] / a),
            COLLAPSE,
        ),
        "collapse-reverse": (
            "reverse divergence without Jacobian: log of the flow's slope over that at the start",
            COLLAPSE * math.log(kept["reverse"]),
            math.log(slope[-1] / c),
            COLLAPSE,
        ),
    }
    trained = tuple(
        _exact(setting, name, *values, "gradient descent") for name, values in found.items()
    )
    steps = np.arange(COLLAPSE + 1.0)
    return (*trained, *_sampled(setting, b, c)), {
        "affine": np.array([b, c]),
        "scale-forward": 1 / np.abs(inverse),
        "scale-reverse": slope,
        "predicted-forward": c * kept["forward"] ** -steps,
        "predicted-reverse": c * kept["reverse"] ** steps,
    }


def _exact(
    setting: Setting,
    name: str,
    words: str,
    predicted: float,
    estimate: float,
    samples: int,
    stage: str,
) -> Measurement:
    """A comparison of what is equal but for rounding."""
    return agreement(
        name, words, predicted, estimate, samples, stage, wanted=WANTED, seed=setting.seed
    )


def _sampled(setting: Setting, b: float, c: float) -> tuple[Measurement, ...]:
    """Both divergences of the trained affine flow by sampling, with and without the Jacobian.

    At standard normal draws e each log ratio is (ratio - 1) e^2 / 2 + slope e and a constant, so
    its variance is (ratio - 1)^2 / 2 + slope^2.
    """

    def data(x: Reals) -> Reals:
        return _log_normal((x - MEAN) / DEVIATION) - math.log(DEVIATION)

    def forward(e: Reals) -> Reals:
        x = MEAN + DEVIATION * e
        return data(x) - _log_normal((b - x) / c)

    def reverse(e: Reals) -> Reals:
        return _log_normal(e) - data(b - c * e)

    decreasing = claims_of(kl_under_a_flow())["decreasing-flow"]
    normal = claims_of(direction_of_kl())["normal-reverse"]
    law: dict[str, Value] = {"m": MEAN, "s": DEVIATION}
    cases = (
        (
            *("forward", forward, (DEVIATION / c) ** 2, DEVIATION * (MEAN - b) / c**2, math.log(c)),
            predict(decreasing.closed_form, decreasing.notation, {**law, "b": b, "c": c}),
        ),
        (
            *(
                "reverse",
                reverse,
                (c / DEVIATION) ** 2,
                c * (b - MEAN) / DEVIATION**2,
                -math.log(c),
            ),
            predict(normal.closed_form, normal.notation, {**law, "c": b, "k": c}),
        ),
    )

    found = []
    for direction, without, ratio, slope, jacobian, divergence in cases:
        variance = (ratio - 1) ** 2 / 2 + slope**2
        words = f"divergence {DIRECTIONS[direction]} of the trained affine flow"
        for suffix, left_out, by in (("", "", jacobian), ("-without", ", without Jacobian", 0.0)):
            name, predicted = direction + suffix, divergence - jacobian + by
            decision = decide_mean_with_variance(
                _Sampler(setting.generator(name), without, by),
                predicted,
                variance,
                _BUDGET[name],
                setting.choose(0.02, 0.01),
            )
            found.append(decision.measurement(name, words + left_out, predicted, setting.seed))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Draws a function of a standard normal variable, plus a constant."""

    generator: np.random.Generator
    function: Callable[[Reals], Reals]
    constant: float

    def __call__(self, count: int) -> Reals:
        return self.function(self.generator.normal(size=count)) + self.constant


def _log_normal(at: Reals) -> Reals:
    result: Reals = -(at**2) / 2 - math.log(2 * math.pi) / 2
    return result


# in the plane ---------------------------------------------------------------------------------


def _log_data(x: Any) -> Any:
    first, second = x.unbind(1)
    across = (second - BEND * (first**2 - 1)) / WIDTH
    return -(first**2 + across**2) / 2 - math.log(2 * math.pi * WIDTH)


def _data(torch: Any, e: Any) -> Any:
    """Points of the curved law from standard normal ones."""
    first, second = e.unbind(1)
    return torch.stack((first, BEND * (first**2 - 1) + WIDTH * second), 1)


def _log_ratio(
    torch: Any, flow: Couplings, e: Any, direction: str, *, jacobian: bool = True
) -> Any:
    """What has the divergence as its mean over standard normal points e.

    Forward the flow sees only samples of the data, reverse only their density.
    """
    if direction == "forward":
        x = _data(torch, e)
        u, stretch = flow.inverse(x)
        return _log_data(x) - log_base(u) - jacobian * stretch
    x, growth = flow.forward(e)
    return log_base(e) - jacobian * growth - _log_data(x)


def _fit(
    torch: Any, setting: Setting, direction: str, *, jacobian: bool
) -> tuple[Couplings, Reals]:
    """A trained flow; and step, objective and mean log determinant, at every tenth step."""
    generator = setting.generator(f"couplings {direction} {jacobian}")
    flow = identity_couplings(torch, generator, setting.device)
    steps, batch = setting.choose(100, 3000), setting.choose(128, 512)
    optimizer = torch.optim.Adam(flow.weights, lr=setting.choose(0.02, 0.005))
    fade = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    path = []
    for step in range(steps):
        e = torch.tensor(generator.normal(size=(batch, 2)), device=setting.device)
        optimizer.zero_grad()
        loss = _log_ratio(torch, flow, e, direction, jacobian=jacobian).mean()
        loss.backward()
        optimizer.step()
        fade.step()
        if step % 10 == 0 or step == steps - 1:
            path.append([step, float(loss.detach()), float(flow.forward(e)[1].detach().mean())])
    return flow.frozen(), np.array(path)


def _in_the_plane(
    torch: Any, setting: Setting
) -> tuple[tuple[Measurement, ...], tuple[Observation, ...], dict[str, Reals]]:
    """Fit in both directions, with and without the Jacobian, and compare."""
    measurements: list[Measurement] = []
    observations: list[Observation] = []
    grid = np.stack(np.meshgrid(*GRID, indexing="ij"), axis=-1).reshape(-1, 2)
    at = torch.tensor(grid, device=setting.device)
    series = {"density": np.exp(_array(_log_data(at)))}
    for place, direction in enumerate(DIRECTIONS, 1):
        flow, path = _fit(torch, setting, direction, jacobian=True)
        collapsed, lost = _fit(torch, setting, direction, jacobian=False)
        objective = _by_quadrature(torch, setting, collapsed, jacobian=False)[direction]
        series |= {f"path-{direction}": path, f"lost-{direction}": lost}
        series[f"density-{direction}"] = np.exp(_array(flow.log_density(at)))
        divergences = _by_quadrature(torch, setting, flow, jacobian=True)
        measurements += _pointwise(torch, setting, flow, direction)
        measurements.append(_replicated(torch, setting, flow, direction, divergences[direction]))
        observations += _observed(setting, direction, divergences, objective, lost)
        setting.progress(place / 2)
    return tuple(measurements), tuple(observations), series


def _array(tensor: Any) -> Reals:
    """A copy of a tensor's values."""
    return np.array(tensor.detach().cpu().numpy(), dtype=np.float64)


def _by_quadrature(
    torch: Any, setting: Setting, flow: Couplings, *, jacobian: bool
) -> dict[str, float]:
    """Both divergences, by the trapezoidal rule for the standard normal law."""
    line = np.linspace(-REACH, REACH, NODES)
    nodes = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    weights = np.exp(-(nodes**2).sum(axis=1) / 2)
    e = torch.tensor(nodes, device=setting.device)
    return {
        direction: float(
            weights
            @ _array(_log_ratio(torch, flow, e, direction, jacobian=jacobian))
            / weights.sum()
        )
        for direction in DIRECTIONS
    }


def _replicated(
    torch: Any, setting: Setting, flow: Couplings, direction: str, predicted: float
) -> Measurement:
    """The divergence that was minimized, on fresh draws."""
    generator, size = setting.generator(f"draws {direction}"), setting.choose(1 << 12, 1 << 15)
    estimates = np.empty(REPLICATES)
    for replicate in range(REPLICATES):
        e = torch.tensor(generator.normal(size=(size, 2)), device=setting.device)
        estimates[replicate] = _array(_log_ratio(torch, flow, e, direction)).mean()
    return replicated(
        f"coupling-{direction}",
        f"divergence {DIRECTIONS[direction]} of couplings that minimize it, against quadrature",
        predicted,
        estimates,
        _BUDGET[f"coupling-{direction}"],
        setting.choose(0.05, 0.005),
        "independent samples",
        samples=REPLICATES * size,
        seed=setting.seed,
    )


def _pointwise(
    torch: Any, setting: Setting, flow: Couplings, direction: str
) -> tuple[Measurement, ...]:
    """The determinant, and the log ratio at either end, by differentiating the flow itself."""
    draws = setting.generator(f"points {direction}").normal(size=(COMPARED, 2))
    e = torch.tensor(draws, device=setting.device)
    x = _data(torch, e)
    u, stretch = flow.inverse(x)
    growth = log_determinant(flow, u)
    at_base = _log_data(flow.forward(u)[0]) + growth - log_base(u)
    at_data = _log_data(x) - flow.log_density(x)
    added = growth if direction == "forward" else -log_determinant(flow, e)
    with_it, without = (
        float(_log_ratio(torch, flow, e, direction, jacobian=jacobian).mean())
        for jacobian in (True, False)
    )
    found = {
        "determinant": (
            "largest difference of the summed log scales from differentiation",
            0.0,
            float((growth + stretch).abs().max()),
        ),
        "ends": (
            "largest difference of the log density ratio at the data from that at the base",
            0.0,
            float((at_data - at_base).abs().max()),
        ),
        "offset": (
            "what the Jacobian adds to the objective",
            float(added.mean()),
            with_it - without,
        ),
    }
    trained = f"couplings trained {TRAINED[direction]}"
    return tuple(
        _exact(
            setting,
            f"{name}-{direction}",
            f"{trained}: {words}",
            predicted,
            estimate,
            COMPARED,
            "automatic differentiation",
        )
        for name, (words, predicted, estimate) in found.items()
    )


def _observed(
    setting: Setting,
    direction: str,
    divergences: Mapping[str, float],
    objective: float,
    lost: Reals,
) -> tuple[Observation, ...]:
    """How well the flow fits, and where training without the Jacobian ends."""
    # all points at the mode of the base law, or at the mode of the data
    entropy = {"forward": 1 + math.log(2 * math.pi * WIDTH), "reverse": 1 + math.log(2 * math.pi)}
    mode = {"forward": math.log(2 * math.pi), "reverse": math.log(2 * math.pi * WIDTH)}
    trained = f"couplings trained {TRAINED[direction]}"
    found: list[tuple[str, str, float, int, float | None]] = [
        (
            f"divergence-{other}",
            f"divergence {words}, by quadrature",
            divergences[other],
            NODES**2,
            0.0,
        )
        for other, words in DIRECTIONS.items()
    ]
    steps, _, volume = lost[-1]
    found += [
        (
            "lost-objective",
            "objective without the Jacobian after training on it, and its lower bound",
            objective,
            int(steps) + 1,
            mode[direction] - entropy[direction],
        ),
        (
            "lost-volume",
            "mean log determinant after training without the Jacobian",
            float(volume),
            int(steps) + 1,
            None,
        ),
    ]
    return tuple(
        Observation(
            f"{direction}-{name}",
            f"{trained}: {words}",
            value,
            None,
            samples,
            setting.seed,
            predicted,
        )
        for name, words, value, samples, predicted in found
    )
