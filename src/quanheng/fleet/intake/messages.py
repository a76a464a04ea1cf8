"""What a message says: the readings that may be stored, and those that are not taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from quanheng.fleet.intake.rejects import Reject, rejected
from quanheng.fleet.intake.rows import BadReading, Row, Times, read_json, row_of
from quanheng.fleet.readings_import.headings import INTERVALS

MAX_PAYLOAD_BYTES = 1 << 20
MAX_READINGS = 10_000  # of one message


@dataclass(frozen=True, slots=True)
class Topic:
    """A subscription; where it has two ``+``, they are area and meter."""

    pattern: str

    def names(self, topic: str) -> Mapping[str, str]:
        """Return what a topic says of area and meter."""
        levels = self.pattern.removeprefix("$share/").split("/")
        if self.pattern.startswith("$share/"):
            levels = levels[1:]
        places = [at for at, level in enumerate(levels) if level == "+"]
        said = topic.split("/")
        if len(places) != 2 or len(said) <= places[1]:  # noqa: PLR2004 - area, meter
            return {}
        return {"area": said[places[0]], "meter": said[places[1]]}


@dataclass(slots=True)
class Said:
    """The readings of some messages."""

    rows: list[Row] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads messages; whatever they hold, it answers."""

    topic: Topic
    times: Times
    kind: str = INTERVALS

    def read(self, topic: str, payload: bytes, now: datetime, said: Said) -> None:
        """Add to ``said`` what one message says: one reading, or a list of them."""
        try:
            found = _found(payload)
        except BadReading as error:
            said.rejects.append(rejected(topic, error.reason, error.detail, payload))
            return
        readings: Sequence[object] = found if isinstance(found, list) else [found]
        known = self.topic.names(topic)
        for at, reading in enumerate(readings):
            try:
                said.rows.append(row_of(reading, self.times, now, kind=self.kind, known=known))
            except BadReading as error:
                where = f"第 {at + 1} 个：" if isinstance(found, list) else ""
                said.rejects.append(rejected(topic, error.reason, f"{where}{error.detail}", payload))


def _found(payload: bytes) -> object:
    """Return what a payload says.  BadReading: too_large, not_json."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise BadReading("too_large", f"{len(payload)} B")
    found: object = read_json(payload)
    if isinstance(found, list) and len(found) > MAX_READINGS:
        raise BadReading("too_large", f"{len(found)} 个读数")
    return found
