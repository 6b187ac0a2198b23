"""Three estimates of a gradient: the closed forms are the derived ones, and faults do not pass."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from derivations.topics import reparametrization as topic
from language.claims import Status
from language.vocabulary import variance
from numerics import balls
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment
from numerics.models.principal_components import LinearModel
from numerics.settings import Setting
from numerics.statistics import EXPERIMENTS_AT_MOST, RUN_ALPHA
from numerics.studies import vae_gradients as study
from numerics.valuations import Valuation

torch = pytest.importorskip("torch")
SETTING = Setting(seed=5)


@pytest.fixture(scope="module")
def outcome() -> Experiment:
    return study.run(SETTING)


@pytest.fixture(scope="module")
def decoder() -> study.LinearDecoder:
    generator = np.random.default_rng(3)
    model = LinearModel(generator.standard_normal((8, study.SIZE)), np.zeros(8), 4.0)
    return study.LinearDecoder.at_the_prior(torch, SETTING, model, 2 * generator.standard_normal(8))


def test_measurements_agree(outcome: Experiment) -> None:
    assert len(outcome.measurements) == 2 * len(study.ESTIMATORS)
    for found in outcome.measurements:
        assert found.verdict.status is Status.STATISTICAL, found
    spent = sum(found.verdict.alpha or 0 for found in outcome.measurements)
    assert spent <= RUN_ALPHA / EXPERIMENTS_AT_MOST * (1 + 1e-9)


@pytest.mark.parametrize("name", study.ESTIMATORS)
def test_on_the_line_the_closed_forms_are_the_derived_ones(name: str) -> None:
    claim = claims_of(topic.sample())[f"{name}-variance"]
    m, s, target = 0.5, 0.75, 2.0
    # (y - c)^2 at y = m + s e, whose slope in m is that in e over s
    form = study.Quadratic(
        (m - target) ** 2, np.array([2 * s * (m - target)]), -2 * s**2 * np.eye(1)
    )
    expected = predict(claim.closed_form, claim.notation, {"m": m, "s": s, "target": target})
    assert form.variances()[name][0] / s**2 == pytest.approx(expected)


def test_with_several_pixels_the_score_has_the_derived_variance() -> None:
    x, h = np.array([0.5, 1.0, -1.0]), np.array([0.25, 0.125])
    psi = np.array([[1.0, 2.0], [-1.0, 0.5], [0.25, 1.0]])
    residual = x - psi @ h
    form = study.Quadratic(float(residual @ residual), -2 * psi.T @ residual, -2 * psi.T @ psi)
    column = {name: tuple((Fraction(v),) for v in values) for name, values in (("x", x), ("h", h))}
    values = {
        "D": Fraction(3),
        "L": Fraction(2),
        "Psi": tuple(tuple(Fraction(v) for v in row) for row in psi),
        **column,
    }
    for k in (1, 2):
        score = topic.LOSSES["code"] * (topic.z[k] - topic.h[k])
        term = variance("z", topic.unit_normal(topic.h, topic.L), score)
        ball = balls.evaluate(term, Valuation(topic.LINEAR, 0, values), 64)
        assert form.variances()["score"][k - 1] == pytest.approx(float(ball.real.mid()))


@pytest.mark.parametrize("name", study.ESTIMATORS)
def test_quadrature_finds_the_closed_forms(decoder: study.LinearDecoder, name: str) -> None:
    points, shares = study.hermite(5, study.SIZE)
    drawn = decoder.gradients(points)[name]
    assert shares @ drawn == pytest.approx(decoder.form.slope)
    spread = shares @ (drawn - decoder.form.slope) ** 2
    assert spread == pytest.approx(decoder.form.variances()[name])


@pytest.mark.parametrize(("part", "factor"), [("slope", 2.0), ("curvature", 0.5)])
def test_wrong_closed_forms_are_noticed(
    decoder: study.LinearDecoder, part: str, factor: float
) -> None:
    right = {found.verdict.status for found in study._linear_gradients(SETTING, decoder)}
    assert right == {Status.STATISTICAL}
    wrong = replace(decoder.form, **{part: factor * getattr(decoder.form, part)})
    found = {
        measurement.name: measurement.verdict.status
        for measurement in study._linear_gradients(SETTING, replace(decoder, form=wrong))
    }
    assert found["pathwise-mean" if part == "slope" else "pathwise-variance"] is Status.UNDECIDED
