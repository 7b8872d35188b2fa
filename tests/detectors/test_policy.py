"""What a policy refuses."""

from dataclasses import replace

import pytest

from detectors.policy import DEFAULT, Policy


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scales", ()),
        ("scales", (10, 5)),
        ("scales", (0, 5)),
        ("drift", 0.0),
        ("dispersion", float("inf")),
        ("budget", 0.0),
        ("budget", 7.5),
        ("warm_up", -1),
        ("least_negative", 0),
        ("hold_off", 0),
        ("severities", ((0.1, 8, 2.0),)),
    ],
)
def test_a_policy_that_cannot_work_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        replace(DEFAULT, **{field: value})  # type: ignore[arg-type]  # wrong values are the point


def test_the_shipped_policy_is_the_default() -> None:
    assert Policy() == DEFAULT
