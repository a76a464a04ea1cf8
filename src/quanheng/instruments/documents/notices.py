"""The notice that tells an owner or a market which instruments are to be verified by when (强制检定通知书)."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from io import BytesIO
from pathlib import Path

from django.db.models import Count, Q, QuerySet
from docxtpl import DocxTemplate

from quanheng.core.enums import Role
from quanheng.core.models import RoleAssignment
from quanheng.core.selectors import county
from quanheng.instruments.documents.typesetting import chinese_date, typeset
from quanheng.instruments.due import monday
from quanheng.instruments.errors import TooManyNotices
from quanheng.instruments.models import Appointment, Place, Standing
from quanheng.kernels.rules import RuleSet
from quanheng.parties.models import Party
from quanheng.regulations.selectors import rule_set

WORD_TEMPLATE = Path(__file__).parent / "templates" / "due_notice.docx"
# Beyond these a file takes half a gigabyte of memory and ten seconds; see benchmarks/documents.py.
MOST_NOTICES, MOST_LINES = 200, 4000
TITLE = "强制检定通知书"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the oldest that the format knows: no clock enters the bytes


class Addressee(StrEnum):
    """To whom the notices go."""

    OWNER = "owner"
    PLACE = "place"


@dataclass(frozen=True)
class NoticeLine:
    """One instrument of a notice, as printed."""

    number: int
    name: str
    model: str
    serial_no: str
    where: str
    due_on: str
    word: str
    basis: str
    come: str


@dataclass(frozen=True)
class Notice:
    """One notice, as printed.  ``basis`` names what each rule stands on; ``command`` recomputes the lines."""

    addressee: str
    sentence: str
    lines: tuple[NoticeLine, ...]
    basis: tuple[str, ...]
    has_unconfirmed: bool
    has_appointments: bool
    is_demo: bool
    issuer: str
    county: str
    on: str
    command: str


def notices_for(rows: QuerySet[Standing], *, by: Addressee, on: date, until: date) -> list[Notice]:
    """Return one notice for each owner (or place) of ``rows``: what is due by ``until``, oldest first.

    ``rows`` come with their instruments, owners and places (`selectors.with_rows`).  Where there is no
    owner the place is addressed, and the reverse; what has neither goes to nobody.

    Raises
    ------
    TooManyNotices
        More addressees or lines than one file should hold.
    """
    due = rows.filter(due_on__lte=until).exclude(owner=None, place=None)
    _check_size(due, by)
    groups: dict[Party | Place, list[Standing]] = defaultdict(list)
    for row in due:
        owner, place = row.instrument.owner, row.instrument.place
        addressee = (owner or place) if by is Addressee.OWNER else (place or owner)
        if addressee is not None:
            groups[addressee].append(row)
    weeks = _appointment_weeks([row.pk for group in groups.values() for row in group], on)
    rules = rule_set()
    ordered = sorted(groups.items(), key=lambda item: (item[0].name, item[0].pk))
    return [_notice(addressee, group, weeks, rules, on, until) for addressee, group in ordered]


def _check_size(due: QuerySet[Standing], by: Addressee) -> None:
    """Count in the database before the first row is read: of a whole county that takes seconds."""
    first, second = ("owner", "place") if by is Addressee.OWNER else ("place", "owner")
    found = due.aggregate(
        given=Count("pk"),
        firsts=Count(first, distinct=True),
        seconds=Count(second, distinct=True, filter=Q(**{first: None})),
    )
    count = found["firsts"] + found["seconds"]
    if count > MOST_NOTICES or found["given"] > MOST_LINES:
        raise TooManyNotices(most=MOST_NOTICES, lines=MOST_LINES, count=count, given=found["given"])


def notices_pdf(notices: Sequence[Notice], *, on: date) -> bytes:
    """Return all notices as one PDF, each beginning on a page of its own."""
    return typeset("notice.typ", {"title": TITLE, "notices": [_as_json(item) for item in notices]}, on=on)


def notice_word(notice: Notice) -> bytes:
    """Return one notice as .docx, to be edited further."""
    template = DocxTemplate(WORD_TEMPLATE)
    template.render({"title": TITLE} | _as_json(notice), autoescape=True)
    stream = BytesIO()
    template.save(stream)
    return stream.getvalue()


def notices_zip(notices: Sequence[Notice]) -> bytes:
    """Return all notices as .docx in a .zip, numbered in their order."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, notice in enumerate(notices, 1):
            name = "".join(letter for letter in notice.addressee if letter not in '\\/:*?"<>|')[:60]
            archive.writestr(
                zipfile.ZipInfo(f"{number:03} {name.strip()}.docx", _ZIP_DATE), notice_word(notice)
            )
    return stream.getvalue()


def issuer_name() -> str:
    """Return the unit whose metrology officers send the notices; the county before there is one."""
    officer = RoleAssignment.objects.filter(role=Role.METROLOGY_OFFICER).select_related("unit").first()
    if officer is not None:
        return officer.unit.name
    home = county()
    return home.full_name if home else ""


def _notice(
    addressee: Party | Place,
    rows: list[Standing],
    weeks: dict[int, date],
    rules: RuleSet,
    on: date,
    until: date,
) -> Notice:
    rows.sort(key=lambda row: (row.due_on, row.instrument.name, row.pk))
    used = {row.rule_id: row for row in rows if row.rule_id}
    overdue = sum(row.due_on is not None and row.due_on < on for row in rows)
    home = county()
    option = "owner" if isinstance(addressee, Party) else "place"
    return Notice(
        addressee=addressee.name,
        sentence=_sentence(len(rows), overdue),
        lines=tuple(
            _line(number, row, weeks.get(row.pk), rules, on, addressee) for number, row in enumerate(rows, 1)
        ),
        basis=tuple(_basis(rule_id, row, rules) for rule_id, row in sorted(used.items())),
        has_unconfirmed=any(not row.is_confirmed for row in used.values()),
        has_appointments=any(row.pk in weeks for row in rows),
        is_demo=addressee.is_demo or any(row.instrument.is_demo for row in rows),
        issuer=issuer_name(),
        county=home.full_name if home else "",
        on=chinese_date(on),
        command=f"quanheng notices --{option} {addressee.public_id} --until {until} --on {on}",
    )


def _sentence(total: int, overdue: int) -> str:
    late = f"其中 {overdue} 台已过最迟检定日期，请尽快申请检定；其余" if overdue else ""
    if overdue == total:
        return (
            f"下列 {total} 台计量器具按现行规则应当强制检定，均已过最迟检定日期或尚未检定，请尽快申请检定。"
        )
    return f"下列 {total} 台计量器具按现行规则应当强制检定，{late}请在最迟检定日期当日或之前申请检定。"


def _line(
    number: int, row: Standing, week: date | None, rules: RuleSet, on: date, addressee: Party | Place
) -> NoticeLine:
    instrument = row.instrument
    others = instrument.place if isinstance(addressee, Party) else instrument.owner
    word = "将到期"
    if row.verified_on is None:
        word = "无检定记录"
    elif row.due_on is not None and row.due_on < on:
        word = "已过期"
    return NoticeLine(
        number=number,
        name=instrument.name,
        model=instrument.model,
        serial_no=instrument.serial_no,
        where=f"{others or ''} {instrument.spot}".strip(),
        due_on=row.due_on.isoformat() if row.due_on else "",
        word=word,
        basis=_document(row, rules) + ("" if row.is_confirmed else "（未核对）"),
        come=f"{week.month}月{week.day}日当周" if week else "",
    )


def _document(row: Standing, rules: RuleSet) -> str:
    return rules.version(row.rule_id).document if row.rule_id else ""


def _basis(rule_id: str, row: Standing, rules: RuleSet) -> str:
    """Return what a rule stands on, exactly as far as the rule data say so."""
    rule = rules.version(rule_id)
    parts = [
        rules.kinds[rule.kind].name,
        rule.catalogue,
        rule.document,
        rule.clause or "",
        f"规则 {rule.id}",
        "" if row.is_confirmed else "未核对",
    ]
    return "，".join(filter(None, parts))


def _appointment_weeks(instrument_ids: list[int], on: date) -> dict[int, date]:
    """Return the Monday of the week for which each instrument is asked to come, where it is still asked."""
    links = Appointment.instruments.through.objects.filter(
        instrument__in=instrument_ids, appointment__cancelled_at=None, appointment__week_on__gte=monday(on)
    )
    found = links.order_by("appointment__week_on").values_list("instrument_id", "appointment__week_on")
    return dict(found)


def _as_json(notice: Notice) -> dict[str, object]:
    return asdict(notice) | {
        "lines": [asdict(line) for line in notice.lines],
        "basis": list(notice.basis),
    }
