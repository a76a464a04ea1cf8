"""The policy compiler: a government's plan document → tasks, departments, annex and findings."""

from __future__ import annotations

from quanheng.kernels.policy.compile import compile_document, compile_plan
from quanheng.kernels.policy.departments import Names
from quanheng.kernels.policy.diff import PlanChange, diff_plans
from quanheng.kernels.policy.model import (
    AnnexRow,
    Assignment,
    CompiledPlan,
    Department,
    Document,
    Finding,
    Goal,
    Item,
    Paragraph,
    Source,
    Table,
    Target,
)
from quanheng.kernels.policy.readers import read_document
from quanheng.kernels.policy.refusals import DocumentRefused
from quanheng.kernels.policy.rules import LeadRule
from quanheng.kernels.policy.serialize import plan_from_dict

__all__ = [
    "AnnexRow",
    "Assignment",
    "CompiledPlan",
    "Department",
    "Document",
    "DocumentRefused",
    "Finding",
    "Goal",
    "Item",
    "LeadRule",
    "Names",
    "Paragraph",
    "PlanChange",
    "Source",
    "Table",
    "Target",
    "compile_document",
    "compile_plan",
    "diff_plans",
    "plan_from_dict",
    "read_document",
]
