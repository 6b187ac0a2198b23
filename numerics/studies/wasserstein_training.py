"""Critics trained in four ways, on laws whose Wasserstein distance is known.

Linear critics under the gradient penalty end, as derived, at the slope 1 + theta / (2 lambda), or
under the two-sided one at the spurious -1 + theta / (2 lambda) (Gulrajani et al., "Improved
training of Wasserstein GANs", NeurIPS 2017, equation 3, worked out); clipped hidden units find
fixed multiples of the distance. These are compared to digits where nothing is drawn, and by
replicates where minibatches are.

Networks are compared with what holds for every critic on the line, see
:mod:`numerics.models.critic_networks`; how near they come to the distance is observed only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.comparisons import agreement, replicated
from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.critic_networks import BUDGET, CASES, COMPARED, PENALTIES, TWO_SIDED, measure
from numerics.models.critics import ascend_slopes, ascend_unit, train_many
from numerics.models.transport import SHIFT, Draws, derived, line_laws, optimum
from numerics.settings import Setting
from numerics.training import device_name, reproducible

__all__ = ["run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]
CLIP = 0.5  # of the weights of a single unit
#: The weights at which the best critic's gap is drawn.
CURVE: Reals = np.geomspace(PENALTIES[0], 12.0, 60)


@dataclass(frozen=True, slots=True)
class Start:
    """Linear critics in the plane; the data are shifted along its first axis.

    Attributes:
        name: for measurements.
        words: for readers.
        slope: the first one.
        one_sided: which penalty.
        claim: the derived slope at the end, along the first axis.
    """

    name: str
    words: str
    slope: tuple[float, float]
    one_sided: bool
    claim: str


STARTS = (
    Start("from-above", "two-sided penalty", (0.5, 0.0), False, "best-slope"),
    Start(
        "from-below",
        "two-sided penalty, first slope negative",
        (-0.5, 0.0),
        False,
        "spurious-slope",
    ),
    Start("one-sided", "one-sided penalty, first slope negative", (-0.5, 0.0), True, "best-slope"),
    Start(
        "aside",
        "two-sided penalty, first slope negative and slightly aside",
        (-0.5, 1e-3),
        False,
        "same-bias",
    ),
)


def linear(torch: Any, setting: Setting) -> tuple[list[Measurement], dict[str, Reals]]:
    """Final slopes of linear critics, nothing drawn."""
    every = [(start, weight) for start in STARTS for weight in PENALTIES]
    data = np.tile((SHIFT, 0.0), (len(every), 1, 1))
    steps = 900
    slopes, _ = ascend_slopes(
        torch,
        np.array([start.slope for start, _ in every]),
        np.array([weight for _, weight in every]),
        np.array([start.one_sided for start, _ in every]),
        lambda: (data, np.zeros_like(data)),
        steps,
        0.4,
        setting.device,
    )
    found = []
    for (start, weight), (slope, _) in zip(every, slopes.tolist(), strict=True):
        if weight in COMPARED:
            distance = "N" if start.claim == "same-bias" else "theta"
            found.append(
                agreement(
                    f"slope-{start.name}-{weight:g}",
                    f"final slope of a linear critic, {start.words}, weight {weight:g}",
                    derived(start.claim, **{distance: SHIFT, "lambda": weight}),
                    slope,
                    steps,
                    "gradient ascent",
                    wanted=8,
                )
            )
    rows = slopes[:, 0].reshape(len(STARTS), len(PENALTIES))
    series = {f"slopes-{start.name}": row for start, row in zip(STARTS, rows, strict=True)}
    return found, {"penalties": np.array(PENALTIES), **series}


def minibatches(torch: Any, setting: Setting) -> Measurement:
    """The mean slope of linear critics trained on minibatches of the shifted uniform laws."""
    replicates, steps, epsilon = setting.choose(quick=(24, 300, 0.01), full=(64, 6000, 0.002))
    generator = setting.generator("minibatches")

    def draw() -> Draws:
        data, made = generator.random((2, replicates, 64, 1))
        return data + SHIFT, made

    _, kept = ascend_slopes(
        torch,
        np.full((replicates, 1), 0.5),
        np.ones(replicates),
        np.zeros(replicates, dtype=bool),
        draw,
        steps,
        0.05,
        setting.device,
    )
    return replicated(
        "minibatches",
        "mean slope of a linear critic, minibatches, two-sided penalty, weight 1, second half",
        derived("best-slope", **{"theta": SHIFT, "lambda": 1}),
        kept[:, 0],
        BUDGET["minibatches"],
        epsilon,
        "stochastic gradient ascent",
        samples=replicates * steps,
        seed=setting.seed,
    )


def units(torch: Any, setting: Setting) -> list[Measurement]:
    """What one clipped hidden unit finds in two pairs of laws at distance one."""
    found = []
    steps = 300
    for name, words, points, masses in (
        ("shift", "a point shifted by one", (1.0, 0.0), (1.0, -1.0)),
        ("spread", "a point against two at distance one", (1.0, -1.0, 0.0), (0.5, 0.5, -1.0)),
    ):
        gap = ascend_unit(torch, np.array(points), np.array(masses), CLIP, steps, setting.device)
        found.append(
            agreement(
                f"unit-on-{name}",
                f"gap found by one hidden unit, weights clipped at {CLIP:g}, {words}",
                derived(f"unit-on-{name}-attains", c=CLIP),
                gap,
                steps,
                "gradient ascent",
                wanted=8,
            )
        )
    return found


def falling(torch: Any, setting: Setting) -> list[Observation]:
    """How many networks end up falling from what is generated to the data, not rising."""
    laws, weight = line_laws("shift"), COMPARED[-1]
    count, width, steps = setting.choose(quick=(12, 8, 60), full=(200, 32, 500))
    found = []
    for sides in ("two-sided", "one-sided"):
        says = train_many(
            torch,
            count,
            width,
            weight,
            one_sided=sides == "one-sided",
            draw=partial(laws.draw, setting.generator(f"many networks, {sides}"), 64),
            steps=steps,
            rate=0.02,
            device=setting.device,
        )
        gaps = np.array([laws.gap(critic) for critic in says(laws.edges[:, None])])
        share = float((gaps < 0).mean())
        found.append(
            Observation(
                f"falling-{sides}",
                f"{laws.words}: share of {count} networks with a negative gap, {sides} penalty of "
                f"weight {weight:g}",
                share,
                math.sqrt(share * (1 - share) / count),
                steps,
                setting.seed,
            )
        )
    return found


def run(setting: Setting) -> Experiment:
    """Linear critics and single units to digits, and networks beside what holds for all critics."""
    began = perf_counter()
    chosen = [case for case in CASES if setting.choose(quick=case.quick, full=True)]
    with reproducible(setting) as torch:
        measurements, series = linear(torch, setting)
        measurements += [minibatches(torch, setting), *units(torch, setting)]
        observations = falling(torch, setting)
        for done, case in enumerate(chosen, 1):
            setting.progress(done / (len(chosen) + 1))
            outcome = measure(torch, setting, case)
            measurements += outcome.measurements
            observations += outcome.observations
            series |= outcome.series
    gaps = {item.name: item.estimate for item in observations}
    trained = [case for case in chosen if case in TWO_SIDED]
    series |= {
        "x": line_laws("shift").middles,
        "best-slopes": optimum(1.0).slopes,
        "spurious-slopes": optimum(1.0, falling=True).slopes,
        "weights": np.array([case.constraint.penalty for case in trained]),
        "gaps": np.array([gaps[f"gap-{case.name}"] for case in trained]),
        "curve-weights": CURVE,
        "curve-gaps": np.array([optimum(weight).gap for weight in CURVE.tolist()]),
        "curve-spurious": np.array(
            [optimum(weight, falling=True).gap for weight in CURVE.tolist()]
        ),
    }
    return Experiment(
        "wasserstein_training",
        tuple(measurements),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=tuple(observations),
    )
