"""The key by which everybody checks the log, as published."""

from __future__ import annotations

from quanheng.kernels.tlog.layout import KEY_PATH
from quanheng.transparency import selectors as transparency


def published_key() -> str:
    """Return the verifier key as it lies in the published log; empty before there is one."""
    data = transparency.reader(transparency.log_folder())(KEY_PATH)
    return data.decode("utf-8", "replace").strip() if data else ""
