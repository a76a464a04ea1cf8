"""Rows per second of processor time of reading a ledger of 100,000 rows and 15 columns, beside openpyxl on the same file.

    python benchmarks/ledger_read.py [ROWS]

openpyxl (read_only) only hands over the cells; the ledger reader also finds the headings, maps them,
checks and converts every field.  Each measurement is a process of its own, so that the peak of memory
is its own; the best of three is shown, and the others in ratios to openpyxl.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

ROWS = 100_000
RUNS = 3
WANTED = 15_000
_HEADINGS = """序号 计量器具名称 规格型号 出厂编号 制造单位 使用单位 安装地点 准确度等级 测量范围 检定日期 有效期至
检定周期 证书编号 检定机构 备注"""


def make(path: Path, rows: int) -> None:
    """Write the ledger: texts, numbers, dates as text and as days, as counties have them."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("台账")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["在用强制检定计量器具台账"])
    sheet.write_row(1, 0, _HEADINGS.split())
    for i in range(rows):
        row = i + 2
        cells = [
            i + 1,
            "电子计价秤",
            "ACS-30",
            f"{i:07d}",
            "某某衡器",
            f"第{i % 300}市场",
            f"{i % 50}号摊",
            "Ⅲ级",
        ]
        sheet.write_row(row, 0, [*cells, "0~30kg"])
        sheet.write_number(row, 9, 45356 + i % 300, day)
        sheet.write_row(
            row, 10, [f"2026.{i % 12 + 1}.{i % 28 + 1}", "24个月", f"某检2024-{i:06d}", "某计量所", ""]
        )
    book.close()


def by_ledger(path: Path) -> int:
    """Read records one by one, as the import does."""
    from quanheng.kernels.ledger import Record, open_ledger

    opened = open_ledger(path.read_bytes(), filename=path.name)
    return sum(isinstance(item, Record) for item in opened.items())


def by_openpyxl(path: Path) -> int:
    """Hand over the cells of every row."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True)) - 2


def by_calamine(path: Path) -> int:
    """Hand over the cells of every row: what the ledger reader stands on."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    return sum(1 for _ in book.get_sheet_by_index(0).iter_rows()) - 2


READERS: dict[str, Callable[[Path], int]] = {
    "openpyxl": by_openpyxl,
    "calamine": by_calamine,
    "ledger": by_ledger,
}


def measure(name: str, path: Path) -> None:
    """Print rows, seconds, peak megabytes; the interpreter and its imports are in the peak."""
    started = time.process_time()
    rows = READERS[name](path)
    seconds = time.process_time() - started
    print(rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        measure(sys.argv[2], Path(sys.argv[3]))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.xlsx"
        make(path, rows)
        print(f"{rows} rows, 15 columns, {path.stat().st_size / 1e6:.1f} MB")
        print(f"{'reader':10} {'rows/s':>9} {'ratio':>6} {'peak MB':>8}")
        base = 0.0
        for name in READERS:
            runs = []
            for _ in range(RUNS):
                command = [sys.executable, __file__, "--one", name, str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                count, seconds, peak = map(float, done.stdout.split())
                assert count == rows, (name, count)
                runs.append((rows / seconds, peak))
            speed = max(speed for speed, _ in runs)
            base = base or speed
            print(f"{name:10} {speed:9.0f} {speed / base:6.1f} {max(peak for _, peak in runs):8.0f}")
        print(f"wanted of ledger: {WANTED} rows/s")


if __name__ == "__main__":
    main()
