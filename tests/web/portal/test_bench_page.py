"""The uncertainty bench as a visitor meets it: by link, by form, with htmx; and what it refuses."""

from __future__ import annotations

import html
import json
import re
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.test import Client
from lxml import html as lxml_html
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.evaluations import turns
from quanheng.evaluations.examples import examples
from quanheng.evaluations.models import MeasurementModel
from quanheng.evaluations.reading import MAX_OUTPUTS
from quanheng.evaluations.sharing import MAX_TEXT_BYTES, share_code
from tests.evaluations.making import MODEL, WIDER
from tests.web.bench.test_cells import TEXT as WITH_CELLS

NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
HTMX = {"HX-Request": "true"}
POINTS = """inputs:
  a: {value: [1, 2, 3], std: [0.1, 0.2, 0.3], unit: g}
model:
  y: a + 1
  z: 2*a
"""

pytestmark = pytest.mark.django_db


def text_of(content: bytes) -> str:
    """Return the words of a page, spaces as spaces."""
    page = lxml_html.fromstring(content.decode())
    words = " ".join(page.text_content().split()).replace(NBSP, " ").replace(NARROW, " ")
    return html.unescape(words)


def sentence(content: bytes) -> str:
    page = lxml_html.fromstring(content.decode())
    return " ".join(page.get_element_by_id("bench-sentence").text_content().split())


def send(text: str = MODEL, *, htmx: bool = False, **fields: str):
    return Client().post("/bench/", {"text": text} | fields, headers=HTMX if htmx else {})


def test_the_page_begins_with_the_result_of_an_example() -> None:
    answer = Client().get("/bench/")
    assert answer.status_code == 200
    said = sentence(answer.content).replace(NARROW, " ")
    assert said == "l = 50.000 838 mm，U = 0.000 092 mm（k = 2.92，p = 99 %）"
    text = text_of(answer.content)
    assert text.index("U = 0.000 092 mm") < text.index("贡献最大的是 lS") < text.index("预算表")
    assert "GUM 法经蒙特卡洛验证" in text
    assert "quanheng uncertainty eval model.yaml --monte-carlo 200000 --seed 1" in text


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_every_example_has_its_page(example) -> None:
    answer = Client().get("/bench/", {"example": example.name})
    assert answer.status_code == 200
    assert example.title in text_of(answer.content)


def test_an_example_that_is_not_there_is_not_found() -> None:
    assert Client().get("/bench/?example=none").status_code == 404


def test_a_link_carries_the_model_and_how_it_was_looked_at() -> None:
    answer = send(POINTS, trials="20000", seed="7", output="z", point="3")
    [link] = re.findall(r'id="bench-link">[^<]*?(/bench/\?[^<]+)<', answer.content.decode())
    again = Client().get(html.unescape(link))
    assert again.status_code == 200
    assert again["X-Robots-Tag"] == "noindex"
    assert sentence(again.content) == sentence(answer.content)
    page = lxml_html.fromstring(again.content.decode())
    assert page.get_element_by_id("bench-text").value.strip() == POINTS.strip()
    assert page.get_element_by_id("bench-output").value == "z"
    assert page.get_element_by_id("bench-point").value == "3"
    assert page.get_element_by_id("bench-seed").value == "7"


@pytest.mark.parametrize("code", ["nonsense!", "AAAA", "链接", "x" * 7000])
def test_a_link_that_is_damaged_is_refused_in_words(code: str) -> None:
    answer = Client().get("/bench/", {"m": code})
    assert answer.status_code == 422
    assert "链接里的内容不完整或已损坏" in text_of(answer.content)


def test_what_makes_no_sense_in_a_link_counts_as_not_there() -> None:
    query = {"m": share_code(MODEL), "trials": "-3", "seed": "x", "point": "9" * 30, "output": "?"}
    assert Client().get("/bench/", query).status_code == 200


def test_a_link_may_not_ask_for_more_than_the_form() -> None:
    answer = Client().get("/bench/", {"m": share_code(MODEL), "trials": "1000000000"})
    assert answer.status_code == 200
    assert "1000000000 次试验超过本页上限 200000 次，约需 7.5 GiB 内存" in text_of(answer.content)


def test_without_a_script_the_form_answers_with_the_whole_page() -> None:
    answer = send(WIDER)
    assert answer.status_code == 200
    assert sentence(answer.content).startswith("y = ")
    assert "b" in text_of(answer.content)
    assert "<!doctype html>" in answer.content.decode().lower()


def test_htmx_gets_the_result_and_the_cells_but_not_the_text_under_the_cursor() -> None:
    answer = send(MODEL, htmx=True)
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "<!doctype" not in body.lower()
    assert 'id="bench-grid" hx-swap-oob="true"' in body
    assert 'id="bench-base"' in body
    assert 'id="bench-text"' not in body
    assert answer["HX-Replace-Url"].endswith(f"/bench/?m={share_code(MODEL)}")


def test_htmx_gets_the_text_and_not_the_cells_when_a_cell_was_changed() -> None:
    answer = send(WITH_CELLS, htmx=True, base=WITH_CELLS, **{"cell:lS/std": "30"})
    body = answer.content.decode()
    assert 'id="bench-text"' in body
    assert 'id="bench-grid"' not in body
    assert "std: 30" in html.unescape(body)
    assert f"m={share_code(WITH_CELLS.replace('std: 25', 'std: 30'))}" in answer["HX-Replace-Url"]


def test_line_ends_of_a_browser_are_those_of_a_file() -> None:
    assert send(MODEL.replace("\n", "\r\n"), htmx=True)["HX-Replace-Url"].endswith(str(share_code(MODEL)))


def test_a_model_that_is_wrong_says_in_which_line_and_keeps_what_was_typed() -> None:
    wrong = MODEL.replace("a + b", "a + c")
    answer = send(wrong)
    assert answer.status_code == 422
    assert sentence(answer.content) == "模型第 5 行有误，还没有结果。"
    text = text_of(answer.content)
    assert "“c”没有定义" in text
    assert "改正后，这里显示预算、分布和区间。" in text
    page = lxml_html.fromstring(answer.content.decode())
    assert page.get_element_by_id("bench-text").value.strip() == wrong.strip()
    assert page.get_element_by_id("bench-text").get("aria-invalid") == "true"


def test_htmx_keeps_the_earlier_result_in_sight_beside_a_fault() -> None:
    answer = send("inputs: [", htmx=True)
    assert answer.status_code == 200
    assert answer["HX-Reswap"] == "none"
    assert "HX-Replace-Url" not in answer
    assert 'data-line="1"' in answer.content.decode()
    assert "旁边仍是改动前的结果。" in text_of(answer.content)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inputs:\n  a: {value: 1, std: 1}\nmodel: {x: y, y: x}", "互相引用"),
        ("inputs:\n  a: {value: 0, std: 1}\nmodel: y = 1/a", "没有数值"),
        ("inputs:\n  a: {value: 1, std: 1}\nmodel: y = open('x')", "字符"),
        ("", "模型是空的"),
        ("inputs: " + "[" * 3000, "嵌套太深"),
        ("a" * (MAX_TEXT_BYTES + 1), "超过"),
        ("量" * 12000, "KiB"),
        ("a\0b", "字符"),
        ("- " * 5000, ""),
    ],
)
def test_bad_input_is_refused_in_chinese_and_never_fails(text: str, words: str) -> None:
    answer = send(text)
    assert answer.status_code == 422
    assert words in text_of(answer.content)
    assert send(text, htmx=True).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"trials": "many"},
        {"trials": "-1"},
        {"trials": "1e9"},
        {"seed": "-1"},
        {"seed": "9" * 40},
        {"point": "0"},
    ],
)
def test_a_field_that_is_filled_in_wrongly_is_named(fields: dict[str, str]) -> None:
    answer = send(MODEL, **fields)
    assert answer.status_code == 422
    label = {"trials": "试验次数", "seed": "种子", "point": "校准点"}[next(iter(fields))]
    assert f"{label}：" in text_of(answer.content)


def test_a_billion_trials_are_refused_and_the_command_is_shown() -> None:
    text = text_of(send(MODEL, trials="1000000000").content)
    assert "约需 7.5 GiB 内存" in text
    assert "quanheng uncertainty eval model.yaml --monte-carlo 1000000000 --seed 1" in text
    assert sentence(send(MODEL, trials="1000000000").content).startswith("y = ")


def test_when_too_many_evaluate_the_next_is_asked_to_wait() -> None:
    with turns.turn(), turns.turn():
        answer = send(MODEL)
        assert answer.status_code == 503
        assert "同时评定的人太多" in text_of(answer.content)
        assert MODEL.strip() in html.unescape(answer.content.decode())
        assert download("budget.xlsx").status_code == 503
        assert download("result.json").status_code == 503
    assert send(MODEL).status_code == 200
    assert download("budget.xlsx").status_code == 200


def test_whoever_is_asked_to_wait_keeps_what_is_in_the_cells() -> None:
    changed = {"base": WITH_CELLS, "cell:lS/std": "30"}
    with turns.turn(), turns.turn():
        assert "std: 30" in html.unescape(send(WITH_CELLS, **changed).content.decode())
        live = send(WITH_CELLS, htmx=True, **changed).content.decode()
        same = send(WITH_CELLS, htmx=True).content.decode()
    for body in (live, same):
        assert "同时评定的人太多" in body
        assert not re.search(r'id="bench-(grid|base|text)"', body)


@pytest.mark.parametrize(
    "known",
    [
        "value: 50000000, std: 1e-8",
        "value: 1e9, std: 1e-7",
        "value: 1e100, std: 1e-100",
        "distribution: poisson, count: 1e140",
        "value: 0, std: 5e-324",
        "value: 0, std: 1e-310",
        "value: 0, std: 1e149",
        "value: 5e-324, std: 1",
    ],
)
@pytest.mark.parametrize("model", ["y = x", "{y: x, z: 2*x + w}"])
def test_numbers_at_the_limits_of_the_computer_never_fail(known: str, model: str) -> None:
    text = f"inputs:\n  x: {{{known}}}\n  w: {{value: 0, std: 1}}\nmodel: {model}"
    assert send(text, trials="20000").status_code in {200, 422}
    assert send(text, trials="0").status_code in {200, 422}


def test_a_picture_is_drawn_of_what_is_small_and_not_of_what_cannot_be_told_apart() -> None:
    def pages(known: str) -> str:
        return send(f"inputs: {{x: {{{known}}}}}\nmodel: y = x", trials="20000").content.decode()

    assert 'id="bench-histogram"' in pages("value: 50000000, std: 1e-4")
    assert 'id="bench-histogram"' not in pages("value: 50000000, std: 1e-8")


def test_more_outputs_than_a_page_shows_are_refused_and_the_command_is_named() -> None:
    def model(outputs: int) -> str:
        return "inputs: {x: {value: 1, std: 1}}\nmodel:\n" + "".join(f"  a{n}: x\n" for n in range(outputs))

    assert send(model(MAX_OUTPUTS), trials="0").status_code == 200
    answer = send(model(MAX_OUTPUTS + 1), trials="0")
    assert answer.status_code == 422
    assert "用命令 quanheng uncertainty eval 计算" in text_of(answer.content)
    assert send(f"outputs: [a0]\n{model(MAX_OUTPUTS + 1)}", trials="0").status_code == 200


def test_several_outputs_and_points_are_all_told_and_one_is_shown() -> None:
    text = text_of(send(POINTS, output="z", point="2").content)
    assert "y = 3.00 g" not in text  # no unit is invented
    assert "z = 4.00，U = 0.78" in text
    assert "输出量的相关系数" in text
    assert "y1.0001.000" in text.replace(" ", "")
    assert "各校准点" in text
    assert "y = 3.00，U = 0.39" in text_of(send(POINTS, output="none", point="2").content)


def test_correlated_contributions_are_not_called_shares() -> None:
    text = text_of(Client().get("/bench/?example=resistance_reactance").content)
    assert "分量最大的是 phi；输入量相关，分量之间有抵消" in text


def test_a_gum_that_monte_carlo_does_not_confirm_is_said_to_be_so() -> None:
    """JCGM 101:2008, 9.3: the first-order GUM understates the uncertainty of a mass in air."""
    assert "未通过" in text_of(Client().get("/bench/?example=mass_in_air").content)
    linear = "inputs:\n  a: {value: 0, std: 1}\n  b: {value: 0, std: 1}\nmodel: y = a + b"
    assert "通过 两个区间的端点之差都不超过 δ" in text_of(send(linear).content)


def test_too_few_trials_leave_it_open_whether_the_gum_is_confirmed() -> None:
    """JCGM 101:2008, 8.2: δ is 0.005 here, and the ends of the interval are found within 0.008."""
    normal = "inputs:\n  a: {value: 0, std: 0.99}\nmodel: y = a"
    text = text_of(send(normal, trials="100000").content)
    assert "不能判断 端点之差与 δ 相近，差别在抽样的散布之内" in text
    assert "GUM 区间与蒙特卡洛概率对称区间的两端分别相差" in text


def test_names_and_units_are_shown_as_text_never_as_markup() -> None:
    nasty = MODEL.replace("unit: g}", 'unit: "<script>alert(1)</script>"}').replace("演示模型", "<b>x</b>")
    body = send(nasty).content.decode()
    assert "<script>alert(1)" not in body
    assert "<b>x</b>" not in body


def test_nothing_is_kept() -> None:
    send(MODEL)
    assert not MeasurementModel.objects.exists()
    assert "保存为本机构的模型" not in text_of(send(MODEL).content)


def download(name: str, **fields: str):
    return Client().post(f"/bench/{name}", {"text": MODEL, "trials": "20000", "seed": "3"} | fields)


def test_the_model_is_handed_out_as_it_stands_right_or_wrong() -> None:
    for text in (MODEL, "inputs: [\n"):
        answer = download("model.yaml", text=text.replace("\n", "\r\n"))
        assert answer.content.decode() == text
        assert answer["Content-Disposition"] == 'attachment; filename="model.yaml"'


def test_the_result_is_what_the_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.yaml").write_bytes(download("model.yaml", text=POINTS).content)
    page = text_of(send(POINTS, trials="20000", seed="3").content)
    [command] = re.findall(r"quanheng (uncertainty eval model\.yaml --monte-carlo 20000 --seed 3)", page)
    printed = CliRunner().invoke(app, [*command.split(), "--json"])
    assert printed.exit_code == 0
    assert json.loads(download("result.json", text=POINTS).content) == json.loads(printed.stdout)


def test_the_budget_is_numbers_in_a_workbook() -> None:
    book = openpyxl.load_workbook(BytesIO(download("budget.xlsx").content))
    sheet = book["预算 1"]
    assert [cell.value for cell in sheet[3]][:3] == ["输入量", "说明", "估计值"]
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=4)}
    assert rows["a"][2].value == 10
    assert rows["a"][5].value == pytest.approx(0.1)
    assert rows["a"][6].value == 9
    assert rows["b"][6].value == "∞"
    assert rows["合成标准不确定度"][2].value == pytest.approx((0.1**2 + 0.05**2 / 3) ** 0.5)
    source = [row[0].value for row in book["如何得出"].iter_rows()]
    assert "quanheng uncertainty eval model.yaml" in source[0]
    assert source[2:] == MODEL.splitlines()


def test_a_cell_of_the_workbook_is_never_a_formula() -> None:
    text = MODEL.replace("演示模型", "=1+1").replace("unit: g", 'label: "=1+1", unit: "=2"', 1)
    book = openpyxl.load_workbook(BytesIO(download("budget.xlsx", text=text).content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "=1+1" in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)


@pytest.mark.parametrize("name", ["result.json", "budget.xlsx"])
def test_nothing_is_handed_out_of_a_model_that_is_wrong(name: str) -> None:
    answer = download(name, text="inputs: [")
    assert answer.status_code == 422
    assert "Content-Disposition" not in answer


def test_a_file_that_there_is_not_is_not_found() -> None:
    assert download("model.exe").status_code == 404
    assert Client().get("/bench/model.yaml").status_code == 405
