"""The transparency log: its newest checkpoint, its leaves, and the proof of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.transparency import selectors
from quanheng.transparency.models import Leaf, SignedCheckpoint
from quanheng.web.api.schemas import MAX_LIMIT, IndexInPath, reads, writes
from quanheng.web.auth import require_permission

router = Router(tags=["log"])


class CheckpointOut(Schema):
    tree_size: int
    root_hash: str = Field(description="十六进制")
    signed_at: datetime
    note: str = Field(description="签名检查点原文")

    @staticmethod
    def resolve_root_hash(checkpoint: SignedCheckpoint) -> str:
        return bytes(checkpoint.root_hash).hex()


class LogStatusOut(Schema):
    """How far the log is.  ``pending`` leaves are recorded already and wait for their number."""

    checkpoint: CheckpointOut | None
    pending: int


class LeafOut(Schema):
    index: int
    kind: str
    subject: str
    staged_at: datetime
    entry: str = Field(description="规范 JSON 原文，个人信息只有承诺值")
    leaf_hash: str = Field(description="十六进制")

    @staticmethod
    def resolve_entry(leaf: Leaf) -> str:
        return bytes(leaf.entry).decode()

    @staticmethod
    def resolve_leaf_hash(leaf: Leaf) -> str:
        return bytes(leaf.leaf_hash).hex()


class LeavesOut(Schema):
    """Leaves, newest first; ``older`` and ``newer`` are what to give as ``before`` and ``after`` next."""

    items: list[LeafOut]
    older: int | None
    newer: int | None


class ProofOut(Schema):
    """The proof file that ``quanheng log verify-proof`` reads."""

    format: str
    index: int
    entry: str
    leaf_hash: str
    inclusion: list[str]
    checkpoint: str
    vkey: str


class OpeningOut(Schema):
    """What a commitment in a leaf hides; ``value`` and ``salt`` are null once the person is erased."""

    field: str
    commitment: str
    value: Any | None
    salt: str | None = Field(description="十六进制")


class LeafFilter(Schema):
    kind: str = Field("", max_length=64)
    subject: str = Field("", max_length=200)
    before: int | None = Field(None, ge=0, le=2**63 - 1)
    after: int | None = Field(None, ge=0, le=2**63 - 1)
    limit: int = Field(50, ge=1, le=MAX_LIMIT)


@router.get("/log", response=reads(LogStatusOut), summary="日志的最新检查点和待入日志的条数")
def get_log(request: HttpRequest) -> dict[str, Any]:
    require_permission(request, "transparency.view")
    return {"checkpoint": selectors.latest_checkpoint(), "pending": selectors.pending_count()}


@router.get("/log/leaves", response=reads(LeavesOut), summary="日志条目，新的在前")
def list_leaves(request: HttpRequest, wanted: Query[LeafFilter]) -> dict[str, Any]:
    require_permission(request, "transparency.view")
    page = selectors.leaves(**wanted.dict())
    return {"items": page.leaves, "older": page.older, "newer": page.newer}


@router.get("/log/leaves/{index}", response=reads(LeafOut), summary="一条日志")
def get_leaf(request: HttpRequest, index: IndexInPath) -> Leaf:
    require_permission(request, "transparency.view")
    return selectors.leaf(index)


@router.get("/log/leaves/{index}/openings", response=reads(list[OpeningOut]), summary="日志中承诺值的原文")
def list_openings(request: HttpRequest, index: IndexInPath) -> list[dict[str, Any]]:
    require_permission(request, "transparency.view_openings")
    data = parse_leaf(bytes(selectors.leaf(index).entry)).data
    return [
        _opened(field, value["commitment"])
        for field, value in data.items()
        if isinstance(value, dict) and set(value) == {"commitment"}
    ]


def _opened(field: str, commitment: str) -> dict[str, Any]:
    opening = selectors.opening_for(commitment)
    return {
        "field": field,
        "commitment": commitment,
        "value": opening.value if opening else None,
        "salt": bytes(opening.salt).hex() if opening else None,
    }


# 409 as for a write: a leaf may be numbered before the checkpoint that covers it is published.
@router.get("/log/leaves/{index}/proof", response=writes(ProofOut), summary="一条日志的包含证明")
def get_proof(request: HttpRequest, index: IndexInPath) -> dict[str, Any]:
    require_permission(request, "transparency.view")
    return selectors.proof(index)
