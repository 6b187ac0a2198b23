"""The equality engine: a claim in, a verdict out that says how it was reached.

Stages in order, each of which proves, refutes or passes on:

1. types and shapes;
2. balls at a few exact valuations: two disjoint enclosures refute, and are the witness;
3. a prover for the kind of claim: scalar normal form, matrices of symbolic size, multisets of
   eigenvalues, optima, conditions (z3);
4. more valuations at rising precision: agreement is evidence, never a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from language.claims import Claim, Equality, Status, Verdict, Witness
from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Term, free_names, lift, replace as replace_parts, walk
from language.text import to_text
from language.typecheck import TypeMismatch, typecheck
from language.types import (
    COMPLEX,
    POSITIVE,
    REAL,
    REALS,
    Array,
    Collection,
    Function,
    Interval,
    Scalar,
    Truth,
    Type,
    describe,
)
from language.vocabulary import (
    RELATIONS,
    TRUE,
    determinant,
    identity,
    index_sum,
    less,
    let,
    product_of,
)
from numerics import balls, conditions, divergences, gaussians, matrices, optima
from numerics.cases import prove_by_cases
from numerics.kernels import TooLarge
from numerics.limits import limit_value, verdict_on_infinity
from numerics.lowering import Outside
from numerics.normal_form import depends_on, equal_scalars, proportional, written_out
from numerics.valuations import Valuation, ValuationError, describe as describe_valuation, draw

__all__ = ["by_provers", "decide", "decide_equal", "proved", "scope_of", "types_differ"]

#: Valuations at which a claim is tried before the provers, and in all.
FIRST, ALL = 2, 10
#: How many more are tried for a statement that no prover settles: a false one may hold at most.
MANY = 80
#: Working precision, in bits, of the first and of the later valuations.
PRECISIONS = (128, 512, 4096)
#: The most operations of one evaluation for evidence, and of one statement, for both are many.
OPERATIONS = 2_000

WHEREVER = "wherever both sides are defined"


def decide(claim: Claim, agreed: int = 0) -> Verdict:
    """Decide whether the two sides of a claim agree, in the sense the claim asks for.

    Never a bare truth value: the verdict carries the stage that decided, the scope ("for all n and
    d") and, for a refutation, a witness.

    Args:
        claim: what is said to hold.
        agreed: at how many valuations of its own the caller has seen both sides to have values
            that may be equal; if at any, the provers come first.
    """
    mismatch = types_differ(claim)
    if mismatch is not None:
        return mismatch
    extreme = _with_extreme_values(claim)
    if extreme is not None:
        return extreme
    first, seen = (0, agreed) if agreed else (FIRST, 0)
    if not agreed:
        refuted, seen = _try_balls(claim, range(FIRST), PRECISIONS[0])
        if refuted is not None:
            return refuted
    settled = _prove(claim)
    if settled is not None:
        return settled
    refuted, more = _try_balls(claim, range(first, ALL), PRECISIONS[0], seen)
    if refuted is None and seen + more:
        refuted = _rising_precision(claim)
    if refuted is None and claim.equality is Equality.UP_TO_CONSTANT:
        refuted = _refuted_constant(claim)
    if refuted is None and not seen + more:
        refuted = _refuted_as_written_out(claim) or _refuted_by_instance(claim)
    if refuted is not None:
        return refuted
    if claim.equality is Equality.CONDITION:
        refuted, more = _try_balls(claim, range(ALL, MANY), PRECISIONS[0], seen + more)
        if refuted is not None:
            return refuted
        return Verdict(
            Status.UNDECIDED,
            "balls",
            "nothing",
            f"The statements were not told apart at {seen + more} valuations, which says little.",
            valuations=seen + more,
        )
    return _evidence(claim) or Verdict(
        Status.UNDECIDED,
        "none",
        "nothing",
        "No prover applies and no valuation could be evaluated.",
    )


def by_provers(claim: Claim) -> Verdict | None:
    """The verdict of the provers alone; nothing is sampled, and no evidence gathered."""
    return types_differ(claim) or _with_extreme_values(claim) or _prove(claim)


def proved(claim: Claim) -> bool:
    """Whether the provers prove a claim."""
    verdict = by_provers(claim)
    return verdict is not None and verdict.status is Status.PROVED


def decide_equal(left: Term, right: Term, notation: Notation, name: str = "equality") -> Verdict:
    """Decide an equality of two terms, or an equivalence of two statements."""
    return decide(Claim(name, notation, left, right, _natural_equality(left, right, notation)))


def _with_extreme_values(claim: Claim) -> Verdict | None:
    """The verdict on a claim with its maxima and minima replaced by their values, if it settles."""
    sides = (claim.defined, claim.closed_form)
    if not any(
        isinstance(part, Bind) and part.head in ("maximal", "minimal")
        for side in sides
        for part in walk(side)
    ):
        return None
    found = [optima.with_values(side, claim.notation) for side in sides]
    if found == list(sides):
        return None
    verdict = decide(replace(claim, defined=found[0], closed_form=found[1]))
    if not verdict.settled:
        return None
    reason = f"With the value at the one optimum, which is proved: {verdict.reason}"
    return replace(verdict, stage=f"optimum, {verdict.stage}", reason=reason)


def _natural_equality(left: Term, right: Term, notation: Notation) -> Equality:
    try:
        kind = typecheck(left, notation)
    except TypeMismatch:
        return Equality.EXACT
    match kind:
        case Truth():
            return Equality.CONDITION
        case Collection("multiset"):
            return Equality.MULTISET
    return Equality.EXACT


# types ---------------------------------------------------------------------------------------


def types_differ(claim: Claim) -> Verdict | None:
    """A refutation where the types of the two sides do not match, or one has none."""
    left, right = (_type_of(side, claim.notation) for side in (claim.defined, claim.closed_form))
    if isinstance(left, str):
        return _refuted_by_types(left)
    if isinstance(right, str):
        return _refuted_by_types(right)
    if _compatible(left, right):
        return None
    return _refuted_by_types(f"expected {describe(left)}, found {describe(right)}")


@lru_cache(maxsize=4096)
def _type_of(term: Term, notation: Notation) -> Type | str:
    """The type of a term, or what is wrong with it; the sides of a chain's links recur."""
    try:
        return typecheck(term, notation)
    except TypeMismatch as error:
        return str(error)


def _refuted_by_types(reason: str) -> Verdict:
    return Verdict(Status.REFUTED, "types and shapes", "for all sizes", f"{reason}.")


def _compatible(left: Type, right: Type) -> bool:
    match left, right:
        case Scalar(), Scalar():
            return True
        case Collection(kind, first), Collection(other, second):
            if kind != other:
                return False
            return kind != "tuple" or (
                len(first) == len(second) and all(map(_compatible, first, second))
            )
        case Array(shape), Collection("tuple", parts):
            return shape == (len(parts),)
        case Collection("tuple"), Array():
            return _compatible(right, left)
    return left == right


# balls ---------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _valuation(notation: Notation, seed: int) -> Valuation | None:
    try:
        return draw(notation, seed)
    except ValuationError:
        return None


def _try_balls(
    claim: Claim, seeds: range, precision: int, before: int = 0
) -> tuple[Verdict | None, int]:
    """A refutation by disjoint balls, if any, and at how many valuations both had values.

    That only the closed form is undefined refutes if both never had values, ``before`` included.
    """
    seen = one_sided = 0
    for valuation in _admissible(claim, seeds):
        try:
            left = _value(claim.defined, valuation, precision)
        except (balls.Undefined, balls.Unsupported, balls.TooLarge):
            continue
        try:
            right = _value(claim.closed_form, valuation, precision)
        except balls.OutOfRange:
            continue
        except balls.Undefined as error:
            if claim.equality is Equality.CONDITION and left == 0:
                # What has no truth value does not hold, and here it should not.
                continue
            one_sided += 1
            if one_sided == 2 and not seen + before:
                witness = Witness(
                    _described(claim, valuation), balls.show(left), f"undefined: {error}"
                )
                return _refuted_by_balls(witness, precision), seen
            continue
        except (balls.Unsupported, balls.TooLarge):
            continue
        seen += 1
        if claim.equality is Equality.UP_TO_CONSTANT:
            continue
        if balls.disjoint(left, right):
            witness = Witness(_described(claim, valuation), balls.show(left), balls.show(right))
            return _refuted_by_balls(witness, precision), seen
    return None, seen


def _refuted_constant(claim: Claim) -> Verdict | None:
    """A refutation of equality up to a constant: the difference changes with what it may not."""
    difference = claim.defined - claim.closed_form
    for valuation in _admissible(claim, range(ALL)):
        moved = _moved(valuation, claim.constant_in)
        hypotheses = (*claim.conditions, *claim.notation.assumptions)
        if moved is None or not all(_holds(condition, moved) for condition in hypotheses):
            continue
        try:
            here = balls.evaluate(difference, valuation, PRECISIONS[0])
            there = balls.evaluate(difference, moved, PRECISIONS[0])
        except (balls.Undefined, balls.Unsupported, balls.TooLarge):
            continue
        if balls.disjoint(here, there):
            changed = ", ".join(claim.constant_in)
            values = (*_described(claim, valuation), *describe_valuation(moved, claim.constant_in))
            return Verdict(
                Status.REFUTED,
                "balls",
                "at the witness",
                f"The difference of the sides has another value once {changed} is changed.",
                witness=Witness(values, balls.show(here), balls.show(there)),
            )
    return None


def _moved(valuation: Valuation, names: tuple[str, ...]) -> Valuation | None:
    """A valuation with other values of some names, in their domains; None where none is at hand."""
    values = dict(valuation.values)
    for name in names:
        symbol, value = valuation.notation[name], values.get(name)
        numbers = symbol.type == REAL or isinstance(symbol.type, Array)
        if value is None or symbol.traits or not numbers:
            return None
        if isinstance(value, Fraction):
            values[name] = _further(value, symbol.domain, 1)
        else:
            values[name] = tuple(
                tuple(_further(x, symbol.domain, i + j + 1) for j, x in enumerate(row))
                for i, row in enumerate(value)
            )
    return Valuation(valuation.notation, valuation.seed, values)


def _further(value: Fraction, domain: Interval, step: int) -> Fraction:
    """Another number of an open interval."""
    match domain.lower, domain.upper:
        case None, None:
            return 2 * value + step
        case Fraction() as lower, None:
            return lower + (step + 1) * (value - lower)
        case None, Fraction() as upper:
            return upper - (step + 1) * (upper - value)
        case Fraction() as lower, _:
            return lower + (value - lower) / (step + 1)
    return value


def _refuted_as_written_out(claim: Claim) -> Verdict | None:
    """A refutation where balls have no value: of what the normal form makes of the two sides."""
    if claim.equality is not Equality.EXACT:
        return None
    try:
        notation = claim.notation.assuming(*claim.conditions)
        sides = [written_out(side, notation) for side in (claim.defined, claim.closed_form)]
    except (Outside, TooLarge):
        return None
    if not all(name in notation for side in sides for name in free_names(side)):
        return None
    written = replace(claim, defined=sides[0], closed_form=sides[1])
    refuted, _ = _try_balls(written, range(ALL), PRECISIONS[0])
    if refuted is None or refuted.witness is None or "undefined" in refuted.witness.right:
        return None
    return replace(
        refuted,
        stage="scalar normal form, balls",
        reason=f"As their normal forms write them: {refuted.reason[0].lower()}{refuted.reason[1:]}",
    )


def _refuted_by_instance(claim: Claim) -> Verdict | None:
    """A refutation of what is claimed for every function, by polynomials in their places."""
    notation, shown = claim.notation, []
    hypotheses = (*claim.conditions, *claim.notation.assumptions)
    for name in sorted(free_names(claim.defined) | free_names(claim.closed_form)):
        symbol = claim.notation.get(name)
        restricted = any(name in free_names(condition) for condition in hypotheses)
        instance = None if symbol is None or restricted else _instance(symbol)
        if instance is not None:
            parameters, value = instance
            notation = notation.where(name, value, *parameters)
            at = ", ".join(parameters)
            shown.append(f"{name}({at}) = {to_text(value, claim.notation)}")
    if not shown:
        return None
    refuted, _ = _try_balls(replace(claim, notation=notation), range(ALL), PRECISIONS[0])
    if refuted is None or refuted.witness is None or "undefined" in refuted.witness.right:
        return None
    return replace(refuted, reason=f"With {'; '.join(shown)}: the two sides lie in disjoint balls.")


def _instance(symbol: Symbol) -> tuple[tuple[str, ...], Term] | None:
    """Parameters and a polynomial for a function without definition, within its domain."""
    if symbol.definition is not None or symbol.inverse is not None or symbol.traits:
        return None
    if not isinstance(symbol.type, Function) or symbol.type.result != REAL:
        return None
    if symbol.domain not in (REALS, POSITIVE):
        return None
    parameters = tuple(f"z{k + 1}" for k in range(len(symbol.type.arguments)))
    value = lift(1)
    for place, (parameter, kind) in enumerate(zip(parameters, symbol.type.arguments, strict=True)):
        point = Name(parameter)
        match kind:
            case Scalar():
                part = point + (place + 2) * point**2
            case Array((size,)):
                part = index_sum("k", lift(size), Name("k") * point["k"] + point["k"] ** 2)
            case _:
                return None
        # Products tell the arguments apart; squares of them are positive.
        value = value + part if place == 0 else value * (1 + part)
    return parameters, value if symbol.domain == REALS else 1 + value**2


def _value(term: Term, valuation: Valuation, precision: int) -> balls.Ball:
    """The value of a term; of a statement, the numbers 1 and 0 where the balls decide it."""
    found = _outcome(term, valuation.notation, valuation.seed, precision)
    if isinstance(found, Exception):
        raise found.with_traceback(None)
    return found


@lru_cache(maxsize=8192)
def _outcome(term: Term, notation: Notation, seed: int, precision: int) -> balls.Ball | Exception:
    """The value of a term at a drawn valuation, or why it has none.

    Kept, because one side of a question is compared with many.
    """
    valuation = _valuation(notation, seed)
    if valuation is None:
        return balls.Unsupported("no valuation")
    try:
        truth = None
        if _is_statement(term):
            truth = balls.holds(term, valuation, precision, OPERATIONS)
        subject = term if truth is None else lift(int(truth))
        return balls.evaluate(subject, valuation, precision)
    except (balls.Undefined, balls.Unsupported, balls.TooLarge) as error:
        return error


def _is_statement(term: Term) -> bool:
    return (isinstance(term, Apply) and term.head in _STATEMENTS) or (
        isinstance(term, Bind) and term.head == "forall"
    )


_STATEMENTS = frozenset(
    (
        "equal unequal less less_equal greater greater_equal both either negation implies element "
        "true false"
    ).split()
)


def _admissible(claim: Claim, seeds: range) -> Iterator[Valuation]:
    for seed in seeds:
        valuation = _valuation(claim.notation, seed)
        if valuation is not None and all(
            _holds(condition, valuation) for condition in claim.conditions
        ):
            yield valuation


def _holds(condition: Term, valuation: Valuation) -> bool:
    try:
        return balls.holds(condition, valuation, PRECISIONS[0]) is True
    except (balls.Undefined, balls.Unsupported, balls.TooLarge):
        return False


def _refuted_by_balls(witness: Witness, precision: int) -> Verdict:
    return Verdict(
        Status.REFUTED,
        "balls",
        "at the witness",
        f"The two sides lie in disjoint balls ({precision} bits).",
        witness=witness,
    )


def _described(claim: Claim, valuation: Valuation) -> tuple[tuple[str, str], ...]:
    names = _relevant(free_names(claim.defined) | free_names(claim.closed_form), claim.notation)
    return describe_valuation(valuation, names)


def _relevant(names: frozenset[str], notation: Notation) -> frozenset[str]:
    """The free names that a term depends on, through definitions too."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        symbol = notation.get(name)
        if name in found or symbol is None:
            continue
        found.add(name)
        if symbol.definition is not None:
            pending += free_names(symbol.definition) - set(symbol.parameters)
    return frozenset(n for n in found if notation[n].definition is None)


def _evidence(claim: Claim) -> Verdict | None:
    """How far both sides agree, as measured; None where that says nothing."""
    names = _relevant(free_names(claim.defined) | free_names(claim.closed_form), claim.notation)
    # Complex names are sampled on the real line, and a constant may hide what varies.
    if claim.equality is Equality.UP_TO_CONSTANT or any(
        claim.notation[name].type == COMPLEX for name in names
    ):
        return None
    found = []
    for valuation in _admissible(claim, range(ALL)):
        try:
            sides = (
                balls.evaluate(side, valuation, PRECISIONS[-1], OPERATIONS)
                for side in (claim.defined, claim.closed_form)
            )
            found.append(balls.digits(*sides))
        except (balls.Undefined, balls.Unsupported, balls.TooLarge):
            continue
    digits = min(found, default=0)
    if not digits:
        return None
    return Verdict(
        Status.EVIDENCE,
        "balls",
        "at the valuations tried",
        f"Both sides agree to {digits} digits at {len(found)} valuations; no prover applies.",
        digits=digits,
        valuations=len(found),
    )


def _rising_precision(claim: Claim) -> Verdict | None:
    for precision in PRECISIONS[1:]:
        refuted, _ = _try_balls(claim, range(FIRST), precision, before=1)
        if refuted is not None:
            return refuted
    return None


# provers -------------------------------------------------------------------------------------


def _prove(claim: Claim) -> Verdict | None:
    """The first prover that applies and succeeds, or refutes; None where all pass on."""
    for prover in _provers(claim):
        try:
            verdict = prover(claim)
        except (Outside, TooLarge):
            continue
        if verdict is not None:
            return verdict
    return None


def _provers(claim: Claim) -> list[Callable[[Claim], Verdict | None]]:
    match claim.equality:
        case Equality.CONDITION:
            return [_statement, _equation, _condition, _solution_fails]
        case Equality.MULTISET:
            return [_multisets]
        case Equality.UP_TO_CONSTANT:
            return [_constant_difference]
    if isinstance(claim.defined, Bind) and claim.defined.head in ("argmin", "argmax"):
        return [_optimum]
    if isinstance(claim.defined, Bind) and claim.defined.head == "limit":
        return [_limit]
    return [_scalars, _matrices, _by_cases]


def scope_of(claim: Claim) -> str:
    """The scope of a symbolic proof: "for all n, d; wherever both sides are defined"."""
    names = _relevant(free_names(claim.defined) | free_names(claim.closed_form), claim.notation)
    sizes: list[str] = []
    for symbol in claim.notation:
        if symbol.name in names and isinstance(symbol.type, Array):
            for size in symbol.type.shape:
                if isinstance(size, str) and size not in sizes:
                    sizes.append(size)
    parts = [f"for all {', '.join(sizes)}"] if sizes else []
    parts.append(WHEREVER)
    heads = [part for side in (claim.defined, claim.closed_form) for part in walk(side)]
    if any(map(_integrates, heads)):
        parts.append("where the integrals exist")
    if any(isinstance(part, Apply) and part.head == "density" for part in heads):
        parts.append("where the densities are positive")
    return "; ".join(parts)


def _integrates(term: Term) -> bool:
    match term:
        case Apply(head):
            return head in ("kl", "jsd", "chi_square", "entropy")
        case Bind("integral", _, _, _) | Bind("expectation", _, Name(), _):
            return True
    return False


def _scalars(claim: Claim) -> Verdict | None:
    notation = claim.notation.assuming(*claim.conditions)
    if not equal_scalars(claim.defined, claim.closed_form, notation):
        return None
    return Verdict(
        Status.PROVED,
        "scalar normal form",
        scope_of(claim),
        "Both sides have the same normal form over their kernels.",
    )


def _by_cases(claim: Claim) -> Verdict | None:
    if not any(
        isinstance(part, Apply) and part.head in ("absolute", "relu", "maximum", "minimum")
        for side in (claim.defined, claim.closed_form)
        for part in walk(side)
    ):
        return None
    count = prove_by_cases(claim.defined, claim.closed_form, claim.notation, claim.conditions)
    if count is None:
        return None
    return Verdict(
        Status.PROVED,
        "cases",
        scope_of(claim),
        f"Both sides have the same normal form in each of {count} cases of signs.",
    )


def _matrices(claim: Claim) -> Verdict | None:
    sides = (claim.defined, claim.closed_form)
    proof = matrices.prove_equal(*sides, claim.notation)
    if proof is None and any(map(_has_covariance, sides)):
        proof = _with_covariances(*sides, claim.notation)
    if proof is None:
        left, right = (_with_named_diagonals(side, claim.notation) for side in sides)
        if (left, right) != sides:
            proof = matrices.prove_equal(left, right, claim.notation)
    return None if proof is None else _matrix_verdict(claim, proof)


def _with_named_diagonals(term: Term, notation: Notation) -> Term:
    """``diag(X^T X)`` as the square of a diagonal matrix that is defined to have that square."""
    squares = [
        Name(symbol.name) ** 2
        for symbol in notation
        if symbol.definition is not None and "diagonal" in symbol.traits
    ]

    def named(part: Term) -> Term | None:
        match part:
            case Apply("diagonal", (Apply("multiply"),)):
                kind = _type_of(part, notation)
                for square in squares:
                    if _type_of(square, notation) == kind and _same_scalars(part, square, notation):
                        return square
        return None

    return replace_parts(term, named) if squares else term


@lru_cache(maxsize=256)
def _same_scalars(left: Term, right: Term, notation: Notation) -> bool:
    try:
        return equal_scalars(left, right, notation)
    except (Outside, TooLarge):
        return False


def _has_covariance(term: Term) -> bool:
    """Whether a term may be about normal laws of vectors, or determinants of products."""
    return any(
        (isinstance(part, Bind) and part.head in ("expectation", "variance"))
        or (isinstance(part, Apply) and part.head in _COVARIANCES)
        for part in walk(term)
    )


_COVARIANCES = frozenset({"determinant", "density", "kl", "entropy"})


def _with_covariances(left: Term, right: Term, notation: Notation) -> matrices.Proof | None:
    """A proof for normal laws of vectors, once they are written as matrices."""
    left, right = matrices.unfolded(left, notation), matrices.unfolded(right, notation)
    pairs = [(gaussians.as_matrices(left, notation), gaussians.as_matrices(right, notation))]
    logarithms = gaussians.logarithms(left, right, notation)
    if logarithms is not None:
        pairs.append(logarithms)
    proofs = (matrices.prove_equal(*pair, notation) for pair in pairs if pair != (left, right))
    return next((proof for proof in proofs if proof is not None), None)


def _matrix_verdict(claim: Claim, proof: matrices.Proof) -> Verdict:
    scope = "; ".join((scope_of(claim), *proof.conditions))
    return Verdict(Status.PROVED, "matrices of symbolic size", scope, proof.reason)


def _constant_difference(claim: Claim) -> Verdict | None:
    difference = claim.defined - claim.closed_form
    if not claim.constant_in or depends_on(difference, claim.constant_in, claim.notation):
        return None
    return Verdict(
        Status.PROVED,
        "scalar normal form",
        scope_of(claim),
        f"The difference has a normal form free of {', '.join(claim.constant_in)}.",
    )


def _multisets(claim: Claim) -> Verdict | None:
    """Equal characteristic polynomials: no branches of roots are matched."""
    variable = Name("_t")
    left = _polynomial_of_roots(claim.defined, variable, claim.notation)
    right = _polynomial_of_roots(claim.closed_form, variable, claim.notation)
    if left is None or right is None or not equal_scalars(left, right, claim.notation):
        return None
    return Verdict(
        Status.PROVED,
        "multiset of eigenvalues",
        WHEREVER,
        "Both sides have the same characteristic polynomial.",
    )


def _polynomial_of_roots(term: Term, variable: Term, notation: Notation) -> Term | None:
    match term:
        case Apply("eigenvalues", (square,)):
            kind = typecheck(square, notation)
            if isinstance(kind, Array):
                return determinant(variable * identity(lift(kind.shape[0])) - square)
        case Apply("multiset", items):
            return product_of([variable - item for item in items])
    return None


def _optimum(claim: Claim) -> Verdict | None:
    reason = optima.prove_optimum(claim.defined, claim.closed_form, claim.notation)
    if reason is not None:
        return Verdict(Status.PROVED, "optimum", scope_of(claim), reason)
    competitors = optima.better_competitor(claim.defined, claim.closed_form)
    undefined: list[Witness] = []
    answered = False
    for valuation in _admissible(claim, range(ALL)):
        where = _described(claim, valuation)
        try:
            answer = balls.show(balls.evaluate(claim.closed_form, valuation, PRECISIONS[0]))
        except balls.OutOfRange:
            continue
        except balls.Undefined:
            undefined.append(Witness(where, "a point of the domain", "undefined"))
            continue
        except (balls.Unsupported, balls.TooLarge):
            return None
        answered = True
        for point, better, outside in competitors:
            if _holds(outside, valuation):
                witness = Witness(where, "a point of the domain", answer)
                return _refuted_by_balls(witness, PRECISIONS[0])
            if _holds(better, valuation):
                rival = balls.show(balls.evaluate(point, valuation, PRECISIONS[0]))
                return Verdict(
                    Status.REFUTED,
                    "optimum",
                    "at the witness",
                    "Another point is strictly better.",
                    witness=Witness(where, f"{rival} is better", answer),
                )
    # Where the answer is undefined now and then, there may be no optimum either.
    if len(undefined) > 1 and not answered:
        return _refuted_by_balls(undefined[0], PRECISIONS[0])
    return None


def _limit(claim: Claim) -> Verdict | None:
    notation = claim.notation.assuming(*claim.conditions)
    found = limit_value(claim.defined, notation)
    verdict = verdict_on_infinity(found, claim.closed_form)
    if verdict is not None:
        return verdict
    there = decide(replace(claim, defined=found))
    if not there.settled:
        return None
    reason = f"The limit is the constant term of an expansion: {there.reason}"
    return replace(there, stage=f"limits, {there.stage}", reason=reason)


def _statement(claim: Claim) -> Verdict | None:
    """A statement on its own: an equality is decided as one, the rest by z3."""
    if claim.closed_form != TRUE:
        return None
    match claim.defined:
        case Apply("equal", (left, right)):
            inner = decide(
                replace(
                    claim,
                    defined=left,
                    closed_form=right,
                    equality=_natural_equality(left, right, claim.notation),
                )
            )
            return inner if inner.settled else None
        case Apply("both", parts):
            verdicts = [decide(replace(claim, defined=part)) for part in parts]
            return _weakest(verdicts) if all(v.settled for v in verdicts) else None
    if _is_closed(claim) and any(
        _holds(claim.defined, valuation) for valuation in _admissible(claim, range(1))
    ):
        return Verdict(
            Status.PROVED, "balls", "of numbers without names", "The two sides' balls are disjoint."
        )
    positive = optima.prove_definite(claim.defined, claim.notation)
    if positive is not None:
        return Verdict(Status.PROVED, "matrices of symbolic size", scope_of(claim), positive)
    by_z3 = conditions.prove_statement(claim.defined, claim.notation, claim.conditions)
    gibbs = None if by_z3 else divergences.prove_comparison(claim.defined, claim.notation)
    if gibbs is not None:
        return Verdict(Status.PROVED, "divergences", scope_of(claim), gibbs)
    return by_z3


def _is_closed(claim: Claim) -> bool:
    """Whether a comparison is one of numbers that stand on no name."""
    match claim.defined:
        case Apply("less" | "greater" | "less_equal" | "greater_equal" | "unequal"):
            return not claim.conditions and not _relevant(free_names(claim.defined), claim.notation)
    return False


def _weakest(verdicts: list[Verdict]) -> Verdict:
    """The first refuted of several settled verdicts; else all of them, with their scopes joined."""
    for verdict in verdicts:
        if verdict.status is Status.REFUTED:
            return verdict
    scopes = dict.fromkeys(part for verdict in verdicts for part in verdict.scope.split("; "))
    stages = dict.fromkeys(verdict.stage for verdict in verdicts)
    return replace(
        verdicts[-1],
        stage=", ".join(stages),
        scope="; ".join(scopes),
        reason=f"Each of the {len(verdicts)} statements is proved.",
    )


def _equation(claim: Claim) -> Verdict | None:
    """Two equations with the same solutions, by a nonzero or invertible factor."""
    if claim.closed_form == TRUE:
        return None
    match claim.defined, claim.closed_form:
        case Apply("equal", (a, b)), Apply("equal", (c, d)):
            kind = typecheck(a, claim.notation)
            if isinstance(kind, Scalar) and proportional(a - b, c - d, claim.notation):
                return Verdict(
                    Status.PROVED,
                    "scalar normal form",
                    scope_of(claim),
                    "The two equations differ by a factor that never vanishes.",
                )
    proof = matrices.prove_equation_equivalence(claim.defined, claim.closed_form, claim.notation)
    return None if proof is None else _matrix_verdict(claim, proof)


def _solution_fails(claim: Claim) -> Verdict | None:
    """Refute an equivalence with ``y = value`` by putting the value into the other side."""
    for solved, other in (
        (claim.closed_form, claim.defined),
        (claim.defined, claim.closed_form),
    ):
        values = _solved(solved, claim.notation)
        if not values or not all(_varies(claim.notation[name]) for name in values):
            continue
        hypotheses = [_in_domain(claim.notation, *item) for item in values.items()]
        hypotheses += [_put(c, values) for c in (*claim.conditions, *claim.notation.assumptions)]
        for valuation in _admissible(claim, range(ALL)):
            if _fails(_put(solved, values), valuation):
                continue
            if not all(_holds(hypothesis, valuation) for hypothesis in hypotheses):
                continue
            if _fails(_put(other, values), valuation):
                return Verdict(
                    Status.REFUTED,
                    "balls",
                    "at the witness",
                    "One statement holds there and the other fails.",
                    witness=Witness(_described(claim, valuation), "holds", "fails"),
                )
    return None


def _varies(symbol: Symbol) -> bool:
    """Whether any value in the domain may be given to a name."""
    free = symbol.definition is None and not symbol.traits
    return free and (
        symbol.type == REAL or (isinstance(symbol.type, Array) and symbol.domain == REALS)
    )


def _put(statement: Term, values: Mapping[str, Term]) -> Term:
    """A statement at given values of names; derivatives are taken before the values are put."""
    if isinstance(statement, Apply) and (statement.head in RELATIONS):
        sides = []
        for side in statement.args:
            for name, value in values.items():
                side = let(name, value, side)
            sides.append(side)
        return Apply(statement.head, tuple(sides))
    if isinstance(statement, Apply):
        return Apply(statement.head, tuple(_put(part, values) for part in statement.args))
    return statement


def _solved(statement: Term, notation: Notation) -> dict[str, Term]:
    """The values that a statement gives to names, if that is all it says."""
    match statement:
        case Apply("equal", (Name(name), value)) if name not in free_names(value):
            return {name: value}
        case Apply("equal", (Apply("multiply", (*factors, Name(name))), value)) if all(
            typecheck(factor, notation) == REAL and name not in free_names(factor)
            for factor in factors
        ):
            return {name: value / product_of(list(factors))}
        case Apply("equal", (Apply("tuple", left), Apply("tuple", right))) if len(left) == len(
            right
        ):
            pairs = [
                _solved(Apply("equal", pair), notation) for pair in zip(left, right, strict=True)
            ]
        case Apply("both", parts):
            pairs = [_solved(part, notation) for part in parts]
        case _:
            return {}
    values = {name: value for pair in pairs for name, value in pair.items()}
    if not all(pairs) or any(free_names(value) & values.keys() for value in values.values()):
        return {}
    return values


def _in_domain(notation: Notation, name: str, value: Term) -> Term:
    """That a value lies in the domain of a scalar name."""
    symbol = notation.get(name)
    conditions = []
    if symbol is not None and isinstance(symbol.type, Scalar):
        if symbol.domain.lower is not None:
            conditions.append(less(lift(symbol.domain.lower), value))
        if symbol.domain.upper is not None:
            conditions.append(less(value, lift(symbol.domain.upper)))
    return Apply("both", tuple(conditions)) if conditions else TRUE


def _fails(statement: Term, valuation: Valuation) -> bool:
    try:
        return balls.holds(statement, valuation, PRECISIONS[0], OPERATIONS) is False
    except (balls.Undefined, balls.Unsupported, balls.TooLarge):
        return False


def _condition(claim: Claim) -> Verdict | None:
    if claim.closed_form == TRUE:
        return None
    return conditions.prove_equivalent(
        claim.defined, claim.closed_form, claim.notation, claim.conditions
    )
