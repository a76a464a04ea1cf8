"""The uncertainty bench: a model is edited; its result, budget and distributions follow.  Nothing is kept."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from quanheng.evaluations.examples import example
from quanheng.evaluations.sharing import shared_text
from quanheng.web.bench.asked import Asked, BenchForm, linked, sent
from quanheng.web.bench.files import FILES
from quanheng.web.bench.page import page_context
from quanheng.web.portal.views import public_page

FIRST_EXAMPLE = "gauge_block"


@require_http_methods(["GET", "POST"])
def bench(request: HttpRequest) -> HttpResponse:
    """Evaluate the model of a link, of an example or of the form; htmx gets what changed."""
    if request.method == "GET":
        return _page(request, _of_link(request))
    form = BenchForm(request.POST)
    asked = sent(form)
    if request.headers.get("HX-Request") != "true":
        return _page(request, asked, form)
    context = page_context(request, asked, form)
    response = render(request, "portal/_bench_changed.html", context)
    if context["fault"]:
        response["HX-Reswap"] = "none"  # what was right before stays in sight, marked as such
    elif context["share_url"]:
        response["HX-Replace-Url"] = context["share_url"]
    return response


@require_POST
def bench_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the model as YAML, the result as JSON, the budget as a workbook."""
    if kind not in FILES:
        raise Http404
    form = BenchForm(request.POST)
    asked = sent(form)
    return FILES[kind](asked) if form.is_valid() else _page(request, asked, form)


def _of_link(request: HttpRequest) -> Asked:
    if code := request.GET.get("m", ""):
        text = shared_text(code)
    else:
        found = example(request.GET.get("example", FIRST_EXAMPLE))
        if found is None:
            raise Http404
        text = found.text
    return linked(text, request.GET)


def _page(request: HttpRequest, asked: Asked, form: BenchForm | None = None) -> HttpResponse:
    """Return the whole page; a model that is refused stays in it, with the reason."""
    context = page_context(request, asked, form)
    response = public_page(request, "portal/bench.html", context)
    if context["fault"]:
        response.status_code = context["fault"].status
    if "m" in request.GET:
        response["X-Robots-Tag"] = "noindex"
    return response
