"""A maker with an authorisation, and files of factory data as it would send them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from quanheng.base import clock
from quanheng.core.models import OrgUnit, User
from quanheng.kernels.screening.simulate import honest
from quanheng.lots.enums import ItemResult
from quanheng.lots.members import FoundMeter
from quanheng.lots.models import Lot, Sample
from quanheng.lots.services.samples import decide, record_results
from quanheng.manufacturers.marks import marks_in
from quanheng.manufacturers.models import Authorisation, FactoryUpload
from quanheng.manufacturers.services.acceptance import draw_acceptance_sample
from quanheng.manufacturers.services.authorisations import Terms, authorise
from quanheng.manufacturers.services.uploads import SentFile, receive_factory_file
from quanheng.manufacturers.types import types_in
from quanheng.transparency.sequencer import sequence

MAKER = "演示电能表厂"
MODEL = "DDZY100"
TYPES = f"单相电能表，{MODEL}，2，Ib=5，Imax=60"
HEAD = "serial,mark,date,operator,e1,e2,e3,e4,e5,e6"


def terms(number: str = "两检合一演示 1 号", marks: str = "川A000001～川A200000", **changed: object) -> Terms:
    """Return what an authorisation says."""
    today = clock.today()
    given: dict[str, object] = {
        "number": number,
        "types": types_in(TYPES),
        "marks": marks_in(marks),
        "valid_from": today - timedelta(days=100),
        "valid_until": today + timedelta(days=265),
    }
    return Terms(**given | changed)  # type: ignore[arg-type]


def authorised(officer: User | None, maker: str = MAKER, **given: object) -> Authorisation:
    """Authorise a maker."""
    return authorise(actor=officer, unit_id=OrgUnit.objects.get(name=maker).pk, terms=terms(**given))  # type: ignore[arg-type]


def row(at: int, *errors: object, serial: str = "", mark: str | None = None, day: date | None = None) -> str:
    """Return a line of a file: the meter of that number, good where nothing else is said."""
    shown = [str(one) for one in errors] or ["0.31", "0.28", "0.35", "0.22", "0.27", "0.30"]
    number = f"川A{at:06d}" if mark is None else mark
    on = day or clock.today()
    return ",".join([serial or f"SN{at:07d}", number, f"{on:%Y-%m-%d}", "J01", *shown])


def text_of(*rows: str) -> bytes:
    """Return a file of these lines."""
    return "\n".join((HEAD, *rows)).encode()


def good_file(meters: int, first: int = 1, seed: int = 1) -> bytes:
    """Return an honest file of so many meters."""
    errors = honest(np.random.default_rng(seed), meters, np.full(6, 2.0))
    return text_of(*(row(first + at, *map("{:g}".format, values)) for at, values in enumerate(errors)))


def send(
    actor: User | None, authorisation: Authorisation, data: bytes, number: str = "L1", model: str = MODEL
) -> FactoryUpload:
    """Send a file."""
    file = SentFile(lot_number=number, model=model, name="factory.csv", data=data)
    return receive_factory_file(actor=actor, public_id=authorisation.public_id, file=file)


def delivered(actor: User | None, authorisation: Authorisation, meters: int, number: str, first: int) -> Lot:
    """Send an honest file and return its lot, signed by the log."""
    lot = send(actor, authorisation, good_file(meters, first, seed=first), number).lot
    assert lot is not None
    sequence()
    return lot


def judged(officer: User, lot: Lot, bad: int, option: str = "iso2859_1") -> Sample:
    """Draw, enter results of which the first ``bad`` do not conform, decide."""
    sample = draw_acceptance_sample(actor=officer, lot=lot, option=option)
    drawn = [item.meter.serial_no for item in sample.items.filter(stage__gte=1).select_related("meter")]
    results = [
        FoundMeter(
            serial_no=serial,
            result=ItemResult.NONCONFORMING if at < bad else ItemResult.CONFORMING,
            tested_on=clock.today(),
        )
        for at, serial in enumerate(drawn)
    ]
    record_results(actor=officer, sample=sample, results=results)
    sample.refresh_from_db()
    return decide(actor=officer, sample=sample, revision=sample.revision)
