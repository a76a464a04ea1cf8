"""Readings made to break the intake: refused with a reason, in little memory, and never by a crash."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from quanheng.core.models import User
from quanheng.fleet.intake import bodies, services
from quanheng.fleet.intake.messages import Reader, Said, Topic
from quanheng.fleet.intake.rejects import RejectsFile
from quanheng.fleet.intake.rows import Times
from quanheng.web.api import readings as operation

T = "2026-05-01 00:15:00"
PARQUET, NDJSON = "application/vnd.apache.parquet", "application/x-ndjson"
GOOD: dict[str, Any] = {"area": ["a"], "meter": ["m"], "timestamp": [T], "kwh": [1.0]}


def packed(**columns: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(GOOD | columns), stream, compression="zstd")
    return stream.getvalue()


@pytest.fixture
def send(people: dict[str, User], home: Path) -> Any:
    for rate in (operation._uploads, operation._wrong, operation._logged):
        rate.clear()
    secret = services.make_token(actor=people["officer"], name="供电公司")[1]
    return lambda body, media: Client().post(
        "/api/readings", data=body, content_type=media, headers={"Authorization": f"Bearer {secret}"}
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"area": [["a"]]},
        {"area": [b"\xff\xfe"]},
        {"role": [{"a": 1}]},
        {"timestamp": pa.array([2**61], pa.timestamp("us"))},
        {"timestamp": pa.array([-(2**61)], pa.timestamp("us"))},
        {"role": ["x" * 10_000]},
    ],
)
def test_columns_of_a_kind_that_no_reading_has_are_refused(send: Any, columns: dict[str, Any]) -> None:
    answer = send(packed(**columns), PARQUET)
    assert answer.status_code == 422
    assert answer.json()["code"] == "fleet.bad_readings"


def test_a_parquet_file_that_is_small_only_while_packed_is_refused(
    send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_MOST_UNPACKED", 1 << 20)
    answer = send(packed(area=["a" * (2 << 20)]), PARQUET)
    assert answer.status_code == 422
    assert "解开后超过 1 MiB" in answer.json()["detail"]


def test_a_line_of_json_without_an_end_is_not_read_whole(send: Any) -> None:
    answer = send(b'{"a":[' + b"{}," * 100_000 + b"{}]}\n", NDJSON)
    assert answer.status_code == 422
    assert "64 KiB" in answer.json()["detail"]


@pytest.mark.parametrize("written", ["x\\udc00", "9999-12-31 24:00:00"])
def test_a_time_that_cannot_be_written_is_told_and_stops_no_listener(
    send: Any, tmp_path: Path, written: str
) -> None:
    line = f'{{"area":"a","meter":"m","timestamp":"{written}","kwh":1}}\n'.encode()
    assert send(line, NDJSON).status_code == 422
    said, now = Said(), datetime.now(UTC)
    times = Times(ZoneInfo("Asia/Shanghai"), timedelta(hours=1))
    Reader(Topic("m/#"), times).read("m/1", line, now, said)
    assert [one.reason for one in said.rejects] == ["bad_time"]
    RejectsFile(tmp_path, "mqtt").add(said.rejects, now)
    assert len(list(tmp_path.glob("*.jsonl"))) == 1
