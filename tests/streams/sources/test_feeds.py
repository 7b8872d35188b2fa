"""RSS and Atom of unknown origin."""

import time
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.mentions import parse
from streams.sources.feeds import Entry, FeedError, mention, parse_feed
from streams.sources.settings import FeedSettings

NOW = datetime(2025, 10, 7, 12, tzinfo=UTC)
FEED = FeedSettings(url="https://example.vn/rss", name="Báo A", language="vi")

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>A</title><language>vi-VN</language>
<item><guid>g1</guid><title>Lũ &lt;b&gt;lên&lt;/b&gt;</title><link>https://example.vn/1</link>
<description>&lt;p&gt;Nước &amp;amp; bùn&lt;/p&gt;</description>
<pubDate>Tue, 07 Oct 2025 18:00:00 GMT+7</pubDate></item>
<item><title>Không có mã</title><link>https://example.vn/2</link></item>
<item><title>Chỉ có tiêu đề</title></item>
<item><link>https://example.vn/4</link></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>B</title>
<entry><id>tag:a,1</id><title>Tin</title><updated>2025-10-07T10:00:00Z</updated>
<link href="https://example.vn/a"/><content type="html">&lt;p&gt;Nội dung&lt;/p&gt;</content></entry></feed>"""


def test_rss_is_read() -> None:
    first, second, third = parse_feed(RSS.encode(), 100)
    assert first == Entry(
        "g1",
        first.written,
        "Lũ lên",
        "Nước & bùn",
        "https://example.vn/1",
        "",
        "vi-VN",
    )
    assert first.written == datetime(2025, 10, 7, 11, tzinfo=UTC)
    assert (second.id, second.written) == ("https://example.vn/2", None)
    assert len(third.id) == 64


def test_atom_is_read() -> None:
    (entry,) = parse_feed(ATOM.encode(), 100)
    assert (entry.id, entry.title, entry.text) == ("tag:a,1", "Tin", "Nội dung")


def test_an_entry_has_the_same_id_whenever_it_is_fetched() -> None:
    assert [e.id for e in parse_feed(RSS.encode(), 9)] == [e.id for e in parse_feed(RSS.encode(), 9)]


def test_no_more_entries_are_taken_than_asked_for() -> None:
    assert len(parse_feed(RSS.encode(), 1)) == 1


def test_every_entry_makes_a_valid_mention() -> None:
    for entry in parse_feed(RSS.encode(), 100):
        parsed = parse(mention(entry, FEED, NOW, missing_offset=False), frozenset())
        assert parsed.source.name == "Báo A"


def test_an_entry_without_a_date_is_dated_when_it_was_fetched() -> None:
    data = mention(Entry("1", None, "t", ""), FEED, NOW, missing_offset=False)
    assert msgspec.json.decode(data)["published_at"] == "2025-10-07T12:00:00.000Z"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html><body>not found</body></html>", "neither RSS nor Atom"),
        (b"", "neither RSS nor Atom"),
        (b"{}", "neither RSS nor Atom"),
        (b"<rss>" + b"<a>" * 200, "nested"),
        (b"<rss>" + b"<a/>" * 200_000, "tags"),
        (b'<!DOCTYPE r [<!ENTITY a "b">]><rss version="2.0"></rss>', "entities"),
        (
            b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///x">]><rss><channel><item><title>&a;</title></item></channel></rss>',
            "entities",
        ),
    ],
)
def test_what_is_no_feed_or_hostile_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(FeedError, match=why):
        parse_feed(data, 100)


def test_broken_xml_is_read_as_far_as_it_goes() -> None:
    assert [e.title for e in parse_feed(RSS.encode().replace(b"</channel></rss>", b""), 100)][:1] == ["Lũ lên"]


def test_a_link_that_is_no_web_address_is_left_out() -> None:
    data = RSS.replace("https://example.vn/1", "javascript:alert(1)").encode()
    assert parse_feed(data, 1)[0].url == ""


def test_a_very_long_id_is_shortened_but_stays_its_own() -> None:
    one, two = (parse_feed(RSS.replace("g1", "g" * 5000 + x).encode(), 1)[0].id for x in "ab")
    assert len(one) == len(two) == 64
    assert one != two


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for hostile in (data, RSS.encode()[:300] + data):
        try:
            entries = parse_feed(hostile, 10)
        except FeedError:
            continue
        for entry in entries:
            parse(mention(entry, FEED, NOW, missing_offset=False), frozenset())


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32"])
def test_attributes_beyond_number_are_refused_at_once(coding: str) -> None:
    tag = " ".join(f'a{number}="x"' for number in range(20_000))
    begun = time.process_time()
    with pytest.raises(FeedError, match="8 KiB"):
        parse_feed(f"<rss><channel><item {tag}></item></channel></rss>".encode(coding), 10)
    assert time.process_time() - begun < 1


def test_a_marked_section_in_a_text_is_no_fault_of_the_feed() -> None:
    entries = parse_feed(
        b"<rss version='2.0'><channel><item><title>a</title><description>&lt;![&lt;![ b</description></item>"
        b"<item><title>c</title></item></channel></rss>",
        10,
    )
    assert [entry.title for entry in entries] == ["a", "c"]
