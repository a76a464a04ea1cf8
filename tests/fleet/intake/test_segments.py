"""Segments and what is read from them: torn tails, living writers, twice, out of order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from quanheng.fleet.intake.importing import heard, import_spool
from quanheng.fleet.intake.messages import Reader, Said, Topic
from quanheng.fleet.intake.places import Intake
from quanheng.fleet.intake.rejects import RejectsFile, reject_files
from quanheng.fleet.intake.rows import BadReading, Row, Times, line_of, read_json, row_of
from quanheng.fleet.intake.segments import Writer, closed_segments, open_segments, recover
from quanheng.fleet.readings_import import BadImport
from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS
from quanheng.fleet.store import read_area

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
TIMES = Times(ZoneInfo("Asia/Shanghai"), timedelta(hours=1))
START = np.datetime64("2026-01-05T00:15")


def reading(meter: str, at: int, kwh: float = 1.0, **more: object) -> dict[str, object]:
    moment = str(START + np.timedelta64(15 * at, "m"))
    role = "总表" if meter == "M0" else "户表"
    return {
        "area": "T9",
        "meter": meter,
        "timestamp": moment,
        "kwh": kwh,
        "volts": 230.0,
        "role": role,
    } | more


def row(meter: str, at: int, kwh: float = 1.0, kind: str = INTERVALS, **more: object) -> Row:
    return row_of(reading(meter, at, kwh, **more), TIMES, NOW, kind=kind)


def write(intake: Intake, rows: list[Row], kind: str = INTERVALS, now: datetime = NOW) -> None:
    with Writer(intake.spool, "test", kind) as writer:
        writer.append(rows, now)


def quarters(intake: Intake, meters: tuple[str, ...] = ("M0", "M1"), count: int = 96) -> list[Row]:
    return [row(meter, at, 2.0 if meter == "M0" else 1.5) for meter in meters for at in range(count)]


def energy(store: Path) -> np.ndarray:
    return np.asarray(read_area(store / "T9", None, None).area.energy)


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    return Intake(tmp_path / "readings")


def test_what_is_kept_reaches_the_store_once_however_often_and_in_whatever_order_it_came(
    intake: Intake, tmp_path: Path
) -> None:
    rows = quarters(intake)
    write(intake, rows[::-1])
    write(intake, rows, now=NOW + timedelta(seconds=1))
    moved = import_spool(intake, tmp_path / "fleet", NOW)
    assert (moved.segments, moved.rows, moved.stored, moved.waiting) == (2, 384, ["T9"], 0)
    assert (moved.rejected.total(), moved.refused) == (0, [])
    assert energy(tmp_path / "fleet").tolist() == [[1.5] * 96]
    assert heard(intake)["T9"]["until"] == "2026-01-06T00:00:00"
    before = (tmp_path / "fleet" / "T9" / "curves.parquet").stat().st_mtime_ns
    write(intake, rows)  # as after a crash between storing and forgetting
    again = import_spool(intake, tmp_path / "fleet", NOW)
    assert (again.segments, again.stored) == (1, [])
    assert (tmp_path / "fleet" / "T9" / "curves.parquet").stat().st_mtime_ns == before


def test_registers_of_several_segments_give_the_energy_between_them(intake: Intake, tmp_path: Path) -> None:
    for day in range(2):
        rows = [
            row(meter, 48 * day + at, 100.0 + 0.5 * (48 * day + at), REGISTERS)
            for meter in ("M0", "M1")
            for at in range(48)
        ]
        write(intake, rows, REGISTERS, NOW + timedelta(hours=12 * day))
        import_spool(intake, tmp_path / "fleet", NOW + timedelta(hours=12 * day))
    found = energy(tmp_path / "fleet")[0]
    assert np.isnan(found[0])
    assert found[1:].tolist() == [0.5] * 95


@pytest.mark.parametrize("tail", [b"T9,M1,2026-01", b"T9,M1,x,1,,,,,,,00000000\n", b"\0" * 300, b"\xff\n"])
def test_a_torn_tail_is_cut_and_the_rest_kept(intake: Intake, tail: bytes) -> None:
    writer = Writer(intake.spool, "test", INTERVALS)
    writer.append(quarters(intake), NOW)
    (path,) = open_segments(intake.spool)
    assert recover(intake.spool) == []  # its writer lives
    whole = path.read_bytes()
    writer._stream.close()  # type: ignore[union-attr]  # what a kill does: the lock is gone
    path.write_bytes(whole + tail)
    (closed,) = recover(intake.spool)
    assert closed.read_bytes() == whole
    assert closed_segments(intake.spool) == [closed]


def test_a_damaged_segment_is_set_aside_and_the_others_are_stored(intake: Intake, tmp_path: Path) -> None:
    write(intake, quarters(intake))
    write(intake, quarters(intake), now=NOW + timedelta(seconds=1))
    first = closed_segments(intake.spool)[0]
    first.write_bytes(first.read_bytes().replace(b"2.0", b"9.0", 1))
    moved = import_spool(intake, tmp_path / "fleet", NOW)
    assert moved.damaged == [first.name]
    assert (moved.segments, moved.stored) == (1, ["T9"])


def test_an_area_that_nobody_knows_waits_for_a_list_of_its_meters(intake: Intake, tmp_path: Path) -> None:
    rows = [row(meter, at, role="") for meter in ("M0", "M1") for at in range(8)]
    write(intake, rows)
    store = tmp_path / "fleet"
    moved = import_spool(intake, store, NOW)
    assert moved.rejected == {"unknown_area": 16}
    assert (moved.waiting, moved.stored) == (1, [])
    assert [moved.rejects] == reject_files(intake.rejects)
    (store / "meters.csv").write_text("area,meter,role\nT9,M0,总表\nT9,M1,户表\n", "utf-8")
    assert import_spool(intake, store, NOW).stored == ["T9"]
    assert closed_segments(intake.spool) == []
    assert len(closed_segments(intake.done)) == 1
    import_spool(intake, store, NOW + timedelta(days=40))  # what is stored is not kept twice for ever
    assert closed_segments(intake.done) == []


def test_two_imports_at_once_are_refused(intake: Intake, tmp_path: Path) -> None:
    from quanheng.base.locks import lock_for_process

    write(intake, quarters(intake))
    with lock_for_process(intake.spool / ".import.lock"), pytest.raises(BadImport) as refused:
        import_spool(intake, tmp_path / "fleet", NOW)
    assert refused.value.code == "in_progress"


def test_a_writer_that_is_killed_loses_nothing_that_it_has_confirmed(intake: Intake) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.fleet.intake.test_segments import *\n"
        "writer = Writer(Path(sys.argv[1]), 'x', INTERVALS)\n"
        "for at in range(10**6):\n"
        "    writer.append([row('M1', at % 1000, kwh=float(at))] * 3, NOW); print(at, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(intake.spool)], stdout=subprocess.PIPE)
    assert process.stdout
    confirmed = [int(process.stdout.readline()) for _ in range(30)][-1]
    os.kill(process.pid, signal.SIGKILL)
    confirmed = int(([*process.stdout.read().split(b"\n")][-2:-1] or [b"%d" % confirmed])[0] or confirmed)
    process.wait()
    (segment,) = recover(intake.spool)
    rows = segment.read_text("utf-8").splitlines()[1:]
    assert len(rows) >= 3 * (confirmed + 1)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"kwh": NaN}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"7", "not_an_object"),
        (b'[{"kwh": "1"}]', "bad_time"),
        (b'{"timestamp": "2026-01-05 00:15", "kwh": "1.5"}', "wrong_type"),
        (b'{"timestamp": "2026-01-05 00:15", "kwh": true}', "wrong_type"),
        (b'{"timestamp": "2026-01-05 00:15"}', "wrong_type"),
        (b'{"timestamp": "2026-01-05 00:15", "kwh": 1e999}', "wrong_type"),
        (b'{"timestamp": 1767000000, "kwh": 1}', "wrong_type"),
        (b'{"timestamp": "yesterday", "kwh": 1}', "bad_time"),
        (b'{"timestamp": "2026-01-05\\n00:15", "kwh": 1}', "bad_time"),
        (b'{"timestamp": "2026-03-01 00:15", "kwh": 1}', "future"),
        (b'{"timestamp": "2026-01-05 00:15", "kwh": 1, "meter": "M2"}', "topic_differs"),
        (b'{"timestamp": "2026-01-05 00:15", "kwh": 1, "volts": [1, 2, 3, 4]}', "wrong_type"),
        (b'{"timestamp": "2026-01-05 00:15", "kwh": 1, "volts": -3}', "voltage_not_positive"),
        (b'{"timestamp": "2026-01-05 00:15", "register": -1}', "negative_register"),
        (b" " * ((1 << 20) + 1), "too_large"),
    ],
)
def test_what_a_message_may_not_say_is_written_down_with_its_reason(
    tmp_path: Path, payload: bytes, reason: str
) -> None:
    said = Said()
    Reader(Topic("meters/+/+"), TIMES).read("meters/T9/M1", payload, NOW, said)
    if payload.startswith(b"[{"):
        reason = "wrong_type"
    assert ([one.reason for one in said.rejects], said.rows) == ([reason], [])
    file = RejectsFile(tmp_path, "x")
    file.add(said.rejects, NOW)
    (path,) = reject_files(tmp_path)
    line = read_json(path.read_bytes())
    assert (line["source"], line["reason"], len(line["payload"]) <= 500) == ("meters/T9/M1", reason, True)


def test_a_list_keeps_what_is_good_and_a_topic_names_the_meter() -> None:
    said = Said()
    body = b'[{"timestamp": "2026-01-05 00:15", "kwh": 1, "volts": [230, null, 229]}, 3]'
    Reader(Topic("meters/+/+"), TIMES).read("meters/T9/M1", body, NOW, said)
    assert [one.cells for one in said.rows] == [
        ("T9", "M1", "2026-01-05 00:15", "1.0", "230.0", "", "229.0", "", "", "")
    ]
    assert [one.reason for one in said.rejects] == ["not_an_object"]


def test_a_name_cannot_break_a_line_of_a_segment() -> None:
    line = line_of(row('M"1,x', 0).cells)
    assert line.count("\n") == 1
    with pytest.raises(BadReading):
        row("M\n1", 0)
