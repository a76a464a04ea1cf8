"""`quanheng fleet listen` against a real broker: killed, restarted, stopped; nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
import pytest

from quanheng.fleet.intake.importing import import_spool
from quanheng.fleet.intake.places import Intake
from quanheng.fleet.intake.rejects import reject_files
from quanheng.fleet.intake.segments import recover
from quanheng.fleet.store import read_area
from tests.fleet.intake.mosquitto import broker, free_port

METERS, QUARTERS = 40, 96


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    return Intake(tmp_path / "readings")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with broker(tmp_path / "broker") as port:
        yield port


def listener(intake: Intake, port: int, *more: str) -> subprocess.Popen[bytes]:
    words = ["fleet", "listen", "--broker", f"mqtt://127.0.0.1:{port}", "--intake", str(intake.root), *more]
    return subprocess.Popen(
        [sys.executable, "-m", "quanheng.cli.main", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def publisher(port: int) -> mqtt.Client:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"p{os.getpid()}")
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def publish(client: mqtt.Client, meters: range, quarters: range) -> None:
    start = np.datetime64("2026-01-05T00:15")
    for at in quarters:
        for meter in meters:
            said = {
                "timestamp": str(start + np.timedelta64(15 * at, "m")),
                "kwh": 1 + meter + at / 128,
                "volts": 230,
                "role": "户表" if meter else "总表",
            }
            info = client.publish(f"meters/T9/M{meter:03d}", json.dumps(said), qos=1)
    info.wait_for_publish(20)


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited for nothing"
        time.sleep(0.02)


def told(process: subprocess.Popen[bytes], word: str) -> None:
    assert process.stderr
    while line := process.stderr.readline().decode():
        if word in line:
            return
    pytest.fail(f"the listener ended: {process.wait()}")


def size(intake: Intake) -> int:
    return sum(path.stat().st_size for path in intake.spool.glob("*.csv*")) if intake.spool.exists() else 0


def test_every_message_is_stored_once_though_the_listener_is_killed_and_the_rest_waits(
    intake: Intake, port: int, tmp_path: Path
) -> None:
    first = listener(intake, port)
    told(first, "已连接")
    client = publisher(port)
    publish(client, range(METERS), range(30))
    until(lambda: size(intake) > 50_000)
    first.send_signal(signal.SIGKILL)  # mid-stream
    first.wait()
    publish(client, range(METERS), range(30, 60))  # nobody listens: the broker keeps them
    publish(client, range(METERS), range(25, 35))  # and some come twice
    second = listener(intake, port)
    told(second, "已连接")
    publish(client, range(METERS), range(60, QUARTERS))
    client.publish("meters/T9/M001", b"not json", qos=1).wait_for_publish(10)
    client.publish("meters/T9/M001", b"x" * 2_000_000, qos=1).wait_for_publish(10)
    until(lambda: b'"too_large"' in b"".join(path.read_bytes() for path in reject_files(intake.rejects)))
    second.send_signal(signal.SIGTERM)
    said = second.communicate(timeout=10)[0].decode()
    assert second.returncode == 0
    assert "没有采用 2 个" in said
    client.loop_stop()
    moved = import_spool(intake, tmp_path / "fleet", datetime.now(UTC))
    assert (moved.stored, moved.waiting, moved.open, sum(moved.rejected.values())) == (["T9"], 0, 0, 0)
    assert moved.rows >= METERS * QUARTERS
    area = read_area(tmp_path / "fleet" / "T9", None, None).area
    wanted = 1 + np.arange(1, METERS)[:, None] + np.arange(QUARTERS) / 128
    assert np.array_equal(area.energy, wanted.astype(np.float32))
    assert np.array_equal(area.master, (1 + np.arange(QUARTERS) / 128).astype(np.float32))


def test_a_broker_that_goes_and_comes_is_connected_to_again(intake: Intake, tmp_path: Path) -> None:
    from tests.fleet.intake.mosquitto import start

    port = free_port()
    server = start(tmp_path / "b", port)
    process = listener(intake, port)
    try:
        told(process, "已连接")
        server.terminate()
        server.wait()
        told(process, "连接中断")
        server = start(tmp_path / "b", port)
        told(process, "已连接")
        other = listener(intake, port)
        assert (other.wait(10), "另一个" in (other.stderr.read().decode() if other.stderr else "")) == (
            2,
            True,
        )
    finally:
        process.terminate()
        process.communicate(timeout=10)
        server.kill()
        server.wait()
    recover(intake.spool)
    assert process.returncode == 0


@pytest.mark.parametrize("address", ["http://x", "mqtt://", "mqtt://h:99999", "mqtt://u:p@h", "h:1883"])
def test_an_address_that_is_none_is_refused_in_one_line(intake: Intake, address: str) -> None:
    from typer.testing import CliRunner

    from quanheng.cli.main import app

    done = CliRunner().invoke(app, ["fleet", "listen", "--broker", address, "--intake", str(intake.root)])
    assert (done.exit_code, "Traceback" in done.output) == (2, False)
    assert "--broker" in done.output
