"""The format of a procedure file: one file is one edition of one verification regulation.

``docs/reference/procedure.schema.json`` is made from these models.  What can be said only with the whole file in view
(names, gaps between ranges, ...) is for `checking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import sqrt
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from quanheng.kernels.procedures.entries import (
    Cited,
    Code,
    Entry,
    FromTest,
    Given,
    How,
    Name,
    Quantity,
    Ranged,
    Requirement,
    Shape,
    Stage,
    Standard,
    StandardRequirement,
    Surrounding,
    Text,
)
from quanheng.kernels.procedures.formula import Expression, Formula, Wanted
from quanheng.kernels.rules.model import Confidence

__all__ = [
    "DIVISORS",
    "Check",
    "Cited",
    "Component",
    "Conclusion",
    "Conclusions",
    "Entry",
    "FromTest",
    "Given",
    "How",
    "Judge",
    "Period",
    "Point",
    "Procedure",
    "Quantity",
    "Ranged",
    "Regulation",
    "Requirement",
    "Served",
    "Shape",
    "Show",
    "Stage",
    "Standard",
    "StandardRequirement",
    "Statistic",
    "Surrounding",
    "Table",
    "TableRow",
    "Test",
    "Value",
]


# Half-width over standard deviation: JJF 1059.1-2012, table 3; GUM 4.3.7, 4.3.9, 4.4.5.
DIVISORS: Mapping[Shape, float] = {
    Shape.RECTANGULAR: sqrt(3),
    Shape.TRIANGULAR: sqrt(6),
    Shape.ARCSINE: sqrt(2),
}


class TableRow(Ranged, Cited):
    """A line of a table: where it holds and what it says; ± ``value``, or ``lower`` and ``upper``."""

    when: dict[Name, Wanted] = {}
    at: Expression | None = None
    """Only for this value of the quantity of the table."""
    value: Expression | None = None
    lower: Expression | None = None
    upper: Expression | None = None

    @model_validator(mode="after")
    def _value_or_bounds(self) -> TableRow:
        if (self.value is None) == (self.lower is None and self.upper is None):
            raise PydanticCustomError("row", "每行给 value，或给 lower、upper（可只给一侧）。")
        if self.at is not None and not self.is_open:
            raise PydanticCustomError("row", "给了 at 就不能再给范围。")
        return self


class Table(Cited):
    """Numbers of the law."""

    label: Text
    unit: Text | None = None
    over: Expression | None = None
    """The quantity that the ranges of the rows are about."""
    times: dict[Stage, Annotated[float, Field(gt=0)]] = {}
    """Factor on every value at a stage; 1 where absent."""
    none_for: tuple[dict[Name, Wanted], ...] = ()
    """Combinations of choices that the table leaves out on purpose."""
    rows: tuple[TableRow, ...]
    """May be empty only where `lacks` names limits."""


class Value(Entry):
    """A number computed for each row."""

    formula: Expression
    label: Text
    symbol: Text | None = None
    unit: Text | None = None


class Statistic(Entry):
    """A number made of all rows of a group."""

    how: How
    of: Name
    label: Text
    symbol: Text | None = None
    unit: Text | None = None
    when: dict[Name, Wanted] = {}
    """Only the rows of the group for which this holds."""


class Component(Entry):
    """A contribution to the uncertainty of the judged value.

    ``of`` names the quantity that is uncertain; its sensitivity is computed.  Without it the contribution is to the
    judged value itself.  One of the three ways to say how much.
    """

    label: Text
    of: Name | None = None
    half_width: Expression | None = None
    distribution: Shape | None = None
    standard_uncertainty: Expression | None = None
    expanded_uncertainty: Expression | None = None
    coverage_factor: Annotated[float, Field(gt=0)] | None = None
    degrees_of_freedom: Expression | None = None
    """Default: infinitely many."""

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Component:
        ways = (self.half_width, self.standard_uncertainty, self.expanded_uncertainty)
        if sum(way is not None for way in ways) != 1:
            raise PydanticCustomError(
                "component", "half_width、standard_uncertainty、expanded_uncertainty 三者给一个。"
            )
        if (self.half_width is None) != (self.distribution is None):
            raise PydanticCustomError("component", "half_width 与 distribution 应同时给出。")
        if (self.expanded_uncertainty is None) != (self.coverage_factor is None):
            raise PydanticCustomError("component", "expanded_uncertainty 与 coverage_factor 应同时给出。")
        return self

    @property
    def size(self) -> tuple[Formula, float]:
        """What is stated, and what it is divided by to give a standard uncertainty."""
        if self.half_width is not None and self.distribution is not None:
            return self.half_width, DIVISORS[self.distribution]
        if self.expanded_uncertainty is not None and self.coverage_factor is not None:
            return self.expanded_uncertainty, self.coverage_factor
        if self.standard_uncertainty is not None:
            return self.standard_uncertainty, 1.0
        raise ValueError("a component without a size")


class Judge(Cited):
    """One decision: a value against a table (±, or its bounds), or against formulas that may name tables.

    It is made for each group where the value names a statistic, else for each row.
    """

    label: Text | None = None
    """Default: that of the value."""
    value: Expression
    table: Name | None = None
    lower: Expression | None = None
    upper: Expression | None = None
    """The name of a table stands for the half-width of its limits."""
    round: Name | None = None
    """Table of the rounding interval: the value is rounded by GB/T 8170, then judged."""
    when: dict[Name, Wanted] = {}
    unit: Text | None = None
    """Default: that of the value."""
    uncertainty: tuple[Component, ...] | None = None
    """Default: that of the test, for decisions on rows; none for decisions on groups."""

    @model_validator(mode="after")
    def _table_or_bounds(self) -> Judge:
        if (self.table is None) == (self.lower is None and self.upper is None):
            raise PydanticCustomError("judge", "给 table，或给 lower、upper（可只给一侧）。")
        return self


class Show(Entry):
    """What is shown beside a judged value."""

    reference: Expression | None = None
    indication: Expression | None = None


class Point(Entry):
    """A point at which readings are to be taken; for the template."""

    label: Text
    value: Expression | None = None
    """Of the first column of numbers."""
    columns: dict[Name, str | int | float] = {}
    """Of others: formulas, or choices."""
    repeat: Annotated[int, Field(gt=0)] = 1
    when: dict[Name, Wanted] = {}


class Test(Entry):
    """A test: what is read, what is computed, what is judged."""

    title: Text
    stages: tuple[Stage, ...] | None = None
    """Default: all of the file."""
    when: dict[Name, Wanted] = {}
    """Only for instruments with these choices."""
    required: bool | tuple[Stage, ...] = True
    """Whether the verdict waits for it: at all stages, or at those named."""
    at_least: Annotated[int, Field(gt=0)] | dict[Stage, Annotated[int, Field(gt=0)]] = 1
    """Rows; where there is `group_by`, rows of each group."""
    at_least_groups: Annotated[int, Field(gt=0)] = 1
    note: Annotated[str, Field(max_length=2000)] = ""
    points: tuple[Point, ...] = ()
    group_by: tuple[Name, ...] = ()
    """Rows with equal columns belong together; without it all rows of an instrument do."""
    readings: dict[Name, Quantity]
    given: dict[Name, Given] = {}
    values: dict[Name, Value] = {}
    statistics: dict[Name, Statistic] = {}
    show: Show = Show()
    judge: tuple[Judge, ...]
    uncertainty: tuple[Component, ...] = ()

    @field_validator("readings")
    @classmethod
    def _some_readings(cls, readings: dict[str, Quantity]) -> dict[str, Quantity]:
        if not readings:
            raise PydanticCustomError("readings", "至少要有一列读数。")
        return readings

    def is_required(self, stage: Stage) -> bool:
        """Whether the verdict waits for it at a stage."""
        return self.required if isinstance(self.required, bool) else stage in self.required

    def least(self, stage: Stage) -> int:
        """Return how many rows are wanted at a stage."""
        return self.at_least if isinstance(self.at_least, int) else self.at_least.get(stage, 1)


class Check(Cited):
    """Something that is looked at."""

    text: Text
    stages: tuple[Stage, ...] | None = None
    when: dict[Name, Wanted] = {}
    required: bool | tuple[Stage, ...] = True
    consequence: Text | None = None

    def is_required(self, stage: Stage) -> bool:
        """Whether the verdict waits for it at a stage."""
        return self.required if isinstance(self.required, bool) else stage in self.required


class Conclusion(Entry):
    """How a verdict is worded, and what follows from it."""

    text: Text
    consequence: Annotated[str, Field(max_length=500)] = ""


class Conclusions(Entry):
    """The three verdicts."""

    passed: Conclusion = Conclusion(text="合格")
    rejected: Conclusion = Conclusion(text="不合格")
    undetermined: Conclusion = Conclusion(text="未能判定")


class Period(Cited):
    """For how long a verification holds; None where it is not periodic, or not known."""

    when: dict[Name, Wanted] = {}
    months: Annotated[int, Field(gt=0)] | None
    text: Text | None = None


class Regulation(Entry):
    """The edition that the file holds."""

    number: Text
    edition: Annotated[str, Field(max_length=50)] = ""
    title: Text
    basis: Text | None = None
    in_force_from: date | None
    in_force_to: date | None = None
    """The last day."""
    clause: Text | None = None
    confidence: Confidence
    source: Text
    lacks: frozenset[Code] = frozenset()
    note: Annotated[str, Field(max_length=2000)] = ""

    @property
    def document(self) -> str:
        """Number with edition, such as JJG 539-2016."""
        return f"{self.number}-{self.edition}" if self.edition else self.number


class Served(Entry):
    """A kind of the registry to which this edition applies, within the days that the regulation is in force."""

    kind: Code
    names: tuple[Text, ...] = ()
    """Other names by which it is asked for."""
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None


class Procedure(Entry):
    """One edition of one regulation."""

    format: Literal[1]
    based_on: Code | None = None
    """File whose parts are taken over; those of this file replace them, `null` removes one."""
    regulation: Regulation
    serves: Annotated[tuple[Served, ...], Field(min_length=1)]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)] = tuple(Stage)
    instrument: dict[Name, Quantity] = {}
    require: tuple[Requirement, ...] = ()
    environment: dict[Name, Surrounding] = {}
    standard: Standard = Standard()
    tables: dict[Name, Table] = {}
    tests: dict[Name, Test] = {}
    checks: dict[Name, Check] = {}
    conclusions: Conclusions = Conclusions()
    period: tuple[Period, ...] = ()
    coverage_factor: Annotated[float, Field(gt=0)] = 2.0
    """Of the expanded uncertainty in reports (JJF 1059.1-2012, 4.5)."""

    @property
    def usual_stage(self) -> Stage:
        """What a verification is for where nobody says: subsequent, the most frequent; else the first of the file."""
        return Stage.SUBSEQUENT if Stage.SUBSEQUENT in self.stages else self.stages[0]
