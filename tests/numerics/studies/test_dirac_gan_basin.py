"""The Dirac-GAN at many rates, weights and starts: planted faults, and formulas written anew."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, strategies as st

from derivations.topics import dirac_gan as topic
from language.claims import Status
from numerics.comparisons import claims_of, predict
from numerics.settings import Setting
from numerics.studies import dirac_gan_basin as study
from numerics.trajectories import SCHEMES
from quick_studies import quick

SOLUTION = topic.discrete_time()


def test_everything_is_as_predicted() -> None:
    found = quick("dirac_gan_basin")
    assert {one.verdict.status for one in found.measurements} == {Status.EVIDENCE}
    assert sum(array.nbytes for array in found.series.values()) < 2e6


def test_the_derived_thresholds_are_those_known() -> None:
    found = {
        name: [predict(one.weight, topic.DISCRETE, {"eta": rate}) for rate in study.RATES]
        for name, one in study._thresholds(SOLUTION).items()
    }
    rates = np.array(study.RATES, dtype=np.float64)
    known = {
        "alternating-critical": 1 - rates / 4,
        "alternating-stable": 2 / rates - rates / 8,
        "simultaneous-stable": 2 / rates + rates / 8,
        "simultaneous-floor": rates / 4,
    }
    assert list(found) == list(known)
    for name, values in known.items():
        assert found[name] == pytest.approx(values, abs=1e-15)


@given(*[st.floats(-3, 3)] * 3, st.floats(0.01, 1))
def test_the_radius_grows_by_the_derived_factor(
    slope: float, bias: float, place: float, rate: float
) -> None:
    derived = claims_of(SOLUTION)["simultaneous-radius-grows"].closed_form
    values = {"psi_0": slope, "psi_1": bias, "theta": place, "eta": rate}
    state = (np.array([number]) for number in (slope, bias, place))
    (growth,) = np.exp(study.growth_of_squared_radius(*state, rate))
    squared = slope**2 + place**2
    assert growth * squared == pytest.approx(predict(derived, topic.DISCRETE, values), rel=1e-12)


def test_bisection_finds_where_something_ceases() -> None:
    ceases = np.array([0.3, 0.5, 0.7])

    def rising(rates: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.asarray(weights < np.repeat(ceases, study.SECTIONS))

    assert study._located((0.0, 2.0), rising, 5) == pytest.approx(ceases, abs=1e-8)
    falling = study._located((2.0, 0.0), lambda rates, weights: ~rising(rates, weights), 5)
    assert falling == pytest.approx(ceases, abs=1e-8)


def _statuses(measurements: list[study.Measurement]) -> set[Status]:
    return {one.verdict.status for one in measurements}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_wrong_moduli_are_noticed(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the other algorithm, which differ only to second order in the rate."""
    (other,) = set(SCHEMES) - {scheme}
    derived = study._radius
    monkeypatch.setattr(
        study, "_radius", lambda solution, _, *pair: derived(solution, other, *pair)
    )
    measurements, _ = study._moduli(SOLUTION, scheme, Setting())
    assert _statuses(measurements) == {Status.UNDECIDED}


def test_an_algorithm_that_ignores_the_new_critic_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is called alternating, and takes simultaneous steps."""
    wrong = {"simultaneous": SCHEMES["simultaneous"], "alternating": SCHEMES["simultaneous"]}
    monkeypatch.setattr(study, "SCHEMES", MappingProxyType(wrong))
    derived = study._thresholds(SOLUTION)
    only = {name: one for name, one in derived.items() if one.scheme == "alternating"}
    monkeypatch.setattr(study, "_thresholds", lambda solution: only)
    assert _statuses(study._located_thresholds(SOLUTION, Setting())) == {Status.UNDECIDED}


@pytest.mark.parametrize(
    "fault",
    [
        lambda slope, bias, place, rate: np.zeros_like(slope),
        lambda slope, bias, place, rate: 2 * rate * study.logistic(slope * place + bias),
    ],
)
def test_a_wrong_growth_from_afar_is_noticed(
    fault: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = partial(study._radius_growth, study._grid(10))
    assert measure().verdict.status is Status.EVIDENCE
    monkeypatch.setattr(study, "growth_of_squared_radius", fault)
    assert measure().verdict.status is Status.UNDECIDED


def test_a_wrong_area_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predicted for a learning rate that is a little larger."""
    measure = partial(study._area, SOLUTION, "alternating", Fraction(1, 2), study._grid(10))
    assert measure(Setting()).verdict.status is Status.EVIDENCE
    derived = study._value
    slip = Fraction(1, 10**6)
    monkeypatch.setattr(
        study, "_value", lambda term, eta, gamma: derived(term, eta=eta + slip, gamma=gamma)
    )
    assert measure(Setting()).verdict.status is Status.UNDECIDED


def test_a_picture_averages_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "PIXELS", 2)
    values = np.arange(16.0)
    assert study._picture(values).tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_rows_of_the_pictures_are_samples() -> None:
    slope, bias, place = study._grid(4)
    assert not bias.any()
    assert (np.diff(slope.reshape(4, 4), axis=1) > 0).all()
    assert (np.diff(place.reshape(4, 4), axis=0) > 0).all()
    assert np.abs(slope).max() < study.REACH
