"""Lists of certificates as files: rows as CSV, the papers themselves as ZIP."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import Status, pdf_of, xml_of
from quanheng.instruments.exports import csv_line, harmless
from quanheng.web.certificates.answers import status_words

MOST_IN_ZIP = 500
_CHUNK = 1000


def csv_lines(rows: QuerySet[Any]) -> Iterator[bytes]:
    """Yield the rows as CSV: UTF-8 with a byte order mark, by which Excel knows it.  Each row has ``status`` (listing.with_status)."""
    words = status_words()
    headings = (_("证书编号"), _("类型"), _("状态"), _("器具"), _("出厂编号"), _("使用单位"), _("机构"))
    yield b"\xef\xbb\xbf" + csv_line([*headings, _("签发日期"), _("有效期至"), "PDF SHA-256", "XML SHA-256"])
    for one in rows.iterator(chunk_size=_CHUNK):
        cells = (
            one.number,
            one.get_kind_display(),
            words[Status(one.status)],
            one.instrument.name,
            one.instrument.serial_no,
            one.instrument.owner.name if one.instrument.owner else "",
            one.institute.name,
            one.issued_on,
            one.valid_until,
            one.pdf_sha256,
            one.xml_sha256,
        )
        yield csv_line([harmless(cell) for cell in cells])


def zipped(rows: QuerySet[Certificate]) -> IO[bytes]:
    """Return PDF and XML of the first `MOST_IN_ZIP` certificates in a temporary file, at its beginning.

    Raises
    ------
    FileLost
        The store does not have one of them as it was issued.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    with zipfile.ZipFile(
        file, "w", zipfile.ZIP_STORED
    ) as archive:  # PDF and XML of a paper are small already
        for one in rows[:MOST_IN_ZIP]:
            archive.writestr(f"{one.number}.pdf", pdf_of(one))
            archive.writestr(f"{one.number}.xml", xml_of(one))
    file.seek(0)
    return file
