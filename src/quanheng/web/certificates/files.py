"""The files of a certificate as answers; the pages and the API send the same."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

MEDIA_TYPES = {"pdf": "application/pdf", "xml": "application/xml"}


def file_response(data: bytes, name: str, *, inline: bool = False) -> HttpResponse:
    """Return a file; ``inline`` opens it in the browser, which only a PDF of ours may be."""
    answer = HttpResponse(data, content_type=MEDIA_TYPES[name.rpartition(".")[2]])
    answer["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    return answer
