from __future__ import annotations
from datetime import date
import pytest
from quanheng.instruments.models import Instrument
from quanheng.verification.fitness import examined
from tests.verification.making import opened, draft, good, fresh, a_scale
pytestmark = pytest.mark.django_db
def test_year_9999(people, one):
    Instrument.objects.update(kind="platform_scale")
    v = opened(people, one)
    draft(people, v, good(), on=date(9999, 12, 31))
    print([g.code for g in examined(fresh(v), actor=people["verifier"]).gaps])
