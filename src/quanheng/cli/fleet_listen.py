"""`quanheng fleet listen`: readings from an MQTT broker into the spool; without a database."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

_REFUSED = 2
_PORTS = {"mqtt": 1883, "mqtts": 8883}


def listen_command(
    broker: Annotated[
        str, typer.Option("--broker", metavar="mqtt[s]://HOST[:PORT]", help="消息服务器；mqtts 用 TLS。")
    ],
    topic: Annotated[
        str, typer.Option("--topic", metavar="FILTER", help="接收的主题；恰有两个 + 时，依次是台区和电表。")
    ] = "meters/+/+",
    client_id: Annotated[
        str, typer.Option("--client-id", metavar="NAME", help="客户端名；服务器按它保留没有确认的消息。")
    ] = "quanheng",
    home: Annotated[
        Path | None,
        typer.Option("--intake", metavar="DIR", help="收读数的文件夹；默认 QUANHENG_HOME/readings。"),
    ] = None,
    registers: Annotated[
        bool, typer.Option("--registers", help="kwh 是表的示值；不写则是区间电量。")
    ] = False,
    tolerance: Annotated[
        int | None,
        typer.Option("--future", min=0, metavar="MIN", help="时间比现在晚出这么多分钟的不收。"),
    ] = None,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", help="没有写时区的时间按它。")
    ] = "Asia/Shanghai",
    username: Annotated[str, typer.Option("--username", help="消息服务器的用户名。")] = "",
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="口令文件，一行。")
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", metavar="FILE", help="签发服务器证书的机构的证书（PEM）。")
    ] = None,
    close_after: Annotated[
        int, typer.Option("--close-after", min=1, metavar="S", help="多少秒后结束一段，供存入。")
    ] = 60,
) -> None:
    """从 MQTT 服务器接收读数。落盘之后才确认；断线自动重连；收到 SIGTERM 时把已收到的写完再退出。"""
    from quanheng.config import env
    from quanheng.fleet.intake.messages import Reader, Topic
    from quanheng.fleet.intake.places import Intake, intake_of
    from quanheng.fleet.intake.rows import Times
    from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS
    from quanheng.fleet.readings_import.refusals import BadImport
    from quanheng.fleet.readings_import.times import zone_of

    try:
        from quanheng.fleet.intake.listening import Broker, CannotListen, Limits, Listener
    except ModuleNotFoundError as error:
        if error.name != "paho":
            raise
        raise _refused("没有安装 paho-mqtt：pip install 'quanheng[mqtt]'。") from None
    if not client_id or not topic:
        raise _refused("--client-id 和 --topic 不能是空的。")
    try:
        minutes = env.whole("QUANHENG_READINGS_FUTURE_MINUTES") if tolerance is None else tolerance
        times = Times(zone_of(timezone), timedelta(minutes=minutes))
        host, port, is_tls = _address(broker)
        password = password_file.read_text("utf-8").rstrip("\r\n") if password_file else ""
        where = Broker(host, port, client_id, topic, is_tls, ca_file, username, password)
        intake = Intake(home) if home else intake_of(Path(env.text("QUANHENG_HOME")))
        reader = Reader(Topic(topic), times, REGISTERS if registers else INTERVALS)
        listener = Listener(where, intake, reader, limits=Limits(seconds=close_after), tell=_tell)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: listener.stop())
        counts = listener.run()
    except (BadImport, CannotListen, env.BadSetting) as error:
        raise _refused(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(f"不能接收：{error}") from None
    typer.echo(f"收到 {counts.messages} 条消息，{counts.readings} 个读数；没有采用 {counts.rejected} 个。")


def _address(text: str) -> tuple[str, int, bool]:
    from quanheng.fleet.readings_import.refusals import BadImport

    parts = urlsplit(text)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or not port
        or parts.username
        or parts.path.strip("/")
    ):
        raise BadImport(
            "option", f"--broker 应如 mqtt://127.0.0.1:1883 或 mqtts://broker.example，写的是 {text}。"
        )
    return parts.hostname, port, parts.scheme == "mqtts"


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}{os.linesep}")
    sys.stderr.flush()


def _refused(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(_REFUSED)
