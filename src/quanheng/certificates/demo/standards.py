"""Standards of the demonstration, with certificates that a made-up laboratory signs: DCC files, linked by their hashes."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from quanheng import __version__
from quanheng.certificates.demo.file import DemoCertificate, DemoStandard, InstituteFile
from quanheng.certificates.signing.demonstration import self_signed
from quanheng.certificates.signing.xml_signature import sign_xml
from quanheng.core.models import OrgUnit, User
from quanheng.kernels.certificate import Content, Kind
from quanheng.kernels.certificate.content import (
    Customer,
    Institute,
    Instrument,
    People,
    Regulation,
    Row,
    StandardUsed,
    Surrounding,
    Table,
)
from quanheng.kernels.dcc.build import build_dcc
from quanheng.standards.models import MeasurementStandard
from quanheng.standards.services.certificates import add_certificate
from quanheng.standards.services.checks import ComparisonDetails, record_check, record_comparison
from quanheng.standards.services.registry import StandardDetails, register_standard

_SIGNS_FOR_YEARS = 10
_PEOPLE = People(verifier="演示校准员", checker="演示核验员", signatory="演示批准人")
_REMARK = "演示数据，不是真实的证书。"


class MadeUpKey:
    """The key of a laboratory that does not exist; it is forgotten when the demonstration is loaded."""

    is_demonstration = True
    chain: tuple[x509.Certificate, ...] = ()

    def __init__(self, laboratory: str, since: datetime) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self_signed(
            self._key, institute_name=laboratory, now=since, years=_SIGNS_FOR_YEARS
        )

    def sign(self, data: bytes) -> bytes:
        """Return the ECDSA signature of SHA-256(data), DER."""
        return self._key.sign(data, ec.ECDSA(SHA256()))


class StandardsMaker:
    """Registers the standards of a file for an institute, those above first."""

    def __init__(self, file: InstituteFile, unit: OrgUnit, officer: User, today: date) -> None:
        self._file, self._unit, self._officer, self._today = file, unit, officer, today
        first = min(one.day for standard in file.standards for one in standard.certificates)
        self._since = _noon(today + timedelta(days=first - 1))
        self._keys = {name: MadeUpKey(name, self._since) for name in (file.laboratory, unit.name)}
        # By serial number of a standard: its newest certificate, as others link to it.
        self._newest: dict[str, StandardUsed] = {}

    def make(self) -> dict[str, MeasurementStandard]:
        """Return the standards by serial number."""
        return {one.serial: self._standard(one) for one in self._file.standards}

    def _standard(self, one: DemoStandard) -> MeasurementStandard:
        until = self._today + timedelta(days=one.examination.until) if one.examination else None
        details = StandardDetails(
            level=one.level,
            name=one.name,
            model=one.model,
            serial_no=one.serial,
            manufacturer=one.manufacturer,
            measuring_range=one.range,
            accuracy=one.accuracy,
            serves=tuple(one.serves),
            fields=one.fields,
            examination_number=one.examination.number if one.examination else "",
            examination_until=until,
            interval_months=one.interval_months,
        )
        made = register_standard(actor=self._officer, unit_id=self._unit.pk, details=details, is_demo=True)
        for certificate in one.certificates:
            self._certificate(made, one, certificate)
        self._history(made, one)
        return made

    def _certificate(
        self, standard: MeasurementStandard, one: DemoStandard, certificate: DemoCertificate
    ) -> None:
        on = self._today + timedelta(days=certificate.day)
        maker = self._unit.name if one.own else self._file.laboratory
        content = self._content(one, certificate, maker, on)
        xml = sign_xml(
            build_dcc(content, software_release=__version__), self._keys[maker], signed_at=_noon(on)
        )
        kept = add_certificate(
            actor=self._officer, standard=standard.public_id, file=(f"{certificate.number}.xml", xml)
        )
        self._newest[one.serial] = StandardUsed(
            name=one.name,
            serial_no=one.serial,
            accuracy=one.accuracy,
            certificate_number=kept.number,
            certificate_issuer=kept.issuer,
            certificate_valid_until=kept.valid_until,
            certificate_sha256=kept.file_sha256,
        )

    def _content(self, one: DemoStandard, certificate: DemoCertificate, maker: str, on: date) -> Content:
        rows = tuple(_row(point, one.unit) for point in certificate.points)
        units = {"unit": one.unit, "reference_unit": one.unit, "indication_unit": one.unit}
        return Content(
            number=certificate.number,
            kind=Kind.CALIBRATION,
            institute=Institute(name=maker, city="演示"),
            customer=Customer(name=self._unit.name, city="演示"),
            instrument=Instrument(
                name=one.name,
                model=one.model,
                serial_no=one.serial,
                manufacturer=one.manufacturer,
                accuracy_class=one.accuracy,
                measuring_range=one.range,
            ),
            # No packaged file judged here: the hash is that of the name of the method.
            regulation=Regulation(
                **one.method.model_dump(), sha256=hashlib.sha256(one.method.title.encode()).hexdigest()
            ),
            standards=(self._above(certificate.link, on),),
            surroundings=(Surrounding(name="环境温度", value=Decimal("20.2"), unit="℃"),),
            place=f"{maker}实验室",
            is_on_site=False,
            begun_on=on,
            ended_on=on,
            tables=(Table(title="示值误差", quantity="示值误差", rows=rows, **units),),
            remarks=(_REMARK,),
            people=_PEOPLE,
            issued_on=on,
            url=f"https://laboratory.example/c/{on:%Y%m%d}",
            is_demonstration=True,
        )

    def _above(self, link: str, on: date) -> StandardUsed:
        """Return the certificate that one rests on: of a standard of this file, or one that is not on file."""
        if link in self._newest:
            return self._newest[link]
        return StandardUsed(
            name="上级标准（演示）",
            certificate_number=link,
            certificate_issuer="演示国家级计量技术机构",
            certificate_valid_until=on + timedelta(days=400),
        )

    def _history(self, made: MeasurementStandard, one: DemoStandard) -> None:
        if one.checks:
            count = len(one.checks.values)
            for at, value in enumerate(one.checks.values):
                record_check(
                    actor=self._officer,
                    standard=made.public_id,
                    series=one.checks.series,
                    checked_on=self._today - timedelta(days=one.checks.every_days * (count - at)),
                    value=value,
                    unit=one.checks.unit,
                )
        if one.comparison:
            details = ComparisonDetails(
                name=one.comparison.name,
                organiser=self._file.laboratory,
                held_on=self._today + timedelta(days=one.comparison.day),
                value=one.comparison.value,
                expanded_uncertainty=one.comparison.uncertainty,
                reference_value=one.comparison.reference,
                reference_expanded_uncertainty=one.comparison.reference_uncertainty,
                unit=one.unit,
            )
            record_comparison(actor=self._officer, standard=made.public_id, details=details)


def _row(point: tuple[Decimal, Decimal, Decimal], unit: str) -> Row:
    nominal, error, uncertainty = point
    return Row(
        point=f"{nominal} {unit}",
        reference=nominal,
        indication=nominal + error,
        error=error,
        expanded_uncertainty=uncertainty,
        coverage_factor=Decimal(2),
        coverage_probability=Decimal("0.95"),
    )


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(4), UTC)
