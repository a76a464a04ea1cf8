from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from quanheng.core.models import OrgUnit
from quanheng.instruments.enums import BatchState
from quanheng.instruments.models import ImportBatch
from quanheng.instruments.services.importing.batches import (
    answer_headings,
    confirm_import,
    receive_ledger,
    try_import,
)
from quanheng.instruments.services.importing.rows import Defaults
from quanheng.instruments.services.importing.running import run_import

TODAY = date(2026, 5, 20)
HEADINGS = (
    *("使用单位", "计量器具名称", "型号规格", "出厂编号", "制造单位", "安装地点", "准确度等级", "测量范围"),
    *("用途", "检定日期", "有效期至", "证书编号", "检定机构"),
)
ROW = {
    "使用单位": "示例粮油店",
    "计量器具名称": "电子计价秤",
    "型号规格": "ACS-30",
    "出厂编号": "SN0000001",
    "制造单位": "示例衡器厂",
    "安装地点": "百节镇农贸市场 12号摊",
    "准确度等级": "Ⅲ级",
    "测量范围": "0～30kg",
    "用途": "贸易结算",
    "检定日期": "2026-03-05",
    "有效期至": "2027-03-04",
    "证书编号": "示检2026-1",
    "检定机构": "示例计量检定所",
}


def row(**changed: str) -> dict[str, str]:
    """A row of the usual ledger with some cells changed; a heading that is not usual becomes a column."""
    return ROW | changed


def ledger(*rows: Mapping[str, str], title: str = "在用计量器具台账") -> bytes:
    """The rows as a file: the title makes another file of the same rows."""
    headings = list(HEADINGS) + [h for h in dict.fromkeys(h for r in rows for h in r) if h not in HEADINGS]
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([title])
    writer.writerow(headings)
    writer.writerows([one.get(heading, "") for heading in headings] for one in rows)
    return stream.getvalue().encode()


def numbered(count: int, **changed: str) -> list[dict[str, str]]:
    """So many rows that differ by serial number and certificate."""
    return [row(出厂编号=f"SN{n:07d}", 证书编号=f"示检2026-{n}", **changed) for n in range(1, count + 1)]


def tried(data: bytes, *, actor: Any = None, name: str = "台账.csv", **defaults: Any) -> ImportBatch:
    """Receive, map and try a ledger."""
    batch = receive_ledger(actor=actor, data=data, filename=name)
    asked = {c["heading"]: None for c in batch.options["columns"] if c["is_asked"]}
    batch = answer_headings(actor=actor, public_id=batch.public_id, revision=batch.revision, answers=asked)
    return try_import(public_id=batch.public_id, revision=batch.revision, defaults=Defaults(**defaults))


def imported(data: bytes, *, actor: Any = None, chunk: int = 3, **defaults: Any) -> ImportBatch:
    """Import a ledger wholly, in small chunks."""
    batch = tried(data, actor=actor, **defaults)
    if set(batch.options["tried"]["counts"]) == {"rejected"}:  # nobody may confirm that; run it all the same
        ImportBatch.objects.filter(pk=batch.pk).update(state=BatchState.QUEUED)
    else:
        confirm_import(actor=actor, public_id=batch.public_id, revision=batch.revision)
    return run_import(batch.public_id, chunk=chunk)


def said(batch: ImportBatch) -> list[tuple[int, str, str]]:
    """Row, outcome and code of each row."""
    return list(batch.rows.values_list("row", "outcome", "code"))


def outcomes(batch: ImportBatch) -> list[str]:
    """The outcome of each row."""
    return list(batch.rows.values_list("outcome", flat=True))


@pytest.fixture(autouse=True)
def _on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)


@pytest.fixture(autouse=True)
def county(dachuan: object) -> object:
    """The demonstration county with its towns."""
    return dachuan


@pytest.fixture
def town() -> Callable[[str], OrgUnit]:
    """A town by its name."""
    return lambda name: OrgUnit.objects.get(name=name)


Rows = Sequence[Mapping[str, str]]
