"""A compiled plan kept as YAML: facts that need no compiling again."""

from __future__ import annotations

import yaml

from quanheng.kernels.policy.model import CompiledPlan
from quanheng.kernels.policy.refusals import DocumentRefused
from quanheng.kernels.policy.serialize import plan_from_dict

_FIRST_KEY = b"title:"


def is_facts(data: bytes) -> bool:
    """Whether ``data`` is what ``quanheng plan compile -o`` writes: it begins with the title's key."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_FIRST_KEY)


def read_facts(data: bytes) -> CompiledPlan:
    """Read a plan.yaml; its source stays the document that it was compiled from.

    Raises
    ------
    DocumentRefused
        Not YAML, or not a plan, with the field that is wrong.
    """
    try:
        return plan_from_dict(yaml.safe_load(data.decode("utf-8-sig")))
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentRefused("policy.bad_facts", detail=str(error)) from error
