"""API tokens."""

import pytest

from alerts.tokens import digest, new_token


def test_a_token_carries_all_its_randomness() -> None:
    assert new_token(bytes(range(32))).secret != new_token(bytes(range(1, 33))).secret
    assert len(new_token(bytes(32)).secret) == len("canhbao_") + 43


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_other_amounts_of_randomness_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        new_token(bytes(length))


@pytest.mark.parametrize("presented", ["", "\x00", "\ud800", "đ" * 10_000])
def test_whatever_is_presented_has_a_digest(presented: str) -> None:
    assert len(digest(presented)) == 32
