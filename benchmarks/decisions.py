"""How long the engine takes to decide the claims of a sheet, and each link of its derivations.

    python -m benchmarks.decisions [SHEET]

Two times are printed. *First* is each decision as it is made when a sheet is checked, once, in
order, with what the engine remembers of the same question (valuations, normal forms of terms that
a chain has in common). *Again* is the median of five more.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from derivations.sheets import load_sheet
from language.claims import Verdict
from numerics.engine import decide, decide_equal
from numerics.verification import find_solution

REPEATS = 5


def decisions(sheet: str) -> Iterator[tuple[str, Callable[[], Verdict]]]:
    """Every decision that checking a sheet makes, by name."""
    for question in load_sheet(sheet).questions:
        solution = find_solution(question.solution)()
        chains = [answer.derivation for answer in solution.answers] + list(solution.lemmas)
        for chain in chains:
            claim = chain.claim
            yield f"{question.id} {claim.name}", lambda claim=claim: decide(claim)
            for before, step in zip(chain.steps, chain.steps[1:], strict=False):
                yield (
                    f"{question.id} {claim.name}: {step.rule}",
                    lambda claim=claim, a=before.term, b=step.term: decide_equal(
                        a, b, claim.notation
                    ),
                )
        for answer in solution.answers:
            for form in answer.forms:
                reference = answer.derivation.claim
                changed = replace(reference, defined=reference.closed_form, closed_form=form)
                yield f"{question.id} {answer.id}: form", lambda c=changed: decide(c)
        for fact in solution.facts:
            yield f"{question.id} {fact.claim.name}", lambda claim=fact.claim: decide(claim)


def milliseconds(decision: Callable[[], Verdict]) -> float:
    """How long one decision takes."""
    start = time.perf_counter()
    decision()
    return 1e3 * (time.perf_counter() - start)


def main() -> None:
    """Time all decisions of a sheet and print what they took."""
    sheet = sys.argv[1] if len(sys.argv) > 1 else "assignment"
    todo = list(decisions(sheet))
    # z3 is loaded when first needed, which is not part of any one decision.
    importlib.import_module("z3")
    first = [milliseconds(decision) for _, decision in todo]
    again = [
        statistics.median(milliseconds(decision) for _ in range(REPEATS)) for _, decision in todo
    ]
    verdicts = [decision() for _, decision in todo]
    counts = Counter(verdict.status.value for verdict in verdicts)
    print(f"{len(todo)} decisions: " + ", ".join(f"{n} {name}" for name, n in counts.items()))
    for words, times in (("first", first), ("again", again)):
        slow = sum(time_ > 5 for time_ in times)
        print(
            f"{words}: median {statistics.median(times):.2f} ms, slowest {max(times):.2f} ms, "
            f"{slow} over 5 ms"
        )
    slowest = sorted(zip(again, first, todo, verdicts, strict=True), key=lambda row: -row[0])
    for time_, once, (name, _), verdict in slowest[:15]:
        print(f"{time_:8.2f} ms  (first {once:.2f})  {verdict.stage}: {name}")


if __name__ == "__main__":
    main()
