"""JSON as people type it."""

import pytest

from services.kinds.json import KIND


@pytest.mark.parametrize("text", ['"\\\\u0000"', '{"\\\\\\\\u0000": 1}'])
def test_a_backslash_before_u0000_is_a_text(text: str) -> None:
    assert KIND.read is not None
    assert KIND.read(text, {}, "jsonb") == text


@pytest.mark.parametrize("text", ['"\\u0000"', '"\\\\\\u0000"'])
def test_a_nul_is_refused(text: str) -> None:
    assert KIND.read is not None
    with pytest.raises(ValueError, match="NUL"):
        KIND.read(text, {}, "jsonb")
