"""Claim: at least 2,000 messages a second from an MQTT broker are on the disk, none lost, though the listener is killed.

    python benchmarks/mqtt_intake.py [--messages 60000]

mosquitto on loopback, one publisher (paho, QoS 1), one message a reading.  The bound, in the same run: a bare
subscriber that only counts.  Then our listener on a session that has all of the messages waiting, so that the
publisher does not hold it up; it is killed with SIGKILL half-way and started again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt

from quanheng.fleet.intake.places import Intake
from quanheng.fleet.intake.segments import closed_segments, recover

TOPIC, WINDOW = "meters/+/+", 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=60_000)
    count = parser.parse_args().messages
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        sys.exit("mosquitto not found")
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
        free.close()
        config = Path(folder) / "mosquitto.conf"
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            f"max_inflight_messages {WINDOW}\nlog_dest none\n"
        )
        broker = subprocess.Popen([program, "-c", str(config)])
        time.sleep(0.5)
        try:
            measure(port, count, Intake(Path(folder) / "readings"))
        finally:
            broker.terminate()
            broker.wait()


def measure(port: int, count: int, intake: Intake) -> None:
    subscribe(port, "bare")
    subscribe(port, "quanheng")
    print(f"published      {count / timed(lambda: publish(port, count)):8,.0f} messages/s (for two sessions)")
    print(f"bare           {count / timed(lambda: bare(port, count)):8,.0f} messages/s, counted only")
    seen = 0
    seconds = 0.0
    for part in (count // 2, count):
        started = time.monotonic()
        process = listener(port, intake)
        while seen < part:
            time.sleep(0.02)
            seen = lines(intake)
        seconds += time.monotonic() - started
        process.send_signal(signal.SIGKILL)
        process.wait()
    recover(intake.spool)
    stored = set()
    total = 0
    for path in closed_segments(intake.spool):
        for line in path.read_text("utf-8").splitlines()[1:]:
            cells = line.split(",")
            stored.add((cells[1], cells[2]))
            total += 1
    print(f"stored         {count / seconds:8,.0f} messages/s, fsynced, starts of both processes included")
    print(f"lost {count - len(stored)}, sent again {total - len(stored)} (stored once by the import)")
    if len(stored) != count:
        sys.exit("messages were lost")


def timed(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def subscribe(port: int, name: str) -> None:
    """Make a session that the broker keeps."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(TOPIC, qos=1)
    time.sleep(0.3)
    client.disconnect()
    client.loop_stop()


def publish(port: int, count: int) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(WINDOW)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for at in range(count):
        day, quarter = divmod(at // 1000, 96)
        moment = f"2026-01-{day + 1:02d} {quarter // 4:02d}:{quarter % 4 * 15:02d}"
        body = json.dumps({"timestamp": moment, "kwh": at / 1000, "volts": 230.1})
        info = client.publish(f"meters/T{at % 10}/M{at % 1000:04d}", body, qos=1)
    info.wait_for_publish(120)
    client.loop_stop()
    client.disconnect()


def bare(port: int, count: int) -> None:
    seen = 0

    def on_message(_client: object, _data: object, _message: mqtt.MQTTMessage) -> None:
        nonlocal seen
        seen += 1

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bare", clean_session=False)
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.loop_start()
    while seen < count:
        time.sleep(0.005)
    client.loop_stop()
    client.disconnect()


def listener(port: int, intake: Intake) -> subprocess.Popen[bytes]:
    words = ["fleet", "listen", "--broker", f"mqtt://127.0.0.1:{port}", "--intake", str(intake.root)]
    return subprocess.Popen([sys.executable, "-m", "quanheng.cli.main", *words], stderr=subprocess.DEVNULL)


def lines(intake: Intake) -> int:
    if not intake.spool.is_dir():
        return 0
    return sum(max(path.read_bytes().count(b"\n") - 1, 0) for path in intake.spool.glob("*.csv*"))


if __name__ == "__main__":
    main()
