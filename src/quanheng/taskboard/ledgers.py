"""A ledger from the intake folder: imported without a person where nothing has to be asked."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from quanheng.instruments.enums import BatchState, Filing, Outcome
from quanheng.instruments.errors import FileKnown, UnreadableFile
from quanheng.instruments.models import ImportBatch, ImportRow
from quanheng.instruments.services.importing.batches import (
    BEFORE_IMPORT,
    answer_headings,
    batch_by_id,
    confirm_import,
    receive_ledger,
    try_import,
)
from quanheng.instruments.services.importing.rows import Defaults
from quanheng.instruments.services.importing.running import run_import

# Only the bureau can put a file there: what it keeps in its own ledgers it has accepted.
DEFAULTS = Defaults(filing=Filing.FILED, reason="收件夹中的本局台账")


def import_ledger(path: Path) -> tuple[str, list[str]]:
    """Import a ledger with the remembered answers; return what was done, and a line for each row left out.

    A ledger with a heading that nobody explained yet waits for an officer; nothing of it is imported.

    Raises
    ------
    UnreadableFile, FileKnown, BadImport
        Not a ledger; imported or waiting already; not one row that can be imported.
    """
    batch = _received(path)
    if asked := asked_headings(batch):
        return f"已收下，尚未导入：{waiting_text(asked)}", []
    if batch.state == BatchState.MAPPING:
        batch = answer_headings(actor=None, public_id=batch.public_id, revision=batch.revision, answers={})
    batch = try_import(public_id=batch.public_id, revision=batch.revision, defaults=DEFAULTS)
    batch = confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    batch = run_import(batch.public_id)
    return imported_text(batch), rejected_rows(batch)


def _received(path: Path) -> ImportBatch:
    """Return the batch of a file.  One that a crash left half-way in the intake goes on from there."""
    if path.stat().st_size > settings.MAX_UPLOAD_BYTES:
        raise UnreadableFile(
            reason=f"文件超过 {settings.MAX_UPLOAD_BYTES // 2**20} MiB。", reader_code="ledger.too_large"
        )
    try:
        return receive_ledger(actor=None, data=path.read_bytes(), filename=path.name)
    except FileKnown as error:
        known = batch_by_id(error.details["public_id"])
        if known.received_by is None and known.state in BEFORE_IMPORT and not asked_headings(known):
            return known
        raise


def asked_headings(batch: ImportBatch) -> list[str]:
    """Return the headings of a batch that a person has to explain first."""
    if batch.state != BatchState.MAPPING:
        return []
    return [column["heading"] for column in batch.options["columns"] if column["is_asked"]]


def waiting_text(asked: list[str]) -> str:
    """Return why a ledger waits."""
    return f"表头“{'”“'.join(asked)}”含义不明，请在“计量器具”的导入页指明。"


def imported_text(batch: ImportBatch) -> str:
    """Return what an import did, in one sentence."""
    counts = {outcome: batch.counts.get(str(outcome), 0) for outcome in Outcome}
    return (
        f"已导入：新增 {counts[Outcome.CREATED]} 台，更新 {counts[Outcome.UPDATED]} 行，"
        f"无变化 {counts[Outcome.UNCHANGED]} 行，未导入 {counts[Outcome.REJECTED]} 行。"
    )


def rejected_rows(batch: ImportBatch) -> list[str]:
    """Return a line for each row that was not imported: row, column, reason."""
    rows = ImportRow.objects.filter(batch=batch, outcome=Outcome.REJECTED).order_by("row", "pk")
    return [
        f"第 {row.row} 行{f'“{row.column}”' if row.column else ''}：{row.text}［{row.code}］" for row in rows
    ]
