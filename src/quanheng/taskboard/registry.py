"""The registry of indicators: named queries over records, each with formula, source and command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext

from quanheng.certificates.tally import WorkTally
from quanheng.instruments.tally import RegistryTally
from quanheng.taskboard.errors import UnknownIndicator
from quanheng.taskboard.meters_tally import FleetCounts
from quanheng.taskboard.records import FRESH_DAYS, PlanRecords, TaskRecord


@dataclass(frozen=True)
class Wording:
    """The Chinese texts of an indicator; ``values`` fill their placeholders, translated as well."""

    label: str
    unit: str
    formula: str
    source: str
    values: Mapping[str, str] = field(default_factory=dict)

    def shown(self, text: str) -> str:
        """Return one of the texts in the reader's language."""
        return gettext(text).format(
            days=FRESH_DAYS, **{key: gettext(value) for key, value in self.values.items()}
        )


class Over(StrEnum):
    """What an indicator is computed over."""

    PLAN = "plan"
    TASK = "task"
    REGISTRY = "registry"
    CERTIFICATES = "certificates"
    STANDARDS = "standards"
    METERS = "meters"


# Counted in the whole county, for no plan; each from a table of the open data.
TABLES = {
    Over.REGISTRY: "instruments.csv",
    Over.CERTIFICATES: "certificates.csv",
    Over.STANDARDS: "standards.csv",
    Over.METERS: "meters.csv",
}
# Those of them of which a town or a kind of instrument can be counted alone.
PARTED = frozenset({Over.REGISTRY, Over.CERTIFICATES})


@dataclass(frozen=True)
class Indicator:
    """A named query and all that is needed to doubt it."""

    name: str
    wording: Wording
    compute: Callable[[PlanRecords, TaskRecord | None], Decimal]
    over: Over
    of_document: bool = False  # about the document as a whole: no part of it belongs to a unit
    more_is_better: bool = False  # of the county's: only such a one can have a target to reach

    @property
    def per_task(self) -> bool:
        """Whether it is computed over one task."""
        return self.over is Over.TASK

    @property
    def of_county(self) -> bool:
        """Whether it is counted in the county, whatever the plan."""
        return self.over in TABLES

    @property
    def measures_tasks(self) -> bool:
        """Whether it can measure a task: its own records, or what is counted in the county."""
        return self.per_task or self.more_is_better

    @property
    def label(self) -> str:
        """Return what the figure is called, in the reader's language."""
        return self.wording.shown(self.wording.label)

    @property
    def unit(self) -> str:
        """Return the unit, in the reader's language."""
        return self.wording.shown(self.wording.unit)

    @property
    def formula(self) -> str:
        """Return how it is computed, in the reader's language."""
        return self.wording.shown(self.wording.formula)

    @property
    def source(self) -> str:
        """Return the records that it is computed from, in the reader's language."""
        return self.wording.shown(self.wording.source)

    def value(self, records: PlanRecords, task: TaskRecord | None = None) -> Decimal:
        """Return the value over the plan, over one task, or over the county, whatever the task.

        Raises
        ------
        ValueError
            If a task is missing for a per-task indicator, or given for one of the plan.
        """
        if not self.of_county and self.per_task == (task is None):
            raise ValueError(f"{self.name}: per_task={self.per_task}, task={task}")
        return self.compute(records, task)

    def command(
        self,
        task: TaskRecord | None = None,
        *,
        plan: str = "",
        lead: str = "",
        data: str = "",
        town: str = "",
        kind: str = "",
    ) -> str:
        """Return the command that recomputes the value, from the database or from open data."""
        parts = [f"quanheng indicator show {self.name}"]
        parts += [f"--plan '{plan}'"] if plan and not data and not self.of_county else []
        parts += [f"--task '{task.key}'"] if task and not self.of_county else []
        parts += [f"--lead '{lead}'"] if lead else []
        parts += [f"--town '{town}'"] if town else []
        parts += [f"--kind {kind}"] if kind else []
        parts += [f"--data {data}"] if data else []
        return " ".join(parts)


REGISTRY: dict[str, Indicator] = {}


def percent(part: int, whole: int) -> Decimal:
    """Return a share in per cent with one decimal; 0 where there is nothing to share."""
    return Decimal(0) if whole == 0 else (Decimal(100) * part / whole).quantize(Decimal("0.1"))


def find(name: str) -> Indicator:
    """Return the indicator ``name``.  UnknownIndicator if there is none."""
    if name not in REGISTRY:
        raise UnknownIndicator(name=name)
    return REGISTRY[name]


def plan_indicator(
    name: str, wording: Wording, *, of_document: bool = False
) -> Callable[[Callable[[PlanRecords], Decimal]], Callable[[PlanRecords], Decimal]]:
    """Register a function of the whole plan."""

    def register(function: Callable[[PlanRecords], Decimal]) -> Callable[[PlanRecords], Decimal]:
        def compute(records: PlanRecords, _task: TaskRecord | None) -> Decimal:
            return function(records)

        REGISTRY[name] = Indicator(name, wording, compute, Over.PLAN, of_document=of_document)
        return function

    return register


def task_indicator(
    name: str, wording: Wording
) -> Callable[[Callable[[PlanRecords, TaskRecord], Decimal]], Callable[[PlanRecords, TaskRecord], Decimal]]:
    def register(
        function: Callable[[PlanRecords, TaskRecord], Decimal],
    ) -> Callable[[PlanRecords, TaskRecord], Decimal]:
        def compute(records: PlanRecords, task: TaskRecord | None) -> Decimal:
            assert task is not None  # noqa: S101  Indicator.value has checked it; this tells mypy
            return function(records, task)

        REGISTRY[name] = Indicator(name, wording, compute, Over.TASK)
        return function

    return register


def registry_indicator(
    name: str, wording: Wording, *, more_is_better: bool = False
) -> Callable[[Callable[[RegistryTally], Decimal]], Callable[[RegistryTally], Decimal]]:
    """Register a function of the county's registry of instruments, or of one town and kind of it."""

    def register(function: Callable[[RegistryTally], Decimal]) -> Callable[[RegistryTally], Decimal]:
        def compute(records: PlanRecords, _task: TaskRecord | None) -> Decimal:
            return function(records.registry)

        REGISTRY[name] = Indicator(name, wording, compute, Over.REGISTRY, more_is_better=more_is_better)
        return function

    return register


def work_indicator(
    name: str, wording: Wording, over: Over, *, more_is_better: bool
) -> Callable[[Callable[[WorkTally], Decimal]], Callable[[WorkTally], Decimal]]:
    """Register a function of the certificates or the standards of the county's institutes."""

    def register(function: Callable[[WorkTally], Decimal]) -> Callable[[WorkTally], Decimal]:
        def compute(records: PlanRecords, _task: TaskRecord | None) -> Decimal:
            return function(records.work)

        REGISTRY[name] = Indicator(name, wording, compute, over, more_is_better=more_is_better)
        return function

    return register


def meters_indicator(
    name: str, wording: Wording, *, more_is_better: bool
) -> Callable[[Callable[[FleetCounts], Decimal]], Callable[[FleetCounts], Decimal]]:
    """Register a function of the counts of meters in use."""

    def register(function: Callable[[FleetCounts], Decimal]) -> Callable[[FleetCounts], Decimal]:
        def compute(records: PlanRecords, _task: TaskRecord | None) -> Decimal:
            return function(records.meters.counts)

        REGISTRY[name] = Indicator(name, wording, compute, Over.METERS, more_is_better=more_is_better)
        return function

    return register
