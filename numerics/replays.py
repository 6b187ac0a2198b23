"""Replays: a claim over symbolic shapes, once more in components, by SymPy, at concrete shapes."""

from __future__ import annotations

from collections.abc import Mapping

from derivations.rules.components import replay
from language.claims import Claim, Equality, Status, Verdict

__all__ = ["replay_claim"]


def replay_claim(claim: Claim, sizes: Mapping[str, int]) -> Verdict | None:
    """The verdict of SymPy's exact arithmetic on the components; None outside its fragment."""
    if claim.equality is not Equality.EXACT:
        return None
    agrees = replay(claim.defined, claim.closed_form, claim.notation, sizes)
    if agrees is None:
        return None
    shape = ", ".join(f"{name} = {size}" for name, size in sorted(sizes.items()))
    status = Status.PROVED if agrees else Status.REFUTED
    words = "is zero" if agrees else "is not zero"
    return Verdict(
        status, "components", f"for {shape}", f"The difference, written out in components, {words}."
    )
