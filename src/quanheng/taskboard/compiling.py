"""The policy compiler with this county's names: bytes in, compiled plan out."""

from __future__ import annotations

from quanheng.core.selectors import unit_names
from quanheng.kernels.policy import CompiledPlan, DocumentRefused, compile_plan
from quanheng.taskboard.errors import DocumentNotRead


def compile_for_county(data: bytes, *, filename: str) -> CompiledPlan:
    """Compile a document by the names of this county.

    Raises
    ------
    DocumentNotRead
        With the compiler's reason, for the person who sent the file.
    """
    names = unit_names()
    try:
        return compile_plan(data, filename=filename, aliases=names, known=set(names))
    except DocumentRefused as error:
        raise DocumentNotRead(reason=str(error), reason_code=error.code) from error


def unknown_names(plan: CompiledPlan) -> list[str]:
    """Return the names in a plan that no unit of this county bears, in order of appearance."""
    names = unit_names()
    return [item.name for item in plan.departments if item.name not in names and item.canonical not in names]


def unit_name(plan_name: str, canonical: dict[str, str], names: dict[str, str]) -> str:
    """Return the name of the unit that a plan calls ``plan_name``.  KeyError for an unknown one."""
    return names[plan_name] if plan_name in names else names[canonical[plan_name]]
