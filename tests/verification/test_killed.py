"""A failure inside a service leaves neither the fact nor its leaf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import MarkKind
from quanheng.verification.models import (
    Application,
    ApplicationItem,
    MarkRange,
    MarkUse,
    Recall,
    Verification,
    WorkOrder,
)
from quanheng.verification.services.marks import put_marks, receive_marks, spoil_mark
from quanheng.verification.services.recalls import make_recall
from tests.instruments.making import TODAY
from tests.standards.making import POINT, make_certificate
from tests.verification.making import apply, concluded, plan
from tests.workforce.making import laboratory

People = dict[str, User]
TABLES = (Application, ApplicationItem, WorkOrder, Verification, MarkRange, MarkUse, Recall, PendingLeaf)


def _state() -> list[Any]:
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


@pytest.mark.parametrize("act", ["apply", "plan", "receive", "put", "spoil", "recall"])
def test_a_failure_inside_leaves_nothing(
    people: People,
    shop: Party,
    one: Instrument,
    weights: MeasurementStandard,
    act: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = concluded(people, one)
    certificate = make_certificate(
        weights, number="2", calibrated_on=TODAY, points=[POINT | {"error": "1"}]
    ).public_id
    by = {"actor": people["signatory"]}
    seal = {"kind": MarkKind.SEAL, "used_on": TODAY}
    here = {"institute": laboratory().pk}
    ends = {"first": "1", "last": "9", "issued_to": None, "issued_on": TODAY, "kind": MarkKind.SEAL}
    known = {"public_id": done.public_id, "revision": done.revision}
    acts: dict[str, Callable[[], object]] = {
        "apply": lambda: apply(people["owner"], shop, one),
        "plan": lambda: plan(people, one),
        "receive": lambda: receive_marks(**by, **here, **ends),  # type: ignore[arg-type]
        "put": lambda: put_marks(**by, **known, **seal, numbers=["1"]),  # type: ignore[arg-type]
        "spoil": lambda: spoil_mark(**by, **here, **seal, number="1", reason="坏"),  # type: ignore[arg-type]
        "recall": lambda: make_recall(**by, certificate=certificate, reason="漂移"),
    }
    before = _state()

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        for module in ("shared", "marks", "recalls"):
            patch.setattr(f"quanheng.verification.services.{module}.enqueue_leaf", killed)
        with pytest.raises(KeyboardInterrupt):
            acts[act]()
    assert _state() == before
    acts[act]()
    assert PendingLeaf.objects.count() == len(before[-1]) + 1
