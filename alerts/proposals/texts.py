"""Every Vietnamese sentence of the drafts, in one place. Nothing here is a fact: those come from record and data."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from alerts.proposals.dossier import Level
from alerts.proposals.offices import Office

DRAFT = "DỰ THẢO"

POINT = (
    "Thực hiện nhiệm vụ kịp thời kiến nghị Thủ tướng Chính phủ thành lập các Tổ công tác xử lý sự cố, "
    "khủng hoảng truyền thông trong trường hợp cần thiết tại điểm đ khoản 3 Chỉ thị số 7/CT-TTg ngày 21 "
    "tháng 3 năm 2023 của Thủ tướng Chính phủ{performs}"
)
SITUATION = (
    "Từ {opened} đến {updated}, hệ thống theo dõi ghi nhận vụ việc gồm {alerts} cảnh báo (còn {firing} "
    "cảnh báo đang diễn ra) về {bodies} cơ quan, đơn vị: {names}. Mức độ cao nhất: {severity}."
)
GRAVEST = (
    "Trong lần đo gần nhất của cảnh báo lớn nhất, {name} có {observed} lượt nhắc tiêu cực, trong khi mức "
    "bình thường {expected}."
)
CAUTION = (
    "Số liệu do máy đếm tự động từ các nguồn công khai đang được theo dõi, cần được đơn vị chuyên môn "
    "kiểm chứng trước khi sử dụng; số liệu không tự nó kết luận đây là sự cố hay khủng hoảng truyền "
    "thông."
)
UNHEARD = (
    "Người không sử dụng Internet, người dùng các kênh không được theo dõi và nội dung không công khai "
    "chưa được phản ánh trong số liệu."
)
FIGURES_IN_ANNEX = "Số liệu, minh chứng chi tiết tại Phụ lục kèm theo."

ABOUT = "Về việc thành lập Tổ công tác xử lý vụ việc “{name}”"
PRIME_MINISTER = "Thủ tướng Chính phủ"
GOVERNMENT_OFFICE = "Văn phòng Chính phủ"
AS_ABOVE = "Như trên"
ARCHIVE = "Lưu: VT"
ANNEX_ATTACHED = "Phụ lục số liệu, minh chứng"
DECISION_ATTACHED = "dự thảo Quyết định thành lập Tổ công tác"
LEADERS_TOLD = "Lãnh đạo cơ quan (để báo cáo)"

MEMO_MATTER = "1. Vấn đề trình"
MEMO_SITUATION = "2. Tóm tắt tình hình"
MEMO_BASIS = "3. Căn cứ"
MEMO_OPINIONS = "4. Ý kiến các cơ quan liên quan"
MEMO_DECISION = "5. Kính đề nghị Lãnh đạo cho ý kiến"
MEMO_ASK: Mapping[Level, str] = MappingProxyType(
    {
        Level.PROVINCE: "Xem xét việc Chủ tịch Ủy ban nhân dân thành lập Tổ công tác xử lý vụ việc “{name}”.",
        Level.MINISTRY: "Xem xét việc thành lập Tổ công tác của cơ quan để xử lý vụ việc “{name}”.",
        Level.REQUEST: (
            "Xem xét việc đề nghị cơ quan có thẩm quyền kiến nghị thành lập Tổ công tác xử lý vụ việc “{name}”."
        ),
        Level.SUBMISSION: "Xem xét việc kiến nghị Thủ tướng Chính phủ thành lập Tổ công tác xử lý vụ việc “{name}”.",
        Level.DIRECT: "Xem xét việc trình trực tiếp Thủ tướng Chính phủ thành lập Tổ công tác xử lý vụ việc “{name}”.",
    }
)
MEMO_CHOICES = "☐ Đồng ý    ☐ Tiếp tục theo dõi, báo cáo lại lúc […]    ☐ Không đồng ý, lý do: […]./."
LEADERS = "Lãnh đạo"
UNIT_HEAD = "THỦ TRƯỞNG ĐƠN VỊ TRÌNH"

SUBMISSION_OPENING = "{point}, {office} kính trình Thủ tướng Chính phủ như sau:"
NEED = "I. Sự cần thiết"
LEGAL = "1. Căn cứ"
STANDING = "2. Tình hình"
PROCESS = "II. Quá trình chuẩn bị, ý kiến các cơ quan"
OPINIONS_MISSING = "Ý kiến của các cơ quan liên quan: {gap}."
CONTENT = "III. Nội dung đề xuất"
PROPOSED_SEATS = "Thành lập Tổ công tác, thành phần theo cơ quan dự kiến gồm:"
PROPOSED_TASKS = (
    "Nhiệm vụ, quyền hạn, cơ chế làm việc, chế độ báo cáo, kinh phí và thời hạn hoạt động nêu tại dự thảo"
    " Quyết định gửi kèm."
)
REQUEST_HEAD = "IV. Kiến nghị"
SUBMISSION_CLOSING = "{office} kính trình Thủ tướng Chính phủ xem xét, quyết định./."

LETTER_ABOUT = "đề nghị kiến nghị thành lập Tổ công tác xử lý vụ việc “{name}”"
LETTER_ASK = (
    "{point}, {office} đề nghị {proposer} xem xét, kiến nghị Thủ tướng Chính phủ thành lập Tổ công tác xử"
    " lý vụ việc nêu trên."
)
LETTER_CLOSING = "{office} trân trọng đề nghị và mong nhận được ý kiến sớm./."

DECISION_ABOUT = "Về việc thành lập Tổ công tác xử lý vụ việc “{name}”"
AUTHORITY = "{head} {name}"
AT_REQUEST = "Theo đề nghị của {head}"
AT_REQUEST_OF_UNIT = "Theo đề nghị của […]"
AS_ARTICLE = "Như Điều 6"

KNOWN = "I. Những gì đã biết"
UNKNOWN = "II. Những gì chưa biết, cần bổ sung"
UNDER_WAY = "III. Những việc đang thực hiện"
REPORT_ABOUT = "Báo cáo nhanh về vụ việc “{name}”"

ANNEX_TITLE = "Số liệu, minh chứng"
ANNEXED_TO = "văn bản số       /… ngày       tháng       năm       "
ANNEX_BODIES = "1. Cơ quan, đơn vị được nhắc đến"
ANNEX_ALERTS = "2. Các cảnh báo và bản ghi gốc"
ANNEX_SOURCES = "3. Nguồn"
ANNEX_MENTIONS = "4. Nội dung tiêu biểu"
ANNEX_TIMELINE = "5. Diễn biến"
ANNEX_METHOD = "6. Phương pháp và giới hạn"
ANNEX_GAPS = "7. Nội dung còn thiếu"
BODIES_HEAD = ("Cơ quan, đơn vị", "Số cảnh báo", "Đang diễn ra", "Lượt tiêu cực", "Bình thường")
ALERTS_HEAD = ("Cơ quan, đơn vị", "Cảnh báo lần đầu", "Lượt tiêu cực / bình thường", "Mức độ hiếm gặp", "Bản ghi")
SOURCES_HEAD = ("Nguồn", "Loại", "Lượt tiêu cực")
MENTIONS_HEAD = ("Nội dung", "Nguồn", "Địa chỉ")
TIMELINE_HEAD = ("Thời điểm", "Diễn biến")
NONE_KEPT = "Không còn nội dung nào được lưu."
ALERT_BEGAN = "Cảnh báo lần đầu về {name}"
HAPPENED: Mapping[str, str] = MappingProxyType(
    {
        "incident_opened": "Bắt đầu vụ việc",
        "incident_escalated": "Mức độ của vụ việc tăng",
        "incident_reopened": "Vụ việc diễn ra trở lại",
        "incident_resolved": "Vụ việc kết thúc",
        "incident_acknowledged": "Đã xác nhận tiếp nhận",
        "incident_assigned": "Đã giao xử lý",
        "incident_concluded": "Đã có kết luận của cán bộ",
    }
)
METHOD = (
    (
        "Mỗi cơ quan được so với chính mức bình thường của cơ quan đó; mức độ hiếm gặp là ước tính xác suất "
        "gặp một lần như vậy trong một tuần nếu không có gì bất thường."
    ),
    (
        "Một lượt nhắc được tính là tiêu cực do máy phân loại, có sai số; tỷ lệ sai đã đo được công bố trong "
        "tài liệu của hệ thống."
    ),
    "Lượt nhắc của các cảnh báo khác nhau có thể trùng nhau, vì vậy không cộng lại.",
)


def head_of(office: Office) -> str:
    """The head of a body as a sentence names them.

    Examples
    --------
    >>> head_of(Office("BYT", "Bộ Y tế", "BYT", "Hà Nội", "BỘ TRƯỞNG"))
    'Bộ trưởng Bộ Y tế'
    """
    return f"{office.head.capitalize()} {office.name}"


def articles(name: str, seats: Sequence[str], *, standing: str) -> list[str]:
    """The articles of a decision that sets up a task force; every line of one article after its first is plain text."""
    return [
        f"Điều 1. Thành lập Tổ công tác xử lý vụ việc “{name}” (sau đây gọi là Tổ công tác), gồm:",
        *seats,
        (
            "Điều 2. Nhiệm vụ, quyền hạn của Tổ công tác: nắm, đánh giá tình hình thông tin, dư luận về vụ việc; "
            "tham mưu phương án cung cấp thông tin chính thức, kịp thời, chính xác; phối hợp kiểm chứng, phản bác"
            " thông tin sai sự thật theo quy định của pháp luật; đề nghị cơ quan, đơn vị liên quan cung cấp thông"
            " tin, báo cáo; đánh giá hiệu quả sau khi cung cấp thông tin."
        ),
        (
            "Điều 3. Tổ công tác làm việc theo chế độ kiêm nhiệm, do Tổ trưởng phân công. Cơ quan thường trực: "
            f"{standing}. Tổ công tác báo cáo hằng ngày và khi có tình huống phát sinh; được sử dụng con dấu của "
            "cơ quan thường trực."
        ),
        (
            "Điều 4. Kinh phí hoạt động của Tổ công tác do cơ quan thường trực bảo đảm trong dự toán được giao, "
            "theo quy định của pháp luật."
        ),
        (
            "Điều 5. Quyết định này có hiệu lực kể từ ngày ký. Tổ công tác hoạt động trong thời hạn […] và tự "
            "giải thể sau khi hoàn thành nhiệm vụ."
        ),
        (
            "Điều 6. Thủ trưởng các cơ quan, đơn vị liên quan và các thành viên Tổ công tác chịu trách nhiệm thi "
            "hành Quyết định này./."
        ),
    ]
