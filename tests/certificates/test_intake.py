"""Readings from the intake folder: drafts that their people hand in; all the way only by demonstration accounts."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import yaml

from quanheng.certificates.errors import BadWorkOrderFile
from quanheng.certificates.models import Certificate
from quanheng.certificates.services.intake import receive_readings
from quanheng.core.models import County, User
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import VerificationState, WorkKind, WorkPlace
from quanheng.verification.models import Verification
from quanheng.verification.services.orders import create_work_order
from tests.certificates.making import READINGS, TODAY, World, make_checked, make_instrument, rejected_readings


def _file(world: World, *serials: str, found: dict[str, Any] = READINGS, **changes: Any) -> bytes:
    people = world.people
    given = {
        "reference": "收件-01",
        "institute": world.institute.name,
        "kind": "periodic",
        "place": "lab",
        "performed_on": TODAY,
        **{role: people[role].username for role in ("verifier", "checker", "signatory")},
        "standards": [world.standard.serial_no],
        "instruments": [{"serial": serial, "found": deepcopy(found)} for serial in serials],
    } | changes
    return yaml.safe_dump(given, allow_unicode=True).encode()


def _ordered(world: World, *serials: str) -> list[Verification]:
    people = world.people
    order = create_work_order(
        actor=people["verifier"],
        application=None,
        institute=world.institute.pk,
        kind=WorkKind.PERIODIC,
        work_place=WorkPlace.LAB,
        planned_on=TODAY,
        verifier=people["verifier"].pk,
        checker=people["checker"].pk,
        signatory=people["signatory"].pk,
        standards=[world.standard.public_id],
        instruments=[make_instrument(world, serial).public_id for serial in serials],
    )
    return list(order.verifications.order_by("pk"))


def test_readings_become_a_draft_that_says_what_it_would_be_and_nobody_has_signed(world: World) -> None:
    (one,) = _ordered(world, "1")
    leaves = PendingLeaf.objects.count()
    (received,) = receive_readings(_file(world, "1"))
    one.refresh_from_db()

    assert received.is_kept
    assert "判为合格" in received.text
    assert "核对后提交" in received.text
    assert (one.state, one.verifier, one.performed_on) == (VerificationState.RECORDING, None, TODAY)
    assert one.as_found == READINGS
    assert PendingLeaf.objects.count() == leaves
    assert not Certificate.objects.exists()


def test_a_draft_that_cannot_be_handed_in_says_why(world: World) -> None:
    _ordered(world, "1")
    broken = READINGS | {"readings": {"weighing": [{"load": "有点重"}]}}
    (received,) = receive_readings(_file(world, "1", found=broken))

    assert received.is_kept
    assert "还不能提交" in received.text
    assert "有点重" in received.text


def test_without_a_work_order_nothing_is_kept_and_none_is_opened(world: World) -> None:
    make_instrument(world, "1")
    unplanned, unknown = receive_readings(_file(world, "1", "2"))

    assert (unplanned.is_kept, unknown.is_kept) == (False, False)
    assert "任务单" in unplanned.text
    assert "登记中没有器具" in unknown.text
    assert not Verification.objects.exists()


def test_the_same_file_again_changes_nothing_and_other_readings_are_not_overwritten(world: World) -> None:
    (one,) = _ordered(world, "1")
    receive_readings(_file(world, "1"))
    again, other = (
        receive_readings(_file(world, "1")),
        receive_readings(_file(world, "1", found=rejected_readings())),
    )
    one.refresh_from_db()

    assert again[0].is_kept
    assert not other[0].is_kept
    assert "没有覆盖" in other[0].text
    assert one.as_found == READINGS


def test_what_was_handed_in_is_left_alone(world: World) -> None:
    (checked,) = make_checked(world, "1")
    (received,) = receive_readings(_file(world, "1", found=rejected_readings()))
    checked.refresh_from_db()

    assert received.is_kept
    assert checked.as_found == READINGS


def test_an_institute_is_found_by_its_other_name_and_another_s_work_is_not(world: World) -> None:
    _ordered(world, "1")
    (received,) = receive_readings(_file(world, "1", institute="演示计量检定所"))
    assert received.is_kept
    (elsewhere,) = receive_readings(_file(world, "1", institute="别所"))
    assert not elsewhere.is_kept


@pytest.mark.parametrize("data", [b"", b"[1, 2]", b"reference: 1", b"a: b: c", b"\xff\xfe"])
def test_what_is_no_work_order_file_is_refused(world: World, data: bytes) -> None:
    with pytest.raises(BadWorkOrderFile):
        receive_readings(data)


def _let_all_be_demonstration_accounts() -> None:
    User.objects.update(is_demo=True)


def test_demonstration_accounts_of_a_demonstration_county_go_all_the_way(world: World) -> None:
    _let_all_be_demonstration_accounts()
    for serial in ("1", "2"):
        make_instrument(world, serial)
    data = _file(
        world, instruments=[{"serial": "1", "found": READINGS}, {"serial": "2", "found": rejected_readings()}]
    )
    passed, rejected = receive_readings(data)

    assert ("检定证书" in passed.text, "检定结果通知书" in rejected.text) == (True, True)
    assert [passed.number, rejected.number] == list(
        Certificate.objects.order_by("pk").values_list("number", flat=True)
    )
    again = receive_readings(data)
    assert [one.number for one in again] == [passed.number, rejected.number]
    assert Certificate.objects.count() == 2


@pytest.mark.parametrize("real", ["county", "checker"])
def test_nobody_signs_by_a_file_where_the_county_or_one_of_the_people_is_real(
    world: World, real: str
) -> None:
    _let_all_be_demonstration_accounts()
    if real == "county":
        County.objects.update(is_demo=False)
    else:
        User.objects.filter(pk=world.people["checker"].pk).update(is_demo=False)
    (one,) = _ordered(world, "1")
    receive_readings(_file(world, "1"))
    one.refresh_from_db()

    assert one.state == VerificationState.RECORDING
    assert not Certificate.objects.exists()
