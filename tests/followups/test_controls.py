"""Random controls: the list first, then the checkpoint that signs it, then the draw; nobody waits for a better one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quanheng.base.files import stored_path
from quanheng.cli.main import app
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.fleet.models import MeterResult
from quanheng.fleet.results_file import write_results
from quanheng.fleet.services import take_estimates
from quanheng.followups.enums import Selection
from quanheng.followups.errors import BadOrder, ControlsDrawn, ControlsNotFound, ControlsWaiting, NoCheckpoint
from quanheng.followups.models import ControlDraw, FollowUp
from quanheng.followups.services.controls import close_controls, draw_controls
from quanheng.followups.services.orders import propose_follow_ups
from quanheng.kernels.sampling.draw import draw, seed_of
from quanheng.parties.models import Party
from quanheng.transparency.models import Leaf, SignedCheckpoint
from quanheng.transparency.sequencer import sequence
from tests.fleet.making import estimate
from tests.followups.making import proposed

pytestmark = pytest.mark.django_db
People = dict[str, User]


def result(meter_id: str) -> MeterResult:
    return MeterResult.objects.filter(meter_id=meter_id).latest("pk")


def test_controls_come_from_the_first_checkpoint_that_signs_the_closed_list(
    people: People, utility: Party
) -> None:
    officer = people["officer"]
    sequence()
    closed = close_controls(actor=officer, count=1)
    with pytest.raises(NoCheckpoint):  # the checkpoint that was there before does not count
        draw_controls(actor=officer, public_id=closed.public_id)
    sequence()
    first = SignedCheckpoint.objects.latest("tree_size")
    proposed(people)
    sequence()
    assert SignedCheckpoint.objects.latest("tree_size") != first
    [made] = draw_controls(actor=officer, public_id=closed.public_id)
    closed.refresh_from_db()
    listed = stored_path(closed.list_sha256).read_text(encoding="utf-8").splitlines()
    assert listed == ["A1/A1-m01", "A1/A1-m03"]
    assert closed.checkpoint == first.note
    assert closed.seed == seed_of(first.note, closed.list_sha256)
    assert f"A1/{made.meter_id}" == draw(listed, closed.seed)[0]
    assert (made.selection, made.drawn_in) == (Selection.CONTROL, closed)


def test_anyone_draws_the_controls_again_from_the_two_files(
    people: People, utility: Party, tmp_path: Path
) -> None:
    closed = close_controls(actor=people["officer"], count=2)
    sequence()
    made = draw_controls(actor=people["officer"], public_id=closed.public_id)
    closed.refresh_from_db()
    (tmp_path / "list.txt").write_bytes(stored_path(closed.list_sha256).read_bytes())
    (tmp_path / "checkpoint.txt").write_text(closed.checkpoint, encoding="utf-8")
    files = ["--list", str(tmp_path / "list.txt"), "--checkpoint", str(tmp_path / "checkpoint.txt")]
    told = CliRunner().invoke(app, ["sampling", "draw", *files, "--count", "2", "--json"])
    again = json.loads(told.stdout)
    assert (again["seed"], again["list_sha256"]) == (closed.seed, closed.list_sha256)
    assert again["drawn"] == [f"{one.area.area_id}/{one.meter_id}" for one in made]


def test_a_list_is_drawn_from_once_and_no_other_is_closed_before(people: People, utility: Party) -> None:
    officer = people["officer"]
    closed = close_controls(actor=officer, count=1)
    with pytest.raises(ControlsWaiting):
        close_controls(actor=officer, count=1)
    sequence()
    draw_controls(actor=officer, public_id=closed.public_id)
    with pytest.raises(ControlsDrawn):
        draw_controls(actor=officer, public_id=closed.public_id)
    close_controls(actor=officer, count=1)
    assert ControlDraw.objects.count() == 2


def test_a_drawn_meter_that_is_followed_since_is_not_replaced_by_another(
    people: People, utility: Party
) -> None:
    officer = people["officer"]
    closed = close_controls(actor=officer, count=1)
    sequence()
    propose_follow_ups(actor=officer, results=[result("A1-m01").pk, result("A1-m03").pk])
    assert draw_controls(actor=officer, public_id=closed.public_id) == []
    assert not FollowUp.objects.filter(selection=Selection.CONTROL).exists()


def test_a_control_keeps_the_estimate_of_when_the_list_was_closed(
    people: People, utility: Party, tmp_path: Path
) -> None:
    officer = people["officer"]
    closed = close_controls(actor=officer, count=2)
    sequence()
    before = result("A1-m01")
    later = estimate(meters=[("A1-m01", "out_of_tolerance", 9.0, 0.1, 1.0, 1.0, "")])
    write_results(tmp_path / "OUT.parquet", [later])
    take_estimates(actor=officer, results_path=tmp_path / "OUT.parquet")
    draw_controls(actor=officer, public_id=closed.public_id)
    control = FollowUp.objects.get(meter_id="A1-m01")
    assert (control.result, control.error_percent) == (before, before.error_percent)


def test_a_list_that_was_altered_is_not_drawn_from(people: People, utility: Party) -> None:
    closed = close_controls(actor=people["officer"], count=1)
    sequence()
    stored_path(closed.list_sha256).write_text("A1/A1-m01\n", encoding="utf-8")
    with pytest.raises(BadOrder, match="改动"):
        draw_controls(actor=people["officer"], public_id=closed.public_id)


def test_the_log_holds_hash_and_number_of_the_list_and_names_no_meter(people: People, utility: Party) -> None:
    closed = close_controls(actor=people["officer"], count=1)
    sequence()
    draw_controls(actor=people["officer"], public_id=closed.public_id)
    sequence()
    entries = b"".join(bytes(leaf.entry) for leaf in Leaf.objects.filter(kind__contains=":controls_"))
    assert closed.list_sha256.encode() in entries
    assert b'"count":1' in entries
    assert b"A1-m" not in entries


def test_what_cannot_be_drawn_is_refused(people: People, utility: Party) -> None:
    officer = people["officer"]
    for count in (0, 201):
        with pytest.raises(BadOrder, match="1 到 200"):
            close_controls(actor=officer, count=count)
    with pytest.raises(BadOrder, match="只有 2 台"):
        close_controls(actor=officer, count=3)
    with pytest.raises(NotPermitted):
        close_controls(actor=people["auditor"], count=1)
    closed = close_controls(actor=officer, count=1)
    with pytest.raises(NotPermitted):
        draw_controls(actor=people["inspector"], public_id=closed.public_id)
    with pytest.raises(ControlsNotFound):
        draw_controls(actor=officer, public_id=utility.public_id)
