"""The evidence file's layout."""

from __future__ import annotations

import json

from hypothesis import given, strategies as st

from reports.evidence import as_text

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    leaves | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=60,
)


@given(values)
def test_what_is_written_can_be_read_back(value: object) -> None:
    assert json.loads(as_text(value)) == value


def test_what_is_short_stays_on_its_line() -> None:
    text = as_text({"long": ["x" * 100, "y" * 100], "short": [1, [2, 3]]})
    assert ' "short": [1, [2, 3]]\n' in text
    assert text.count("\n") == 7
