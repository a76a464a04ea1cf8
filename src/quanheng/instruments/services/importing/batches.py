"""The states of an import: received, mapped, tried, confirmed, stopped, resumed, dropped.

A batch carries a revision: each of these asks for the one that the person saw, so that a second click,
or a second officer, is told instead of doing it twice.  Reading a large file takes seconds and happens
outside the transaction; what was read is kept only if nobody changed the batch meanwhile.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.files import store_file
from quanheng.base.locks import lock_for_transaction
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, UnitAlias, User
from quanheng.core.selectors import county
from quanheng.core.services import acted_by
from quanheng.instruments.enums import BatchState, Filing, Outcome, Setting, Use
from quanheng.instruments.errors import (
    BadImport,
    BatchNotFound,
    FileKnown,
    UnreadableFile,
    WrongBatchState,
)
from quanheng.instruments.models import HeadingAnswer, ImportBatch
from quanheng.instruments.services.importing.matching import Matcher, Plan
from quanheng.instruments.services.importing.reading import (
    batch_bytes,
    described,
    open_batch,
    open_with_memory,
    rows_of,
    words_of,
)
from quanheng.instruments.services.importing.rows import Columns, Defaults, Prepared, Preparer
from quanheng.instruments.services.importing.words import Towns
from quanheng.kernels.findings import Finding
from quanheng.kernels.ledger import OpenLedger, Record, Rejected, SheetMapping
from quanheng.kernels.text_keys import serial_key
from quanheng.regulations.selectors import rule_set
from quanheng.transparency.services import Personal, enqueue_leaf

# Two officers who send the same file at once must not make two batches of it.
BATCHES = "instruments.batches"
CHUNK = 1000
SHOWN_REJECTIONS, SHOWN_ROWS, SHOWN_FINDINGS = 1000, 10, 20
TOWN_KINDS = (UnitKind.TOWN, UnitKind.SUBDISTRICT)
BEFORE_IMPORT = {BatchState.MAPPING, BatchState.READY}


@dataclass(frozen=True)
class Tried:
    """What an import would do: counts by outcome, the first rows and the rejected ones, as JSON holds them."""

    counts: dict[str, int]
    first: list[dict[str, str]]
    rejected: list[dict[str, Any]]
    noted: int
    findings: list[str]

    @property
    def rows(self) -> int:
        """Return how many rows the file has."""
        return sum(self.counts.values())

    def to_dict(self) -> dict[str, Any]:
        """Return it as the options of a batch keep it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def receive_ledger(
    *,
    actor: User | None,
    data: bytes,
    filename: str,
    sheet: str | None = None,
    answers: Mapping[str, str | None] | None = None,
    date_order: str = "mdy",
    is_demo: bool | None = None,
) -> ImportBatch:
    """Keep a ledger and find out what its columns mean; nothing is imported yet.

    Where nothing else is said, what comes from a ledger of a demonstration county is demonstration data.

    Raises
    ------
    UnreadableFile
        Too large, or the reader refuses it; nothing of it is kept.
    FileKnown
        The same sheet of the same bytes was received before and was not undone.
    """
    if len(data) > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 2**20
        text = _("文件超过 %(limit)s MiB，请拆分后再上传。") % {"limit": limit}
        raise UnreadableFile(reason=text, reader_code="ledger.too_large")
    digest = hashlib.sha256(data).hexdigest()
    opened, used = open_with_memory(
        data, filename=filename, answers=answers or {}, sheet=sheet, date_order=date_order
    )
    with transaction.atomic():
        lock_for_transaction(BATCHES)
        _refuse_known(digest, opened.mapping.sheet)
        store_file(data)
        batch = ImportBatch(
            file_sha256=digest,
            file_name=filename[-255:],
            file_size=len(data),
            options={"date_order": date_order},
            is_demo=_is_demo_county() if is_demo is None else is_demo,
            received_by=actor,
            received_at=clock.now(),
        )
        _keep_mapping(batch, opened.mapping, used)
        batch.save()
    return batch


def answer_headings(
    *,
    actor: User | None,
    public_id: UUID,
    revision: int,
    answers: Mapping[str, str | None],
    date_order: str = "mdy",
) -> ImportBatch:
    """Say what headings mean (None: none of the fields); what was asked is remembered for later files.

    Raises
    ------
    BatchNotFound, StaleRevision, WrongBatchState
        Not there; answered by another meanwhile; imported already.
    BadImport, UnreadableFile
        A heading is still unanswered, none holds the name; two headings for one field.
    """
    batch = _present(public_id, revision, BEFORE_IMPORT)
    both = batch.answers | dict(answers)
    opened, used = open_with_memory(
        batch_bytes(batch), filename=batch.file_name, answers=both, sheet=batch.sheet, date_order=date_order
    )
    if unknown := opened.mapping.unknown_headings:
        raise BadImport(reason=_("还有表头没有指明：%(names)s。") % {"names": "、".join(unknown[:5])})
    if "name" not in {column.field for column in opened.mapping.columns}:
        raise BadImport(reason=_("请指明哪一列是器具名称。"))
    asked = {column["heading"] for column in batch.options["columns"] if column["is_asked"]}
    with transaction.atomic():
        batch = _locked(public_id, revision, BEFORE_IMPORT)
        batch.options = {**batch.options, "date_order": date_order}
        batch.options.pop("tried", None)
        _keep_mapping(batch, opened.mapping, used)
        batch.state = BatchState.READY
        _save(batch, "answers", "mapping", "options", "state")
        _remember(actor, {heading: name for heading, name in answers.items() if heading in asked})
    return batch


def try_import(*, public_id: UUID, revision: int, defaults: Defaults) -> ImportBatch:
    """Work out what an import with these defaults would do, and keep the answer with the batch.

    Nothing else is written.  Raises as `answer_headings`; BadImport where the defaults make no sense.
    """
    _check(defaults)
    batch = _present(public_id, revision, {BatchState.READY})
    batch.options = batch.options | defaults.to_dict()
    tried = _try(batch)
    with transaction.atomic():
        batch = _locked(public_id, revision, {BatchState.READY})
        batch.options = batch.options | defaults.to_dict() | {"tried": tried.to_dict()}
        batch.rows_total = tried.rows
        _save(batch, "options", "rows_total")
    return batch


@transaction.atomic
def confirm_import(*, actor: User | None, public_id: UUID, revision: int) -> ImportBatch:
    """Decide that a batch is imported as it was tried; the run itself is `running.run_import`.

    Raises
    ------
    BatchNotFound, StaleRevision, WrongBatchState
        Not there; changed, or confirmed, by another click meanwhile.
    BadImport
        Nobody has seen yet what it would do; it would import nothing.
    """
    batch = _locked(public_id, revision, {BatchState.READY})
    counts = batch.options.get("tried", {}).get("counts")
    if counts is None:
        raise BadImport(reason=_("请先查看导入结果预览。"))
    if not set(counts) - {Outcome.REJECTED}:
        raise BadImport(reason=_("没有可以导入的行。"))
    batch.state = BatchState.QUEUED
    batch.received_by = batch.received_by or actor
    _save(batch, "state", "received_by")
    return batch


@transaction.atomic
def stop_import(*, actor: User | None, public_id: UUID) -> ImportBatch:
    """Stop a queued or running import after the chunk in hand; what is imported stays, and can go on later."""
    batch = _locked(public_id, None, {BatchState.QUEUED, BatchState.RUNNING})
    batch.state = BatchState.FAILED
    batch.failure = _("由%(who)s停止。") % {"who": actor or _("系统")}
    batch.finished_at = clock.now()
    _save(batch, "state", "failure", "finished_at")
    enqueue_leaf(
        kind="instruments:import_stopped",
        subject=f"importbatch:{batch.public_id}",
        data={"sha256": batch.file_sha256, "counts": batch.counts},
        personal=acted_by(actor),
    )
    return batch


@transaction.atomic
def resume_import(*, public_id: UUID) -> ImportBatch:
    """Queue an import that stopped or failed; it goes on after the last row that was done."""
    batch = _locked(public_id, None, {BatchState.FAILED})
    batch.state, batch.failure, batch.finished_at = BatchState.QUEUED, "", None
    _save(batch, "state", "failure", "finished_at")
    return batch


@transaction.atomic
def discard_batch(*, public_id: UUID) -> None:
    """Drop a batch of which nothing was imported; the file may be sent again."""
    _locked(public_id, None, BEFORE_IMPORT).delete()


def batch_by_id(public_id: UUID) -> ImportBatch:
    """Return a batch.  BatchNotFound where there is none."""
    batch = ImportBatch.objects.select_related("received_by", "undone_by").filter(public_id=public_id).first()
    if batch is None:
        raise BatchNotFound(public_id=str(public_id))
    return batch


def preparer_of(batch: ImportBatch, opened: OpenLedger) -> Preparer:
    """Return what makes the rows of a batch ready."""
    return Preparer(
        columns=Columns.of(opened.mapping),
        defaults=Defaults.of(batch.options),
        kinds=rule_set().kinds,
        towns=Towns(_town_names()),
        today=clock.today(),
    )


def chunks(
    preparer: Preparer, items: Iterator[Record | Rejected], size: int = CHUNK
) -> Iterator[list[Prepared | Rejected]]:
    """Yield the rows of a file made ready, so many at a time."""
    while chunk := list(islice(items, size)):
        yield [preparer.prepare(item) if isinstance(item, Record) else item for item in chunk]


def _town_names() -> Iterator[tuple[str, int]]:
    yield from OrgUnit.objects.filter(kind__in=TOWN_KINDS, is_active=True).values_list("name", "pk")
    aliases = UnitAlias.objects.filter(unit__kind__in=TOWN_KINDS, unit__is_active=True)
    yield from aliases.values_list("name", "unit")


def _try(batch: ImportBatch) -> Tried:
    findings: list[Finding] = []
    opened = open_batch(batch)
    findings += opened.mapping.findings
    preparer = preparer_of(batch, opened)
    matcher = Matcher(
        batch, actor=None, now=clock.now(), today=clock.today(), repeated=_repeated(rows_of(opened))
    )
    counts: Counter[str] = Counter()
    first: list[dict[str, str]] = []
    rejected: list[dict[str, Any]] = []
    noted = 0
    for chunk in chunks(preparer, rows_of(opened, findings)):
        for plan in matcher.plan(chunk):
            counts[str(plan.outcome)] += 1
            noted += bool(plan.code) and plan.outcome != Outcome.REJECTED
            if plan.outcome == Outcome.REJECTED and len(rejected) < SHOWN_REJECTIONS:
                rejected.append(
                    {"row": plan.row, "column": plan.column, "code": plan.code, "text": plan.text}
                )
            elif plan.instrument is not None and len(first) < SHOWN_ROWS:
                first.append(_shown(plan))
    said = [finding.text for finding in findings[:SHOWN_FINDINGS]]
    return Tried(dict(counts), first, rejected, noted, said)


def _repeated(items: Iterator[Record | Rejected]) -> frozenset[str]:
    """Return the serial numbers that stand in a file more than once."""
    seen: set[str] = set()
    again: set[str] = set()
    for item in items:
        if isinstance(item, Record) and (key := serial_key(str(item.values.get("serial_no", "")))):
            (again if key in seen else seen).add(key)
    return frozenset(again)


def _shown(plan: Plan) -> dict[str, str]:
    instrument, record = plan.instrument, plan.record
    assert instrument is not None  # noqa: S101  the caller asked
    kinds = rule_set().kinds
    return {
        "row": str(plan.row),
        "outcome": str(plan.outcome),
        "name": instrument.name,
        "kind": kinds[instrument.kind].name if instrument.kind in kinds else "",
        "model": instrument.model,
        "serial_no": instrument.serial_no,
        "manufacturer": instrument.manufacturer,
        "owner": str(instrument.owner or ""),
        "place": " ".join(filter(None, (str(instrument.place or ""), instrument.spot))),
        "town": str(instrument.town or ""),
        "use": str(Use(instrument.use).label),
        "verified_on": record["verified_on"].isoformat() if record else "",
        "valid_until": record["valid_until"].isoformat() if record and record["valid_until"] else "",
        "text": plan.text,
    }


def _check(defaults: Defaults) -> None:
    if defaults.filing not in {Filing.SUBMITTED, Filing.FILED}:
        raise BadImport(reason=_("导入后只能是待审核或已备案。"))
    if defaults.filing == Filing.FILED and not defaults.reason.strip():
        raise BadImport(reason=_("直接列为已备案的，请写明依据。"))
    if defaults.use and defaults.use not in Use.values:
        raise BadImport(reason=_("没有“%(given)s”这种用途。") % {"given": defaults.use})
    if defaults.setting and defaults.setting not in Setting.values:
        raise BadImport(reason=_("没有“%(given)s”这种场所类型。") % {"given": defaults.setting})
    towns = OrgUnit.objects.filter(kind__in=TOWN_KINDS, is_active=True)
    if defaults.town is not None and not towns.filter(pk=defaults.town).exists():
        raise BadImport(reason=_("没有这个乡镇街道。"))
    if len(defaults.owner) > 200 or len(defaults.place) > 200 or len(defaults.reason) > 200:  # noqa: PLR2004
        raise BadImport(reason=_("使用单位、场所和依据各不超过 200 字。"))


def _keep_mapping(batch: ImportBatch, mapping: SheetMapping, answers: Mapping[str, str | None]) -> None:
    batch.sheet = mapping.sheet[:100]
    batch.answers = dict(answers)
    batch.mapping = {column.heading: column.field for column in mapping.columns}
    batch.options = batch.options | {
        "header_row": mapping.header_row,
        "columns": described(mapping),
        "notes": [finding.text for finding in mapping.findings[:SHOWN_FINDINGS]],
    }


def _remember(actor: User | None, answers: Mapping[str, str | None]) -> None:
    for heading, name in answers.items():
        if words := words_of(heading):
            HeadingAnswer.objects.update_or_create(
                heading=words,
                defaults={"field": name or "", "answered_by": actor, "answered_at": clock.now()},
            )


def _is_demo_county() -> bool:
    home = county()
    return home is not None and home.is_demo


def _refuse_known(digest: str, sheet: str) -> None:
    known = (
        ImportBatch.objects.filter(file_sha256=digest, sheet=sheet[:100])
        .exclude(state=BatchState.UNDONE)
        .first()
    )
    if known is not None:
        on = timezone.localtime(known.received_at)
        raise FileKnown(on=f"{on:%Y-%m-%d}", state=known.get_state_display(), public_id=str(known.public_id))


def _present(public_id: UUID, revision: int, wanted: Collection[BatchState]) -> ImportBatch:
    batch = batch_by_id(public_id)
    _refuse(batch, revision, wanted)
    return batch


def _locked(public_id: UUID, revision: int | None, wanted: Collection[BatchState]) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update().filter(public_id=public_id).first()
    if batch is None:
        raise BatchNotFound(public_id=str(public_id))
    _refuse(batch, revision, wanted)
    return batch


def _refuse(batch: ImportBatch, revision: int | None, wanted: Collection[BatchState]) -> None:
    if batch.state not in wanted:
        raise WrongBatchState(present=batch.get_state_display())
    if revision is not None and batch.revision != revision:
        raise StaleRevision(yours=revision, present=batch.revision)


def _save(batch: ImportBatch, *names: str) -> None:
    batch.revision += 1
    batch.save(update_fields=[*names, "revision"])


def file_name_of(batch: ImportBatch, actor: User | None) -> dict[str, Personal]:
    """Return the name of the file for a leaf: it often names a person."""
    return {} if actor is None else {"file_name": Personal(batch.file_name, actor.person)}
