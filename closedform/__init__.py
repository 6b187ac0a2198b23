"""The front door: say what two formulas mean, and have their equality decided.

>>> import closedform as cf
>>> p, q = cf.names("p q")
>>> symbols = [cf.Symbol(name, cf.REAL, domain=cf.PROBABILITY) for name in ("p", "q")]
>>> notation = cf.Notation(tuple(symbols))
>>> claim = cf.Claim("odds", notation, cf.log(p / (1 - p)), cf.log(p) - cf.log(1 - p))
>>> verdict = cf.decide(claim)
>>> verdict.status
<Status.PROVED: 'proved'>

Terms are built by the constructors of :mod:`language.vocabulary`, which are all names of this
module too, and by arithmetic on them; nothing is evaluated when it is built. A :class:`Notation`
says what the names mean, a :class:`Claim` says which two terms are equal, and :func:`decide`
returns a :class:`Verdict`: what was found, how, and for which values.

Students' answers are judged by :func:`check`, one by one, and by :func:`check_lines`, many of them
in a process of their own:

>>> cf.check("assignment/1.2/lambda-dropout", "1/p - 1").grade is cf.Grade.CORRECT
True

Importing this module loads none of SymPy, the provers, the reader, the reports and the templates.
They are loaded when :func:`decide` or :func:`check` is first used; SymPy never is.
"""

# ruff: noqa: E402 - the check must come before the imports that it checks

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedform import shadowing

shadowing.check()

from language import vocabulary
from language.claims import Claim, Equality, Status, Verdict, Witness
from language.latex import to_latex
from language.notation import Notation, NotationError, Symbol
from language.terms import Apply, Bind, Name, Number, Term
from language.text import to_text
from language.typecheck import TypeMismatch, typecheck
from language.types import (
    COMPLEX,
    INTEGER,
    NATURALS,
    POSITIVE,
    PROBABILITY,
    REAL,
    REALS,
    TRUTH,
    Array,
    Collection,
    Function,
    Interval,
    Law,
    Scalar,
    Space,
)
from language.vocabulary import *  # noqa: F403 - all constructors of terms

if TYPE_CHECKING:
    from grading.check import Grade, Judgement, check, check_lines
    from numerics.engine import decide

__all__ = [
    "COMPLEX",
    "INTEGER",
    "NATURALS",
    "POSITIVE",
    "PROBABILITY",
    "REAL",
    "REALS",
    "TRUTH",
    "Apply",
    "Array",
    "Bind",
    "Claim",
    "Collection",
    "Equality",
    "Function",
    "Grade",
    "Interval",
    "Judgement",
    "Law",
    "Name",
    "Notation",
    "NotationError",
    "Number",
    "Scalar",
    "Space",
    "Status",
    "Symbol",
    "Term",
    "TypeMismatch",
    "Verdict",
    "Witness",
    "check",
    "check_lines",
    "decide",
    "to_latex",
    "to_text",
    "typecheck",
]
__all__ += vocabulary.__all__


def __getattr__(name: str) -> Any:
    if name == "decide":
        from numerics.engine import decide

        return decide
    if name in ("Grade", "Judgement", "check", "check_lines"):
        shadowing.check("grading")
        from grading import check

        return getattr(check, name)
    raise AttributeError(f"module 'closedform' has no attribute {name!r}")
