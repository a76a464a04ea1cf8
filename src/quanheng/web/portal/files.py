"""Files for anyone to check us by: the open data, a proof, and the log as it lies on disk."""

from __future__ import annotations

import hashlib
import json
import os

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from quanheng.base.open_data import open_table
from quanheng.certificates.published import CERTIFICATES, STANDARDS
from quanheng.instruments.services.opendata import FILE_NAME as INSTRUMENTS
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, KEY_PATH, TILE_WIDTH, parse_path
from quanheng.taskboard.errors import PlanNotFound
from quanheng.taskboard.meters import FILE_NAME as METERS
from quanheng.taskboard.selectors import current_plan, plan_records
from quanheng.transparency import selectors as transparency
from quanheng.web.portal.progress import DATA_FILE

# What has this many entries never changes again; a narrower tile is replaced when the log grows.
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"
_ASK_AGAIN = "public, no-cache"


@require_safe
def open_plan(request: HttpRequest) -> HttpResponseBase:
    """Answer with the snapshot that every public figure of the plan is computed from."""
    plan = current_plan()
    if plan is None:
        raise PlanNotFound()
    body = json.dumps(plan_records(plan).to_dict(), ensure_ascii=False, indent=1).encode()
    answer = _open(HttpResponse(body, content_type="application/json"))
    answer["Content-Disposition"] = f'attachment; filename="{DATA_FILE}"'
    return _or_not_modified(request, body, answer)


@require_safe
def open_instruments(request: HttpRequest) -> HttpResponseBase:
    """Answer with the open file of the registry, as the last county day wrote it."""
    return _table(request, INSTRUMENTS)


@require_safe
def open_certificates(request: HttpRequest) -> HttpResponseBase:
    """Answer with the open file of certificates, as the last county day wrote it."""
    return _table(request, CERTIFICATES)


@require_safe
def open_standards(request: HttpRequest) -> HttpResponseBase:
    """Answer with the open file of measurement standards, as the last county day wrote it."""
    return _table(request, STANDARDS)


@require_safe
def open_meters(request: HttpRequest) -> HttpResponseBase:
    """Answer with the open counts of meters in use, as the last county day wrote them."""
    return _table(request, METERS)


def _table(request: HttpRequest, name: str) -> HttpResponseBase:
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    try:
        stream = open_table(name, packed=is_packed).open("rb")
    except OSError as error:
        raise Http404(name) from error
    facts = os.fstat(stream.fileno())
    etag = quote_etag(f"{facts.st_mtime_ns:x}-{facts.st_size:x}")
    answer = FileResponse(stream, content_type="text/csv; charset=utf-8", as_attachment=True, filename=name)
    answer["Content-Length"] = str(facts.st_size)
    if is_packed:
        answer["Content-Encoding"] = "gzip"
    patch_vary_headers(answer, ["Accept-Encoding"])
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = _ASK_AGAIN
    answer["ETag"] = etag
    found = get_conditional_response(request, etag=etag)
    if found is None:
        return answer
    stream.close()
    found["ETag"] = etag
    return found


@require_safe
def proof(request: HttpRequest, index: int) -> HttpResponseBase:
    """Answer with the proof that one leaf stands in the log."""
    body = f"{json.dumps(transparency.proof(index), ensure_ascii=False, indent=2)}\n".encode()
    answer = _open(HttpResponse(body, content_type="application/json"))
    answer["Content-Disposition"] = f'attachment; filename="proof-{index}.json"'
    return _or_not_modified(request, body, answer)


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponseBase:
    """Answer with the signed tree head, as published."""
    return _text_file(request, CHECKPOINT_PATH)


@require_safe
def key(request: HttpRequest) -> HttpResponseBase:
    """Answer with the verifier key of the log."""
    return _text_file(request, KEY_PATH)


@require_safe
def tile(_request: HttpRequest, rest: str) -> HttpResponseBase:
    """Answer with a tile or an entry bundle (C2SP tlog-tiles)."""
    try:
        ref = parse_path(f"tile/{rest}")  # accepts only the paths that we write: no way out of the folder
        stream = (transparency.log_folder() / ref.path).open("rb")
    except (ValueError, OSError) as error:
        raise Http404(rest) from error
    answer = FileResponse(stream, content_type="application/octet-stream")
    answer["Cache-Control"] = _FOR_EVER if ref.width == TILE_WIDTH else _FOR_AN_HOUR
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _text_file(request: HttpRequest, name: str) -> HttpResponseBase:
    try:
        body = (transparency.log_folder() / name).read_bytes()
    except OSError as error:
        raise Http404(name) from error
    answer = _open(HttpResponse(body, content_type="text/plain; charset=utf-8"))
    return _or_not_modified(request, body, answer)


def _open(answer: HttpResponse) -> HttpResponse:
    """Let other sites' pages read it: whoever checks us should not have to do it from our pages."""
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = _ASK_AGAIN
    return answer


def _or_not_modified(request: HttpRequest, body: bytes, answer: HttpResponse) -> HttpResponseBase:
    etag = quote_etag(hashlib.sha256(body).hexdigest())
    answer["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=answer) or answer
