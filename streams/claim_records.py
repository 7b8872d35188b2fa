"""Claims known to be false, as records of the topic `control`."""

from collections.abc import Mapping

import msgspec

from alerts.claims import Claim

_PREFIX = b"claim/"


def claim_key(id_: str) -> bytes:
    """Key of a claim."""
    return _PREFIX + id_.encode()


def claims_in(values: Mapping[bytes, bytes]) -> dict[str, Claim]:
    """The claims among the newest values of `control`, by id. Raises `msgspec.DecodeError`."""
    found = (msgspec.json.decode(v, type=Claim) for key, v in values.items() if key.startswith(_PREFIX))
    return {one.id: one for one in found}


def in_force(claims: Mapping[str, Claim]) -> tuple[Claim, ...]:
    """Those that nobody took back, by id."""
    return tuple(claim for _, claim in sorted(claims.items()) if not claim.withdrawn_by)
