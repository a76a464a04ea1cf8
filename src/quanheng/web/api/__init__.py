"""The HTTP API: every operation of the pages, for programs.  One module per area, all of them thin."""

from __future__ import annotations

from ninja.security import SessionAuth

from quanheng import __version__
from quanheng.web.api import (
    certificates,
    county,
    day,
    evidence,
    indicators,
    instrument_acts,
    log,
    manufacturers,
    parties,
    plans,
    policy,
    readings,
    tasks,
    units,
    users,
    verification,
)
from quanheng.web.api.problems import HouseAPI

api = HouseAPI(
    title="权衡",
    version=__version__,
    description=(
        "权衡的全部操作。用网页的登录会话（Cookie）；"
        "写操作另须在请求头 X-CSRFToken 中带上 Cookie csrftoken 的值。"
        "拒绝一律为 application/problem+json（RFC 9457）。小数以字符串表示。"
    ),
    auth=SessionAuth(),
    docs_url=None,  # ninja's page loads scripts from elsewhere; docs/reference/api.md is ours
    openapi_url="/openapi.json",
    urls_namespace="api",
)
AREAS = (
    county,
    plans,
    tasks,
    policy,
    evidence,
    indicators,
    instrument_acts,
    parties,
    verification,
    certificates,
    manufacturers,
    units,
    users,
    day,
    log,
    readings,
)
for area in AREAS:
    api.add_router("", area.router)
