"""An alert in Vietnamese."""

import msgspec
import pytest

from alerts import describe
from alerts.model import AlertState, FormerName, Representative, RoleCount, Series, Severity, SourceCount
from tests.alerts.examples import EXCERPT, FINDING, changed


def test_a_title_says_where_and_how_much_against_how_much() -> None:
    assert describe.title(FINDING) == (
        "Cảnh báo – Thái Nguyên: 1.200 lượt nhắc tiêu cực, mức bình thường khoảng 7,5 (mức độ: nghiêm trọng)"
    )


def test_a_later_revision_is_called_an_update() -> None:
    finding = changed(revision=3)
    assert describe.title(finding).startswith("Cảnh báo, bản cập nhật số 3 – Thái Nguyên")
    assert "Cảnh báo lần đầu lúc 14 giờ 05 phút ngày 22/11/2026." in describe.summary(finding)


def test_an_end_says_when_it_ended_and_not_how_rare_it_was() -> None:
    finding = changed(revision=4, state=AlertState.RESOLVED, fired_at="2026-11-22T18:00:00.000Z")
    assert describe.title(finding).startswith("Cảnh báo đã kết thúc – ")
    text = describe.summary(finding)
    assert "đã trở lại mức bình thường lúc 01 giờ 00 phút ngày 23/11/2026." in text
    assert "Từ 13 giờ 30 phút ngày 22/11/2026 đến 01 giờ 00 phút ngày 23/11/2026" in text
    assert "tuần" not in text


@pytest.mark.parametrize("state", list(AlertState))
def test_a_drill_is_stamped_everywhere(state: AlertState) -> None:
    finding = changed(state=state)
    assert describe.title(finding, run="demo-1").startswith("DIỄN TẬP – ")
    assert describe.summary(finding, run="demo-1").startswith("DIỄN TẬP. ")
    assert describe.block(finding, run="demo-1")[0].startswith("DIỄN TẬP – ")
    assert "DIỄN TẬP" not in describe.title(finding) + describe.summary(finding) + describe.block(finding)[0]


def test_roles_and_former_names_are_told() -> None:
    finding = changed(
        organisation_name="Bộ Khoa học và Công nghệ",
        roles=(RoleCount("blamed", 1200), RoleCount("mentioned", 3), RoleCount("of tomorrow", 1)),
        former_names=(FormerName("Bộ TT&TT", 3),),
    )
    text = describe.summary(finding)
    assert "Trong các lượt nhắc tiêu cực, đơn vị bị phê phán 1.200 lượt và được nhắc đến 3 lượt." in text
    assert (
        "Có lượt nhắc dùng tên cũ: “Bộ TT&TT” (3 lượt); đơn vị chịu trách nhiệm hiện nay là Bộ Khoa học và Công nghệ."
    ) in text
    lines = "\n".join(describe.block(finding))
    assert "Vai trò            bị phê phán 1.200 lượt và được nhắc đến 3 lượt" in lines
    assert "Tên cũ được dùng   “Bộ TT&TT” (3 lượt)" in lines


def test_a_body_that_is_only_mentioned_is_said_to_have_no_role() -> None:
    assert "Trong các lượt nhắc" not in describe.summary(changed(roles=(RoleCount("mentioned", 3),)))


def test_a_stale_alert_says_so() -> None:
    assert "Chưa có bản cập nhật mới" in describe.summary(FINDING, stale=True)
    assert "Chưa có bản cập nhật mới" not in describe.summary(FINDING)


def test_texts_are_quoted_where_they_are_there() -> None:
    text = describe.summary(FINDING, [EXCERPT])
    assert "Nội dung tiêu biểu: “Dân chờ xuồng cứu hộ” (Báo A, 3 bài tương tự)." in text
    assert "Nội dung tiêu biểu" not in describe.summary(FINDING)


def test_a_text_of_the_same_id_at_another_source_is_not_quoted() -> None:
    stranger = msgspec.structs.replace(EXCERPT, source_name="Báo B")
    assert "xuồng" not in describe.summary(FINDING, [stranger])


def test_a_nameless_source_is_called_by_its_kind() -> None:
    text = msgspec.structs.replace(EXCERPT, id="m2", source_kind="forum", source_name="")
    assert "“Dân chờ xuồng cứu hộ” (diễn đàn)" in describe.summary(FINDING, [text])


def test_a_share_is_told_as_a_share() -> None:
    assert "chiếm 60 %" in describe.summary(changed(series=Series.NEGATIVE_SHARE))
    assert "chiếm" not in describe.summary(FINDING)


def test_where_all_are_negative_the_total_is_not_repeated() -> None:
    assert "tổng số" not in describe.summary(changed(mentions=1200))


@pytest.mark.parametrize("expected", [0.0, 0.3, 700.0])
def test_a_multiple_is_told_only_where_it_says_something(expected: float) -> None:
    assert "gấp" not in describe.summary(changed(expected=expected))


def test_the_loudest_sources_are_named_and_the_rest_counted() -> None:
    sources = tuple(SourceCount("news", f"Báo {place}", 50, place) for place in range(1, 6))
    text = describe.summary(changed(sources=sources))
    assert "Báo 5 (5 lượt tiêu cực), Báo 4 (4 lượt tiêu cực), Báo 3 (3 lượt tiêu cực) và 2 nguồn khác" in text


def test_what_comes_from_outside_cannot_steer_the_terminal() -> None:
    hostile = "\x1b]0;x\x07 \u202eabc\r\nGIẢ"
    finding = changed(
        organisation_name=hostile,
        words=(hostile, "\u200b"),
        sources=(SourceCount("news", hostile, 1, 1),),
        representatives=(Representative("m1", "news", hostile, "", 1),),
    )
    excerpt = msgspec.structs.replace(EXCERPT, title=hostile * 50, source_name=hostile)
    lines = [describe.title(finding), describe.summary(finding, [excerpt]), *describe.block(finding, [excerpt])]
    assert all(line.isprintable() for line in lines)


def test_braces_in_names_are_only_text() -> None:
    assert "{head}" in describe.title(changed(organisation_name="{head} {0}"))


def test_a_block_has_every_part_and_keeps_its_width() -> None:
    mentions = tuple(Representative(f"m{place}", "news", "Báo A", "", 1) for place in range(5))
    excerpts = [msgspec.structs.replace(EXCERPT, id=one.id, title=f"câu số {one.id} " * 20) for one in mentions]
    lines = describe.block(changed(representatives=mentions), excerpts, link="http://127.0.0.1:8080/a/1", width=80)
    assert all(len(line) <= 80 for line in lines)
    assert lines[0] == "Cảnh báo – mức độ: nghiêm trọng"
    assert lines[-1].endswith("http://127.0.0.1:8080/a/1")
    text = "\n".join(lines)
    for part in ("Thái Nguyên", "1.200 lượt nhắc tiêu cực", "Mức bình thường", "40 tuần", "Báo A", "vỡ đê"):
        assert part in text
    assert text.count("“câu số") == 5


def test_an_ended_block_leaves_rarity_out() -> None:
    assert "hiếm" not in "\n".join(describe.block(changed(state=AlertState.RESOLVED)))


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_is_named(severity: Severity) -> None:
    assert "mức độ: " in describe.title(changed(severity=severity))


def test_what_is_held_back_says_so_and_why() -> None:
    finding = changed(state=AlertState.HELD_BACK, reason="held_back", held_back="few_voices")
    assert describe.title(finding).startswith("Tạm giữ, chưa phát cảnh báo – Thái Nguyên")
    assert "Lý do tạm giữ: ít người đăng nhưng đăng nhiều lần." in describe.summary(finding)


def test_feeds_that_are_silent_are_named_with_what_to_do() -> None:
    feeds = (SourceCount("news", "Báo A", 0, 0), SourceCount("news", "Báo B", 0, 0))
    finding = changed(series=Series.FEED_SILENCE, organisation="_feeds", observed=0, expected=48.0, sources=feeds)
    assert describe.title(finding) == "Cảnh báo – nguồn tin im lặng: Báo A và Báo B"
    assert "bình thường khoảng 48: Báo A và Báo B." in describe.summary(finding)
    assert "khâu thu thập" in describe.summary(finding)
    ended = changed(series=Series.FEED_SILENCE, state=AlertState.RESOLVED, sources=())
    assert "đã hoạt động trở lại lúc" in describe.summary(ended)


@pytest.mark.parametrize(
    ("blaming", "happening", "said"), [(7, 2, "Phần lớn phê phán cơ quan (7/9 lượt"), (1, 3, "(3/4 lượt")]
)
def test_what_prevails_is_said(blaming: int, happening: int, said: str) -> None:
    finding = msgspec.structs.replace(describe._example(), blaming=blaming, happening=happening)
    assert said in describe.summary(finding)
    assert "Phần lớn" not in describe.summary(describe._example())
