"""Errors as RFC 9457 problem documents: every answer of 400 and above is one."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from alerts.errors import IncidentRefusedError, StoreError, UnknownIncidentError
from alerts.ports import SourceUnavailableError

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"


class ProblemError(Exception):
    """An answer that says what is wrong and what to do.

    Parameters
    ----------
    status
        HTTP status, 400 to 599.
    detail
        One sentence for the person who reads it.
    slug
        Last part of the problem's `type`; the status' phrase in lower case unless told.
    headers
        Further response headers, such as ``Retry-After``.
    extra
        Further members of the document.

    Examples
    --------
    >>> ProblemError(413, "too large", slug="too-large", extra={"accepted": 3}).document()["accepted"]
    3
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        slug: str = "",
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.slug = slug
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def document(self) -> dict[str, Any]:
        """The members of the document."""
        title = _phrase(self.status)
        slug = self.slug or title.lower().replace(" ", "-")
        known = {"type": f"urn:canhbao:problem:{slug}", "title": title, "status": self.status, "detail": self.detail}
        return {**self.extra, **known}

    def response(self) -> Response:
        """The answer itself."""
        return Response(
            msgspec.json.encode(self.document()), self.status, headers=self.headers, media_type=PROBLEM_JSON
        )


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document; bugs are caught further out, by `api.middleware`."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(SourceUnavailableError, _on_unavailable)
    app.add_exception_handler(IncidentRefusedError, _on_refused)
    app.add_exception_handler(UnknownIncidentError, _on_unknown)
    app.add_exception_handler(StoreError, _on_store)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for this class only
    return error.response()


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    details = {
        404: f"There is nothing at {request.url.path}; /openapi.json lists what there is.",
        405: f"{request.method} is not possible at {request.url.path}; see the Allow header.",
    }
    detail = details.get(error.status_code, str(error.detail))
    return ProblemError(error.status_code, detail, headers=error.headers).response()


async def _on_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    errors = [_located(one) for one in error.errors()]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in errors[:5])
    return ProblemError(
        422, f"The request is not as it must be: {detail}.", slug="invalid", extra={"errors": errors}
    ).response()


def _located(one: Mapping[str, Any]) -> dict[str, str]:
    where: Sequence[object] = one.get("loc", ())
    return {"where": ".".join(str(part) for part in where), "what": str(one.get("msg", "invalid"))}


async def _on_unavailable(_: Request, error: Exception) -> Response:
    logger.warning("the log cannot be reached: %s", error)
    detail = "The log cannot be reached now; try again in a few seconds. `canhbao doctor` says why."
    return ProblemError(503, detail, slug="log-unavailable", headers={"Retry-After": "5"}).response()


async def _on_refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, IncidentRefusedError)  # noqa: S101 - registered for this class only
    return ProblemError(409, f"{error}.", slug="incident-refused", extra={"reason": error.reason}).response()


async def _on_unknown(_: Request, error: Exception) -> Response:
    return ProblemError(404, f"{error}.", slug="unknown-incident").response()


async def _on_store(_: Request, error: Exception) -> Response:
    logger.warning("the alert store cannot be used: %s", error)
    detail = "The alert store cannot be used now; try again in a few seconds. /readyz says more."
    return ProblemError(503, detail, slug="store-unavailable", headers={"Retry-After": "5"}).response()


def bug() -> Response:
    """The answer to what nobody foresaw; nothing of the inside is in it."""
    detail = "The service failed at this request; its log says where. Please report it."
    return ProblemError(500, detail, slug="bug").response()
