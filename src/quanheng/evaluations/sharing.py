"""A model in a link: its text deflated (RFC 1951) and written in base64url (RFC 4648, section 5), nothing stored."""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, urlsafe_b64encode

from quanheng.evaluations.errors import BadShareLink

MAX_TEXT_BYTES = 32 * 1024
MAX_CODE_CHARACTERS = 6000  # servers and messengers cut longer addresses
_RAW = -zlib.MAX_WBITS


def share_code(text: str) -> str | None:
    """Return what stands in the link for ``text``; None where the link would be too long."""
    if len(text.encode()) > MAX_TEXT_BYTES:
        return None
    packer = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    packed = packer.compress(text.encode()) + packer.flush()
    code = urlsafe_b64encode(packed).rstrip(b"=").decode()
    return code if len(code) <= MAX_CODE_CHARACTERS else None


def shared_text(code: str) -> str:
    """Return the text behind a code.  Never inflates more than `MAX_TEXT_BYTES`, whatever the code holds.

    Raises
    ------
    BadShareLink
        Not what `share_code` writes: too long, damaged, cut off, with something behind it, no UTF-8.
    """
    if len(code) > MAX_CODE_CHARACTERS:
        raise BadShareLink()
    try:
        packed = b64decode(code.encode("ascii") + b"=" * (-len(code) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj(_RAW)
        data = unpacker.decompress(packed, MAX_TEXT_BYTES + 1)
        text = data.decode()
    except (UnicodeError, binascii.Error, zlib.error) as error:
        raise BadShareLink() from error
    if len(data) > MAX_TEXT_BYTES or not unpacker.eof or unpacker.unused_data:
        raise BadShareLink()
    return text
