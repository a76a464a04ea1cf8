"""What a kernel says about data that are legal to read but wrong or poor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: ``code`` is a contract, ``text`` is for the reader, ``data`` for programs."""

    code: str
    text: str
    data: Mapping[str, object] = field(default_factory=dict)
