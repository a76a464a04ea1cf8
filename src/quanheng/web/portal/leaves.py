"""A leaf of the log in words for people who have never seen one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.taskboard.indicators import REGISTRY
from quanheng.transparency.models import Leaf
from quanheng.web.staff.words import LEAF_FIELDS


@dataclass(frozen=True)
class Field:
    """One field of the fact; ``is_personal`` where the log holds only a commitment to it."""

    word: str
    text: str
    is_personal: bool


@dataclass(frozen=True)
class Described:
    """A leaf with what it says in words."""

    index: int
    kind: str
    word: str
    subject: str
    at: datetime
    fields: tuple[Field, ...]
    entry: str
    leaf_hash: str


def kind_words() -> dict[str, str]:
    """Return what each kind of leaf records.  A kind without a word is shown by its code."""
    return {
        "county:loaded": _("载入县区配置"),
        "unit:saved": _("新增或修改单位"),
        "unit:alias_added": _("增加单位别名"),
        "user:created": _("新建用户"),
        "user:roles_set": _("设定岗位"),
        "user:erased": _("删除个人信息"),
        "plan:received": _("收到规划文件"),
        "plan:adopted": _("采用规划"),
        "plan:draft_discarded": _("删除草稿"),
        "task:indicators_set": _("设定任务指标"),
        "evidence:filed": _("提交佐证材料"),
        "evidence:withdrawn": _("撤回佐证材料"),
    }


def kind_options() -> list[tuple[str, str, int | None]]:
    """Return the kinds as the words of a filter."""
    return [(kind, word, None) for kind, word in kind_words().items()]


def described(leaf: Leaf) -> Described:
    """Return a leaf in words; the entry itself stays beside them, exactly as it was signed."""
    entry = bytes(leaf.entry)
    parsed = parse_leaf(entry)
    return Described(
        index=leaf.index,
        kind=leaf.kind,
        word=kind_words().get(leaf.kind, leaf.kind),
        subject=leaf.subject,
        at=parsed.at,
        fields=tuple(_field(name, value) for name, value in parsed.data.items()),
        entry=entry.decode(),
        leaf_hash=bytes(leaf.leaf_hash).hex(),
    )


def _field(name: str, value: object) -> Field:
    word = _field_word(name)
    if isinstance(value, dict) and set(value) == {"commitment"}:
        return Field(word, str(value["commitment"]), is_personal=True)
    return Field(word, _text(value), is_personal=False)


def _field_word(name: str) -> str:
    if name in REGISTRY:  # a leaf that links indicators to a task names them
        return REGISTRY[name].label
    return str(LEAF_FIELDS.get(name, name))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _("、").join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
