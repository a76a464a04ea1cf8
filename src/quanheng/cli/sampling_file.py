"""Files of `quanheng sampling judge` and `switching`: YAML, JSON or CSV, each fault with its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from quanheng.kernels.marked_yaml import BadYaml, Marked, load_marked
from quanheng.kernels.sampling.examine import (
    CONFORMING,
    EXCLUDED,
    NONCONFORMING,
    WAITING,
    Found,
    Report,
)
from quanheng.kernels.sampling.iso2859 import NORMAL, SINGLE, table_plan
from quanheng.kernels.sampling.plans import BadSampling, Plan, plan_from_dict

MOST_BYTES = 64 * 2**20
_WORDS = {
    **dict.fromkeys(("conforming", "pass", "ok", "合格", "true"), CONFORMING),
    **dict.fromkeys(("nonconforming", "fail", "不合格", "false"), NONCONFORMING),
    **dict.fromkeys(("excluded", "不计入", "剔除"), EXCLUDED),
    **dict.fromkeys(("", "waiting", "待检"), WAITING),
}
_COLUMNS = {
    "serial": ("serial", "表号", "编号", "出厂编号"),
    "result": ("result", "结果", "结论"),
    "reason": ("reason", "原因"),
    "count": ("count", "不合格数"),
    "maker": ("maker", "厂家", "生产厂家"),
    "model": ("model", "型号"),
    "accuracy_class": ("accuracy_class", "准确度等级"),
    "year": ("year", "首次检定年份"),
}
_FACTS = ("maker", "model", "accuracy_class", "year")


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file asks to be judged."""

    plan: Plan
    report: Report
    lot: int | None
    rule: str = ""


def read_text(path: Path) -> str:
    """Return a text file of UTF-8 (with or without BOM), else GB 18030.

    Raises
    ------
    BadSampling
        It cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadSampling(f"{path} 太大，超过 {MOST_BYTES // 2**20} MB。")
        data = path.read_bytes()
    except OSError as error:
        raise BadSampling(f"无法读取 {path}：{error.strerror or error}。") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadSampling(f"{path} 不是 UTF-8 或 GB 18030 的文本。")


def read_data(path: Path) -> Marked:
    """Return a YAML or JSON file with the lines of its values."""
    try:
        marked = load_marked(read_text(path).replace("\t", "  "))
    except BadYaml as error:
        raise BadSampling(f"{path}：{error}") from None
    if not isinstance(marked.data, Mapping):
        raise BadSampling(f"{path} 应是一组“名称: 值”。")
    return marked


def read_list(path: Path) -> list[str]:
    """Return the serials of a list: a line each, or the first column of a CSV with a heading that names it.

    Raises
    ------
    BadSampling
        A serial twice or empty, with its rows.
    """
    lines = read_text(path).splitlines()
    first = lines[0].split(",")[0].strip().strip('"') if lines else ""
    has_heading = first in _COLUMNS["serial"]
    rows: dict[str, int] = {}
    for number, cells in enumerate(csv.reader(lines), 1):
        if (number == 1 and has_heading) or not any(cell.strip() for cell in cells):
            continue
        serial = cells[0].strip()
        if not serial:
            raise BadSampling(f"{path} 第 {number} 行第 1 列：编号是空的。")
        if serial in rows:
            raise BadSampling(f"{path} 第 {number} 行：编号 {serial} 与第 {rows[serial]} 行重复。")
        rows[serial] = number
    if not rows:
        raise BadSampling(f"{path} 里没有编号。")
    return list(rows)


def read_judged(path: Path, plan: Plan | None, lot: int | None) -> Judged:
    """Return the plan, the draw and the results of a file; ``plan`` and ``lot`` of the command come before its own."""
    if path.suffix.lower() in {".csv", ".txt"}:
        if plan is None:
            raise BadSampling("CSV 文件里没有抽样方案，请用 --plan，或 --n 和 --c，或 --rule 给出。")
        return Judged(plan, Report(_csv_results(path)), lot)
    marked = read_data(path)
    data = marked.data
    size = lot if lot is not None else _lot(data)
    rule = ""
    if plan is None:
        plan, rule = _plan(data, size)
    return Judged(plan, _report(path, marked), size, rule)


def plan_of_file(path: Path) -> Plan:
    """Return the plan of a file: the file itself, or its ``plan``."""
    data = read_data(path).data
    return plan_from_dict(data.get("plan", data))


def plan_by_rule(rule: str, lot: int | None, on: date | None) -> Plan:
    """Return the plan of an in-service rule on a day."""
    from quanheng.lots.plan_rules import plan_for

    if lot is None or on is None:
        raise BadSampling("按规则时请给出批量和日期：--lot、--on（文件里是 lot、on）。")
    return plan_for(rule, lot, on).plan


def _lot(data: Mapping[str, Any]) -> int | None:
    value = data.get("lot", data.get("lot_size"))
    if isinstance(value, Mapping):
        value = value.get("size")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadSampling(f"批量应为 1 或更大的整数，不是“{value}”。")
    return value


def _plan(data: Mapping[str, Any], lot: int | None) -> tuple[Plan, str]:
    if "plan" in data:
        return plan_from_dict(data["plan"]), ""
    if "rule" in data:
        on = data.get("on")
        if not isinstance(on, date):
            raise BadSampling("文件里写了 rule，还要写 on：日期，如 2026-07-01。")
        return plan_by_rule(str(data["rule"]), lot, on), str(data["rule"])
    if "aql" in data:
        if lot is None:
            raise BadSampling("按 AQL 查表要有批量：lot。")
        aql = data["aql"]
        if isinstance(aql, bool) or not isinstance(aql, int | float):
            raise BadSampling(f"aql 应为数值，不是“{aql}”。")
        words = {key: str(data.get(key, usual)) for key, usual in _TABLE_WORDS.items()}
        return table_plan(lot, float(aql), **words).plan, ""
    raise BadSampling("文件里没有抽样方案：请写 plan，或 rule 和 on，或 aql。")


_TABLE_WORDS = {"level": "II", "severity": NORMAL, "kind": SINGLE}


def _report(path: Path, marked: Marked) -> Report:
    data = marked.data
    results = data.get("results")
    if not isinstance(results, list):
        raise BadSampling(f"{path}：results 应是结果的列表，按抽取的顺序。")
    if results and not isinstance(results[0], Mapping):
        found = [_plain_result(path, marked, at, value) for at, value in enumerate(results)]
        return Report(found, _serials(path, data, "drawn"), _serials(path, data, "list"), _seed(data))
    found = []
    for at, row in enumerate(results):
        line = marked.line(("results", at))
        if not isinstance(row, Mapping):
            raise BadSampling(f"{path} 第 {line} 行：一个结果应写 serial 和 result。")
        cells = {key: "" if value is None else str(value) for key, value in row.items()}
        found.append(_found(path, line, cells))
    return Report(found, _serials(path, data, "drawn"), _serials(path, data, "list"), _seed(data))


def _plain_result(path: Path, marked: Marked, at: int, value: object) -> Found:
    """Read a result that is one word; its serial is its place."""
    line = marked.line(("results", at))
    count = value if isinstance(value, int) and not isinstance(value, bool) else None
    word = (
        {True: NONCONFORMING, False: CONFORMING, None: ""}.get(value)
        if isinstance(value, bool | None)
        else None
    )
    text = str(value) if word is None else word
    if count is not None:
        return Found(str(at + 1), NONCONFORMING if count else CONFORMING, line, nonconformities=count)
    return Found(str(at + 1), _result(path, line, text), line)


def _seed(data: Mapping[str, Any]) -> str:
    from quanheng.kernels.sampling.draw import list_sha256, seed_of

    if "checkpoint" in data and isinstance(data.get("list"), list):
        return seed_of(str(data["checkpoint"]), list_sha256(str(serial) for serial in data["list"]))
    return str(data.get("seed", "") or "")


def _serials(path: Path, data: Mapping[str, Any], key: str) -> list[str] | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not value:
        raise BadSampling(f"{path}：{key} 应是编号的列表。")
    return [str(serial).strip() for serial in value]


def _csv_results(path: Path) -> list[Found]:
    reader = csv.reader(io.StringIO(read_text(path)))
    heading = [cell.strip() for cell in next(reader, [])]
    places = {
        key: next((heading.index(name) for name in names if name in heading), None)
        for key, names in _COLUMNS.items()
    }
    missing = [
        names[0] for key, names in _COLUMNS.items() if key in {"serial", "result"} and places[key] is None
    ]
    if missing:
        raise BadSampling(f"{path} 第 1 行没有这些列：{'、'.join(missing)}。")
    found = []
    for row in reader:
        if any(cell.strip() for cell in row):
            cells = {key: row[at].strip() for key, at in places.items() if at is not None and at < len(row)}
            found.append(_found(path, reader.line_num, cells))
    return found


def _found(path: Path, line: int, cells: Mapping[str, str]) -> Found:
    serial = cells.get("serial", "").strip()
    if not serial:
        raise BadSampling(f"{path} 第 {line} 行，serial：编号是空的。")
    facts = {key: cells[key] for key in _FACTS if cells.get(key)}
    count = cells.get("count", "")
    if count and not count.isdecimal():
        raise BadSampling(f"{path} 第 {line} 行，count：“{count}”不是个数。")
    result = _result(path, line, cells.get("result", ""))
    number = int(count) if count else int(result == NONCONFORMING)
    return Found(serial, result, line, cells.get("reason", ""), number, facts)


def _result(path: Path, line: int, text: str) -> str:
    found = _WORDS.get(text.strip().lower())
    if found is None:
        raise BadSampling(
            f"{path} 第 {line} 行，result：“{text[:40]}”应为 conforming（合格）、nonconforming（不合格）、"
            "excluded（不计入）或 waiting（待检）。"
        )
    return found
