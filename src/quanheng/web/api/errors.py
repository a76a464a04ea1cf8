"""Refusals of the API itself, before any service is asked."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class BadRequest(BureauError):
    """``details`` names each field, as ``body.name`` or ``query.limit``, with what is wrong with it."""

    code = "web.bad_request"
    message = _("请求有误，请核对所列各项。")


class CsrfRefused(BureauError):
    kind = Kind.FORBIDDEN
    code = "web.csrf_refused"
    message = _("请求没有携带有效的 CSRF 令牌。请在请求头 X-CSRFToken 中写入 Cookie 里的 csrftoken。")


class NoSuchOperation(BureauError):
    kind = Kind.NOT_FOUND
    code = "web.no_such_operation"
    message = _("没有这个接口。全部接口见 /api/openapi.json。")


class MethodNotAllowed(BureauError):
    """Answered with status 405, which no service has a reason to give."""

    code = "web.method_not_allowed"
    message = _("这个接口不接受此方法。")


class NoCounty(BureauError):
    kind = Kind.NOT_FOUND
    code = "web.no_county"
    message = _("尚未载入县区配置。请先运行 quanheng county load。")
