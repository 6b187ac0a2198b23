"""The syntax tree of an answer: what was written, before anything is known of its names.

:mod:`.syntax` builds it from tokens, :mod:`.meaning` turns it into a term. A node
says nothing about types: ``p(1 - p)`` is a juxtaposition of a name and a group here, whether ``p``
is a number or a law.

The kinds, each with its ``value`` and ``children``:

========== ========================== =============================================================
kind       value                      children
========== ========================== =============================================================
number     as written: ``0.50``       none
name       canonical: ``x``,          none; commands lose their backslash and unicode letters are
           ``sigma``, ``data``        spelled, so that ``\\sigma`` and ``sigma`` are alike. A run of
                                      letters is one name (``pXw``), as is ``*`` in ``D^*``
styled     ``bold`` ``roman``         the one thing in that style (``\\mathbf``, ``\\mathcal`` ...);
           ``calligraphic``           ``\\text`` and ``\\operatorname`` are ``roman``
           ``blackboard`` ``sans``
accent     ``hat`` ``bar`` ``tilde``  the one thing under the accent
           ``vec`` ``dot``
scripts    primes: ``""``, ``'`` ...  base, subscript, superscript; ``nothing`` where one is absent.
                                      On a run of letters they belong to its last name
                                      (``mw_2``); ``x^(2)`` has a ``group`` as superscript,
                                      ``w^{(1)T}`` a juxtaposition; on a function they may belong
                                      to its argument (``\\log(x)^2``)
nothing    ``""``                     none: an absent child
add        ``""``                     terms, each maybe under ``negative`` or ``plus_minus``
negative   ``""``                     one
plus_minus ``pm`` or ``mp``           one
multiply   ``""``                     factors joined by an explicit sign (``*``, ``\\cdot``, ``@``);
                                      where one is ``@``, ``separators`` holds the signs as typed
juxtapose  ``""``                     factors side by side, in order, flat: may turn out to be calls
hadamard   ``""``                     factors joined by ``\\odot``, ``\\circ`` or ``.*``
divide     ``""`` for ``\\frac``,      numerator, denominator. A slash divides what stands side by
           ``/`` for a slash          side before it by one factor, to which brackets right after a
                                      name are added (``p(x)/q(x)``): if the name takes no
                                      arguments, they multiply the quotient. ``\\log a/b`` is a
                                      quotient whose numerator ends in a bare function
function   ``log`` ``exp`` ``sqrt``   argument, subscript, superscript (``\\log_2 x``,
           ... (FUNCTIONS in          ``\\tanh^2 x``); the degree of a root is the subscript. The
           spoken.py)                 argument is a ``group`` where it was written in brackets, of
                                      several children for ``max(a, 0)``
method     its name: ``pow``          the object and the arguments: ``mu.pow(2)``, ``x.sum()``
sum        ``""``                     subscript, superscript, body
product    ``""``                     subscript, superscript, body
integral   ``""``                     lower end or domain, upper end, body, differential (a name or
                                      scripts node; ``nothing`` where none is written)
expect     ``""``                     subscript, body
extremum   ``max`` ``min``            subscript, body
           ``argmax`` ``argmin``
group      opening and closing        parts, separated as ``separators`` says; ``()`` ``[]`` ``{}``
           bracket: ``()``, ``[)``    (``\\{ \\}``, or braces with separators in them; braces
           ``]]`` ``[[``              around one thing leave no node)
union      ``""``                     two sets
intersection ``""``                   two sets
difference ``""``                     two sets
bars       ``|`` or ``||``            the one thing between bars
inner      ``""``                     two: ``\\langle x, y \\rangle``
matrix     ``""``                     ``row`` nodes, of an environment or ``[a b; c d]``
row        ``""``                     cells
cases      ``""``                     ``row`` nodes of value and condition (``nothing``: otherwise)
relation   operators joined by a      operands: ``0 < x \\le 1`` is a relation of three, value
           space: ``less less_equal`` from RELATIONS below. ``i = 1, \\dots, n`` and ``i=1..n``
                                      have a ``sequence`` with a name ``ldots`` on the right
sequence   ``""``                     parts with ``separators`` that no brackets hold: at the top
                                      (a new line is ``;``), and in a script (``X_{i,j}``)
where      ``""``                     the answer, then what follows it ("where", "with", "for",
                                      "if", ...): a relation for each abbreviation or condition,
                                      ``defined`` with words on its right for "sigma is the
                                      logistic function", or ``words`` that have a meaning
                                      ("with multiplicity 2", "elementwise", "up to a constant").
                                      Where one is said with "if" or "because", ``separators``
                                      holds that word for each, or nothing
words      as written                 none: an answer in words ("true", "forward KL")
========== ========================== =============================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["NOTHING", "RELATIONS", "Node", "walk"]

#: The relations that a ``relation`` node may name.
RELATIONS = frozenset(
    "equal unequal less less_equal greater greater_equal element outside follows defined"
    " approximately proportional implies equivalent".split()
)


@dataclass(frozen=True, slots=True)
class Node:
    """One node.

    Attributes:
        kind: one of the kinds above.
        value: what the kind says.
        children: the nodes below.
        start: where it begins in the text as handed in.
        end: where it ends there.
        separators: for ``group``, ``sequence`` and the ``multiply`` of code, what stands between
            the children, in order: ``,`` ``;`` ``|`` ``||`` ``:``, a word (``and``, ``or``), or
            the signs ``*`` and ``@``.
    """

    kind: str
    value: str = ""
    children: tuple[Node, ...] = ()
    start: int = 0
    end: int = 0
    separators: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.kind != "nothing"


NOTHING = Node("nothing")


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, outermost first."""
    pending = [node]
    while pending:
        here = pending.pop()
        yield here
        pending.extend(reversed(here.children))
