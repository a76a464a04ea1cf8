"""The demonstration county's maker: one authorisation and one accepted lot, all of it invented."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from quanheng.base import clock
from quanheng.core.models import OrgUnit, User
from quanheng.kernels.screening.simulate import honest
from quanheng.lots.enums import ItemResult
from quanheng.lots.members import FoundMeter
from quanheng.lots.models import Lot
from quanheng.lots.services.samples import decide, record_results
from quanheng.manufacturers.acceptance import SERIES
from quanheng.manufacturers.marks import marks_in
from quanheng.manufacturers.models import Authorisation
from quanheng.manufacturers.selectors import makers
from quanheng.manufacturers.services.acceptance import draw_acceptance_sample
from quanheng.manufacturers.services.authorisations import Terms, authorise
from quanheng.manufacturers.services.uploads import SentFile, receive_factory_file
from quanheng.manufacturers.types import MeterType
from quanheng.transparency.sequencer import sequence

MODEL = "演示 DDZY-100"
_METERS = 300
_TYPE = MeterType("household_electricity_meter", MODEL, "2", {"Ib": 5.0, "Imax": 60.0})


def load_demo_manufacturer(officer: User) -> int:
    """Authorise the demonstration's maker and let one lot of it be accepted, once; return how many meters it has."""
    unit = makers().first()
    if unit is None or Authorisation.objects.exists():
        return 0
    lot = _delivered(officer, unit)
    sequence()  # the seed of the draw is that of the checkpoint which signs the list
    sample = draw_acceptance_sample(actor=officer, lot=lot, option=SERIES)
    drawn = sample.items.filter(stage__gte=1).select_related("meter")
    results = [
        FoundMeter(
            serial_no=item.meter.serial_no,
            result=ItemResult.CONFORMING,
            tested_on=clock.today(),
            errors=tuple(item.meter.errors),
        )
        for item in drawn
    ]
    record_results(actor=officer, sample=sample, results=results)
    sample.refresh_from_db()
    decide(actor=officer, sample=sample, revision=sample.revision)
    return lot.size


def _delivered(officer: User, unit: OrgUnit) -> Lot:
    today = clock.today()
    terms = Terms(
        number="（演示）两检合一 0001 号",
        types=[_TYPE],
        marks=marks_in("演示A000001～演示A100000"),
        valid_from=today - timedelta(days=200),
        valid_until=today + timedelta(days=895),
        is_demo=True,
    )
    row = authorise(actor=officer, unit_id=unit.pk, terms=terms)
    errors = honest(np.random.default_rng(511703), _METERS, np.full(6, 2.0))
    lines = ["serial,mark,date,operator,e1,e2,e3,e4,e5,e6"]
    lines += [
        f"YS26{at:06d},演示A{at:06d},{today:%Y-%m-%d},J0{at % 3 + 1},{','.join(map('{:g}'.format, values))}"
        for at, values in enumerate(errors, start=1)
    ]
    sent = SentFile("演示-2601", MODEL, "演示出厂数据.csv", "\n".join(lines).encode())
    lot = receive_factory_file(actor=officer, public_id=row.public_id, file=sent, is_demo=True).lot
    assert lot is not None  # noqa: S101  the file is ours
    return lot
