"""Every refusal of the API as application/problem+json (RFC 9457), and documented as such."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern, URLResolver, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import JSONRenderer

from quanheng.base.errors import BureauError
from quanheng.core.errors import NotSignedIn
from quanheng.web.api.errors import BadRequest, CsrfRefused, MethodNotAllowed, NoSuchOperation
from quanheng.web.problems import problem, problem_response

PROBLEM_TYPE = "application/problem+json"
View = Callable[..., HttpResponse]
_UNREADABLE = (SuspiciousOperation, DjangoBadRequest, MultiPartParserError)
_REFUSALS = (BureauError, ValidationError, HttpError, *_UNREADABLE)


class ReadableRenderer(JSONRenderer):
    """Chinese as Chinese: half the bytes, and a person can read an answer."""

    json_dumps_params = {"ensure_ascii": False}


class HouseAPI(NinjaAPI):
    """A NinjaAPI none of whose refusals is anything but a problem."""

    def __init__(self, **options: Any) -> None:
        super().__init__(renderer=ReadableRenderer(), **options)
        self._schemas: dict[str, OpenAPISchema] = {}
        for kind in _REFUSALS:
            self.add_exception_handler(kind, _refused)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        # Not <path:rest>: that stops at a line break, which %0A puts into a path.
        rest = re_path(r"(?P<rest>[\s\S]+)", csrf_exempt(_nothing_here), name="nothing-here")
        urls = [*super()._get_urls(), rest]
        for url in urls:
            assert isinstance(url, URLPattern)  # noqa: S101  ninja includes nothing
            assert url.callback is not None  # noqa: S101
            url.callback = _as_problem(url.callback)
        return urls

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name of our function: short, and the same in the reference."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the schema with the media type that refusals really have.

        Made once for each root: it takes a second or more, and anybody may ask for it.
        """
        root = options.get("path_prefix") or self.get_root_path(options.get("path_params") or {})
        if root not in self._schemas:
            self._schemas[root] = self._schema(root)
        return self._schemas[root]

    def _schema(self, root: str) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=root)
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= HTTPStatus.BAD_REQUEST and "content" in answer:
                        (content,) = answer["content"].values()
                        answer["content"] = {PROBLEM_TYPE: content}
        return schema


def _as_problem(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            response = problem_response(NoSuchOperation())
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = _method_not_allowed(response)
        response.setdefault("Cache-Control", "no-store")
        return response

    return answer


def _nothing_here(_request: HttpRequest, rest: str) -> HttpResponse:
    raise Http404(rest)


def _method_not_allowed(plain: HttpResponse) -> HttpResponse:
    status = HTTPStatus.METHOD_NOT_ALLOWED
    body = problem(MethodNotAllowed()) | {"status": int(status), "title": status.phrase}
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, status=status, content_type=PROBLEM_TYPE, headers={"Allow": plain["Allow"]})


def _refused(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem_response(_as_refusal(error))


def _as_refusal(error: Exception) -> BureauError:
    """Return what ninja or Django refused in the words of the house."""
    if isinstance(error, BureauError):
        return error
    if isinstance(error, ValidationError):
        return BadRequest(**dict(_field_error(item) for item in error.errors))
    if isinstance(error, AuthenticationError):
        return NotSignedIn()
    if isinstance(error, HttpError) and error.status_code == HTTPStatus.FORBIDDEN:
        return CsrfRefused()  # ninja's only 403: the CSRF check of the session
    return BadRequest(body=str(error))


def _field_error(item: dict[str, Any]) -> tuple[str, str]:
    # Ninja names the parameter of our function second, which says nothing to whoever calls.
    source, *rest = [str(part) for part in item["loc"]]
    named = rest[1:] if source in {"body", "form"} and len(rest) > 1 else rest
    return ".".join([source, *named]), item["msg"]
