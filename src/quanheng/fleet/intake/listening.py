"""Readings from an MQTT broker: a message is acknowledged when its readings are on the disk, and not before.

With QoS 1 and a session that the broker keeps, what was not acknowledged is sent again: to this process, or to the
next one after a kill.  What comes twice is stored once by the import.
"""

from __future__ import annotations

import json
import logging
import queue
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from quanheng.base.disk import write_atomic
from quanheng.base.locks import lock_for_process
from quanheng.fleet.intake.messages import Reader, Said
from quanheng.fleet.intake.places import Intake
from quanheng.fleet.intake.rejects import RejectsFile
from quanheng.fleet.intake.segments import Writer, recover
from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS

logger = logging.getLogger(__name__)

_BATCH, _WAITING = 2_000, 20_000  # messages written at once; held before the broker has to wait
_GATHER_SECONDS = 0.005
_STATUS_SECONDS = 5.0
_RETRY_SECONDS = (1, 60)
_KEEPALIVE_SECONDS = 30
_AT_LEAST_ONCE = 1
_DISK_PAUSE_SECONDS = 5.0


class CannotListen(ValueError):
    """The listener does not start; the text is Chinese, for the reader."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the messages come from, and as whom."""

    host: str
    port: int
    client_id: str
    topic: str
    is_tls: bool = False
    ca_file: Path | None = None
    username: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a segment is closed, so that the import may take it."""

    rows: int = 500_000
    seconds: float = 60.0


@dataclass(slots=True)
class Counts:
    """What a listener says of itself."""

    broker: str
    topic: str
    client_id: str
    started_at: str
    messages: int = 0
    readings: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    unconfirmed: int = 0  # messages of QoS 0, which nobody sends again
    connections: int = 0
    is_connected: bool = False
    last_at: str = ""


class Listener:
    """One subscription, kept until it is told to stop."""

    def __init__(
        self,
        broker: Broker,
        intake: Intake,
        reader: Reader,
        *,
        limits: Limits = Limits(),
        tell: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._broker, self._intake, self._reader, self._limits = broker, intake, reader, limits
        self._tell = tell
        self._messages: queue.Queue[tuple[int, mqtt.MQTTMessage]] = queue.Queue(_WAITING)
        self._stopping = threading.Event()
        self._connection = 0  # an acknowledgement belongs to the connection of its message
        self._writers = {
            kind: Writer(intake.spool, f"mqtt-{broker.client_id}", kind) for kind in (INTERVALS, REGISTERS)
        }
        self._rejects = RejectsFile(intake.rejects, f"mqtt-{_plain(broker.client_id)}")
        address = f"{'mqtts' if broker.is_tls else 'mqtt'}://{broker.host}:{broker.port}"
        self.counts = Counts(address, broker.topic, broker.client_id, _now().isoformat(timespec="seconds"))
        self._client = self._made()

    def stop(self) -> None:
        """End `run` after what was received is on the disk."""
        self._stopping.set()

    def run(self) -> Counts:
        """Listen until `stop`; return what was received.

        Raises
        ------
        CannotListen
            Another listener of this name is at work on the same folder; the broker refuses us for good.
        """
        name = _plain(self._broker.client_id)
        with lock_for_process(self._intake.status / f".{name}.lock") as is_held:
            if not is_held:
                raise CannotListen(f"另一个 {self._broker.client_id} 正在接收；请换一个 --client-id。")
            recover(self._intake.spool)
            self._client.connect_async(self._broker.host, self._broker.port, _KEEPALIVE_SECONDS)
            self._client.loop_start()
            try:
                self._work(self._intake.status / f"mqtt-{name}.json")
            finally:
                self._stopping.set()  # whoever waits for room in the queue goes on
                self._client.disconnect()
                self._client.loop_stop()
                for writer in self._writers.values():
                    writer.close()
                self.counts.is_connected = False
                self._say(self._intake.status / f"mqtt-{name}.json")
        return self.counts

    def _work(self, status: Path) -> None:
        said_at = 0.0
        while not self._stopping.is_set():
            batch = self._batch()
            if batch:
                self._keep(batch)
            self._rotate()
            if time.monotonic() - said_at > _STATUS_SECONDS:
                said_at = time.monotonic()
                self._say(status)

    def _batch(self) -> list[tuple[int, mqtt.MQTTMessage]]:
        """Return what has come, waiting a little for company: the disk is asked once for all of it."""
        try:
            batch = [self._messages.get(timeout=0.2)]
        except queue.Empty:
            return []
        until = time.monotonic() + _GATHER_SECONDS
        while len(batch) < _BATCH:
            try:
                batch.append(self._messages.get(timeout=max(until - time.monotonic(), 0)))
            except (queue.Empty, ValueError):
                break
        return batch

    def _keep(self, batch: list[tuple[int, mqtt.MQTTMessage]]) -> None:
        """Put the readings of messages on the disk, then acknowledge them; wait where the disk refuses."""
        now, said = _now(), Said()
        for _connection, message in batch:
            self._reader.read(_topic(message), bytes(message.payload), now, said)
        waiting: list[Callable[[], None]] = [partial(self._rejects.add, said.rejects, now)]
        for kind, writer in self._writers.items():
            waiting.append(partial(writer.append, [row for row in said.rows if row.kind == kind], now))
        for write in waiting:
            if not self._written(write):
                return  # told to stop with a disk that refuses: not acknowledged, so it is sent again
        for connection, message in batch:
            if message.qos and connection == self._connection:
                self._client.ack(message.mid, message.qos)
        self.counts.messages += len(batch)
        self.counts.readings += len(said.rows)
        self.counts.rejected += len(said.rejects)
        self.counts.reasons = dict(self._rejects.counts)
        self.counts.unconfirmed += sum(not message.qos for _connection, message in batch)
        self.counts.last_at = now.isoformat(timespec="seconds")

    def _written(self, write: Callable[[], None]) -> bool:
        while True:
            try:
                write()
            except OSError as error:
                self._tell(
                    f"无法写入：{error.strerror}。{_DISK_PAUSE_SECONDS:.0f} 秒后再试；没有确认的消息不会丢。"
                )
                if self._stopping.wait(_DISK_PAUSE_SECONDS):
                    return False
            else:
                return True

    def _rotate(self) -> None:
        for writer in self._writers.values():
            if writer.opened_at is None:
                continue
            age = (_now() - writer.opened_at).total_seconds()
            if writer.rows >= self._limits.rows or age >= self._limits.seconds:
                writer.close()

    def _say(self, path: Path) -> None:
        body = {**asdict(self.counts), "said_at": _now().isoformat(timespec="seconds")}
        try:
            write_atomic(path, json.dumps(body, ensure_ascii=False).encode())
        except OSError as error:
            logger.warning("status of the listener not written: %s", error)

    def _made(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._broker.client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password or None)
        if self._broker.is_tls:
            client.tls_set_context(ssl.create_default_context(cafile=self._broker.ca_file))
        client.reconnect_delay_set(*_RETRY_SECONDS)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_connect_fail = self._not_connected
        client.on_subscribe = self._subscribed
        client.on_message = self._received
        return client

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            self._tell(f"服务器拒绝连接：{reason}。稍后再试。")
            return
        self._connection += 1
        self.counts.connections += 1
        self.counts.is_connected = True
        client.subscribe(self._broker.topic, qos=_AT_LEAST_ONCE)
        self._tell(f"已连接 {self.counts.broker}，接收 {self._broker.topic}")

    def _subscribed(self, _client: Any, _data: Any, _mid: int, reasons: list[Any], _more: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._tell(f"服务器不允许接收 {self._broker.topic}。")

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        self.counts.is_connected = False
        if not self._stopping.is_set():
            self._tell(f"连接中断（{reason}），自动重连。")

    def _not_connected(self, _client: Any, _data: Any) -> None:
        self._tell(f"连不上 {self.counts.broker}，稍后再试。")

    def _received(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        # Waiting here makes the broker wait: nothing is dropped.
        while not self._stopping.is_set():
            try:
                self._messages.put((self._connection, message), timeout=1)
            except queue.Full:
                continue
            return


def _topic(message: mqtt.MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return ""


def _plain(text: str) -> str:
    return "".join(char if char.isalnum() and char.isascii() else "_" for char in text)[:60]


def _now() -> datetime:
    return datetime.now(UTC)
