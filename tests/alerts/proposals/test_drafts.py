"""The drafts of a proposal: right in form at every level, modest, from the record, with their gaps named."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from alerts.documents.checking import check
from alerts.documents.form import Kind
from alerts.documents.model import Document, Paragraph, Table
from alerts.documents.writer import write
from alerts.model import Finding
from alerts.proposals.dossier import Dossier, DossierError, Level, assemble
from alerts.proposals.drafts import drafts
from alerts.proposals.offices import Offices, OfficesError
from tests.alerts.examples import EXCERPT
from tests.alerts.incidents.changes import alert, change, folded, only

DAY = date(2026, 11, 25)
REGISTER: Mapping[str, Mapping[str, object]] = {
    "19": {"kind": "province", "name": "Thái Nguyên"},
    "so-y-te-19": {"kind": "agency", "name": "Sở Y tế Thái Nguyên", "parent": "19"},
    "01": {"kind": "city", "name": "Hà Nội"},
    "BYT": {"kind": "ministry", "name": "Bộ Y tế"},
    "nobody": {"kind": "theme", "name": "Chủ đề"},
}
FLOOD = ("vỡ đê", "sơ tán", "ngập sâu")
EVERYBODY = (alert(1, "19", 0, *FLOOD), alert(2, "BYT", 5, *FLOOD), alert(3, "01", 9, *FLOOD))


def dossier(*findings: Finding, run: str = "", **options: Any) -> Dossier:
    findings = findings or EVERYBODY
    incidents = folded(*findings)
    alerts = [found for one in findings if (found := change(one, run=run).alert()) is not None]
    asked: dict[str, Any] = {"excerpts": [EXCERPT], "register": REGISTER, "offices": Offices.load(DAY)}
    return assemble(only(incidents), alerts, base_url="https://canhbao.example.vn", **asked | options)


def words_of(document: Document) -> str:
    told = [document.abstract, *document.addressees, *document.bases]
    for block in document.body:
        told += [block.text] if isinstance(block, Paragraph) else [cell for row in block.rows for cell in row]
    return "\n".join(told)


@pytest.mark.parametrize("level", list(Level))
def test_every_draft_passes_the_check_of_its_form(level: Level) -> None:
    for name, document in drafts(dossier(level=level, reason="theo chỉ đạo")):
        assert check(write(document)) == [], name


@pytest.mark.parametrize(
    ("findings", "level"),
    [
        ((alert(1, "19", 0),), Level.PROVINCE),
        ((alert(1, "so-y-te-19", 0, *FLOOD), alert(2, "19", 1, *FLOOD)), Level.PROVINCE),
        ((alert(1, "BYT", 0),), Level.MINISTRY),
        (EVERYBODY, Level.SUBMISSION),
        ((alert(1, "nobody", 0),), Level.SUBMISSION),
    ],
)
def test_the_lowest_level_that_suffices_is_taken(findings: tuple[Finding, ...], level: Level) -> None:
    assert dossier(*findings).level is level


@pytest.mark.parametrize(
    ("level", "kinds", "decides"),
    [
        (
            Level.PROVINCE,
            [Kind.MEMO, Kind.DECISION, Kind.REPORT, Kind.ANNEX],
            "CHỦ TỊCH Ủy ban nhân dân tỉnh Thái Nguyên",
        ),
        (Level.MINISTRY, [Kind.MEMO, Kind.DECISION, Kind.REPORT, Kind.ANNEX], "BỘ TRƯỞNG Bộ Y tế"),
        (Level.REQUEST, [Kind.MEMO, Kind.LETTER, Kind.DECISION, Kind.REPORT, Kind.ANNEX], "Thủ tướng Chính phủ"),
        (
            Level.SUBMISSION,
            [Kind.MEMO, Kind.SUBMISSION, Kind.DECISION, Kind.REPORT, Kind.ANNEX],
            "Thủ tướng Chính phủ",
        ),
    ],
)
def test_each_level_has_its_documents_and_its_decider(level: Level, kinds: list[Kind], decides: str) -> None:
    made = dict(drafts(dossier(level=level)))
    assert [document.kind for document in made.values()] == kinds
    assert made["3-du-thao-quyet-dinh"].authority == decides


def test_a_body_of_equal_rank_is_asked_and_the_prime_minister_is_submitted_to() -> None:
    asked = dict(drafts(dossier(level=Level.REQUEST)))["2-cong-van-de-nghi"]
    assert asked.addressees == ("Bộ Văn hóa, Thể thao và Du lịch",)
    submitted = dict(drafts(dossier(level=Level.SUBMISSION)))["2-to-trinh"]
    assert submitted.addressees == ("Thủ tướng Chính phủ",)
    assert "điểm đ khoản 3 Chỉ thị số 7/CT-TTg ngày 21 tháng 3 năm 2023" in words_of(submitted)
    assert "Nghị định số 43/2025/NĐ-CP" in words_of(submitted)


def test_party_bodies_and_associations_are_invited() -> None:
    seats = {one.name: one.role for one in dossier(level=Level.SUBMISSION).seats}
    assert seats["Ban Tuyên giáo và Dân vận Trung ương"] == seats["Hội Nhà báo Việt Nam"] == "mời tham gia"
    assert seats["Ủy ban nhân dân tỉnh Thái Nguyên"] == "thành viên"


def test_every_number_leads_to_its_record() -> None:
    annex = dict(drafts(dossier()))["5-phu-luc"]
    tables = [block for block in annex.body if isinstance(block, Table)]
    links = [row[-1] for row in tables[1].rows[1:]]
    assert links == [f"https://canhbao.example.vn/alerts/{n:032x}" for n in (1, 2, 3)]
    assert "1.200" in words_of(annex)


def test_the_program_calls_nothing_a_crisis() -> None:
    for name, document in drafts(dossier()):
        told = words_of(document).replace("xử lý sự cố, khủng hoảng truyền thông trong trường hợp cần thiết", "")
        told = told.replace("không tự nó kết luận đây là sự cố hay khủng hoảng truyền thông", "")
        assert "khủng hoảng" not in told, name
        assert "xấu độc" not in told
        assert "hỏa tốc" not in told.lower()


def test_a_drill_says_so_on_every_document() -> None:
    run = dossier(alert(1, "19", 0))
    drill = dossier(alert(1, "19", 0))
    assert all(document.stamps == ("DỰ THẢO",) for _, document in drafts(run))
    object.__setattr__(drill, "incident", folded_run())
    assert all(document.stamps == ("DỰ THẢO", "DIỄN TẬP") for _, document in drafts(drill))


def folded_run() -> Any:
    from alerts.incidents.folding import Incidents

    incidents = Incidents({}, {})
    incidents.fold([change(alert(1, "19", 0), run="drill-1")])
    return only(incidents)


def test_what_is_missing_is_named_and_never_invented() -> None:
    made = dossier(alert(1, "nobody", 0))
    assert any("chưa xác định được cơ quan chủ quản" in gap for gap in made.gaps)
    report = words_of(dict(drafts(made))["4-bao-cao-nhanh"])
    for gap in made.gaps:
        assert gap in report
    assert "[…]" in report


def test_what_cannot_be_is_refused_in_a_sentence() -> None:
    with pytest.raises(DossierError, match="needs a reason"):
        dossier(level=Level.DIRECT)
    with pytest.raises(DossierError, match="name one with --drafter"):
        dossier(alert(1, "BYT", 0), level=Level.PROVINCE)
    with pytest.raises(DossierError, match="nothing is known of nobody"):
        dossier(drafter="nobody")
    with pytest.raises(DossierError, match="no alerts left"):
        assemble(only(folded(alert(1, "19", 0))), [], register=REGISTER, offices=Offices.load(DAY))


@pytest.mark.parametrize(
    "text",
    [
        "[[office]]\ncode = 1",
        "not toml",
        '[[office]]\ncode = "A"\nname = "A"\nsymbol = "A"\nplace = "H"\nhead = "H"\nwho = 1',
        "",
    ],
)
def test_wrong_data_of_offices_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "offices.toml").write_text(text)
    with pytest.raises(OfficesError):
        _ = Offices.load(DAY, tmp_path / "offices.toml").proposer


def test_offices_have_dates() -> None:
    assert "BVHTTDL" not in Offices.load(date(2025, 1, 1)).bodies
    with pytest.raises(OfficesError, match="exactly one body"):
        _ = Offices.load(date(2025, 1, 1)).proposer
    with pytest.raises(OfficesError, match="cannot be used"):
        Offices.load(DAY, Path("/nowhere/offices.toml"))
