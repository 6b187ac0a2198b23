"""A small solution, checked by hand, and what a sheet needs around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from derivations.derivation import Answer, Choice, Derivation, Fact, Solution, Step
from derivations.sheets import Sheet
from language.claims import Claim, Status, Verdict, Witness
from language.notation import Notation, Symbol
from language.terms import Name
from language.types import POSITIVE, REAL
from language.vocabulary import add, log, multiply, number
from numerics.measurements import Experiment, Measurement
from numerics.verification import (
    CheckedAnswer,
    CheckedDerivation,
    CheckedFact,
    CheckedSolution,
    CheckedStep,
)

PROVED = Verdict(Status.PROVED, "scalar normal form", "for all x", "Both sides agree.")
REFUTED = Verdict(
    Status.REFUTED, "balls", "at one point", "They differ.", Witness((("x", "1/2"),), "1.0", "2.0")
)
SAMPLED = Verdict(Status.STATISTICAL, "sampling", "this x", "Near.", alpha=1e-6, epsilon=0.01)

TEMPLATE = """\
{% block statement %}
What is 50% of {{ f("x") }}, & why?
{% endblock %}
{% block solution %}
First **this**:

{{ steps("double") }}

{{ boxed("double") }}

{{ forms("double") }}

{{ measured("coins.heads") }}

{{ table("coins") }}

{{ boxed("which") }}
{% endblock %}
{% block remarks %}
A tempting identity is false: {{ fact("log-of-a-sum") }}
{% endblock %}
{% block mistakes %}
- Halving: minus 1.
{% endblock %}
"""


@dataclass(frozen=True)
class Fake:
    """Everything :func:`reports.solve.solve` takes, with the folder of its templates."""

    sheet: Sheet
    checked: dict[str, CheckedSolution]
    templates: Path

    @property
    def solution(self) -> CheckedSolution:
        return self.checked["fake.double"]

    def write(self, text: str) -> None:
        """Replace the topic's template."""
        path = self.templates / "topics" / "fake" / "double.md.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def checked_solution() -> CheckedSolution:
    x = Name("x")
    notation = Notation((Symbol("x", REAL, domain=POSITIVE),))
    claim = Claim("doubling", notation, add(x, x), multiply(2, x))
    steps = (Step(add(x, x), "definition", "What is asked."),)
    steps += (Step(multiply(2, x), "collect", "Like terms are *collected*."),)
    derivation = Derivation(claim, steps)
    false = Claim("log-of-a-sum", notation, log(x + 1), log(x) + log(number(1)))
    heads = Measurement("heads", "share of heads", 0.5, 0.5012, 0.49, 0.51, 10_000, 7, SAMPLED)
    links = (CheckedStep(steps[0], None), CheckedStep(steps[1], PROVED))
    chain = CheckedDerivation(derivation, links, PROVED)
    return CheckedSolution(
        "fake.double",
        Solution(
            notation,
            answers=(Answer("double", derivation, (x + x,)),),
            choices=(Choice("which", "the second", ("coins.heads",)),),
            facts=(Fact(false, holds=False),),
            formulas=MappingProxyType({"half": x / 2}),
            experiments=("coins",),
        ),
        (CheckedAnswer("double", chain, ((x + x, PROVED),)),),
        (),
        (CheckedFact(Fact(false, holds=False), REFUTED),),
        {"coins": Experiment("coins", (heads,))},
        (),
    )
