"""What a plan's figures are computed from: one plain snapshot, the same from the database and in public.

The portal offers the snapshot as open data; whoever downloads it recomputes every figure with
``quanheng indicator show NAME --data FILE``.  It holds no personal data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import groupby
from typing import Any, Self

from quanheng.certificates.tally import WorkTally
from quanheng.instruments.tally import RegistryTally
from quanheng.taskboard.meters_tally import NO_METERS, FleetTally

FORMAT = "quanheng-plan-records/1"
# House rule, not law: evidence older than this no longer shows that a task is being worked on.
FRESH_DAYS = 90
NOT_COUNTED = RegistryTally()
NO_WORK = WorkTally()


@dataclass(frozen=True)
class TaskRecord:
    """A task, the units it names, and whom those names oblige (a group's members).

    ``key`` tells the tasks of a plan apart: the label, or where two tasks have one label, their id.
    """

    key: str
    label: str
    title: str
    lead: tuple[str, ...]
    responsible: tuple[str, ...]
    obliged: tuple[str, ...]
    deadline_on: date | None
    is_continuous: bool
    targets: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class EvidenceRecord:
    """A file that a unit filed for a task and did not withdraw."""

    task: str
    unit: str
    happened_on: date
    sha256: str


@dataclass(frozen=True)
class PlanRecords:
    """Everything that the figures of one plan rest on, as of a day."""

    title: str
    doc_number: str
    on: date
    tasks: tuple[TaskRecord, ...]
    evidence: tuple[EvidenceRecord, ...]
    findings: tuple[str, ...]
    # The county's registry, as it was counted on its own day: instruments belong to no plan.
    registry: RegistryTally = NOT_COUNTED
    # Certificates and standards of its institutes, counted on the same day.
    work: WorkTally = NO_WORK
    # Meters in use: estimates, follow-ups, lots and their makers, counted on the same day.
    meters: FleetTally = NO_METERS
    # What --plan must say to mean this plan; empty for the one that is meant anyway.  Not open data.
    plan_option: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the open-data form; ``from_dict`` is its inverse."""
        bare = replace(self, registry=NOT_COUNTED, work=NO_WORK, meters=NO_METERS)
        fields: dict[str, Any] = _jsonable(asdict(bare))
        del fields["plan_option"]
        counted = {
            "registry": self.registry.to_dict(),
            "work": self.work.to_dict(),
            "meters": self.meters.to_dict(),
        }
        return {"format": FORMAT} | fields | counted

    @classmethod
    def of_county(
        cls,
        on: date,
        *,
        registry: RegistryTally = NOT_COUNTED,
        work: WorkTally = NO_WORK,
        meters: FleetTally = NO_METERS,
    ) -> Self:
        """Return records of what is counted in the county alone; ``on`` where nothing counted says its day."""
        return cls(
            title="",
            doc_number="",
            on=registry.on or work.certificates.on or work.standards.on or meters.on or on,
            tasks=(),
            evidence=(),
            findings=(),
            registry=registry,
            work=work,
            meters=meters,
        )

    @classmethod
    def of_registry(cls, registry: RegistryTally, on: date) -> Self:
        """Return records of the registry alone, for its indicators."""
        return cls.of_county(on, registry=registry)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read the open-data form.

        Raises
        ------
        ValueError
            Naming what is missing or of another format.
        """
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            raise ValueError(f"format is not {FORMAT}")
        try:
            return cls(
                title=str(data["title"]),
                doc_number=str(data["doc_number"]),
                on=date.fromisoformat(data["on"]),
                tasks=tuple(_task(task) for task in data["tasks"]),
                evidence=tuple(
                    EvidenceRecord(
                        item["task"], item["unit"], date.fromisoformat(item["happened_on"]), item["sha256"]
                    )
                    for item in data["evidence"]
                ),
                findings=tuple(data["findings"]),
                # Files that were downloaded before these were counted have none.
                registry=RegistryTally.from_dict(data["registry"]) if "registry" in data else NOT_COUNTED,
                work=WorkTally.from_dict(data["work"]) if "work" in data else NO_WORK,
                meters=FleetTally.from_dict(data["meters"]) if "meters" in data else NO_METERS,
            )
        except (KeyError, TypeError, AttributeError, InvalidOperation) as error:
            raise ValueError(f"missing or malformed: {error}") from error

    def led_by(self, unit: str) -> Self:
        """Return the snapshot of the tasks that ``unit`` leads, with their evidence."""
        tasks = tuple(task for task in self.tasks if unit in task.lead)
        keys = {task.key for task in tasks}
        return replace(self, tasks=tasks, evidence=tuple(e for e in self.evidence if e.task in keys))

    def evidence_for(self, task: TaskRecord) -> tuple[EvidenceRecord, ...]:
        """Return the evidence filed for one task."""
        return self._evidence_by_task.get(task.key, ())

    @cached_property
    def _evidence_by_task(self) -> dict[str, tuple[EvidenceRecord, ...]]:
        found: dict[str, tuple[EvidenceRecord, ...]] = {}
        for key, items in groupby(sorted(self.evidence, key=_task_of), key=_task_of):
            found[key] = tuple(items)
        return found

    def task(self, name: str) -> TaskRecord:
        """Return the task with this key, or with this label where only one has it.

        Raises
        ------
        LookupError
            None, or several; the message names the keys to choose from.
        """
        found = [task for task in self.tasks if task.key == name] or [
            t for t in self.tasks if t.label == name
        ]
        if len(found) != 1:
            raise LookupError("、".join(task.key for task in found))
        return found[0]


def fresh_units(records: PlanRecords, task: TaskRecord) -> frozenset[str]:
    """Return the units that filed evidence of the last ``FRESH_DAYS`` days for a task."""
    since = records.on - timedelta(days=FRESH_DAYS)
    return frozenset(
        item.unit for item in records.evidence_for(task) if since < item.happened_on <= records.on
    )


def _task(data: Mapping[str, Any]) -> TaskRecord:
    return TaskRecord(
        key=data["key"],
        label=data["label"],
        title=data["title"],
        lead=tuple(data["lead"]),
        responsible=tuple(data["responsible"]),
        obliged=tuple(data["obliged"]),
        deadline_on=date.fromisoformat(data["deadline_on"]) if data["deadline_on"] else None,
        is_continuous=bool(data["is_continuous"]),
        targets=tuple((str(name), _number(target)) for name, target in data["targets"]),
    )


def _number(text: Any) -> str | None:
    if text is not None and not Decimal(text).is_finite():
        raise ValueError(f"not a number: {text!r}")
    return text if text is None else str(text)


def _task_of(item: EvidenceRecord) -> str:
    return item.task


def _jsonable(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_jsonable(item) for item in value]
    return value
