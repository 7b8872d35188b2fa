"""Pages kept as bytes: shared, and within bounds."""

from api.pages import Page, PageCache, PageQuery


def _query(number: int) -> PageQuery:
    return PageQuery(number, 1000, None, None, None)


def test_a_page_serves_until_the_log_moves_on() -> None:
    pages = PageCache()
    page = Page(7, '"a"', b"{}")
    pages.put(_query(1), page)
    pages.answered(b"limit=1000", page)
    assert pages.get(_query(1), 7) is pages.as_asked(b"limit=1000", 7) is page
    assert pages.get(_query(1), 8) is pages.as_asked(b"limit=1000", 8) is None


def test_ever_new_questions_do_not_fill_the_memory() -> None:
    pages = PageCache(most_bytes=10_000)
    for number in range(100):
        page = Page(7, f'"{number}"', b"x" * 3000)
        pages.put(_query(number), page)
        pages.answered(b"q=%d" % number, page)
    kept = [number for number in range(100) if pages.get(_query(number), 7)]
    assert kept == [97, 98, 99]
    assert [number for number in range(100) if pages.as_asked(b"q=%d" % number, 7)] == kept
    pages.put(_query(5), Page(7, '"5"', b"x" * 20_000))
    assert pages.get(_query(5), 7) is None
    pages.answered(b"q" * 5000, page)
    assert pages.as_asked(b"q" * 5000, 7) is None
