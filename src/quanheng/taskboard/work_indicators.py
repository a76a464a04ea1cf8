"""The indicators of verification and of measurement standards: what the institutes of the county do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext_noop as _

from quanheng.certificates.tally import RECENT_DAYS, CertificateTally, StandardTally
from quanheng.taskboard.registry import Over, Wording, percent, work_indicator

_CERTIFICATES = _("证书及其检定记录、申请、所用计量标准")
_STANDARDS = _("计量标准及其证书、考核证书")
_PERCENT = _("%")
_FEN, _ITEMS = _("份"), _("项")


def _of_certificates(
    name: str, label: str, unit: str, formula: str, *, more_is_better: bool = True
) -> Callable[[Callable[[CertificateTally], Decimal]], None]:
    wording = Wording(
        label=label, unit=unit, formula=formula, source=_CERTIFICATES, values={"recent": str(RECENT_DAYS)}
    )

    def register(function: Callable[[CertificateTally], Decimal]) -> None:
        work_indicator(f"verification.{name}", wording, Over.CERTIFICATES, more_is_better=more_is_better)(
            lambda work: function(work.certificates)
        )

    return register


def _of_standards(
    name: str, label: str, unit: str, formula: str
) -> Callable[[Callable[[StandardTally], Decimal]], None]:
    wording = Wording(label=label, unit=unit, formula=formula, source=_STANDARDS)

    def register(function: Callable[[StandardTally], Decimal]) -> None:
        work_indicator(f"standards.{name}", wording, Over.STANDARDS, more_is_better=True)(
            lambda work: function(work.standards)
        )

    return register


def register() -> None:
    """Add them to the registry, after those of the registry of instruments."""
    _register_certificates()
    _register_standards()


def _register_certificates() -> None:
    _of_certificates(
        "certificates",
        _("出具的证书"),
        _FEN,
        _("近 {recent} 天出具的检定证书、检定结果通知书和校准证书份数；已撤回、已被取代的不计"),
    )(lambda tally: Decimal(tally.total.issued))
    _of_certificates(
        "passed_percent",
        _("检定合格率"),
        _PERCENT,
        _("近 {recent} 天出具的检定证书 ÷（检定证书＋检定结果通知书）× 100；已撤回、已被取代的不计"),
    )(lambda tally: percent(tally.total.passed, tally.total.verified))
    _of_certificates(
        "on_time_percent",
        _("按期办结率"),
        _PERCENT,
        _("近 {recent} 天出具、有受理期限的证书中，在期限内得出结论的份数 ÷ 有期限的份数 × 100"),
    )(lambda tally: percent(tally.total.in_time, tally.total.bound))
    _of_certificates(
        "traceable_percent",
        _("溯源完整率"),
        _PERCENT,
        _("近 {recent} 天出具的证书中，所用计量标准都有当日有效证书的份数 ÷ 出具的份数 × 100"),
    )(lambda tally: percent(tally.total.traceable, tally.total.issued))
    _of_certificates(
        "settings_covered",
        _("检定服务覆盖的场所类别"),
        _("类"),
        _(
            "近 {recent} 天出具过证书的场所类别个数；类别是登记中场所的类别，如集贸市场、加油加气站、医疗卫生机构"
        ),
    )(lambda tally: Decimal(len(tally.settings)))
    _of_certificates(
        "rejected_open",
        _("不合格未处置的器具"),
        _("台"),
        _("检定不合格、仍登记为在用、此后没有检定合格的器具台数"),
        more_is_better=False,
    )(lambda tally: Decimal(tally.total.rejection_open))


def _register_standards() -> None:
    _of_standards(
        "public_valid",
        _("可用的社会公用计量标准"),
        _ITEMS,
        _("在用，且考核证书和溯源证书当日有效的社会公用计量标准项数"),
    )(lambda tally: Decimal(tally.of("public").valid))
    _of_standards(
        "valid_percent",
        _("计量标准有效率"),
        _PERCENT,
        _("当日有效的计量标准和标准物质 ÷ 在用的计量标准和标准物质 × 100"),
    )(lambda tally: percent(tally.total.valid, tally.total.in_use))
    _of_standards(
        "materials",
        _("在有效期内的标准物质"),
        _ITEMS,
        _("在用，且当日在有效期内的标准物质项数"),
    )(lambda tally: Decimal(tally.of("material").valid))
