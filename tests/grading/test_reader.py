"""Reader: labels, chains, abbreviations, lists and statements, and the way back from print."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from grading.items import Formula
from grading.reading.errors import ReadError
from grading.reading.reader import Reading, read
from grading.references import ids_of, load, sheet_ids
from language.claims import Status
from language.latex import to_latex
from language.terms import Apply, same
from language.text import to_text
from numerics.engine import decide

FORMULAS = [
    item for sheet in sheet_ids() for item in map(load, ids_of(sheet)) if isinstance(item, Formula)
]


def readings(identifier: str, text: str) -> tuple[Reading, ...]:
    item = load(identifier)
    assert isinstance(item, Formula)
    return read(text, item)


def proves(item: Formula, reading: Reading) -> bool:
    claim = replace(item.claim, defined=item.claim.closed_form, closed_form=reading.term)
    return decide(claim).status is Status.PROVED


@pytest.mark.parametrize("item", FORMULAS, ids=lambda item: item.id)
def test_what_is_printed_is_read_back(item: Formula) -> None:
    for form in (item.claim.closed_form, *item.forms):
        found = read(to_latex(form, item.claim.notation), item)
        assert any(same(one.term, form) for one in found) or (
            len(found) == 1 and decide_equal(item, form, found[0])
        )


def decide_equal(item: Formula, form: object, reading: Reading) -> bool:
    claim = replace(item.claim, defined=form, closed_form=reading.term)  # type: ignore[arg-type]
    return decide(claim).status is Status.PROVED


DROPOUT = "assignment/1.2/lambda-dropout"
STEADY = "assignment/5.1/stationary-point"
REAL = "assignment/5.6/gamma-real"
RANGE = "lecture/cs230.3/range"
ROOTS = "assignment/5.3/eigenvalues"
PAIR = "exam/III.2.2/lambdas-variance"
HYPERBOLA = "lecture/cs230.4/zero-loss-set"
GRADIENT = "lecture/cs230.4/gradient"


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (DROPOUT, r"\lambda = \frac{1-p}{p}"),
        (DROPOUT, r"\lambda^{\text{dropout}}(p) = \frac{1-p}{p} = \frac1p - 1"),
        (DROPOUT, r"\frac{1-p}{p} = \lambda"),
        (DROPOUT, r"p^2\lambda = p(1-p) \Rightarrow \lambda = \frac{1-p}{p}"),
        (DROPOUT, r"\lambda = \frac{1-p}{p} \ge 0"),
        (DROPOUT, r"\frac{q}{1-q}, q = 1-p"),
        (DROPOUT, r"q/p \text{ where } q = 1 - p"),
        (PAIR, r"\lambda_1 = \frac{1}{2\sigma_1}, \lambda_2 = \frac{1}{2\sigma_2}"),
        (PAIR, r"\lambda_2 = \frac{1}{2\sigma_2}, \lambda_1 = \frac{1}{2\sigma_1}"),
        (PAIR, r"(\lambda_1,\lambda_2) = \left(\frac{1}{2\sigma_1}, \frac{1}{2\sigma_2}\right)"),
        (PAIR, r"\lambda_k = \frac{1}{2\sigma_k}, k = 1, 2"),
        (PAIR, r"\frac12(1/\sigma_1, 1/\sigma_2)^T"),
        (ROOTS, r"-\frac12, \pm\frac{i}{2}"),
        (ROOTS, r"\lambda_1 = -1/2, \lambda_{2,3} = \pm i/2"),
        (ROOTS, r"\frac12\{-1, i, -i\}"),
        (ROOTS, "[-0.5, 0.5j, -0.5j]"),
        (STEADY, "(0, 0, 0)"),
        (STEADY, r"\psi_0^* = \psi_1^* = \theta^* = 0"),
        (STEADY, r"\theta = 0, \psi_1 = 0, \psi_0 = 0"),
        (STEADY, "the origin"),
        (REAL, r"[1, \infty)"),
        (REAL, r"1 \le \gamma < \infty"),
        (REAL, r"\gamma = 1 \text{ or } \gamma > 1"),
        (RANGE, r"\hat y \in [0.5, 1)"),
        (RANGE, r"\{y : \tfrac12 \le y < 1\}"),
        (HYPERBOLA, r"w_2 = 1/w_1"),
        (HYPERBOLA, r"\{(t, 1/t) : t \ne 0\}"),
        (HYPERBOLA, r"\{(w_1, w_2) \in \mathbb{R}^2 : w_1 w_2 = 1\}"),
        (GRADIENT, r"2m(w_1w_2-1)(w_2, w_1)^\top"),
        (GRADIENT, "[2 m (w1 w2 - 1) w2; 2 m (w1 w2 - 1) w1]"),
        ("lecture/reparametrization/z", r"z_j = \mu_j + \sigma_j \epsilon_j"),
        ("assignment/4.2/f1", "f1(x) = f0(x) * D*(x)/(1 - D*(x))"),
        ("exam/III.3.3.2/dR-dmu", r"\frac{N_j\mu_j - \sum_i\gamma_{ij}w_i}{\sigma_j^2}, N_j=\sum_i\gamma_{ij}"),  # noqa: E501
        ("tutorial/4.wgan.1/uniform-shift", r"\begin{cases}\theta & \theta\ge0\\-\theta & \theta<0\end{cases}"),  # noqa: E501
    ],
)  # fmt: skip
def test_right_answers_are_proved_right(identifier: str, text: str) -> None:
    item = load(identifier)
    assert isinstance(item, Formula)
    found = read(text, item)
    assert found
    assert all(proves(item, one) for one in found)


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (REAL, r"(1, \infty)"),
        (RANGE, "(0.5, 1)"),
        (RANGE, "[0.5, 1]"),
        (STEADY, "(0, 0, 1)"),
        (ROOTS, r"-\frac12, \frac{i}{2}"),
        (ROOTS, r"-\frac12, -\frac12, \pm\frac{i}{2}"),
        (PAIR, r"\lambda_2 = \frac{1}{2\sigma_1}, \lambda_1 = \frac{1}{2\sigma_2}"),
        (GRADIENT, r"2m(w_1w_2-1)(w_1, w_2)^\top"),
    ],
)
def test_wrong_answers_stay_wrong(identifier: str, text: str) -> None:
    item = load(identifier)
    assert isinstance(item, Formula)
    assert not any(proves(item, one) for one in read(text, item))


def test_every_form_of_a_chain_is_a_claim() -> None:
    (one,) = readings(DROPOUT, r"\lambda = \frac{1-p}{p} = \frac1p - 2")
    assert [to_text(part) for part in one.parts] == ["(1 - p) / p", "1 / p - 2"]


def test_conditions_are_kept() -> None:
    (one,) = readings(DROPOUT, r"\frac{1-p}{p} \text{ for } p > \frac12")
    assert [to_text(condition) for condition in one.conditions] == ["p > 1 / 2"]


def test_two_readings_are_both_kept() -> None:
    found = readings("exam/III.3/R", r"-\sum_i\ln\sum_j\pi_j\mathcal{N}(w_i;\mu_j,\sigma_j)")
    assert len(found) == 2


@given(st.integers(0, 9999), st.integers(1, 8), st.booleans())
def test_decimals_keep_their_digits(whole: int, places: int, negative: bool) -> None:
    digits = f"{whole:0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}"
    (one,) = readings("tutorial/3.optimality.5a/C", f"C = {'-' * negative}{text}")
    assert one.decimal is not None
    assert one.decimal.unit == Fraction(1, 10**places)
    assert one.decimal.value == Fraction(text) * (-1 if negative else 1)


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (DROPOUT, ""),
        (DROPOUT, "?"),
        (DROPOUT, r"\lambda"),
        (DROPOUT, r"\lambda \propto \frac{1-p}{p}"),
        (DROPOUT, "p = (1-p)/p"),
        (DROPOUT, "a, a = b, b = a"),
        (PAIR, r"\frac{1}{2\sigma_1}"),
        (STEADY, "(0, 0)"),
        (REAL, "it is always real"),
        (DROPOUT, "__import__('os').system('ls')"),
        ("assignment/1.1/expected-loss", r"\mathbb{E}[\|y - (R \odot X) w\|^2]"),
    ],
)
def test_what_is_no_answer_is_an_error_at_its_place(identifier: str, text: str) -> None:
    with pytest.raises(ReadError) as caught:
        readings(identifier, text)
    assert caught.value.text == text
    assert 0 <= caught.value.start <= caught.value.end <= len(text)
    assert caught.value.problem


PIECES = st.sampled_from(
    r"\frac { } ^ _ ( ) [ ] | \| = , ; \sum_i \sum_{k=1}^m E_p \int dx T -1 + - \pm \sigma \pi"
    r" \mathbf{1} I 0 2 i j n w_1 where * / ' \log \in < \sim D p x z \gamma_j KL H( \cdot &"
    r" .pow(2) .sum() and \hat \begin{pmatrix} \end{pmatrix} \\ \mu \{ \} \infty".split()
)


@given(st.lists(PIECES, max_size=25), st.sampled_from(FORMULAS))
def test_any_text_ends_in_a_reading_or_an_error(pieces: list[str], item: Formula) -> None:
    text = " ".join(pieces)
    try:
        assert read(text, item)
    except ReadError as error:
        assert error.text == text


@pytest.mark.parametrize(
    ("text", "members"),
    [
        (r"\lambda_1=-\frac12,\quad\lambda_{2,3}=\pm\frac{i}{2}", 3),
        (r"\lambda_{1,2}=-\frac12,\quad\lambda_{3,4}=\pm\frac{i}{2}", 4),
        (r"\lambda_{1,2,3}=-1/2, \pm i/2", 3),
        (r"\lambda_1=\lambda_2=-1/2, \lambda_3 = i/2", 3),
    ],
)
def test_a_label_with_several_indices_counts_its_value_as_often(text: str, members: int) -> None:
    (reading,) = read(text, load("assignment/5.3/eigenvalues"))
    assert isinstance(reading.term, Apply)
    assert len(reading.term.args) == members
