"""Who is told of a theme: the officers of the bodies that own it."""

from collections.abc import Iterable

from api.settings import ApiSettings
from streams.reading.register import Organisation


def with_owned_themes(codes: frozenset[str], organisations: Iterable[Organisation]) -> frozenset[str]:
    """The codes a receiver asks for, and those of the themes that these bodies own; empty stays "all".

    Examples
    --------
    >>> theme = Organisation("T1", "Dự thảo viện phí", "theme", owners=("BYT", "BTC"))
    >>> sorted(with_owned_themes(frozenset({"BYT"}), [theme])), with_owned_themes(frozenset(), [theme])
    (['BYT', 'T1'], frozenset())
    """
    return codes | {each.code for each in organisations if not codes.isdisjoint(each.owners)}


def tell_owners(http: ApiSettings, organisations: Iterable[Organisation]) -> ApiSettings:
    """The service's settings with every receiver told of the themes that its bodies own."""
    listed = tuple(organisations)
    receivers = [
        one.model_copy(update={"organisations": with_owned_themes(one.organisations, listed)}) for one in http.receivers
    ]
    return http.model_copy(update={"receivers": type(http.receivers)(receivers)})
