"""The code that an authenticator shows: RFC 6238 with SHA-1, six digits, steps of thirty seconds."""

from __future__ import annotations

import base64
import hmac
import time

STEP_SECONDS = 30


def code_now(secret: str) -> str:
    """Return the code of this moment for a Base32 secret."""
    counter = int(time.time()) // STEP_SECONDS
    padded = secret + "=" * (-len(secret) % 8)
    digest = hmac.digest(base64.b32decode(padded), counter.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"
