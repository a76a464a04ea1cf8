"""The one place where a refusal becomes an HTTP answer: RFC 9457 for programs, a page for people."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from quanheng.base.errors import BureauError, Kind

STATUS = {
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Kind.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
}


def problem(error: BureauError) -> dict[str, Any]:
    """Return the body of an ``application/problem+json`` answer (RFC 9457, section 3)."""
    status = STATUS[error.kind]
    return {
        "type": f"urn:quanheng:error:{error.code}",
        "title": status.phrase,
        "status": int(status),
        "detail": error.text,
        "code": error.code,
        "errors": {key: str(value) for key, value in error.details.items()},
    }


def problem_response(error: BureauError) -> JsonResponse:
    """Return the answer that a program gets."""
    body = problem(error)
    return JsonResponse(
        body,
        status=body["status"],
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def page_response(request: HttpRequest, error: BureauError) -> HttpResponse:
    """Return the answer that a person gets: the sign-in page, a partial for htmx, or a full page."""
    if error.kind is Kind.UNAUTHENTICATED:
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('account_login')}?{query}")
    if request.headers.get("HX-Request") == "true":
        # htmx swaps only 2xx: a refusal is a partial, put where the page keeps its messages.
        answer = render(request, "components/refusal.html", {"error": error})
        answer["HX-Retarget"], answer["HX-Reswap"] = "#messages", "innerHTML"
        return answer
    return render(
        request, "problem.html", {"error": error, "status": STATUS[error.kind]}, status=STATUS[error.kind]
    )


class ProblemMiddleware:
    """Turn a BureauError that left a view into its answer; leave every other exception alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal.  The surrounding transaction has rolled back already."""
        return page_response(request, exception) if isinstance(exception, BureauError) else None
