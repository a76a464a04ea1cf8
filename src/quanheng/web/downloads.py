"""Evidence as a file; the pages and the API send the same."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from django.http import FileResponse

from quanheng.core.models import User
from quanheng.taskboard.selectors import evidence_file


def evidence_response(user: User, public_id: UUID) -> FileResponse:
    """Return the file of this evidence, for whom may see it."""
    evidence, data = evidence_file(user, public_id)
    # Always a download, never shown: a file that somebody sent must not run as a page of ours.
    return FileResponse(
        BytesIO(data),
        as_attachment=True,
        filename=evidence.file_name,
        content_type="application/octet-stream",
    )
