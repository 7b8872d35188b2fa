"""Findings as they come from outside."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decoding import decode_finding
from alerts.model import canonical
from tests.alerts.examples import FINDING


def test_a_finding_comes_back_as_it_left() -> None:
    assert decode_finding(canonical(FINDING)) == FINDING


@pytest.mark.parametrize(
    "fields",
    [
        {"id": ""},
        {"revision": 0},
        {"revision": 2**31},
        {"revision": "1"},
        {"state": "over"},
        {"severity": "cấp độ 5"},
        {"fired_at": ""},
        {"fired_at": "2026-13-01T00:00:00.000Z"},
        {"fired_at": "2026-11-22T07:05:00.000"},
        {"window_start": "2026-11-22T07:05:00.000+07:00"},
        {"first_fired_at": "yesterday" * 100},
        {"expected": None},
        {"sources": [{}]},
        {"words": "vỡ đê"},
    ],
    ids=str,
)
def test_a_finding_nobody_could_work_with_is_refused(fields: dict[str, Any]) -> None:
    data = json.dumps(json.loads(canonical(FINDING)) | fields).encode()
    with pytest.raises(msgspec.ValidationError):
        decode_finding(data)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_finding_are_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_finding(data)


def test_fields_of_a_later_version_pass() -> None:
    data = json.dumps(json.loads(canonical(FINDING)) | {"phase": "lan rộng"}).encode()
    assert decode_finding(data) == FINDING
