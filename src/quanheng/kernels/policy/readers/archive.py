"""A ZIP container opened with limits: declared and real sizes, ratio, number of parts."""

from __future__ import annotations

import io
import zipfile
import zlib

from lxml import etree

from quanheng.kernels.policy.refusals import DocumentRefused

MAX_PARTS = 3000
MAX_EXPANDED = 100 * 1024 * 1024
MAX_PART = 30 * 1024 * 1024
MAX_RATIO = 200
_RATIO_FROM = 1024 * 1024
_CHUNK = 256 * 1024


class Archive:
    """Parts of a .docx, each read at most once and never beyond the limits."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise DocumentRefused("policy.damaged") from None
        self.names = {info.filename for info in infos}
        self._check(infos)

    def _check(self, infos: list[zipfile.ZipInfo]) -> None:
        if len(infos) > MAX_PARTS or sum(i.file_size for i in infos) > MAX_EXPANDED:
            raise DocumentRefused("policy.zip_bomb")
        for info in infos:
            if info.flag_bits & 0x1:
                raise DocumentRefused("policy.encrypted")
            if info.file_size > _RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
                raise DocumentRefused("policy.zip_bomb")

    def read(self, name: str) -> bytes:
        """Read one part; the real size counts, whatever the directory declares."""
        out = bytearray()
        try:
            with self._zip.open(name) as part:
                while chunk := part.read(_CHUNK):
                    out += chunk
                    if len(out) > MAX_PART:
                        raise DocumentRefused("policy.zip_bomb")
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            KeyError,
            NotImplementedError,
            RuntimeError,
        ):
            raise DocumentRefused("policy.damaged") from None
        return bytes(out)

    def xml(self, name: str) -> etree._Element:
        """Parse one part; a document type declaration (entities) is refused unread."""
        data = self.read(name)
        if (
            b"<!DOCTYPE" in data
            or "<!DOCTYPE".encode("utf-16-le") in data
            or "<!DOCTYPE".encode("utf-16-be") in data
        ):
            raise DocumentRefused("policy.unsafe_xml")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError:
            raise DocumentRefused("policy.damaged") from None
