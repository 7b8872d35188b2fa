"""The pages: what they forbid themselves, and, in a real browser, what an officer sees."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.model import AlertState, Severity
from tests.api.browser import CHROMIUM, Tab, browser
from tests.api.stand import HandSource, Stand, make_excerpt, make_finding, moment, running, until

HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>"\'&amp;'

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")


async def test_pages_allow_no_inline_script_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        for path in ("/", "/alerts/" + "0" * 32):
            answer = await stand.http.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "http://" not in answer.text
            assert "https://" not in answer.text
            assert "onclick" not in answer.text
            assert "<style" not in answer.text


async def test_scripts_never_set_html(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        for name in ("common.js", "list.js", "alert.js", "stream.js"):
            answer = await stand.http.get(f"/static/{name}")
            assert answer.headers["content-type"].startswith("text/javascript")
            for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
                assert word not in answer.text


@pytest.fixture
async def tab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tab]:
    async with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def _text(selector: str) -> str:
    return f"document.querySelector({selector!r})?.innerText ?? ''"


async def _opened(tab: Tab, stand: Stand, path: str = "/") -> None:
    await tab.open(f"{stand.url}{path}#token={stand.token}")
    await tab.see(f"({_text('#status')}).includes('trực tiếp')")


@pytest.mark.integration
@needs_chromium
async def test_the_list_shows_new_alerts_as_they_come(tmp_path: Path, tab: Tab) -> None:
    async with running(tmp_path) as stand:
        await _opened(tab, stand)
        assert "không có cảnh báo nào" in await tab.run(_text("#live"))
        assert await tab.run("location.hash") == ""
        await stand.fire(make_finding())
        await tab.see("document.querySelectorAll('#firing > li').length === 1")
        shown = await tab.run(_text("#firing"))
        hour = datetime.fromisoformat(moment(1)).astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).hour
        for words in ("Tỉnh Thái Nguyên", "148 lượt nhắc tiêu cực", "mức bình thường: 6,5", f"{hour:02d} giờ 01 phút"):
            assert words in shown
        assert "nghiêm trọng" in shown.lower()
        await stand.fire(make_finding(revision=2, state=AlertState.RESOLVED, reason="resolved"))
        await tab.see("document.querySelectorAll('#resolved > li').length === 1")
        assert "không có cảnh báo nào" in await tab.run(_text("#live"))


@pytest.mark.integration
@needs_chromium
async def test_hostile_text_stays_text_and_drills_are_labelled(tmp_path: Path, tab: Tab) -> None:
    source = HandSource(run="demo-1")
    async with running(tmp_path, source=source) as stand:
        excerpt = make_excerpt(HOSTILE, url="javascript:window.hit=1")
        await stand.fire(excerpt, make_finding(organisation_name=HOSTILE, words=(HOSTILE,)))
        await _opened(tab, stand)
        await tab.see("document.querySelector('#firing li')")
        assert "DIỄN TẬP" in await tab.run(_text("#firing"))
        link = await tab.run("document.querySelector('#firing a').getAttribute('href')")
        await _opened(tab, stand, link)
        await tab.see("!document.querySelector('#alert').hidden")
        shown = await tab.run(_text("#alert"))
        assert HOSTILE in shown
        assert "DIỄN TẬP" in shown
        assert await tab.run("window.hit === undefined")
        assert await tab.run("document.querySelectorAll('main img, main script, main a[href^=javascript]').length") == 0


@pytest.mark.integration
@needs_chromium
async def test_a_lost_connection_is_said_and_mended(tmp_path: Path, tab: Tab) -> None:
    async with running(tmp_path) as stand:
        await _opened(tab, stand)
        stand.app.state.service.hub.close()
        await tab.see(f"({_text('#lost')}).includes('Mất kết nối')")
        await stand.fire(make_finding())
        await tab.see("document.querySelectorAll('#firing > li').length === 1")
        await tab.see("document.querySelector('#lost').hidden")


@pytest.mark.integration
@needs_chromium
async def test_without_a_token_the_page_asks_for_one(tmp_path: Path, tab: Tab) -> None:
    async with running(tmp_path) as stand:
        await tab.open(f"{stand.url}/")
        await tab.see("!document.querySelector('#ask').hidden")
        enter = "(value) => {document.querySelector('#token').value = value; document.querySelector('button').click()}"
        await tab.run(f"({enter})('canhbao_wrong')")
        await tab.see(f"({_text('#why')}).includes('không đúng')")
        await tab.run(f"({enter})('{stand.token}')")
        await tab.see(f"({_text('#status')}).includes('trực tiếp')")


@pytest.mark.integration
@needs_chromium
@pytest.mark.parametrize("path", ["/", "/alerts/" + f"{1:032x}"])
async def test_pages_fit_a_narrow_screen(tmp_path: Path, tab: Tab, path: str) -> None:
    async with running(tmp_path) as stand:
        await stand.fire(make_excerpt("x" * 200), make_finding(severity=Severity.CRITICAL))
        await until(lambda: stand.app.state.service.hub.head == stand.store.latest())
        await tab.size(320, 640)
        await _opened(tab, stand, path)
        await tab.see("document.querySelector('#firing li, #alert h1')")
        assert await tab.run("document.documentElement.scrollWidth") <= 320
