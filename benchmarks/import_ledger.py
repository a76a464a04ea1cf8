"""How fast a large Excel ledger comes into the registry, and how much memory that takes.

    python benchmarks/import_ledger.py [--rows 100000]
    python tools/on_postgres.py python benchmarks/import_ledger.py

An invented ledger of 15 columns with titles, mixed dates and a twentieth of poor rows is read, tried,
imported, and then the same rows are imported again from another file.  "in all" is reading, import and
keeping together: from the confirmed batch to its last row.  "CPU s" is the work of this process alone: what a busy
machine takes away, and what PostgreSQL does, is not in it.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from datetime import date, timedelta
from io import BytesIO

import xlsxwriter

from million import started

HEADINGS = [
    "序号",
    "计量器具名称",
    "型号规格",
    "出厂编号",
    "制造单位",
    "使用单位",
    "安装地点",
    "准确度等级",
    "测量范围",
    "用途",
    "检定日期",
    "有效期至",
    "证书编号",
    "检定机构",
    "备注",
]
KINDS = (
    ("电子计价秤", "ACS-30", "0～30kg", "Ⅲ级", "贸易结算"),
    ("压力表", "Y-100", "0～1.6MPa", "1.6级", "安全防护"),
    ("血压计", "YXJ-1", "0～40kPa", "±0.5kPa", "医疗卫生"),
    ("燃油加油机", "JDK50D", "5～50L/min", "0.3级", "贸易结算"),
    ("冷水水表", "LXS-15E DN15", "2.5m³/h", "2级", "贸易结算"),
)
SEED = 20261123
Instant = tuple[float, float]


def ledger(rows: int, title: str) -> bytes:
    """Return a workbook of so many instruments; the same for the same number, but for its title."""
    dice = random.Random(SEED)
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("台账")
        sheet.write_string(0, 0, title)
        sheet.write_row(1, 0, HEADINGS)
        for number in range(1, rows + 1):
            sheet.write_row(number + 1, 0, _row(dice, number))
    return stream.getvalue()


def _row(dice: random.Random, number: int) -> list[object]:
    name, model, measures, accuracy, use = KINDS[number % len(KINDS)]
    verified = date(2026, 10, 30) - timedelta(days=dice.randrange(700))
    until = verified + timedelta(days=364)
    said = (
        verified.isoformat(),
        f"{verified:%Y.%m.%d}",
        f"{verified.year}年{verified.month}月{verified.day}日",
        int(f"{verified:%Y%m%d}"),
    )[number % 4]
    owner = f"演示{number // 20}号商行" if number % 20 else ""  # a twentieth has no user: rejected
    return [
        number,
        name,
        model,
        f"SN{number:08d}",
        f"演示仪表{number % 50}厂",
        owner,
        f"演示{number // 400}号农贸市场 {number % 400}号摊",
        accuracy,
        measures,
        use,
        said,
        until.isoformat(),
        f"演检{number:08d}",
        "演示计量检定所",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with started() as vendor:
        measure(given.rows, vendor)


def measure(rows: int, vendor: str) -> None:
    from pathlib import Path

    from quanheng.core.county import load_county, read_county
    from quanheng.instruments.services.importing.batches import (
        answer_headings,
        confirm_import,
        receive_ledger,
        try_import,
    )
    from quanheng.instruments.services.importing.rows import Defaults
    from quanheng.instruments.services.importing.running import run_import
    from quanheng.instruments.services.importing.undo import undo_import

    example = Path(__file__).resolve().parent.parent / "examples" / "dachuan"
    load_county(read_county(example / "county.yaml"))
    print(f"{vendor}, {rows} rows\n{'step':<34}{'s':>8}{'CPU s':>8}{'rows/s':>10}{'peak MB':>10}")
    batch = None
    for title in ("第一份台账", "同样的各行，另一份文件"):
        data = ledger(rows, title)
        start = _now()
        batch = receive_ledger(actor=None, data=data, filename=f"{title}.xlsx")
        start = _line(f"{title}: receive", rows, start)
        batch = answer_headings(actor=None, public_id=batch.public_id, revision=1, answers={})
        start = _line("  map", rows, start)
        batch = try_import(public_id=batch.public_id, revision=batch.revision, defaults=Defaults())
        start = _line("  try", rows, start)
        confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
        batch = run_import(batch.public_id)
        start = _line("  import, in all", rows, start)
        print(f"  {batch.counts}")
    assert batch is not None
    undo_import(actor=None, public_id=batch.public_id, revision=batch.revision, reason="试")
    _line("  undo of the second", rows, start)


def _line(what: str, rows: int, start: Instant) -> Instant:
    """Print one step and return the instant at which the next begins."""
    spent, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<34}{spent:>8.1f}{cpu:>8.1f}{rows / spent:>10.0f}{peak:>10.0f}", flush=True)
    return _now()


def _now() -> Instant:
    """Return the time on the clock, and the time that this process has worked [s]."""
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
