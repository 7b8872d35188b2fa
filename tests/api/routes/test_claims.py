"""The list of claims over the interface: who may enter, what is refused, what is shown."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from alerts.claims import Claim, ClaimRefusedError, UnknownClaimError
from alerts.receiving import Scope
from tests.api.stand import Stand, running

ENTRY = {"text": "Đập Suối Lớn đã vỡ", "rebuttal": "Đập an toàn.", "rebuttal_url": "https://example.vn/1"}
ID = "ab" * 8


class ListDesk:
    """A desk in memory."""

    def __init__(self) -> None:
        self.entered: list[Claim] = []

    async def claims(self) -> Sequence[Claim]:
        return self.entered

    async def enter(self, claim: Claim, *, by: str, now: datetime) -> Claim:
        if claim.organisation == "nobody":
            raise ClaimRefusedError("'nobody' is not in the register")
        entered = msgspec.structs.replace(claim, id=ID, entered_by=by, entered_at=now.isoformat())
        self.entered.append(entered)
        return entered

    async def withdraw(self, id_: str, *, by: str, now: datetime) -> Claim:
        for place, claim in enumerate(self.entered):
            if claim.id == id_:
                self.entered[place] = msgspec.structs.replace(claim, withdrawn_by=by, withdrawn_at=now.isoformat())
                return self.entered[place]
        raise UnknownClaimError(f"there is no claim {id_} in force")


def with_desk(stand: Stand) -> ListDesk:
    desk = stand.app.state.service.claims = ListDesk()
    return desk


async def test_a_claim_is_entered_listed_and_withdrawn_by_name(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        with_desk(stand)
        entered = await stand.http.post("/v1/claims", json=ENTRY)
        assert (entered.status_code, entered.json()["entered_by"]) == (201, "first")
        (listed,) = (await stand.http.get("/v1/claims")).json()["claims"]
        assert (listed["id"], listed["rebuttal"]) == (ID, "Đập an toàn.")
        withdrawn = await stand.http.post(f"/v1/claims/{ID}/withdraw")
        assert withdrawn.json()["withdrawn_by"] == "first"


async def test_a_claim_without_rebuttal_source_or_body_is_refused(tmp_path: Path) -> None:
    wrong = ({"rebuttal": ""}, {"rebuttal_url": "nowhere"}, {"text": "ngắn"}, {"organisation": "nobody"})
    async with running(tmp_path) as stand:
        with_desk(stand)
        answers = [await stand.http.post("/v1/claims", json=ENTRY | one) for one in wrong]
    assert [answer.status_code for answer in answers] == [422] * len(wrong)


async def test_only_who_may_act_enters_and_withdraws(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        with_desk(stand)
        reader = {"authorization": f"Bearer {stand.add_token('reader', Scope.READ)}"}
        assert (await stand.http.post("/v1/claims", json=ENTRY, headers=reader)).status_code == 403
        assert (await stand.http.post(f"/v1/claims/{ID}/withdraw", headers=reader)).status_code == 403
        assert (await stand.http.get("/v1/claims", headers=reader)).status_code == 200
        assert (await stand.http.post(f"/v1/claims/{ID}/withdraw")).status_code == 404


async def test_a_service_without_a_log_has_no_list(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        assert (await stand.http.get("/v1/claims")).status_code == 404
