"""A table written in any layout, under any synonyms, in any style of dates is read back exactly."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.ledger import Ledger, read_ledger
from quanheng.kernels.ledger.dates import add_months
from quanheng.kernels.ledger.dictionary import entries
from tests.kernels.ledger.sheets import csv_bytes, shown, xls, xlsx

FIELDS_WRITTEN = """seq name model serial_no manufacturer owner place accuracy range use last_date valid_until
interval_months certificate_no institution remark""".split()  # noqa: SIM905
WORDS = {
    name: sorted(w for w, m in entries().items() if (m.kind, m.target, m.confidence) == ("field", name, 1))
    for name in FIELDS_WRITTEN
}
KNOWN = sorted(w for w, m in entries().items() if m.kind == "known" and m.target != "count")
ALWAYS = ("name", "serial_no", "last_date", "valid_until")
KINDS = [
    ("电子计价秤", "ACS-30", "Ⅲ级", "0~30kg"),
    ("血压计", "YXJ-1", "±0.5kPa", "0~40kPa"),
    ("膜式燃气表", "G2.5", "1.5级", "0.025~4m³/h"),
    ("压力表", "Y-100", "1.6级", "0~1.6MPa"),
]


@dataclass
class Layout:
    """How a table is written."""

    kind: str
    order: list[str]
    headings: dict[str, str]
    unknown: list[str]
    titles: int
    dates: list[str]
    has_footer: bool
    page: int
    blank_every: int
    numeric_serials: bool
    spaced: bool


def styles(day: dt.date) -> dict[str, Any]:
    y, m, d = day.year, day.month, day.day
    return {
        "date": day,
        "dot": f"{y}.{m}.{d}",
        "zh": f"{y}年{m}月{d}日",
        "slash": f"{y}/{m}/{d}",
        "dash": f"{y}-{m:02}-{d:02}",
        "int8": int(f"{y}{m:02}{d:02}"),
        "serial": (day - dt.date(1899, 12, 30)).days,
    }


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    fields = [*ALWAYS, *draw(st.lists(st.sampled_from([f for f in WORDS if f not in ALWAYS]), unique=True))]
    unknown = draw(st.lists(st.sampled_from(KNOWN), unique=True, max_size=4))
    kind = draw(st.sampled_from(["xlsx", "xlsx", "xls", "gb18030", "utf-8-sig"]))
    return Layout(
        kind=kind,
        order=draw(st.permutations([*fields, *unknown])),
        headings={f: draw(st.sampled_from(WORDS[f])) for f in fields} | {w: w for w in unknown},
        unknown=unknown,
        titles=draw(st.integers(0, 3)),
        dates=draw(st.lists(st.sampled_from(list(styles(dt.date(2024, 1, 1)))), min_size=1, unique=True)),
        has_footer=draw(st.booleans()),
        page=draw(st.sampled_from([0, 0, 3])),
        blank_every=draw(st.sampled_from([0, 0, 4])),
        numeric_serials=draw(st.booleans()),
        spaced=draw(st.booleans()),
    )


@st.composite
def instruments(draw: st.DrawFn, number: int) -> dict[str, Any]:
    name, model, accuracy, span = draw(st.sampled_from(KINDS))
    last = draw(st.dates(dt.date(2015, 1, 1), dt.date(2025, 12, 31)))
    months = draw(st.sampled_from([6, 12, 24, 72]))
    until = add_months(last, months) - dt.timedelta(days=draw(st.integers(0, 1)))
    serial = draw(st.sampled_from(["SN{:06}", "{:07}", "9{:011}"])).format(draw(st.integers(0, 999999)))
    return {
        "seq": str(number),
        "name": name,
        "model": model,
        "serial_no": serial,
        "manufacturer": draw(st.sampled_from(["三川", "永康华鹰", "甲乙（丙）厂"])),
        "owner": draw(st.sampled_from(["某某人民医院", "平安粮站"])),
        "place": draw(st.sampled_from(["一楼大厅", "肉类区12号", "3号机"])),
        "accuracy": accuracy,
        "range": span,
        "use": "贸易结算",
        "last_date": last,
        "valid_until": until,
        "interval_months": months,
        "certificate_no": f"某检2024-{number:05}",
        "institution": "某计量检定所",
        "remark": draw(st.sampled_from(["", "新购"])),
    }


def written(
    layout: Layout, truth: list[dict[str, Any]], data: st.DataObject
) -> tuple[list[list[Any]], list[int]]:
    """Return the table and, for each instrument, its row."""
    head = [
        " ".join(h) if layout.spaced and len(h) < 4 else h for h in (layout.headings[f] for f in layout.order)
    ]
    table: list[list[Any]] = [[f"某区计量器具台账{i}"] for i in range(layout.titles)] + [head]
    rows = []
    for i, instrument in enumerate(truth):
        if layout.page and i and i % layout.page == 0:
            table.append(head)
        if layout.blank_every and i and i % layout.blank_every == 0:
            table.append([])
        rows.append(len(table) + 1)
        table.append([cell(layout, f, instrument, data) for f in layout.order])
    if layout.has_footer:
        table += [[f"合计：{len(truth)}台（件）"], ["填表人：        审核：        填表日期：2024年12月30日"]]
    return table, rows


def cell(layout: Layout, name: str, instrument: dict[str, Any], data: st.DataObject) -> Any:
    if name in layout.unknown:
        return "甲"
    value = instrument[name]
    if isinstance(value, dt.date):
        return styles(value)[data.draw(st.sampled_from(layout.dates))]
    if name == "interval_months":
        unit = "months" if layout.headings[name].isascii() else "个月"
        years = {12: "一年", 24: "2年", 72: "６年"}.get(value, f"{value}{unit}")
        return data.draw(st.sampled_from([f"{value}{unit}", years]))
    if name == "serial_no" and layout.numeric_serials and value.isdigit() and value[0] != "0":
        return int(value)
    return f"{value} " if name == "serial_no" and data.draw(st.booleans()) else value


def as_file(kind: str, table: list[list[Any]]) -> tuple[bytes, str]:
    if kind in ("xlsx", "xls"):
        return (xlsx(table), "a.xlsx") if kind == "xlsx" else (xls(table), "a.xls")
    width = max(map(len, table))
    padded = [[*row, *[""] * (width - len(row))] for row in table]
    return csv_bytes(padded, kind), "a.csv"


@settings(max_examples=120, deadline=None)
@given(layout=layouts(), data=st.data())
def test_what_was_written_is_read_back(layout: Layout, data: st.DataObject) -> None:
    truth = [data.draw(instruments(i + 1)) for i in range(data.draw(st.integers(1, 8)))]
    table, rows = written(layout, truth, data)
    content, filename = as_file(layout.kind, table)
    ledger = read_ledger(content, filename=filename)
    expected = [
        {"row": row}
        | {
            f: v.isoformat() if isinstance(v, dt.date) else v
            for f in layout.order
            if f not in layout.unknown and (v := instrument[f]) != ""
        }
        for row, instrument in zip(rows, truth, strict=True)
    ]
    assert shown(ledger) == expected
    assert (ledger.rejected, ledger.mapping.unknown_headings) == ((), [])
    assert ledger.mapping.header_row == layout.titles + 1


VARIANTS = {
    "V1": "序号 分类 仪器设备名称 仪器设备编号 状态 序列号 厂家 规格型号 单位 校准周期（天） 最近一次校准日期 检定证书编号 下次校准日期 校准机构 安装地点 操作",
    "V3": "序号 系统编号 器具用户 器具名称 出厂名称 学科类别 一级类别 二级类别 用途 测量范围 准确度等级 规格型号 制造单位 出厂编号 安装地点 许可证号 状态",
    "V7": "当前状态 计量编号 设备名称 规格型号 出厂编号",
    "V8": "计量编号 设备名称 型号规格 所属部门 设备类别",
    "V10": "计量器具编号 计量器具名称 计量器具规格 出厂编号 制造单位 测量范围",
    "V13": "设备名称 规格型号 精度等级 数量 完好状态 检定有效截止日期 使用场所 生产厂及国别 生产日期 购置日期",
}
CELLS = {
    "名称": ("name", "压力表"),
    "规格型号": ("model", "Y-100"),
    "型号规格": ("model", "Y-100"),
    "计量器具规格": ("model", "Y-100"),
    "序列号": ("serial_no", "0097248"),
    "出厂编号": ("serial_no", "0097248"),
    "厂家": ("manufacturer", "红旗仪表"),
    "制造单位": ("manufacturer", "红旗仪表"),
    "生产厂及国别": ("manufacturer", "红旗仪表"),
    "校准周期（天）": ("interval_months", 365),
    "最近一次校准日期": ("last_date", "2024.3.5"),
    "下次校准日期": ("valid_until", "2025年3月4日"),
    "检定有效截止日期": ("valid_until", 45720),
    "检定证书编号": ("certificate_no", "某检2024-00001"),
    "校准机构": ("institution", "某所"),
    "安装地点": ("place", "配电房"),
    "使用场所": ("place", "配电房"),
    "器具用户": ("owner", "某医院"),
    "用途": ("use", "安全防护"),
    "测量范围": ("range", "0~1.6MPa"),
    "准确度等级": ("accuracy", "1.6级"),
    "精度等级": ("accuracy", "1.6级"),
    "序号": ("seq", 1),
}
READ = {365: 12, "2024.3.5": "2024-03-05", "2025年3月4日": "2025-03-04", 45720: "2025-03-04", 1: "1"}


def of_variant(headings: list[str]) -> tuple[list[Any], dict[str, Any]]:
    cells: list[Any] = []
    truth: dict[str, Any] = {}
    for heading in headings:
        key = "名称" if heading in ("仪器设备名称", "器具名称", "设备名称", "计量器具名称") else heading
        name, value = CELLS.get(key, ("", "1" if heading == "数量" else "甲"))
        cells.append(value)
        if name:
            truth[name] = READ.get(value, value)
    return cells, truth


@pytest.mark.parametrize("kind", ["xlsx", "xls", "gb18030"])
@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_the_real_heading_sets_are_read_in_every_kind_of_file(variant: str, kind: str) -> None:
    headings = VARIANTS[variant].split(" ")
    cells, truth = of_variant(headings)
    table = [["某区台账"], headings, cells, headings, cells, ["合计：2台（件）"], ["填表人：        审核："]]
    content, filename = as_file(kind, table)
    ledger: Ledger = read_ledger(content, filename=filename)
    assert shown(ledger) == [{"row": 3} | truth, {"row": 5} | truth]
    assert ledger.mapping.unknown_headings == (["单位"] if variant == "V1" else [])
    assert ledger.rejected == ()
    kept = {h for h, c in zip(headings, cells, strict=True) if c == "甲"}
    assert set(ledger.records[0].other) == kept
