"""Languages: told by what a text says of itself, Vietnamese without marks too."""

import pytest

from streams.reading.languages import LANGUAGES, recognise
from streams.reading.register import Register
from streams.reading.sentiment_data import written
from streams.reading.sentiment_features import Featuriser
from streams.reading.text import cut_all, strip_marks

FEATURISER = Featuriser(Register.load())

TEXTS = {
    "Thủ tướng chủ trì phiên họp thường kỳ": "vi",
    "Thu tuong chu tri phien hop thuong ky": "vi",
    "CLB Manchester United thua trận thứ ba": "vi",
    "Check in Đà Lạt với combo 3N2Đ full option": "vi",
    "The prime minister said on Monday that the economy would grow": "en",
    "Hanoi air is the worst in the world today": "en",
    "Le gouvernement du Vietnam annonce des mesures pour la capitale": "fr",
    "Die Regierung in Hanoi hat das neue Gesetz nicht auf den Weg gebracht": "de",
    "El gobierno de Vietnam anunció que los precios de la vivienda no van a subir": "es",
    "Pemerintah Vietnam mengatakan bahwa banjir ini telah merusak rumah yang ada di pantai": "id",
    "Правительство Вьетнама сообщило о наводнении": "ru",
    "越南政府宣布新措施": "zh",
    "ベトナム政府は新しい措置を発表した": "ja",
    "베트남 정부가 새로운 조치를 발표했다": "ko",
    "รัฐบาลเวียดนามประกาศมาตรการใหม่": "th",
    "ລັດຖະບານຫວຽດນາມປະກາດມາດຕະການໃໝ່": "lo",
    "រដ្ឋាភិបាលវៀតណាមប្រកាសវិធានការថ្មី": "km",
    "zxq wvut plokh grmbl vvrr kkkj mmmw": "other",
    "": "und",
    "😡😡": "und",
}


def languages(texts: list[str]) -> list[str]:
    cut = cut_all(texts)
    features = FEATURISER.features(cut)
    return recognise(features.languages, features.lengths, cut)[0]


@pytest.mark.parametrize(("text", "language"), TEXTS.items(), ids=[f"{v}: {k[:20]}" for k, v in TEXTS.items()])
def test_a_text_tells_its_language(text: str, language: str) -> None:
    assert languages([text]) == [language]
    assert language in LANGUAGES


def test_vietnamese_is_known_with_and_without_its_marks() -> None:
    texts = [each.text for each in written()]
    assert languages(texts) == ["vi"] * len(texts)
    bare = languages([strip_marks(text) for text in texts])
    assert bare.count("vi") >= 0.97 * len(texts)


def test_the_language_does_not_depend_on_the_neighbours() -> None:
    assert languages(list(TEXTS)) == list(TEXTS.values())
