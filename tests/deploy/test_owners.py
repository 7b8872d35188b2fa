"""A theme's alerts reach the officers of the bodies that own it."""

from api.receivers import ReceiverSettings
from api.settings import ApiSettings
from deploy.owners import tell_owners
from streams.reading.register import Organisation

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LTI0Yg=="
BODIES = (
    Organisation("BYT", "Bộ Y tế", "ministry"),
    Organisation("T1", "Dự thảo viện phí", "theme", owners=("BYT",)),
    Organisation("T2", "Dự thảo khác", "theme", owners=("BTC",)),
)


def receiver(name: str, *codes: str) -> ReceiverSettings:
    return ReceiverSettings.model_validate(
        {"name": name, "url": "https://example.vn/hook", "secret": SECRET, "organisations": codes}
    )


def test_officers_of_an_owner_are_told_of_its_themes_and_of_no_others() -> None:
    told = tell_owners(ApiSettings(receivers=(receiver("health", "BYT"), receiver("all"))), BODIES)
    health, everything = told.receivers
    assert health.organisations == {"BYT", "T1"}
    assert everything.organisations == frozenset()


def test_nothing_else_of_the_settings_changes() -> None:
    before = ApiSettings(port=8181, receivers=(receiver("all"),))
    assert tell_owners(before, BODIES) == before
