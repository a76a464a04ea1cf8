"""The smaller parts of the procedure format: citations, ranges, quantities, requirements."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from quanheng.kernels.procedures.formula import Expression, Formula, Wanted, as_formula
from quanheng.kernels.rules.model import Confidence

Text = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(pattern=r"^[^\W\d]\w*$", max_length=40)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class Stage(StrEnum):
    """What the verification is for."""

    FIRST = "first"
    SUBSEQUENT = "subsequent"
    IN_SERVICE = "in_service"


class How(StrEnum):
    """How one number is made of the readings of a group."""

    MEAN = "mean"
    STD = "std"
    RANGE = "range"
    MAX = "max"
    MIN = "min"
    MAX_ABS = "max_abs"
    SUM = "sum"
    COUNT = "count"
    FIRST = "first"
    LAST = "last"


class Shape(StrEnum):
    """Distribution of a quantity between two bounds."""

    RECTANGULAR = "rectangular"
    TRIANGULAR = "triangular"
    ARCSINE = "arcsine"


class Entry(BaseModel):
    """What all parts have in common: nothing unknown is accepted."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        use_attribute_docstrings=True,
        defer_build=True,
    )


class Cited(Entry):
    """Where a requirement stands, and how sure the compilers are of it."""

    clause: Text | None = None
    source: Text | None = None
    confidence: Confidence | None = None
    """Default: that of the table, else of the regulation."""
    lacks: frozenset[Code] = frozenset()
    """What was not found: clause, source, limits, ..."""
    regulation: Text | None = None
    """The document it stands in, where that is not the regulation of the file; filled in what `based_on` brings."""
    note: Annotated[str, Field(max_length=2000)] = ""


class Ranged(Entry):
    """An interval; a side that is absent is open."""

    from_: Expression | None = Field(default=None, alias="from")
    """At least."""
    above: Expression | None = None
    to: Expression | None = None
    """At most."""
    below: Expression | None = None

    @model_validator(mode="after")
    def _one_bound_a_side(self) -> Ranged:
        if (self.from_ and self.above) or (self.to and self.below):
            raise PydanticCustomError("range", "一侧只能有一个界：from 与 above、to 与 below 各取其一。")
        return self

    @property
    def is_open(self) -> bool:
        """Whether no side is bounded."""
        return not (self.from_ or self.above or self.to or self.below)


class Quantity(Ranged):
    """A number or a choice that somebody fills in."""

    label: Text
    symbol: Text | None = None
    unit: Text | None = None
    choices: tuple[Text, ...] | None = None
    """What may be filled in; a number is wanted where this is absent."""
    default: str | int | float | None = None
    """A formula of what is known there, which may name a table; or one of the choices."""
    assumed_half_width: Expression | None = None
    """How far the true value may lie from the default; goes before what the uncertainty says of a given one."""
    required: bool = True
    """Whether the verdict waits for it."""
    hint: Annotated[str, Field(max_length=500)] = ""
    """Said beside the cell of the template."""

    @model_validator(mode="after")
    def _choice_or_number(self) -> Quantity:
        if self.choices is not None:
            if self.unit is not None or not self.is_open:
                raise PydanticCustomError("choice", "可选项（choices）不能有单位或上下限。")
            if self.default is not None and self.default not in self.choices:
                raise PydanticCustomError("choice", "默认值不在可选值（choices）之内。")
            if len(set(self.choices)) != len(self.choices):
                raise PydanticCustomError("choice", "可选值重复。")
            if self.assumed_half_width is not None:
                raise PydanticCustomError("choice", "可选项没有 assumed_half_width。")
        elif self.default is not None:
            as_formula(self.default)
        return self

    @cached_property
    def formula(self) -> Formula | None:
        """The default of a number."""
        return None if self.default is None or self.choices is not None else as_formula(self.default)


class FromTest(Entry):
    """A number taken from another test of the same instrument."""

    test: Name
    value: Name
    how: How


class Given(Quantity):
    """Filled in once for an instrument in a test; ``from_test`` goes before ``default``."""

    from_test: FromTest | None = None


class Surrounding(Quantity, Cited):
    """A condition of the environment."""


class Requirement(Ranged, Cited):
    """A value that must lie in a range."""

    when: dict[Name, Wanted] = {}
    value: Expression
    text: Text


class StandardRequirement(Requirement):
    """A requirement on the reference standard; ``limit`` is the half-width of the judged limits."""

    tests: tuple[Name, ...] | None = None
    """Default: the tests whose uncertainty uses a field of the standard that the value names."""


class Standard(Entry):
    """What must be known of the reference standard."""

    fields: dict[Name, Quantity] = {}
    """A reading may bring its own: a column of the same name."""
    require: tuple[StandardRequirement, ...] = ()

    @field_validator("fields")
    @classmethod
    def _numbers(cls, fields: dict[str, Quantity]) -> dict[str, Quantity]:
        if any(quantity.choices is not None for quantity in fields.values()):
            raise PydanticCustomError("standard", "标准器的各项只能是数，没有可选项。")
        return fields
