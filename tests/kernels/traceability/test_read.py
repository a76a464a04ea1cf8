"""Files: what is read, and what is refused with its line."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml

from quanheng.kernels.traceability import BadTraceability, Course, load_chain, load_standards, read_rows
from quanheng.kernels.traceability.read_series import read_series

STANDARDS = """\
unit: g
standards:
  R: {calibrations: [{date: 2025-01-01, standard_uncertainty: 0.01}]}
  W:
    name: 砝码
    diffusion: 0.1
    calibrations:
      - {date: 2025-02-01, standard_uncertainty: 0.02, by: R}
      - {date: 2026-02-01, standard_uncertainty: 0.02, found: 0.3, course: linear}
verifications:
  - number: 1
    date: 2025-06-01
    passed: true
    standards: {W: -1, R: 0.5}
    points:
      - {error: 0.1, mpe: 0.5}
      - {error: 0.2, lower: -1, upper: 2, standard_uncertainty: 0.1, standards: [W]}
"""
ROWS = "编号,日期,结论,误差,最大允许误差,标准器,灵敏系数\n2,2025-07-01,合格,0.3,0.5,W,\n3,2025-07-01,不合格,0.9,0.5,W;R,-1;2\n2,2025-07-01,合格,-0.1,0.5,R,\n"


def test_verifications_of_both_files_become_one_table() -> None:
    content, records = load_standards(STANDARDS.encode())
    read_rows(ROWS.encode("utf-8-sig"), records)
    found = records.verdicts()
    assert list(found.numbers) == ["1", "2", "3"]
    assert found.passed.tolist() == [True, True, False]
    assert found.first.tolist() == [0, 2, 4]
    assert found.error.tolist() == [0.1, 0.2, 0.3, -0.1, 0.9]
    assert found.upper.tolist() == [0.5, 2, 0.5, 0.5, 0.5]
    assert found.uses.tolist() == [[1, 0], [1, 0], [1, 0]]
    assert found.sensitivity.tolist() == [[-1, 0.5], [-1, 0], [-1, 0], [0, -1], [-1, 2]]
    assert content.names == {"R": "R", "W": "砝码"}
    assert content.histories[1].calibrations[1].course is Course.LINEAR


def test_json_is_read_as_yaml_is() -> None:
    as_json = json.dumps(yaml.safe_load(STANDARDS), default=str).encode()
    first, second = (
        load_standards(text, is_json=kind)[1].verdicts()
        for text, kind in ((STANDARDS.encode(), False), (as_json, True))
    )
    assert np.array_equal(first.sensitivity, second.sensitivity)
    assert np.array_equal(first.day, second.day)


def test_a_diffusion_that_is_not_given_is_estimated_and_says_so() -> None:
    text = STANDARDS.replace("    diffusion: 0.1\n", "").replace(", course: linear", "")
    content, _records = load_standards(text.encode())
    assert content.histories[1].diffusion == pytest.approx(0.299, abs=0.01)
    assert [each.code for each in content.findings] == ["diffusion_estimated"]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("standard_uncertainty: 0.02, by", "standard_uncertainty: -0.02, by", 8, "标准不确定度应当不小于零"),
        ("0.02, by: R", ".nan, by: R", 8, "不是数值"),
        ("0.02, by: R", ".inf, by: R", 8, "不是数值"),
        ("date: 2026-02-01", "date: 2024-02-01", 9, "按日期排列"),
        ("date: 2026-02-01", "date: 2026-02-31", 9, "不能读取"),
        (", found: 0.3", "", 9, "缺少“found”"),
        ("course: linear", "course: bent", 9, "没有“bent”"),
        ("by: R", "by: W", 2, "成环"),
        ("by: R", "by: X", 2, "“X”不在其中"),
        ("diffusion: 0.1", "diffusion: -1", 6, "随机游走"),
        ("diffusion: 0.1", "difusion: 0.1", 6, "是否为“diffusion”"),
        ("date: 2025-06-01", "date: 2024-06-01", 16, "第一次校准以前"),
        ("date: 2025-06-01", "date: yesterday", 12, "不是日期"),
        ("passed: true", "passed: 3", 13, "true 或 false"),
        ("mpe: 0.5", "mpe: -0.5", 16, "最大允许误差应当大于零"),
        ("lower: -1", "lower: 3", 17, "下限应当小于上限"),
        ("mpe: 0.5", "lower: -.inf", 16, "不是数值"),
        (", mpe: 0.5", "", 16, "至少要有一个"),
        ("error: 0.1", "error: two", 16, "不是数值"),
        ("standards: [W]", "standards: [Q]", 17, "“Q”不在文件中"),
        ("standards: [W]", "standards: [W, W]", 17, "重复"),
        ("    points:\n", "    points: []\n    x:\n", 16, "没有“x”"),
        ("{W: -1, R: 0.5}", "{W: -1, W: 0.5}", 14, "重复"),
        ("unit: g\n", "unit: g\npopulation: {sd: 0}\n", 2, "标准差应当大于零"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    assert old in STANDARDS
    with pytest.raises(BadTraceability, match=reason) as refused:
        load_standards(STANDARDS.replace(old, new).encode())
    assert refused.value.line == line


@pytest.mark.parametrize("text", [b"", b"[]", b"standards: {}", b"\xff", b"standards: 3", b"{" * 200])
def test_a_file_that_holds_no_standards_is_refused(text: bytes) -> None:
    with pytest.raises(BadTraceability):
        load_standards(text)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"standards": {"W": 1, "W": 2}}', b"[" * 100_000, b"\xff"]
)
def test_json_that_holds_no_standards_is_refused(text: bytes) -> None:
    with pytest.raises(BadTraceability):
        load_standards(text, is_json=True)


def test_in_json_the_place_stands_for_the_line() -> None:
    data = yaml.safe_load(STANDARDS)
    data["standards"]["W"]["calibrations"][1]["standard_uncertainty"] = -1
    with pytest.raises(BadTraceability, match=r"standards\.W\.calibrations\[2\]\.standard_uncertainty"):
        load_standards(json.dumps(data, default=str).encode(), is_json=True)


def test_no_verifications_are_refused() -> None:
    _content, records = load_standards(STANDARDS.partition("verifications")[0].encode())
    with pytest.raises(BadTraceability, match="一份检定记录也没有"):
        records.verdicts()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("4,2025-07-01,合格,nan,0.5,W,", "不是数值"),
        ("4,2025-07-01,合格,,0.5,W,", "不是数值"),
        ("4,2025-07-41,合格,0.1,0.5,W,", "不是日期"),
        ("4,2025-07-01,大概,0.1,0.5,W,", "不是结论"),
        ("4,2025-07-01,合格,0.1,-0.5,W,", "应当大于零"),
        ("4,2025-07-01,合格,0.1,0.5,Q,", "不在文件中"),
        ("4,2025-07-01,合格,0.1,0.5,,", "没有写明所用的标准器"),
        ("4,2025-07-01,合格,0.1,0.5,W,1;2", "应当一样多"),
        ("4,2025-01-15,合格,0.1,0.5,W,", "第一次校准以前"),
        ("2,2025-07-02,合格,0.1,0.5,W,", "前后的日期或结论不同"),
        (",2025-07-01,合格,0.1,0.5,W,", "缺少编号"),
        ("4,2025-07-01", "只有 2 列"),
    ],
)
def test_a_bad_row_is_said_with_its_line(row: str, reason: str) -> None:
    _content, records = load_standards(STANDARDS.encode())
    with pytest.raises(BadTraceability, match=reason) as refused:
        read_rows((ROWS + row + "\n").encode(), records)
    assert refused.value.line == 5


@pytest.mark.parametrize(
    ("head", "reason"),
    [("编号,日期", "缺少列“passed”"), ("编号,编号", "重复"), ("编号,颜色", "没有“颜色”"), ("", "缺少列")],
)
def test_headings_that_are_missing_or_not_known_are_refused(head: str, reason: str) -> None:
    _content, records = load_standards(STANDARDS.encode())
    with pytest.raises(BadTraceability, match=reason):
        read_rows(head.encode(), records)


CHAIN = """\
verification: {number: V, on: 2026-01-05, instrument: 秤, standards: [W], mpe: 1, unit: g}
limits: {of_instrument: 0.5}
standards:
  W:
    name: 砝码
    certificates:
      - {number: C, issued_by: 所, calibrated_on: 2025-01-05, valid_until: 2026-01-05, standards: [N]}
  N: {is_national: true}
"""


def test_a_chain_is_read() -> None:
    found = load_chain(CHAIN.encode())
    assert found.standards["W"].certificates[0].number == "C"
    assert found.standards["N"].is_national
    assert (found.verification.mpe, found.limits.of_instrument) == (1, 0.5)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("valid_until: 2026-01-05", "valid_until: 2024-01-05", 7, "早于校准日期"),
        ("issued_by: 所, ", "", 7, "缺少“issued_by”"),
        ("issued_by: 所", "sha256: abc", 7, "64 位"),
        ("mpe: 1", "mpe: -1", 1, "应当大于零"),
        ("is_national: true", "is_national: maybe", 8, "true 或 false"),
        ("standards: [W], ", "standards: W, ", 1, "应为列表"),
        ("instrument: 秤, ", "", 1, "缺少“instrument”"),
    ],
)
def test_a_bad_chain_is_refused_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    text = CHAIN.replace(old, new)
    if "sha256" in new:
        text = text.replace("sha256: abc", "issued_by: 所, sha256: abc")
    with pytest.raises(BadTraceability, match=reason) as refused:
        load_chain(text.encode())
    assert refused.value.line == line


def test_check_values_are_read_with_or_without_days() -> None:
    assert [point.value for point in read_series(b"value\n1\n\n2.5\n")] == [1, 2.5]
    assert read_series("日期,核查值\n2026-01-02,3\n".encode())[0].day == "2026-01-02"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("value\n1\nx\n", 3, "不是数值"),
        ("date,value\n2026-01-02,1\n2026-01-01,2\n", 3, "早于前一行"),
        ("date,value\n2026-01-02\n", 2, "只有 1 列"),
        ("date\n2026-01-02\n", 1, "缺少列"),
        ("colour\n1\n", 1, "没有或重复"),
        ("value\n", 1, "一个核查值也没有"),
        ("", 1, "缺少列"),
    ],
)
def test_bad_check_values_are_refused_with_their_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(BadTraceability, match=reason) as refused:
        read_series(text.encode())
    assert refused.value.line == line
