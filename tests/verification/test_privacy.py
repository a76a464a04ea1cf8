"""What a person wrote goes with them; the work stays."""

from __future__ import annotations

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.verification.enums import MarkKind
from quanheng.verification.models import Application, MarkUse, Verification, WorkOrder
from quanheng.verification.services.applications import return_application
from quanheng.verification.services.marks import spoil_mark
from quanheng.verification.services.privacy import FORGOTTEN, forget_person
from quanheng.verification.services.work import return_verification
from tests.instruments.making import TODAY
from tests.verification.making import a_scale, apply, opened, step, submitted
from tests.workforce.making import laboratory


def test_notes_and_reasons_are_blanked_with_their_writer(
    people: dict[str, User], shop: Party, one: Instrument
) -> None:
    application = apply(people["owner"], shop, one, note="找张三")
    return_application(
        actor=people["checker"], public_id=application.public_id, revision=1, reason="张三电话不通"
    )
    verification = submitted(people, one, note="李四带路")
    step(return_verification, people["checker"], verification, reason="张三看错")
    spoil_mark(
        actor=people["checker"],
        institute=laboratory().pk,
        kind=MarkKind.SEAL,
        number="1",
        reason="王五踩坏",
        used_on=TODAY,
    )
    opened(people, a_scale(people, shop, serial_no="2"))

    forget_person(people["checker"])
    assert Application.objects.get().note == "找张三"
    assert Application.objects.get().decision_reason == FORGOTTEN
    assert set(WorkOrder.objects.values_list("note", flat=True)) == {FORGOTTEN, ""}
    assert set(Verification.objects.values_list("return_reason", flat=True)) == {FORGOTTEN, ""}
    assert MarkUse.objects.get().spoilt_reason == FORGOTTEN

    forget_person(people["owner"])
    assert Application.objects.get().note == FORGOTTEN
