"""People and their qualifications as a workbook: out, and in again."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base.errors import BureauError
from quanheng.base.sheets import BadCell, Rejected, Row, SheetReport, read_rows, write_sheet
from quanheng.core.models import User
from quanheng.workforce.enums import Grade
from quanheng.workforce.models import Metrologist, Qualification
from quanheng.workforce.selectors import metrologists_visible
from quanheng.workforce.services.people import register_metrologist
from quanheng.workforce.services.qualifications import grant_qualification

_USERNAME, _GRADE, _NUMBER = "用户名", "级别", "注册证编号"
_FROM, _UNTIL = "注册有效期自", "注册有效期至"
_ITEM, _REGULATION, _ITEM_FROM, _ITEM_UNTIL = "项目", "规程", "资质有效期自", "资质有效期至"
READ = (_USERNAME, _GRADE, _NUMBER, _FROM, _UNTIL, _ITEM, _REGULATION, _ITEM_FROM, _ITEM_UNTIL)
HEADINGS = ("姓名", *READ, "机构")


def qualifications_workbook(user: User) -> BytesIO:
    """Return everybody whom this person may see, a row for each present qualification."""
    return write_sheet("人员与资质", HEADINGS, _rows(user))


def import_qualifications(*, actor: User, unit_id: int, data: bytes, filename: str) -> SheetReport:
    """Register people that are not yet, and grant what stands in their rows; each row is taken or not by itself.

    Raises
    ------
    BadSheet
        The file cannot be read as such a workbook.
    """
    accepted, rejected = 0, []
    for row in read_rows(data, filename, READ):
        try:
            with transaction.atomic():
                _take(actor, unit_id, row)
        except BadCell as error:
            rejected.append(Rejected(row.number, error.column, error.reason))
        except BureauError as error:
            rejected.append(Rejected(row.number, "", error.text))
        else:
            accepted += 1
    return SheetReport(accepted, tuple(rejected))


def _take(actor: User, unit_id: int, row: Row) -> None:
    user = User.objects.filter(username__iexact=row.text(_USERNAME)).first()
    if user is None:
        raise BadCell(_USERNAME, _("没有这个用户。"))
    item = (row.needed_day(_ITEM_FROM), row.needed_day(_ITEM_UNTIL)) if row.text(_REGULATION) else None
    person = Metrologist.objects.filter(user=user, left_on=None).first()
    if person is not None and item is None:
        raise BadCell(_REGULATION, _("此人已登记，这一行没有要登记的资质。"))
    if person is None:
        person = register_metrologist(
            actor=actor,
            person=user.public_id,
            unit_id=unit_id,
            grade=Grade(row.choice(_GRADE, Grade.choices)),
            registration_number=row.text(_NUMBER),
            registered_from=row.needed_day(_FROM),
            registered_until=row.needed_day(_UNTIL),
        )
    if item is not None:
        grant_qualification(
            actor=actor,
            metrologist=person.public_id,
            item=row.text(_ITEM),
            regulation=row.text(_REGULATION),
            valid_from=item[0],
            valid_until=item[1],
        )


def _rows(user: User) -> Iterator[tuple[object, ...]]:
    for person in metrologists_visible(user):
        who = (str(person.user), person.user.username, person.get_grade_display())
        registered = (person.registration_number, person.registered_from, person.registered_until)
        qualifications: list[Qualification | None] = list(person.present)  # type: ignore[attr-defined]  # prefetched
        for row in qualifications or [None]:
            what = (row.item, row.regulation, row.valid_from, row.valid_until) if row else ("",) * 4
            yield (*who, *registered, *what, person.unit.name)
