"""The public list of makers that verify their own meters, with their lots, and its file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.base import clock
from quanheng.manufacturers.public_list import FILE_NAME, as_csv, listed_lots, tally_of
from quanheng.web.portal.views import public_page

COMMAND = f"quanheng manufacturers list {FILE_NAME} --json"


@require_safe
def manufacturers(request: HttpRequest) -> HttpResponse:
    """Who may verify its own meters, who is suspended, which lots were accepted."""
    rows = list(listed_lots(clock.today()))
    states = {
        "active": (_("有效"), "good"),
        "suspended": (_("已暂停"), "bad"),
        "withdrawn": (_("已撤销"), "off"),
        "expired": (_("已过期"), "late"),
        "not_begun": (_("未开始"), "off"),
    }
    decisions = {
        "accepted": (_("接收"), "good"),
        "rejected": (_("拒收"), "bad"),
        "resample": (_("待重新抽样"), "unsure"),
        "waiting": (_("待验收"), "going"),
    }
    context = {
        "tally": tally_of(rows),
        "lines": [(row, states[row.state], decisions.get(row.decision)) for row in rows],
        "command": COMMAND,
    }
    return public_page(request, "portal/manufacturers.html", context)


@require_safe
def open_manufacturers(_request: HttpRequest) -> HttpResponse:
    """Answer with the list as a file."""
    answer = HttpResponse(as_csv(listed_lots(clock.today())), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, no-cache"
    return answer
