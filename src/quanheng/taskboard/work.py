"""The institutes' part of the county day: what a crash left is finished, what waits is told, the tables are published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.files import shown
from quanheng.base.open_data import open_table
from quanheng.certificates.enums import CertificateState
from quanheng.certificates.models import Certificate
from quanheng.certificates.published import CERTIFICATES
from quanheng.certificates.services.issuing import resume_prepared
from quanheng.certificates.services.opendata import publish_work
from quanheng.core.enums import Role
from quanheng.core.models import User
from quanheng.instruments.models import Appointment
from quanheng.standards import selectors as standards
from quanheng.taskboard.indicators import find
from quanheng.taskboard.lines import Line
from quanheng.verification.enums import VerificationState
from quanheng.verification.marks import mark_findings
from quanheng.verification.models import Verification, WorkOrder
from quanheng.verification.selectors import deadlines, institutes_to_ask, open_rejections
from quanheng.workforce import selectors as workforce

COMMAND = "quanheng work"
_SHOWN = 3  # names in a line; the pages list them all


def do_work() -> list[Line]:
    """Finish certificates that were interrupted, tell what waits, and publish certificates and standards."""
    lines = [*_resumed(), *work_lines()]
    total = publish_work().certificates.total
    if total.issued:
        command = find("verification.certificates").command(data=shown(open_table(CERTIFICATES)))
        text = _("公开数据 {name} 已更新；近一年出证 {count} 份。")
        lines.append(Line(text.format(name=CERTIFICATES, count=total.issued), command))
    return lines or [Line(_("还没有检定任务。"), COMMAND)]


def work_lines() -> list[Line]:
    """Return what is to be done today, is late, ends soon or does not add up; changes nothing."""
    return [*_today(), *_waiting(), *_late(), *_ending(), *_rejected(), *_marks()]


def _resumed() -> Iterator[Line]:
    command = "quanheng certificate resume"
    if done := resume_prepared():
        yield Line(_("接着出证 {count} 份，上次没有办完。").format(count=len(done)), command)
    left = Certificate.objects.filter(state=CertificateState.PREPARED)
    if numbers := list(left.order_by("pk").values_list("number", flat=True)):
        text = _("有 {count} 份证书已编号，还没有签发：{names}。")
        yield Line(text.format(count=len(numbers), names=_some(numbers)), command, is_ok=False)


def _today() -> Iterator[Line]:
    today = clock.today()
    monday = today - timedelta(days=today.weekday())
    visits = Appointment.objects.filter(week_on=monday, cancelled_at=None)
    if visits.exists():
        count = visits.aggregate(n=Count("instruments"))["n"]
        text = _("本周约检 {visits} 处，{count} 台。")
        yield Line(text.format(visits=visits.count(), count=count), COMMAND)
    is_open = Q(verifications__state=VerificationState.RECORDING)
    orders = WorkOrder.objects.filter(planned_on__lte=today).annotate(
        n=Count("verifications", filter=is_open)
    )
    waiting = [order.n for order in orders if order.n]
    if waiting:
        text = _("今天应检定的任务单 {orders} 份，{count} 台还没有读数或没有提交。")
        yield Line(text.format(orders=len(waiting), count=sum(waiting)), COMMAND)


def _waiting() -> Iterator[Line]:
    counts = Verification.objects.aggregate(
        submitted=Count("pk", filter=Q(state=VerificationState.SUBMITTED)),
        checked=Count("pk", filter=Q(state=VerificationState.CHECKED)),
    )
    if any(counts.values()):
        text = _("待核验 {submitted} 台，待批准 {checked} 台。")
        yield Line(text.format(**counts), COMMAND)


def _late() -> Iterator[Line]:
    reader = _reader()
    late = deadlines(reader, overdue_only=True) if reader else []
    if late:
        names = _some([f"{one.application.applicant}（{one.due_on}）" for one in late])
        yield Line(_("{count} 份申请已过期限：{names}。").format(count=len(late), names=names), COMMAND)


def _ending() -> Iterator[Line]:
    """What ended or ends soon, of people, authorisations and standards."""
    today, reader = clock.today(), _reader()
    if reader is None:
        return
    found = [
        (one.until, f"{one.metrologist.user if one.metrologist else one.unit} {one.what}")
        for one in workforce.endings(reader, today)
    ]
    if found:
        names = _some([f"{what}（{until}）" for until, what in found])
        text = _("人员与授权有 {count} 项将到期或已到期：{names}。")
        yield Line(text.format(count=len(found), names=names), COMMAND)
    if ends := standards.endings(reader, today):
        names = _some([f"{one.standard}（{one.until or _('无证书')}）" for one in ends])
        text = _("计量标准有 {count} 项将到期或已到期：{names}。")
        yield Line(
            text.format(count=len(ends), names=names), "quanheng indicator show standards.valid_percent"
        )


def _rejected() -> Iterator[Line]:
    if rejected := list(open_rejections()):
        names = _some([str(one.instrument) for one in rejected])
        text = _("检定不合格、尚未处置 {count} 台，不得使用：{names}。")
        command = find("verification.rejected_open").command()
        yield Line(text.format(count=len(rejected), names=names), command)


def _marks() -> Iterator[Line]:
    for institute in institutes_to_ask():
        if found := mark_findings(institute):
            names = _some([one.finding.first for one in found])
            text = _("{institute}的封印、标记有 {count} 处对不上：{names}。")
            yield Line(text.format(institute=institute, count=len(found), names=names), COMMAND)


def _reader() -> User | None:
    """Return an officer, through whose eyes the whole county is seen; None where there is none yet."""
    return User.objects.filter(assignments__role=Role.METROLOGY_OFFICER, is_active=True).first()


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    listed = _("、").join(names[:_SHOWN])
    return listed + (_("等") if more > 0 else "")
