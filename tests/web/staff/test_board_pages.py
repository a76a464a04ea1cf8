from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.urls import reverse
from docx import Document
from python_calamine import CalamineWorkbook

from quanheng.core.models import OrgUnit, User
from quanheng.taskboard.models import Plan, Task
from quanheng.taskboard.services.evidence import file_evidence
from quanheng.taskboard.status import Status
from tests.web.staff.conftest import TODAY, As, text_of

pytestmark = pytest.mark.django_db

BOARD = "staff:plan_board"


def _file(people: dict[str, User], task: Task, unit: str, days_ago: int) -> None:
    file_evidence(
        actor=people["officer"],
        task_id=task.public_id,
        unit_id=OrgUnit.objects.get(name=unit).pk,
        happened_on=TODAY - timedelta(days=days_ago),
        data=f"{task.label}{unit}{days_ago}".encode(),
        filename="记录.txt",
    )


def test_the_board_answers_in_one_sentence_and_each_number_is_a_link(as_: As, plan: Plan, people) -> None:
    _file(people, plan.tasks.get(label="（一）2"), "区水务局", 3)
    page = as_("officer").get(reverse(BOARD))
    assert "3 项任务：未起步 2，推进中 1；正文与清单不一致" in text_of(page)
    assert f"?plan={plan.public_id}&amp;status=moving" in page.content.decode()
    for status in Status:  # every count of the sentence has its command, and so has a count of none
        assert f"quanheng indicator show plan.tasks_{status}<" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("status=moving", {"公布供水计量信息"}),
        ("status=not_started", {"核对市场在用秤", "培训计量人员"}),
        ("only=filed", {"公布供水计量信息"}),
        ("only=recent", {"公布供水计量信息"}),
        ("status=nonsense", set()),
    ],
)
def test_filters_are_links_and_show_exactly_their_rows(as_: As, plan: Plan, people, query, titles) -> None:
    _file(people, plan.tasks.get(label="（一）2"), "区水务局", 3)
    page = as_("officer").get(f"{reverse(BOARD)}?{query}")
    shown = {row.task.title for row in page.context["page"]}
    assert shown == titles
    assert ("没有符合这些条件的任务" in text_of(page)) == (not titles)


def test_every_figure_of_the_board_leads_to_as_many_rows(as_: As, plan: Plan, people) -> None:
    _file(people, plan.tasks.get(label="（一）2"), "区水务局", 3)
    _file(people, plan.tasks.get(label="（一）1"), "区市场监管局", 200)
    late = {
        "deadline_on": TODAY - timedelta(days=1),
        "is_continuous": False,
    }  # with fresh evidence all the same
    plan.tasks.filter(label="（一）2").update(**late)
    officer = as_("officer")
    page = officer.get(reverse(BOARD))
    figures = [*page.context["figures"], *page.context["counted"]]
    assert {figure.label: figure.value for figure in figures}["近期有佐证的任务"] == "1"
    assert {figure.label: figure.value for figure in figures}["推进中任务"] == "0"
    for figure in figures:
        if figure.url.startswith("?"):
            rows = officer.get(f"{reverse(BOARD)}{figure.url}").context["page"].paginator.count
            assert figure.value == str(rows), figure.label


def test_the_lead_filter_and_the_sort_by_status(as_: As, plan: Plan, people) -> None:
    _file(people, plan.tasks.get(label="（一）1"), "区市场监管局", 3)
    officer = as_("officer")
    water = OrgUnit.objects.get(name="区水务局")
    led = officer.get(reverse(BOARD), {"lead": water.pk}).context["page"]
    assert [row.task.title for row in led] == ["公布供水计量信息"]
    up = [row.judged.status for row in officer.get(reverse(BOARD), {"sort": "status"}).context["page"]]
    down = [
        row.judged.status
        for row in officer.get(reverse(BOARD), {"sort": "status", "dir": "down"}).context["page"]
    ]
    assert up == ["not_started", "not_started", "moving"]
    assert down == up[::-1]


@pytest.mark.parametrize(
    "query", ["unit=x", "lead=9" + "9" * 40, "page=-3", "sort=%00", "unit=99999999999999999999"]
)
def test_a_senseless_query_is_answered_not_crashed_on(as_: As, plan: Plan, query: str) -> None:
    assert as_("officer").get(f"{reverse(BOARD)}?{query}").status_code == 200


@pytest.mark.parametrize("plan_id", ["not-a-uuid", "5b2c8a8e-0000-4000-8000-000000000000"])
def test_a_plan_that_is_not_there_is_a_page_saying_so(as_: As, plan: Plan, plan_id: str) -> None:
    answer = as_("officer").get(reverse(BOARD), {"plan": plan_id})
    assert answer.status_code == 404
    assert "没有找到这份规划" in text_of(answer)


def test_liaison_and_clerk_see_what_names_their_unit_the_clerk_through_the_group(as_: As, plan: Plan) -> None:
    liaison, clerk = (as_(name).get(reverse(BOARD)) for name in ("liaison", "clerk"))
    assert {row.task.title for row in liaison.context["page"]} == {"公布供水计量信息"}
    assert {row.task.title for row in clerk.context["page"]} == {"核对市场在用秤"}
    assert "这里只列出您单位承担的任务" in text_of(clerk)
    assert clerk.context["figures"] == []  # plan-wide figures are not this person's tasks


def test_by_town_shows_a_word_for_each_town_and_task(as_: As, plan: Plan, people) -> None:
    task = plan.tasks.get(label="（一）1")
    _file(people, task, "亭子镇", 3)
    _file(people, task, "石桥镇", 200)
    page = as_("officer").get(reverse("staff:board_by_town"))
    cells = {row.town.name: [cell and cell.word for cell in row.cells] for row in page.context["town_rows"]}
    assert cells["亭子镇"] == ["近期", None]  # the second task is the subdistricts'
    assert cells["石桥镇"][0] == "已久"
    assert cells["福善镇"][0] == "尚无"
    assert cells["翠屏街道"] == [None, "尚无"]
    own = as_("clerk").get(reverse("staff:board_by_town")).context["town_rows"]
    assert [row.town.name for row in own] == ["亭子镇"]


def test_by_department_counts_lead_and_share(as_: As, plan: Plan) -> None:
    page = as_("officer").get(reverse("staff:board_by_department"))
    rows = {row.unit.name: (row.leads, row.takes_part) for row in page.context["unit_rows"]}
    assert rows["区市场监管局"] == (2, 1)
    assert rows["区水务局"] == (1, 0)
    assert rows["各乡、镇人民政府"] == (0, 1)


def test_exports_are_files_that_open(as_: As, plan: Plan) -> None:
    for name, member in (
        ("staff:board_export", "xl/workbook.xml"),
        ("staff:board_word", "word/document.xml"),
    ):
        answer = as_("liaison").get(reverse(name))
        assert "attachment" in answer["Content-Disposition"]
        assert member in ZipFile(BytesIO(answer.content)).namelist()


@pytest.mark.parametrize(
    "query", ["", "only=recent", "status=not_started&sort=label&dir=down", "status=nonsense"]
)
def test_an_export_holds_exactly_the_rows_that_are_shown_and_says_which(
    as_: As, plan: Plan, people, query: str
) -> None:
    _file(people, plan.tasks.get(label="（一）2"), "区水务局", 3)
    page = as_("officer").get(f"{reverse(BOARD)}?{query}")
    labels = [row.task.label for row in page.context["page"]]
    excel, word = (as_("officer").get(export["url"]).content for export in page.context["exports"])
    sheet = CalamineWorkbook.from_filelike(BytesIO(excel)).get_sheet_by_name("任务看板").to_python()
    assert [row[1] for row in sheet[2:]] == labels
    document = Document(BytesIO(word))
    assert [row.cells[1].text for row in document.tables[0].rows[1:]] == labels
    which = {
        "only=recent": "筛选：只看 近期有佐证",
        "status=not_started&sort=label&dir=down": "筛选：状态 未起步",
    }
    heading, text = sheet[0][0], "".join(line.text for line in document.paragraphs)
    assert which.get(query, "") in heading
    assert which.get(query, "") in text
    assert ("筛选" in heading) == ("筛选" in text) == (query in which)


def test_without_a_plan_the_board_teaches_and_only_the_officer_gets_the_button(as_: As) -> None:
    officer, inspector = (as_(name).get(reverse(BOARD)) for name in ("officer", "inspector"))
    assert reverse("staff:plan_upload") in officer.content.decode()
    assert "还没有采用任何规划文件" in text_of(inspector)
    assert reverse("staff:plan_upload") not in inspector.content.decode()
    assert as_("inspector").get(reverse("staff:board_export")).status_code == 404
