"""The page "judge a measurement": what it answers, what it refuses, and that anyone may ask."""

from __future__ import annotations

import html
import json
import re
from contextlib import ExitStack
from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.evaluations.sharing import share_code
from quanheng.evaluations.turns import AT_ONCE, turn
from quanheng.kernels.procedures import packaged_procedures
from quanheng.regulations.packaged import kind_name
from quanheng.web.judging.asked import MOST_BYTES, MOST_CHARACTERS
from tests.web.judging.readings import FUEL, SCALE

pytestmark = pytest.mark.django_db
KINDS = sorted({edition.served.kind for edition in packaged_procedures().editions})
LIVE = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _home(home: object) -> None:
    """No county is needed: the page knows nothing of one."""


def get(**query: str) -> HttpResponse:
    return Client().get(reverse("portal:judge"), query)


def post(data: dict[str, object], **headers: str) -> HttpResponse:
    return Client().post(reverse("portal:judge"), data, headers=headers)


def text(response: HttpResponse) -> str:
    """Return the page as a person reads it: without marks, entities resolved, blanks once."""
    page = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(page))


def verdict(response: HttpResponse) -> tuple[str, str]:
    """Return the word and the sentence."""
    found = re.search(
        r'<div class="verdict[^>]*><span[^>]*>(.*?)</span>\s*<p class="answer">(.*?)</p>',
        response.content.decode(),
        re.DOTALL,
    )
    assert found, text(response)
    return html.unescape(found[1]), html.unescape(found[2])


def upload(kind: str, name: str, data: bytes) -> HttpResponse:
    return post({"kind": kind, "on": "2026-11-23", "file": SimpleUploadedFile(name, data)})


# choosing ----------------------------------------------------------------------------------------------------------


def test_without_a_kind_the_page_lists_every_kind_with_the_edition_in_force() -> None:
    page = text(get())
    on = date(2026, 11, 23)
    for kind in KINDS:
        try:
            edition = packaged_procedures().edition(kind, on)
        except ValueError:
            continue
        assert kind_name(kind) or edition.procedure.regulation.title in page
        assert edition.procedure.regulation.document in page
    assert "未核对" in page
    assert "quanheng procedure list --on " in page


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_page_and_its_template(kind: str) -> None:
    edition = packaged_procedures().of(kind)[-1]
    on = (edition.from_ or date(2026, 11, 23)).isoformat()
    answer = get(kind=kind, on=on)
    assert answer.status_code == 200
    assert edition.procedure.regulation.document in text(answer)
    sheet = Client().get(reverse("portal:judge_template"), {"kind": kind, "on": on})
    assert sheet.status_code == 200
    assert load_workbook(BytesIO(sheet.content)).sheetnames


@pytest.mark.parametrize(
    ("on", "document"), [("2027-01-07", "JJG 539-2016"), ("2027-01-08", "JJG 1204-2025（试行）")]
)
def test_the_date_decides_which_edition_is_named(on: str, document: str) -> None:
    page = get(kind="price_scale", on=on).content.decode()
    sentence = re.search(r'<span id="judge-sentence">(.*?)</span>\s*</p>', page, re.DOTALL)
    assert sentence
    assert f"按 {document}《" in sentence[1]
    assert "未核对" in sentence[1]


def test_an_edition_to_come_is_announced() -> None:
    assert "2027年1月8日起改按 JJG 1204-2025" in text(get(kind="price_scale", on="2026-11-23"))
    assert "起改按" not in text(get(kind="price_scale", on="2027-01-08"))


def test_other_names_of_a_kind_are_understood() -> None:
    for name in ("数字指示秤", "电子秤", "nawi_digital"):
        assert "检定电子秤，按 JJG 539-2016" in text(get(kind=name, on="2026-11-23"))


# the verdict -------------------------------------------------------------------------------------------------------


def test_readings_within_the_limits_pass_and_every_point_is_shown() -> None:
    answer = post(SCALE)
    assert answer.status_code == 200
    assert verdict(answer) == ("合格", "5 处判定全部在限值之内（JJG 539-2016）。")
    page = text(answer)
    assert "第 2 行 1000 1000 +1 ±5 " in page
    assert "P = I + 0.5 × e − ΔL = 1000 + 0.5 × 5 − 1.5 = 1001 g" in page
    spec = json.loads(re.search(r'<script id="chart-0-spec"[^>]*>(.*?)</script>', answer.content.decode())[1])
    assert spec["kind"] == "points"
    assert spec["band"]["high"][0] == 5
    assert [series["name"] for series in spec["series"]] == ["合格"]
    assert spec["series"][0]["low"][1] < 1 < spec["series"][0]["high"][1]


def test_the_worked_example_of_the_fuel_dispenser_fails_by_the_row_that_exceeds_its_limit() -> None:
    word, sentence = verdict(post(FUEL))
    assert word == "不合格"
    assert "第 2 行" in sentence
    assert "0.4 %，超出限值 ±0.3 %" in sentence
    assert "JJG 443-2023（试行）" in sentence
    page = text(post(FUEL))
    assert re.search(r"第 1 行 20 20\.04 \+0\.2 ±0\.3 \S+ \S+ % 合格", page)
    assert re.search(r"第 2 行 20 20\.08 \+0\.4 ±0\.3 \S+ \S+ % 不合格", page)


def test_a_look_that_finds_a_fault_rejects() -> None:
    word, sentence = verdict(post(SCALE | {"checks-seal": "不合格"}))
    assert (word, sentence) == ("不合格", "铅封完好：不合格（JJG 539-2016，条款未查到）。")


def test_too_few_readings_leave_the_verdict_open_and_say_what_is_missing() -> None:
    answer = post(SCALE | {"rows-weighing": "1000\t1000\t1.5"})
    word, sentence = verdict(answer)
    assert word == "未能判定"
    assert "已测的都合格" in sentence
    assert re.search(r"还缺什么 .*称量.*至少 5 行", text(answer))


def test_nothing_measured_gives_no_verdict_and_the_points_to_measure() -> None:
    answer = post({name: value for name, value in SCALE.items() if not name.startswith(("rows", "checks"))})
    assert answer.status_code == 200
    assert 'class="verdict' not in answer.content.decode()
    assert "结果在这里" in text(answer)
    assert "100\t\t\n2500\t\t\n" in answer.content.decode()


def test_a_filled_in_example_is_shown_and_says_that_it_is_one() -> None:
    page = get(kind="electronic_scale", on="2026-11-23", example="1")
    assert verdict(page)[0] == "合格"
    assert "这是示例" in text(page)
    assert "这是示例" not in text(post(SCALE))


# what cannot be right ----------------------------------------------------------------------------------------------


def test_an_unknown_kind_is_not_found_and_the_nearest_names_are_offered() -> None:
    answer = get(kind="electronic_scales")
    assert answer.status_code == 404
    assert "没有“electronic_scales”的检定规程。" in text(answer)
    assert "electronic_scale" in text(answer)


def test_a_day_on_which_no_edition_is_in_force_names_the_editions_there_are() -> None:
    answer = get(kind="ac_charger", on="2020-01-01")
    assert answer.status_code == 422
    assert "2020-01-01 没有有效的电动汽车交流充电桩检定规程。" in text(answer)
    assert "JJG 1148-2022" in text(answer)


ROWS = "100\t100\t2.5\n{}\n2500\t2500\t2\n7500\t7500\t3\n15000\t15000\t2.5"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rows-weighing": ROWS.format("1000\t一千\t1.5")}, "称量第 2 行：示值：没有读到数值：“一千”。"),
        ({"rows-weighing": ROWS.format("1000\t1 L\t1.5")}, "是体积的单位"),
        ({"rows-weighing": ROWS.format("20000\t20000\t2.5")}, "称量第 2 行：载荷"),
        ({"rows-weighing": ROWS.format("1000\t\t1.5")}, "称量第 2 行：示值：没有填写。"),
        ({"rows-weighing": ROWS.format("1000\t1000\t1.5\t7")}, "这一行有 4 个值，这里只有 3 列。"),
        ({"instrument-e": "五克"}, "检定分度值 e：没有读到数值：“五克”。"),
        ({"instrument-e": "-5"}, "检定分度值 e"),
        ({"instrument-max": "15 L"}, "最大秤量 Max"),
        ({"instrument-class": "IX"}, "准确度等级：“IX”不在可选值之内"),
        ({"checks-seal": "大概"}, "铅封完好：应为“合格”或“不合格”"),
        ({"on": "去年"}, "日期：“去年”不是日期"),
        ({"stage": "never"}, "检定类别：这个规程没有“never”这一检定类别。"),
    ],
)
def test_bad_input_is_told_with_its_place_and_there_is_no_verdict(change: dict[str, str], told: str) -> None:
    answer = post(SCALE | change)
    assert answer.status_code == 422
    assert told in text(answer)
    assert 'class="verdict' not in answer.content.decode()


def test_everything_wrong_is_told_at_once_and_nothing_typed_is_lost() -> None:
    rows = ROWS.format("x\ty\t1.5")
    answer = post(SCALE | {"rows-weighing": rows, "instrument-e": "五克"})
    page = text(answer)
    assert "有 2 处需要改正" in page  # the row once, with both of its cells
    for wrong in ("“x”", "“y”", "“五克”"):
        assert f"没有读到数值：{wrong}" in page
    assert rows in answer.content.decode()
    assert 'value="五克"' in answer.content.decode()


def test_what_is_typed_is_shown_as_text_only() -> None:
    answer = post(
        SCALE | {"rows-weighing": "</textarea><script>alert(1)</script>", "instrument-e": '"><img src=x>'}
    )
    assert answer.status_code == 422
    assert "<script>alert" not in answer.content.decode()
    assert "<img" not in answer.content.decode()


def test_more_text_than_a_page_takes_is_refused() -> None:
    answer = post(SCALE | {"rows-weighing": "1\t1\n" * (MOST_CHARACTERS // 4 + 1)})
    assert answer.status_code == 422
    assert "请下载模板，用命令判定" in text(answer)


def test_when_others_are_being_served_the_page_says_so() -> None:
    with ExitStack() as held:
        for _ in range(AT_ONCE):
            held.enter_context(turn())
        answer = post(SCALE)
    assert answer.status_code == 503
    assert post(SCALE).status_code == 200


# files and links ---------------------------------------------------------------------------------------------------


def test_the_printed_command_gives_the_same_verdict_from_the_downloaded_readings(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for data in (SCALE, FUEL):
        sent = Client().post(reverse("portal:judge_readings"), data)
        assert sent["Content-Disposition"] == 'attachment; filename="readings.yaml"'
        (tmp_path / "readings.yaml").write_bytes(sent.content)
        command = html.unescape(
            re.search(r'id="judge-command">quanheng ([^<]+)<', post(data).content.decode())[1]
        )
        printed = CliRunner().invoke(app, [*command.replace(" --explain", "").split(), "--json"])
        assert printed.exit_code == 0, printed.output
        assert json.loads(printed.stdout)["verdict_text"] == verdict(post(data))[0]


def test_a_link_shows_the_same_readings_and_the_same_verdict() -> None:
    first = post(FUEL)
    link = html.unescape(re.search(r'id="judge-link">http://testserver([^<]+)<', first.content.decode())[1])
    again = Client().get(link)
    assert again.status_code == 200
    assert verdict(again) == verdict(first)
    assert "最大\t20.04\t20\t20\t20" in again.content.decode()
    assert again["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("code", ["!!!", "AAAA", share_code("x" * 20)[:-3]])
def test_a_damaged_link_is_refused(code: str) -> None:
    assert get(kind="electronic_scale", m=code).status_code == 422


def test_readings_of_another_edition_are_refused_by_name() -> None:
    code = share_code("regulation: JJG 539-1997\nreadings: {weighing: [{load: 1 kg, indication: 1 kg}]}")
    answer = get(kind="electronic_scale", on="2026-11-23", m=code)
    assert answer.status_code == 422
    assert "读数是按 JJG 539-1997 记录的，这里要用的是 JJG 539-2016" in text(answer)


def test_files_of_each_kind_are_read_into_the_form_and_judged() -> None:
    sent = Client().post(reverse("portal:judge_readings"), SCALE)
    answer = upload("electronic_scale", "读数.yaml", sent.content)
    assert verdict(answer)[0] == "合格"
    assert "1000\t1000\t1.5" in answer.content.decode()
    table = "油品,流量点,加油机示值(L),标准量器示值(L)\n汽油,最大,20.04,20\n汽油,最大,20.08,20\n"
    answer = upload("fuel_dispenser", "读数.csv", table.encode("gb18030"))
    assert verdict(answer)[0] == "不合格"
    assert "最大\t20.08\t20" in answer.content.decode()


def test_the_template_filled_in_is_judged() -> None:
    query = {"kind": "fuel_dispenser", "on": "2026-11-23", "stage": "in_service"}
    book = load_workbook(BytesIO(Client().get(reverse("portal:judge_template"), query).content))
    sheet = next(sheet for sheet in book if "示值误差" in sheet.title)
    heads = [str(cell.value or "") for cell in sheet[1]]
    for row, indication in enumerate((20.04, 20.08), 2):
        for words, value in (("流量点", "最大"), ("加油机示值", indication), ("标准量器示值", 20.0)):
            column = next(at for at, head in enumerate(heads, 1) if head.startswith(words))
            sheet.cell(row, column, value)
    stream = BytesIO()
    book.save(stream)
    word, sentence = verdict(upload("fuel_dispenser", "模板.xlsx", stream.getvalue()))
    assert word == "不合格"
    assert "第 2 行" in sentence


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.yaml", b"readings: [", "YAML"),
        ("a.yaml", "读数: {称量: [{载荷: 一千, 示值: 1 kg}]}".encode(), "一千"),
        ("a.yaml", "instruments: [{id: A, checks: {seal: 合格}}, {id: B}]".encode(), "一次判一台"),
        ("a.csv", "载荷,颜色\n1,红\n".encode(), "颜色"),
        ("a.xlsx", b"PK\x03\x04 nothing", "文件已损坏"),
        ("a.exe", bytes(range(256)) * 40, "不支持这种文件"),
        ("a.csv", b"1,2\n" * (MOST_BYTES // 4 + 1), "超过 256 KiB"),
        ("a.yaml", b"", "需要改正"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(name: str, data: bytes, told: str) -> None:
    answer = upload("electronic_scale", name, data)
    assert answer.status_code == 422
    assert told in text(answer)
    assert 'class="verdict' not in answer.content.decode()


def test_a_template_or_readings_of_no_kind_are_not_found() -> None:
    assert Client().get(reverse("portal:judge_template"), {"kind": "none"}).status_code == 404
    assert (
        Client().get(reverse("portal:judge_template"), {"kind": "ac_charger", "on": "2020-01-01"}).status_code
        == 404
    )
    assert Client().post(reverse("portal:judge_readings"), {"kind": "none"}).status_code == 404


def test_no_file_is_made_for_a_day_that_is_none() -> None:
    query = {"kind": "electronic_scale", "on": "2026-02-30"}
    assert Client().get(reverse("portal:judge_template"), query).status_code == 404
    answer = Client().post(reverse("portal:judge_readings"), SCALE | query)
    assert answer.status_code == 422
    assert "“2026-02-30”不是日期" in text(answer)


# while somebody types ----------------------------------------------------------------------------------------------


def told(response: HttpResponse) -> dict[str, dict]:
    return json.loads(html.unescape(re.search(r'data-told="([^"]*)"', response.content.decode())[1]))


def test_while_typing_only_the_answer_comes_with_a_note_for_every_row() -> None:
    shown = {"shown": "jjg_539_2016:in_service"}
    answer = post(SCALE | shown | {"rows-weighing": ROWS.format("10000\t10020\t2.5")}, **LIVE)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<html" not in page
    assert "judge-form" not in page.split("hx-swap-oob")[0]
    assert told(answer)["rows"]["rows-weighing"]["1"] == {"text": "+20 g 不合格", "bad": True}
    assert told(answer)["rows"]["rows-weighing"]["2"]["bad"] is False


def test_while_typing_a_refusal_is_an_answer_with_the_place_of_each_fault() -> None:
    shown = {"shown": "jjg_539_2016:in_service"}
    answer = post(
        SCALE | shown | {"rows-weighing": ROWS.format("1000\t一千\t1.5"), "instrument-e": "五"}, **LIVE
    )
    assert answer.status_code == 200
    assert told(answer)["rows"]["rows-weighing"]["1"]["bad"] is True
    assert "没有读到数值" in told(answer)["fields"]["instrument-e"]


def test_while_typing_another_day_may_bring_another_form() -> None:
    typed = SCALE | {"kind": "price_scale", "shown": "jjg_539_2016:in_service"}
    assert "HX-Retarget" not in post(typed, **LIVE).headers
    answer = post(typed | {"on": "2027-01-08"}, **LIVE)
    assert answer.headers["HX-Retarget"] == "#workbench"
    page = answer.content.decode()
    assert "JJG 1204-2025" in page
    assert 'value="jjg_1204_2025:in_service"' in page
    assert "1000\t1000\t1.5" in page  # what was typed goes along
    assert "<html" not in page


@pytest.mark.parametrize("change", [{"kind": "none"}, {"kind": "ac_charger", "on": "2020-01-01"}])
def test_while_typing_a_kind_without_a_regulation_is_told_in_place(change: dict[str, str]) -> None:
    answer = post(SCALE | change, **LIVE)
    assert answer.status_code == 200
    assert "没有" in text(answer)
    assert "<html" not in answer.content.decode()
