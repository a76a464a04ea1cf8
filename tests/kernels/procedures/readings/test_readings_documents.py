"""Readings as YAML files and as mappings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.procedures import Sheet, Stage, packaged_procedures
from quanheng.kernels.procedures.readings import BadReadings, documents_of, read_documents, read_readings
from tests.kernels.procedures.readings.small import PROCEDURE, read, refused


def test_keys_are_identifiers_labels_or_symbols_and_numbers_come_in_the_units_of_the_regulation() -> None:
    found = read(
        """
        instrument: {准确度等级: Ⅲ级, e: 5 g, Max: 15 kg}
        readings:
          称量:
          - {load: 1 kg, 示值: 1000, ΔL: 1.5}
          - {L (kg): 2, I: 2000 g, 位置: 右}
          温漂: [{t: 21, Δt: 0.5 ℃, count: 3}]
        given: {weighing: {零点误差: 500 mg}}
        environment: {温度: 294.15 K}
        standard: {standard_mpe: 250 mg}
        checks: {封印完好: √}
        """
    ).sheet
    assert {name: column.tolist() for name, column in found.instrument.items()} == {
        "class": [0],
        "e": [5.0],
        "max": [15000.0],
    }
    rows = found.tests["weighing"].columns
    assert rows["load"].tolist() == [1000.0, 2000.0]
    assert rows["indication"].tolist() == [1000.0, 2000.0]
    assert rows["added"].tolist() == [1.5, pytest.approx(np.nan, nan_ok=True)]
    assert rows["side"].tolist() == [-1, 1]
    assert found.tests["drift"].columns["change"].tolist() == [0.5]
    assert found.given["weighing"]["E0"].tolist() == [0.5]
    assert found.environment["temperature"].tolist() == [21.0]
    assert found.standard["standard_mpe"].tolist() == [0.25]
    assert found.checks["seal"].tolist() == [1]


def test_readings_without_a_test_belong_to_the_first_required_one() -> None:
    found = read("{given: {E0: 1}, readings: [{load: 1, indication: 2}]}").sheet
    assert list(found.tests) == ["weighing"]
    assert found.given["weighing"]["E0"].tolist() == [1.0]


def test_several_instruments_have_names_and_share_what_stands_beside_them() -> None:
    found = read(
        """
        stage: 首次检定
        environment: {temperature: 20}
        instruments:
        - {id: A1, readings: [{load: 1, indication: 1}, {load: 2, indication: 2}]}
        - {readings: [{load: 3, indication: 3}], environment: {temperature: 25}}
        """
    )
    assert found.names == ("A1", "2")
    assert found.stage is Stage.FIRST
    assert found.sheet.environment["temperature"].tolist() == [20.0, 25.0]
    assert found.sheet.tests["weighing"].owner.tolist() == [0, 0, 1]
    assert found.sheet.tests["weighing"].number.tolist() == [1, 2, 1]


def test_a_reading_may_bring_its_own_figure_of_the_standard() -> None:
    columns = read("readings: [{load: 1, indication: 1, standard_mpe: 2}]").sheet.tests["weighing"].columns
    assert columns["standard_mpe"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("readings: [{load: 1}]", "第 1 行“readings”：缺少“示值 I”这一列。"),
        ("readings: [{load: 1, indication: }]", "第 1 行“indication”：没有填写。"),
        ("readings: [{load: 1, indication: 无}]", "第 1 行“indication”：没有填写。"),
        ("readings: [{load: 1, indication: abc}]", "第 1 行“indication”：没有读到数值：“abc”。"),
        ("readings: [{load: 1, indication: true}]", "第 1 行“indication”：不是数值：“True”。"),
        (
            "readings: [{load: 1, indication: 2020-01-01}]",
            "第 1 行“indication”：不是数值，而是日期或时间（2020-01-01）。",
        ),
        ("readings: [{load: 1, indication: [1]}]", "第 1 行“indication”：此处应为一个值。"),
        (
            "readings: [{load: 1, indication: 1 L}]",
            "第 1 行“indication”：“1 L”：“L”是体积的单位，这里要用质量的单位（g）。",
        ),
        ("readings: [{load: 1 foo, indication: 1}]", "第 1 行“load”：不认识的单位“foo”。"),
        ("readings: [{load: -1, indication: 1}]", "第 1 行“load”：超出范围：-1 g，应不小于 0 g。"),
        (
            "{instrument: {max: 10}, readings: [{load: 11, indication: 1}]}",
            "第 1 行“load”：超出范围：11 g，应不小于 0、不大于 10 g。",
        ),
        ("{instrument: {e: 0}, checks: {seal: 是}}", "第 1 行“e”：超出范围：0 g，应大于 0 g。"),
        (
            "readings: [{lod: 1, load: 1, indication: 1}]",
            "第 1 行“lod”：没有“lod”这一项。最接近的是：载荷 L。",
        ),
        ("readings: [{load: 1, 载荷: 2, indication: 1}]", "第 1 行“载荷”：与“load”是同一项，只能写一处。"),
        (
            "readings: [{load: 1, indication: 1, side: 上}]",
            "第 1 行“side”：“上”不在可选值之内：左、右。",
        ),
        ("readings: {drift: [{t: 1, Δt: 1, count: 3 g}]}", "第 1 行“count”：应为不带单位的数：“3 g”。"),
        ("readings: {drift: [{t: 1, Δt: 1 g, count: 3}]}", "“g”是质量的单位，这里要用温度差的单位（Δ℃）。"),
        ("readings: {wieghing: []}", "第 1 行“wieghing”：没有“wieghing”这一检定项目。应为：称量、温漂。"),
        ("readings: [7]", "第 1 行：应为“名称: 值”的形式。"),
        ("readings: 7", "第 1 行“readings”：应为“检定项目: 值”的形式。"),
        ("checks: {seal: 可能}", "第 1 行“seal”：应为“合格”或“不合格”，而不是“可能”。"),
        ("chekcs: {seal: 是}", "第 1 行“chekcs”：没有“chekcs”这一项。最接近的是：checks。"),
        ("instrument: 5", "第 1 行“instrument”：应为“名称: 值”的形式。"),
        ("instruments: 5", "第 1 行“instruments”：应为列表，每台器具一项。"),
        ("{instruments: [{}, {}], readings: []}", "第 1 行“readings”：有几台器具时，读数写在每台器具之下。"),
        ("{instruments: [{id: A}, {id: A}]}", "器具“A”重复。"),
        (
            "{stage: 周期, checks: {seal: 是}}",
            "没有“周期”这一检定类别。应为：首次检定、后续检定、使用中检查。",
        ),
        (
            "{regulation: JJG 1-2010, checks: {seal: 是}}",
            "读数是按 JJG 1-2010 记录的，这里要用的是 JJG 1-2020。",
        ),
        ("{id: [1], checks: {seal: 是}}", "第 1 行“id”：此处应为一个值。"),
        ("readings: [{load: %s, indication: 1}]" % ("9" * 500), "第 1 行“load”：不是数值，或者超出范围：999"),
        ("readings: [{load: 1, indication: 1, side: %s}]" % ("9" * 500), "9”不在可选值之内：左、右。"),
        ("[", "不是有效的 YAML"),
        ("{}", "没有读数。"),
    ],
)
def test_bad_readings_are_refused_with_line_and_reason(line: str, said: str) -> None:
    assert any(said in problem for problem in refused(line)), refused(line)


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file() -> None:
    found = refused(
        """readings:
- {load: 1, indication: x}
- {load: -5, indication: 1}
instrument: {e: 1 L}
"""
    )
    assert [problem[:6] for problem in found] == ["第 2 行“", "第 3 行“", "第 4 行“"]


def test_the_same_edition_may_be_written_otherwise() -> None:
    assert read("{regulation: JJG 1—2020, stage: in-service, checks: {seal: 是}}").stage is Stage.IN_SERVICE


def test_the_place_of_a_problem_in_a_mapping_is_its_path() -> None:
    documents = [
        {"instrument": {"e": "x"}},
        {
            "readings": {"weighing": [{"load": 1, "indication": 1}, {"load": "?", "indication": 1}]},
            "given": {"weighing": {"E0": "x"}},
            "checks": {"seal": "?"},
        },
    ]
    with pytest.raises(BadReadings) as caught:
        read_documents(documents, PROCEDURE)
    assert {problem.place.path: problem.place.text for problem in caught.value.problems} == {
        ("instruments", 0, "instrument", "e"): "第 1 台，器具“e”",
        ("instruments", 1, "given", "weighing", "E0"): "第 2 台，称量“E0”",
        ("instruments", 1, "checks", "seal"): "第 2 台，外观检查“seal”",
        ("instruments", 1, "readings", "weighing", 1, "load"): "第 2 台，称量第 2 行“load”",
    }


def test_a_form_may_still_be_empty() -> None:
    assert read_documents({"instrument": {}, "readings": {}}, PROCEDURE).sheet.size == 1


decimals = st.decimals(min_value=0, max_value=9999, places=4)


@given(
    st.lists(st.tuples(decimals, decimals), min_size=1, max_size=5), st.sampled_from(["kg", "mg", "t", "g"])
)
def test_another_unit_changes_no_digit(pairs: list[tuple[Decimal, Decimal]], unit: str) -> None:
    scale = {"kg": Decimal(1000), "mg": Decimal("0.001"), "t": Decimal(10**6), "g": Decimal(1)}[unit]
    written = [
        {"load": f"{load / scale:f} {unit}", "indication": f"{shown / scale:f}{unit}"}
        for load, shown in pairs
    ]
    plain = [{"load": float(load), "indication": float(shown)} for load, shown in pairs]
    one, other = (read_documents({"readings": rows}, PROCEDURE).sheet for rows in (written, plain))
    for name in ("load", "indication"):
        assert one.tests["weighing"].columns[name].tolist() == other.tests["weighing"].columns[name].tolist()


cells = st.floats(min_value=0, max_value=1e6, allow_nan=False)
rows = st.fixed_dictionaries(
    {"load": cells, "indication": cells},
    optional={"added": cells, "side": st.sampled_from(["左", "右"]), "standard_mpe": cells},
)
documents = st.fixed_dictionaries(
    {"readings": st.fixed_dictionaries({"weighing": st.lists(rows, min_size=1, max_size=4)})},
    optional={
        "instrument": st.fixed_dictionaries({"class": st.sampled_from(["III", "1.0", "0.5S"])}),
        "environment": st.fixed_dictionaries({"temperature": cells}),
        "given": st.fixed_dictionaries({"weighing": st.fixed_dictionaries({"E0": cells})}),
        "checks": st.fixed_dictionaries({"seal": st.sampled_from(["合格", "不合格"])}),
        "stage": st.sampled_from(list(Stage)).map(str),
    },
)


@given(st.lists(documents, min_size=1, max_size=3))
def test_readings_are_written_as_they_were_read(given_documents: list[dict[str, Any]]) -> None:
    for one in given_documents[1:]:
        one.pop("stage", None)
    found = read_documents(given_documents, PROCEDURE)
    text = yaml.safe_dump({"instruments": documents_of(PROCEDURE, found)}, allow_unicode=True)
    again = read(text)
    assert (again.names, again.stage) == (found.names, found.stage)
    assert _said(again.sheet) == _said(found.sheet)


def _said(sheet: Sheet) -> Any:
    def columns(part: Any) -> Any:
        return {name: np.nan_to_num(column, nan=-1.0).tolist() for name, column in part.items()}

    return (
        *(columns(part) for part in (sheet.instrument, sheet.environment, sheet.standard, sheet.checks)),
        {test: columns(part) for test, part in sheet.given.items()},
        {test: (one.owner.tolist(), columns(one.columns)) for test, one in sheet.tests.items()},
    )


words = st.sampled_from(
    ["load", "载荷", "indication", "weighing", "readings", "given", "instrument", "id", "checks", "x"]
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), words)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(anything)
def test_whatever_stands_there_is_read_or_refused(document: Any) -> None:
    try:
        found = read_documents(document, PROCEDURE)
    except BadReadings:
        return
    assert found.sheet.size == len(found.names)


def test_the_nearest_words_are_looked_for_a_few_times_only() -> None:
    unknown = {f"foo{number}": 1 for number in range(100)}
    with pytest.raises(BadReadings) as caught:
        read_documents({"instrument": unknown}, PROCEDURE)
    reasons = [problem.reason for problem in caught.value.problems]
    assert (len(reasons), sum("可用：" in reason for reason in reasons)) == (100, 20)


def test_what_is_wrong_with_what_is_shared_is_said_once() -> None:
    assert refused("{environment: {x: 1}, instruments: [{}, {}, {}]}") == [
        "第 1 行“x”：没有“x”这一项。可用：温度 t。"
    ]


def test_a_symbol_is_known_without_its_underscore_too() -> None:
    """The worked example of the fuel dispenser writes tJ where the regulation file has t_J."""
    procedure = packaged_procedures().find("fuel_dispenser", date(2026, 11, 23))
    text = b"readings:\n- {V_J: 20.04 L, V_B: 20.00 L, tJ: 21, tB: 20}\n"

    found = read_readings(text, "a.yaml", procedure)

    assert found.sheet.tests["delivery"].columns["t_dispenser"].tolist() == [21]
