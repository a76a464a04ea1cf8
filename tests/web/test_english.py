"""Every page in English: what is left in Chinese is data (names, texts of the plan, findings), never ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override
from lxml import html

from quanheng.base.dated_rules import packaged_rules as dated_rules
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.core.models import County, OrgUnit, UnitAlias, User
from quanheng.evaluations.examples import examples
from quanheng.fleet.models import SupplyArea
from quanheng.followups.models import TestResult as FoundResult
from quanheng.instruments.due_choices import due_choices
from quanheng.instruments.ecqs import layout
from quanheng.instruments.models import (
    Comparison,
    ImportBatch,
    ImportRow,
    Instrument,
    InstrumentEvent,
    Place,
    SavedFilter,
)
from quanheng.kernels.marked_yaml import load_marked
from quanheng.kernels.policy import diff_plans, plan_from_dict
from quanheng.kernels.procedures import packaged_procedures, packaged_text
from quanheng.lots.judging import verdict_of
from quanheng.lots.models import Lot, Sample
from quanheng.lots.selectors import items_of
from quanheng.manufacturers.models import FactoryUpload
from quanheng.parties.models import Party
from quanheng.regulations.models import RuleVersion
from quanheng.regulations.packaged import packaged_kinds, packaged_rules
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.taskboard.models import DayRun, Evidence, Plan, PlanVersion, Task
from quanheng.transparency.models import Leaf
from quanheng.verification.models import Recall
from tests.web.routes import ACCOUNT, PORTAL, STAFF, Row
from tests.web.world import World

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CHINESE = re.compile(r"[\u3400-\u9fff]+")
PUNCTUATION = re.compile(r"[。，；：（）]")  # 、 also stands between the Chinese names of units
ATTRIBUTES = ("alt", "aria-label", "placeholder", "title", "data-label")
# Words of ours that these pages also quote: a deadline as the annex writes it, a step of a day that was kept.
QUOTED: dict[str, tuple[str, ...]] = {
    "GET staff:document": ("持续推进", "附件"),
    "GET staff:draft": ("持续推进", "附件"),
    "GET staff:task": ("持续推进",),
    "GET staff:day": ("日志",),
    "GET staff:import_headings": (
        "使用单位",
        "器具名称",
        "出厂编号",
        "制造单位",
        "型号规格",
        "检定日期",
        "有效期至",
    ),
    "GET staff:import_batch": ("使用单位",),
    "GET staff:notices": ("无检定记录",),  # the notice itself is Chinese
    "GET staff:rules": ("水表", "电能表"),
    # The headings of the workbooks that are read.
    "GET staff:factory_upload": ("出厂编号", "检定标记编号", "检定日期", "检定员代号"),
    "GET staff:lot_list": (
        *("出厂编号", "首次检定日期", "检定标记编号", "安装日期", "乡镇街道", "台区编号", "表号", "有效期至"),
        *("制造单位", "型号", "准确度等级", "到货批次"),
    ),
    "GET staff:workforce_import": (
        *("用户名", "级别", "注册证编号", "注册有效期自", "注册有效期至", "项目", "规程", "资质有效期自"),
        "资质有效期至",
    ),
    "GET staff:standards_import": (
        *("类别", "名称", "编号", "型号", "制造单位", "测量范围", "准确度", "规程", "复校间隔（月）"),
        *("考核证书编号", "考核证书有效期至", "考核证书"),
    ),
    "GET staff:fleet_token_revoke": ("供电公司（路线）",),  # made for the visit
    # What a certificate says, and a regulation, with words that are ours as well.
    "GET portal:certificate": ("合格", "，e =", "，p ="),
    "GET staff:certificate": ("合格", "，p ="),
    "GET staff:readings": ("检定分度值", "最大秤量", "实际分度值", "准确度等级", "示值", "环境"),
    "GET staff:standard": ("：",),
    # The headings of the national system's sheet.
    "GET staff:comparisons": (
        *("统一社会信用代码", "器具名称", "用途", "测量范围", "准确度等级", "制造单位", "出厂编号", "状态"),
    ),
}
PAGES = {
    name: row
    for name, row in (PORTAL | STAFF | ACCOUNT).items()
    if name.startswith("GET ") and row.answer == 200
}


def data_texts(world: World) -> set[str]:
    """Return every text that people or documents brought in, or the compiler found."""
    texts = set(OrgUnit.objects.values_list("name", flat=True))
    texts |= set(UnitAlias.objects.values_list("name", flat=True))
    texts |= set(County.objects.values_list("full_name", flat=True))
    texts |= set(User.objects.values_list("display_name", flat=True))
    texts |= set(Evidence.objects.values_list("file_name", flat=True))
    texts |= set(PlanVersion.objects.values_list("source_name", flat=True))
    for field in ("title", "doc_number"):
        texts |= set(Plan.objects.values_list(field, flat=True))
    for field in ("label", "title", "text", "deadline_text"):
        texts |= set(Task.objects.values_list(field, flat=True))
    for compiled in PlanVersion.objects.values_list("compiled", flat=True):
        texts |= set(_strings(compiled))  # titles, departments, the annex and the compiler's findings
    for steps in DayRun.objects.values_list("steps", flat=True):
        texts |= set(_strings(steps))  # kept as the county day wrote them
    for entry in Leaf.objects.values_list("entry", flat=True):
        texts |= set(_strings(json.loads(bytes(entry))))
    texts |= set(_registry_texts()) | set(_institute_texts())
    before, after = (plan_from_dict(version.compiled) for version in (world.version, world.draft))
    return texts | {change.text for change in diff_plans(before, after)}


def _registry_texts() -> Iterator[str]:
    """Yield what the registry's records, its rules and its layouts say."""
    for model in (Instrument, InstrumentEvent, Place, Party, ImportBatch, ImportRow, Comparison, RuleVersion):
        for row in model.objects.values():
            yield from _strings(list(row.values()))
            yield from _strings([list(value) for value in row.values() if isinstance(value, dict)])
    yield from SavedFilter.objects.values_list("name", flat=True)
    for kind in packaged_kinds():
        yield from (kind.name, kind.item or "", *kind.aliases)
    for rule in packaged_rules().versions:
        yield from (rule.document, rule.source, rule.note, rule.catalogue)
    for column in layout().columns:
        yield column.heading
    yield due_choices().application_source
    for edition in packaged_procedures().editions:
        yield from (edition.procedure.regulation.document, edition.procedure.regulation.title)
    for example in examples():  # models of the bench, and what is shown of the first of them
        yield example.text
        yield from _strings(load_marked(example.text).data)


def _institute_texts() -> Iterator[str]:
    """Yield what certificates, standards, recalls and the regulation of scales say."""
    for model in (Certificate, MeasurementStandard, StandardCertificate, Recall, SigningCertificate):
        for row in model.objects.values():
            yield from _strings(list(row.values()))
    yield from _strings(load_marked(packaged_text("jjg_539_2016").decode()).data)
    yield from ("附加", "第 1 行", "第 2 行", "演示")
    yield from SupplyArea.objects.values_list("name", flat=True)
    yield from _lot_texts()


def _lot_texts() -> Iterator[str]:
    """Yield what lots, samples, factory data and their rules say: verdicts and rules are kept as sentences."""
    for model in (Lot, Sample, FoundResult, FactoryUpload):
        for row in model.objects.values():
            yield from _strings(list(row.values()))
    for sample in Sample.objects.all():
        yield verdict_of(sample.plan, items_of(sample)).sentence
    for rule in dated_rules("quanheng.followups"):
        yield rule.what


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


def left_over(content: bytes, data: list[str]) -> list[str]:
    """Return the Chinese that a reader meets on a page, apart from ``data``."""
    if not content.strip():  # a fragment that has nothing to say, such as no twin found
        return []
    page = html.fromstring(content.decode())
    found = []
    for node in page.iter():
        if not isinstance(node.tag, str) or node.tag in {"script", "style"} or _is_chinese_on_purpose(node):
            continue
        for text in (node.text, *(child.tail for child in node), *(node.get(name) for name in ATTRIBUTES)):
            rest = text or ""
            was_data = False
            for known in data:
                was_data = was_data or known in rest
                rest = rest.replace(known, "")
            if CHINESE.search(rest) or (not was_data and PUNCTUATION.search(rest)):
                found.append(rest.strip())
    return found


def _is_chinese_on_purpose(node: html.HtmlElement) -> bool:
    """Whether the page says that this is Chinese: a legal paper, a picture with the words of a regulation."""
    return any(one.get("lang") == "zh-hans" for one in (node, *node.iterancestors()) if one.tag != "html")


@pytest.fixture
def data(world: World) -> list[str]:
    """What may stay Chinese, longest first.  A word that is also one of ours is not let through with it."""
    with override("en"):
        texts = [text for text in data_texts(world) if CHINESE.search(text) and gettext(text) == text]
    return sorted(texts, key=len, reverse=True)


def test_no_page_in_english_keeps_a_chinese_word_of_ours(world: World, data: list[str]) -> None:
    wrong = {}
    for name, row in PAGES.items():
        page = _page(world, name, row, "en")
        quoted = QUOTED.get(name, ())
        if page is not None and (rest := left_over(page, [*data, *quoted])):
            wrong[name] = rest
    assert not wrong, "\n".join(f"{name}: {rest}" for name, rest in wrong.items())


def test_the_same_pages_in_chinese_are_seen_to_be_chinese(world: World, data: list[str]) -> None:
    """So that the test above looks at words at all, on every one of these pages."""
    pages = {name: _page(world, name, row, "zh-hans") for name, row in PAGES.items()}
    looked_at = {name: page for name, page in pages.items() if page is not None}
    assert len(looked_at) > 25
    wordless = {"GET staff:instrument_names", "GET staff:instrument_twins"}  # names only; no twin here
    assert {name for name, page in looked_at.items() if not left_over(page, data)} == wordless


def _page(world: World, name: str, row: Row, language: str) -> bytes | None:
    """Return what the page shows to the visitor, else to one who may see it; None for files and redirects."""
    client = Client()
    client.cookies["django_language"] = language
    if row.visitor != row.answer:
        person = "officer" if "officer" in row.allowed else min(row.allowed)
        client.force_login(world.people[person], backend=BACKEND)
    response = client.get(reverse(name.removeprefix("GET "), kwargs=dict(row.args(world))))
    is_page = response.status_code == row.answer and response.get("Content-Type", "").startswith("text/html")
    return response.content if is_page else None
