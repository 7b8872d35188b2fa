import json

from alerts.erasing import by_id, by_url, erased_body, names_of
from alerts.model import Excerpt

EXCERPT = Excerpt("m1", "news", "Báo A", "Vỡ đê", "https://example.vn/1", "2026-10-07T00:00:00.000Z")


def test_a_mention_is_known_by_its_source_and_id_by_its_id_and_by_its_address() -> None:
    assert names_of(EXCERPT) == (("news", "Báo A", "m1"), by_id("m1"), by_url("https://example.vn/1"))


def test_mentions_without_an_address_share_none() -> None:
    bare = Excerpt("m1", "news", "Báo A", "Vỡ đê", "", "2026-10-07T00:00:00.000Z")
    assert names_of(bare) == (("news", "Báo A", "m1"), by_id("m1"))


def test_what_is_told_names_mentions_and_no_address() -> None:
    body = erased_body([("news", "Báo A", "m1")], [by_url("https://example.vn/1"), ("web", "b", "m2")], 3)
    assert body["texts"] == 3
    assert [one["id"] for one in body["mentions"]] == ["m1", "m2"]
    assert by_url("https://example.vn/1")[2] not in json.dumps(body)
