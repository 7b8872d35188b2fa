"""Every Vietnamese word that officers read, and how numbers and times are written. Nothing else holds any."""

import math
import unicodedata
from datetime import datetime, timedelta, timezone

from alerts.model import Severity

#: Vietnam has kept one offset since 1975 and no summer time.
VIETNAM_TIME = timezone(timedelta(hours=7), "+07")

SEVERITY = {
    Severity.NOTICE: "theo dõi",
    Severity.WARNING: "cảnh báo sớm",
    Severity.SERIOUS: "nghiêm trọng",
    Severity.CRITICAL: "đặc biệt nghiêm trọng",
}

SOURCE_KIND = {
    "news": "báo chí",
    "facebook": "Facebook",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "zalo": "Zalo",
    "forum": "diễn đàn",
    "web": "trang thông tin điện tử",
    "observation": "quan sát tại chỗ, nhập tay",
    "other": "nguồn khác",
}

#: What a body is in a text; see `alerts.model.RoleCount`.
ROLE = {
    "blamed": "bị phê phán",
    "rescuing": "đang ứng cứu",
    "responsible": "có trách nhiệm",
    "mentioned": "được nhắc đến",
}

ALERT = "Cảnh báo"
UPDATE = "bản cập nhật số {revision}"
RESOLVED = "đã kết thúc"
DRILL = "DIỄN TẬP"
STALE = "Chưa có bản cập nhật mới từ bộ phận theo dõi."

CAP_EVENT = "Dư luận tiêu cực tăng bất thường"
CAP_RESTRICTION = "Chỉ dành cho cán bộ được phân công"

BLOCK_HEAD = "{head} – mức độ: {severity}"
MOMENT = "{hour} ngày {day}"
TITLE = "{head} – {organisation}: {negative} lượt nhắc tiêu cực, mức bình thường {expected} (mức độ: {severity})"

PERIOD_ONE_DAY = "từ {start} đến {end} ngày {day}"
PERIOD = "từ {start} ngày {start_day} đến {end} ngày {day}"

COUNTS = "{period}, {organisation} có {negative} lượt nhắc tiêu cực trong tổng số {mentions} lượt nhắc; {expected}."
COUNTS_SHARE = (
    "{period}, {organisation} có {negative} lượt nhắc tiêu cực trong tổng số {mentions} lượt nhắc, chiếm {share}; "
    "{expected}."
)
COUNTS_ALL = "{period}, {organisation} có {negative} lượt nhắc tiêu cực; {expected}."
EXPECTED = "mức bình thường {expected}"
EXPECTED_TIMES = "mức bình thường {expected}, tức gấp khoảng {times} lần"
STORIES = "Trong đó có {stories} tin gốc; {copies} lượt là bài đăng lại."
FIRST_FIRED = "Cảnh báo lần đầu lúc {moment}."
ENDED = "Số lượt nhắc tiêu cực về {organisation} đã trở lại mức bình thường lúc {moment}."
RARE = "Nếu chỉ là dao động thông thường, với đơn vị này mức như vậy hoặc cao hơn {rarity}."
SOURCES = "Nguồn chính: {sources}."
SHOWN = "Nội dung tiêu biểu: {mentions}."
ROLES = "Trong các lượt nhắc tiêu cực, đơn vị {roles}."
MOSTLY_BLAME = "Phần lớn phê phán cơ quan ({count}/{all} lượt tiêu cực đã đọc)."
MOSTLY_EVENTS = "Phần lớn phản ánh sự việc xảy ra, chưa phải phê phán cơ quan ({count}/{all} lượt tiêu cực đã đọc)."
ROLE_COUNT = "{role} {count} lượt"
FORMER_NAMES = "Có lượt nhắc dùng tên cũ: {names}; đơn vị chịu trách nhiệm hiện nay là {organisation}."
FORMER_NAME = "“{name}” ({count} lượt)"
NEW_WORDS = "Từ ngữ mới xuất hiện: {words}."

HELD_BACK = "Tạm giữ, chưa phát cảnh báo"
HELD_BECAUSE = "Lý do tạm giữ: {reason}."
#: By the values of `detectors.guards.Guard`.
GUARD = {
    "catch_up": "tin dồn về sau khi việc thu thập bị gián đoạn",
    "collector_surge": "mọi nguồn tin cùng tăng một lúc, có thể do khâu thu thập",
    "source_surge": "cả một nguồn tin tăng bất thường, có thể do khâu thu thập",
    "silent_source": "một nguồn tin thường có đang im lặng nên tỷ lệ bị lệch",
    "repeated_text": "một nội dung gần như giống hệt được đăng lặp lại nhiều lần",
    "few_voices": "ít người đăng nhưng đăng nhiều lần",
}
GUARD_UNKNOWN = "đang xem lại"
#: By the values of `detectors.forecast.Phase`.
PHASE = {
    "calm": "bình thường",
    "smouldering": "âm ỉ",
    "breaking_out": "bùng phát",
    "spreading": "lan rộng",
    "subsiding": "lắng xuống",
}
FORECAST = "Dự báo lượt nhắc tiêu cực: {parts}."
FORECAST_HOURS = "{hours} giờ tới khoảng {expected} (khoảng tin cậy 90 %: {low}–{high})"
CLAIM_TITLE = "{head} – {organisation}: thông tin nghi sai sự thật, cần kiểm chứng – “{text}”"
#: Why a text is flagged; that it is false is said by nobody here.
CLAIM_WHY = {
    "listed": "{count} lượt nhắc có nội dung giống thông tin đã được ghi nhận là không đúng: “{text}”.",
    "few_voices": "Một nội dung được rất ít nguồn phát biểu lặp lại {count} lần trong thời gian ngắn: “{text}”.",
}
CLAIM_WHY_OTHER = "{count} lượt nhắc cần được kiểm chứng: “{text}”."
CLAIM_CHECK = "Thông tin nghi sai sự thật, cần kiểm chứng: đề nghị cán bộ đọc nội dung gốc trước khi xử lý."
CLAIM_REBUT = "Nếu đúng như vậy, trước hết sử dụng thông tin phản bác chính thức: {rebuttal} ({where})."
CLAIM_NO_JUDGEMENT = (
    "Máy chỉ đánh dấu để kiểm tra, không kết luận; ý kiến phê bình chính sách không thuộc trường hợp này."
)
CLAIM_ENDED = "Trong 24 giờ qua không thấy nội dung này được nhắc lại."
#: By the values of `detectors.alarm.Reason`.
REFUSAL = {
    "below the threshold": "chưa vượt ngưỡng",
    "held off": "vừa có cảnh báo, đang trong thời gian chờ",
    "too few negatives": "quá ít lượt nhắc tiêu cực",
    "all in one window": "mới xuất hiện trong một phút, chưa kéo dài",
    "still warming up": "chưa đủ thời gian để biết mức bình thường",
    "fired": "đã cảnh báo",
    "escalated": "đã cảnh báo, mức độ tăng",
    "still firing": "cảnh báo đang diễn ra",
}
WHY = (
    "Trong {minutes} phút có {observed} lượt nhắc tiêu cực; mức bình thường {expected} (khoảng dao động thông thường "
    "{low}–{high}), học từ {learned}; cần từ {needed} lượt để cảnh báo."
)
NO_TEST = "Trong giờ này không có lượt nhắc tiêu cực nào."
WHY_RESULT = "Kết quả: {refusal}."
WHY_SHORT = "Nếu trong {minutes} phút có dưới {needed} lượt thì đã không cảnh báo."
LEARNED_HOURS = "{count} giờ"
LEARNED_DAYS = "{count} ngày"
FEEDS_TITLE = "{head} – nguồn tin im lặng: {sources}"
FEEDS_ENDED = "Các nguồn tin đã hoạt động trở lại lúc {moment}."
FEEDS_SILENT = "Từ {moment}, các nguồn sau không có lượt nhắc nào, trong khi bình thường {expected}: {sources}."
FEEDS_TODO = "Đề nghị kiểm tra khâu thu thập; trong thời gian này cảnh báo có thể đến muộn hoặc thiếu."

ONCE_IN_WEEKS = "ước tính chỉ gặp một lần trong khoảng {count} tuần"
ONCE_IN_YEARS = "ước tính chỉ gặp một lần trong khoảng {count} năm"
RARER_THAN_CENTURY = "ước tính gặp chưa đến một lần trong 100 năm"
COMMON = "tuần nào cũng có thể gặp"

SOURCE = "{name} ({negative} lượt tiêu cực)"
OTHER_SOURCES = "{sources} và {count} nguồn khác"
MENTION = "“{title}” ({source})"
MENTION_COPIES = "“{title}” ({source}, {copies} bài tương tự)"
MENTION_OUTLETS = "“{title}” ({source}, {copies} bài tương tự ở {outlets} nơi đăng)"

INCIDENT = (
    "Vụ việc gồm {alerts} cảnh báo của {organisations} đơn vị, bắt đầu lúc {moment}, mức độ cao nhất: {severity}."
)
INCIDENT_GOING = "Còn {alerts} cảnh báo đang diễn ra."
INCIDENT_QUIET = "Hiện không còn cảnh báo nào đang diễn ra."
INCIDENT_OVER = "Đã kết thúc lúc {moment}."
INCIDENT_MERGED = "Đã nhập vào một vụ việc khác."
INCIDENT_TAKEN = "{by} đã xác nhận tiếp nhận lúc {moment}."
INCIDENT_NOT_TAKEN = "Chưa có người tiếp nhận."
INCIDENT_ASSIGNED = "Đã giao xử lý cho {to}."
INCIDENT_CONCLUDED = "Kết luận: {verdict}."
CONCLUSION = {"true": "đúng", "false": "cảnh báo sai", "planned": "đã có kế hoạch"}
AND_OTHERS = "{names} và {count} đơn vị khác"

LABEL_ORGANISATION = "Đơn vị"
LABEL_PERIOD = "Thời gian"
LABEL_NEGATIVE = "Tiêu cực"
LABEL_STORIES = "Tin gốc"
LABEL_EXPECTED = "Mức bình thường"
LABEL_RARITY = "Mức độ hiếm gặp"
LABEL_ROLES = "Vai trò"
LABEL_FORMER = "Tên cũ được dùng"
LABEL_SOURCES = "Nguồn chính"
LABEL_WORDS = "Từ ngữ mới"
LABEL_MENTIONS = "Nội dung tiêu biểu"
LABEL_LINK = "Xem chi tiết"
OF_STORIES = "{stories} tin gốc, {copies} bài đăng lại"
OF_MENTIONS = "{negative} lượt nhắc tiêu cực / {mentions} lượt nhắc"
TIMES = "{expected} (gấp khoảng {times} lần)"
ABOUT = "khoảng {number}"
BELOW = "dưới {number}"

PICTURE_TITLE = "{organisation}: số lượt nhắc tiêu cực"
PICTURE_PERIOD = "Từ {start} đến {end}, mỗi điểm là {width}; giờ Việt Nam"
PICTURE_COUNT = "lượt nhắc tiêu cực"
PICTURE_EXPECTED = "mức bình thường"
PICTURE_BAND = "khoảng dao động thông thường"
PICTURE_ALERT = "cảnh báo: {severity}"
PICTURE_EMPTY = "Không có số liệu trong khoảng thời gian này."
LENGTH_DAYS, LENGTH_HOURS, LENGTH_MINUTES = "{count} ngày", "{count} giờ", "{count} phút"

_SMALLEST_SHOWN = 0.01
_CENTURY_WEEKS = 5218


def whole(number: float) -> str:
    """A whole number with points between the thousands.

    Examples
    --------
    >>> whole(1200), whole(999.6), whole(1234567)
    ('1.200', '1.000', '1.234.567')
    """
    return f"{round(number):,}".replace(",", ".")


def quantity(number: float) -> str:
    """A measured number, no more exact than a reader needs: two digits below 10, whole ones above.

    Examples
    --------
    >>> quantity(0.5), quantity(7.46), quantity(7.0), quantity(0.034), quantity(1234.5)
    ('0,5', '7,5', '7', '0,03', '1.234')
    """
    if number >= 10:
        return whole(number)
    digits = 1 if number >= 0.1 else 2
    return f"{number:.{digits}f}".rstrip("0").rstrip(".").replace(".", ",") or "0"


def about(number: float) -> str:
    """An expected number in words.

    Examples
    --------
    >>> about(7.5), about(0.0002)
    ('khoảng 7,5', 'dưới 0,01')
    """
    if not math.isfinite(number):
        return ABOUT.format(number="–")
    if number < _SMALLEST_SHOWN:
        return BELOW.format(number=quantity(_SMALLEST_SHOWN))
    return ABOUT.format(number=quantity(number))


def percent(share: float) -> str:
    """A share of one.

    Examples
    --------
    >>> percent(0.6), percent(0.034)
    ('60 %', '3,4 %')
    """
    return f"{quantity(100 * share)} %"


def hour(moment: datetime) -> str:
    """The time of day in Vietnam.

    Examples
    --------
    >>> hour(datetime.fromisoformat("2026-11-22T07:05:00Z"))
    '14 giờ 05 phút'
    """
    return f"{moment.astimezone(VIETNAM_TIME):%H giờ %M phút}"


def day(moment: datetime) -> str:
    """The day in Vietnam.

    Examples
    --------
    >>> day(datetime.fromisoformat("2026-11-22T17:30:00Z"))
    '23/11/2026'
    """
    return f"{moment.astimezone(VIETNAM_TIME):%d/%m/%Y}"


def length(minutes: int) -> str:
    """How long something lasts, in the greatest unit that says it in whole numbers.

    Examples
    --------
    >>> length(5), length(120), length(90), length(10080)
    ('5 phút', '2 giờ', '90 phút', '7 ngày')
    """
    for size, form in ((1440, LENGTH_DAYS), (60, LENGTH_HOURS)):
        if minutes % size == 0:
            return form.format(count=minutes // size)
    return LENGTH_MINUTES.format(count=minutes)


def shifted(instant: str, *, minutes: int) -> str:
    """An instant some minutes later, in RFC 3339.

    Examples
    --------
    >>> shifted("2026-11-22T23:30:00.000Z", minutes=60)
    '2026-11-23T00:30:00.000Z'
    """
    moment = datetime.fromisoformat(instant) + timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def rarity(probability: float) -> str:
    """How seldom something is that happens by chance in a share of all weeks.

    Examples
    --------
    >>> rarity(0.025), rarity(0.001)
    ('ước tính chỉ gặp một lần trong khoảng 40 tuần', 'ước tính chỉ gặp một lần trong khoảng 19 năm')
    >>> rarity(1e-9), rarity(0.7)
    ('ước tính gặp chưa đến một lần trong 100 năm', 'tuần nào cũng có thể gặp')
    """
    if not probability > 1 / _CENTURY_WEEKS:
        return RARER_THAN_CENTURY
    weeks = 1 / probability
    if weeks < 1.5:
        return COMMON
    if weeks < 104:
        return ONCE_IN_WEEKS.format(count=_two_digits(weeks))
    return ONCE_IN_YEARS.format(count=_two_digits(weeks / 52.18))


def clean(text: str, longest: int = 300) -> str:
    r"""Text from outside as one line: no control, direction or invisible signs, and not too long.

    Examples
    --------
    >>> clean("  Nước\n dâng\x1b[31m cao "), clean("một hai ba", 7)
    ('Nước dâng [31m cao', 'một ha…')
    """
    shown = (" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in unicodedata.normalize("NFC", text))
    line = " ".join("".join(shown).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _two_digits(number: float) -> str:
    """A rounded number that claims no more than two digits."""
    step = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return whole(round(number / step) * step)


def listed(parts: list[str]) -> str:
    """A list as it is spoken.

    Examples
    --------
    >>> listed(["Báo A", "Báo B", "Báo C"]), listed(["Báo A"])
    ('Báo A, Báo B và Báo C', 'Báo A')
    """
    return " và ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
