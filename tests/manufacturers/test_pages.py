"""A delivered lot is looked at by its maker and by the bureau; each sees what is for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.lots.enums import ItemResult
from quanheng.lots.members import FoundMeter
from quanheng.lots.services.samples import record_results
from quanheng.manufacturers.acceptance import ISOLATED
from quanheng.manufacturers.public_list import as_csv, listed_lots, read_csv, tally_of
from quanheng.manufacturers.services.acceptance import draw_acceptance_sample
from tests.manufacturers.making import authorised, delivered, judged, row, send, text_of

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def page(person: User, name: str, public_id: Any = None) -> str:
    """Return a page as this person sees it."""
    client = Client()
    client.force_login(person, backend=BACKEND)
    answer = client.get(reverse(name, args=[public_id] if public_id else []))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("bad", [0, 1])
def test_a_lot_with_all_results_is_shown_with_what_follows(people: dict[str, User], bad: int) -> None:
    lot = delivered(people["maker"], authorised(people["officer"]), 60, "L1", 1)
    sample = draw_acceptance_sample(actor=people["officer"], lot=lot, option=ISOLATED)
    results = [
        FoundMeter(
            serial_no=item.meter.serial_no,
            result=ItemResult.NONCONFORMING if at < bad else ItemResult.CONFORMING,
            tested_on=clock.today(),
        )
        for at, item in enumerate(sample.items.filter(stage__gte=1).select_related("meter"))
    ]
    record_results(actor=people["officer"], sample=sample, results=results)
    assert "作出决定" in page(people["officer"], "staff:lot", lot.public_id)
    assert "作出决定" not in page(people["maker"], "staff:lot", lot.public_id)


def test_the_screening_is_for_the_bureau_and_the_faults_for_the_maker(people: dict[str, User]) -> None:
    held = authorised(people["officer"])
    refused = send(people["maker"], held, text_of(row(1, 25, 0, 0, 0, 0, 0)))
    shown = page(people["maker"], "staff:factory_data", refused.public_id)
    assert "超出可能的范围" in shown
    copied = [row(at, 0.31, 0.28, 0.35, 0.22, 0.27, 0.3) for at in range(1, 61)]
    sent = send(people["maker"], held, text_of(*copied))
    assert "数据筛查" not in page(people["maker"], "staff:factory_data", sent.public_id)
    seen = page(people["officer"], "staff:factory_data", sent.public_id)
    assert "过于一致" in seen
    assert "线索，不是结论" in seen


def test_the_public_list_says_who_is_suspended_and_its_file_gives_the_same_figures(
    people: dict[str, User],
) -> None:
    held = authorised(people["officer"])
    judged(people["officer"], delivered(people["maker"], held, 60, "L1", 1), bad=3)
    shown = Client().get(reverse("portal:manufacturers")).content.decode()
    assert "已暂停" in shown
    assert "拒收" in shown
    file = Client().get(reverse("portal:open_manufacturers")).content
    assert file == as_csv(listed_lots(clock.today()))
    tally = tally_of(read_csv(file))
    assert (tally.manufacturers, tally.suspended, tally.lots, tally.rejected, tally.meters) == (
        1,
        1,
        1,
        1,
        60,
    )
    with pytest.raises(ValueError, match="第一行"):
        read_csv(b"a,b\n1,2\n")
