"""The page: plain files, the same for everyone; what they show they fetch with the reader's token.

They hold nothing and need no token themselves: no browser could send one before it has the page that asks for it.
"""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from api.errors import ProblemError

router = APIRouter(include_in_schema=False)

_FILES = Path(__file__).parent.parent / "dashboard"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
#: Read once: the names are a closed set, no path is ever made from a request.
_STATIC = {path.name: path for path in sorted((_FILES / "static").iterdir()) if path.suffix in _TYPES}


def _page(name: str) -> Response:
    return Response(
        (_FILES / name).read_bytes(), media_type="text/html; charset=utf-8", headers={"cache-control": "no-cache"}
    )


@router.get("/")
def index() -> Response:
    """The list of alerts."""
    return _page("index.html")


@router.get("/alerts/{alert_id}")
def alert_page(alert_id: str) -> Response:
    """One alert; the page itself reads the id from its address."""
    del alert_id
    return _page("alert.html")


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A script or style of the pages."""
    path = _STATIC.get(name)
    if path is None:
        raise ProblemError(404, "There is no such file.")
    return Response(path.read_bytes(), headers={"cache-control": "no-cache", "content-type": _TYPES[path.suffix]})
