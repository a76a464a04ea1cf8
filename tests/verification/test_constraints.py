"""What the tables refuse, whatever code writes to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.verification.models import Application, MarkRange, MarkUse, Verification, WorkOrder
from tests.instruments.making import TODAY
from tests.verification.making import apply, concluded, opened, plan
from tests.workforce.making import AT, laboratory

People = dict[str, User]


def _refused(rows: Any, name: str, **changes: Any) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        rows.update(**changes)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"state": "done", "conclusion": "", "valid_until": None}, "verification_state_known"),
        ({"kind": "other"}, "verification_kind_known"),
        ({"conclusion": "fine"}, "verification_conclusion_known"),
        ({"checker": None}, "verification_concluded_by_three_steps"),
        ({"signatory": None}, "verification_concluded_by_three_steps"),
        ({"checked_at": None}, "verification_concluded_by_three_steps"),
        ({"performed_on": None}, "verification_concluded_by_three_steps"),
        ({"edition": ""}, "verification_concluded_by_three_steps"),
        ({"conclusion": "", "valid_until": None}, "verification_concluded_by_three_steps"),
        ({"state": "checked"}, "verification_conclusion_only_at_the_end"),
        ({"valid_until": None}, "verification_valid_until_iff_passed"),
        ({"conclusion": "rejected"}, "verification_valid_until_iff_passed"),
    ],
)
def test_a_conclusion_is_whole(people: People, one: Instrument, changes: dict[str, Any], name: str) -> None:
    concluded(people, one)
    _refused(Verification.objects.all(), name, **changes)


def test_verifier_and_checker_differ(people: People, one: Instrument) -> None:
    concluded(people, one)
    _refused(Verification.objects.all(), "verification_four_eyes", checker=people["verifier"])
    _refused(WorkOrder.objects.all(), "workorder_four_eyes", checker=people["verifier"])


def test_an_instrument_has_one_open_verification(people: People, one: Instrument) -> None:
    order = opened(people, one).work_order
    with pytest.raises(IntegrityError), transaction.atomic():
        Verification.objects.create(work_order=order, instrument=one, kind="periodic")
    Verification.objects.update(state="cancelled")
    assert Verification.objects.create(work_order=order, instrument=one, kind="periodic").pk


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"state": "x"}, "application_state_known"),
        ({"kind": "x"}, "application_kind_known"),
        ({"work_place": "x"}, "application_work_place_known"),
        ({"state": "returned"}, "application_returned_with_reason"),
    ],
)
def test_an_application_is_of_the_known_sort(
    people: People, shop: Party, one: Instrument, changes: dict[str, Any], name: str
) -> None:
    apply(people["owner"], shop, one)
    _refused(Application.objects.all(), name, **changes)


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"kind": "x"}, "workorder_kind_known"), ({"work_place": "x"}, "workorder_work_place_known")],
)
def test_a_work_order_is_of_the_known_sort(
    people: People, one: Instrument, changes: dict[str, Any], name: str
) -> None:
    plan(people, one)
    _refused(WorkOrder.objects.all(), name, **changes)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"kind": "x"}, "markuse_kind_known"),
        ({"number": ""}, "markuse_number_given"),
        ({"spoilt_reason": ""}, "markuse_put_on_or_spoilt"),
    ],
)
def test_a_mark_is_put_on_or_spoilt(people: People, given: dict[str, Any], name: str) -> None:
    told = {"institute": laboratory(), "kind": "seal", "number": "1", "spoilt_reason": "坏"} | given
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        MarkUse.objects.create(**told, used_on=TODAY, recorded_at=AT)


@pytest.mark.parametrize(
    ("given", "name"), [({"kind": "x"}, "markrange_kind_known"), ({"last": 0}, "markrange_in_order")]
)
def test_a_range_ends_after_it_begins(people: People, given: dict[str, Any], name: str) -> None:
    told = {"institute": laboratory(), "kind": "seal", "first": 1, "last": 9, "digits": 1} | given
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        MarkRange.objects.create(**told, issued_on=TODAY, recorded_at=AT)
