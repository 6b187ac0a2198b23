"""The reconstruction term: against products of probabilities, and masses against quadrature."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, strategies as st
from scipy.integrate import quad

from derivations.topics.pixel_likelihood import CONSTANT, MASS, NOTATION, bernoulli
from numerics.comparisons import claims_of, predict

CLAIMS = claims_of(bernoulli())
SHARES = st.floats(0.01, 0.99)


def log_likelihood(image: list[float], outputs: list[float]) -> float:
    claim = CLAIMS["bce"]
    values = {"m": len(image), "pixels": image, "guesses": outputs}
    return predict(claim.closed_form, claim.notation, values)


def test_all_binary_images_together_have_probability_one() -> None:
    outputs = [0.2, 0.7, 0.55]
    # binary pixels lie on the border of the notation's domain, so come close to them
    near = {0: 1e-12, 1: 1 - 1e-12}
    total = sum(
        math.exp(log_likelihood([near[pixel] for pixel in image], outputs))
        for image in itertools.product((0, 1), repeat=3)
    )
    assert total == pytest.approx(1, abs=1e-9)


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=5))
def test_no_output_is_better_than_the_image_itself(pairs: list[tuple[float, float]]) -> None:
    image = [pixel for pixel, _ in pairs]
    outputs = [output for _, output in pairs]
    assert log_likelihood(image, image) >= log_likelihood(image, outputs) - 1e-12
    assert log_likelihood(image, image) < 0


@given(SHARES, st.floats(-8, 8))
def test_the_gradient_is_the_slope(x: float, a: float) -> None:
    claim, step = CLAIMS["gradient-logit"], 1e-5

    def loss(at: float) -> float:
        return x * -math.log1p(math.exp(-at)) - (1 - x) * math.log1p(math.exp(at))

    slope = predict(claim.closed_form, claim.notation, {"x": x, "a": a})
    assert slope == pytest.approx((loss(a + step) - loss(a - step)) / (2 * step), abs=1e-6)


@given(st.floats(0.02, 0.48))
def test_grey_pixels_have_at_most_half_of_the_mass(output: float) -> None:
    mass, _ = quad(lambda t: output**t * (1 - output) ** (1 - t), 0, 1)
    assert predict(MASS, NOTATION, {"guess": output}) == pytest.approx(mass, rel=1e-9)
    assert mass < 1 / 2
    assert predict(CONSTANT, NOTATION, {"guess": output}) * mass == pytest.approx(1, rel=1e-9)
