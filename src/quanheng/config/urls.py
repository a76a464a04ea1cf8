"""Where everything is: the public in the root, staff below /staff/, programs below /api/."""

from __future__ import annotations

from django.urls import include, path

from quanheng.web.api import api

urlpatterns = [
    path("", include("quanheng.web.portal.urls")),
    path("staff/", include("quanheng.web.staff.urls")),
    path("api/", api.urls),
    path("account/", include("quanheng.web.account_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
