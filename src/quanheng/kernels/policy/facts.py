"""A compiled plan kept as YAML: facts that need no compiling again."""

from __future__ import annotations

from typing import Any

import yaml

from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.policy.model import CompiledPlan
from quanheng.kernels.policy.refusals import DocumentRefused
from quanheng.kernels.policy.serialize import plan_from_dict

_FIRST_KEY = b"title:"
MAX_BYTES = 2 * 2**20
MAX_TITLE_CHARACTERS = 300
# Besides its own errors, PyYAML lets those of Python through where a tag does not fit its value.
_WRONG = (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError)


class _NoAliases(yaml.SafeLoader):
    """A few aliases of aliases describe a structure larger than any memory; facts need none."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed")
        return super().compose_node(parent, index)


def is_facts(data: bytes) -> bool:
    """Whether ``data`` is what ``quanheng plan compile -o`` writes: it begins with the title's key."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_FIRST_KEY)


def read_facts(data: bytes) -> CompiledPlan:
    """Read a plan.yaml; its source stays the document that it was compiled from.

    Raises
    ------
    DocumentRefused
        Too large, not YAML, or not a plan, with the field that is wrong.
    """
    if len(data) > MAX_BYTES:
        raise DocumentRefused("policy.too_large", limit="2 MB")
    try:
        loaded = yaml.load(data.decode("utf-8-sig"), Loader=_NoAliases)  # noqa: S506  a SafeLoader
        plan = plan_from_dict(loaded)
        canonical_json(
            plan.to_dict()
        )  # what cannot be logged or stored is refused here: NaN, lone surrogates
        _require_departments(plan)
    except _WRONG as error:
        raise DocumentRefused("policy.bad_facts", detail=str(error)) from error
    return plan


def _require_departments(plan: CompiledPlan) -> None:
    listed = {department.name for department in plan.departments}
    items = [name for item in plan.items for name in (*item.lead, *item.responsible)]
    rows = [name for row in plan.annex for name in (*row.lead, *row.responsible)]
    if missing := sorted({*items, *rows} - listed):
        raise ValueError(f"plan.departments: missing {', '.join(missing)}")
    for text in (plan.title or "", plan.doc_number or "", *(item.label + item.title for item in plan.items)):
        if len(text) > MAX_TITLE_CHARACTERS or "\x00" in text:
            raise ValueError(f"a title or number is too long or no text: {text[:40]!r}")
