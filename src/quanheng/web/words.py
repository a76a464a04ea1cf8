"""Stored codes in the words that a person reads, on staff and public pages alike."""

from __future__ import annotations

import json

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.status import Status

# css of components/status.html for each status
STATUS_KIND = {
    Status.OVERDUE: "late",
    Status.NOT_STARTED: "off",
    Status.STALE: "unsure",
    Status.MOVING: "going",
    Status.DONE: "good",
}

# Worst first: the order of filters and of sorting by status.
STATUS_ORDER = (Status.OVERDUE, Status.STALE, Status.NOT_STARTED, Status.MOVING, Status.DONE)

LEAF_FIELDS = {
    "active": gettext_lazy("启用"),
    "alias": gettext_lazy("别名"),
    "aliases": gettext_lazy("别名"),
    "by": gettext_lazy("经办人"),
    "changes": gettext_lazy("变化"),
    "code": gettext_lazy("代码"),
    "demo": gettext_lazy("演示数据"),
    "doc_number": gettext_lazy("文号"),
    "file_name": gettext_lazy("文件名"),
    "findings": gettext_lazy("问题"),
    "kind": gettext_lazy("类型"),
    "label": gettext_lazy("任务编号"),
    "members": gettext_lazy("成员"),
    "name": gettext_lazy("名称"),
    "on": gettext_lazy("日期"),
    "openings": gettext_lazy("销毁的开启值"),
    "reason": gettext_lazy("理由"),
    "roles": gettext_lazy("岗位"),
    "second_factor_removed": gettext_lazy("取消两步验证"),
    "sha256": "SHA-256",
    "size": gettext_lazy("大小（字节）"),
    "task": gettext_lazy("任务"),
    "tasks": gettext_lazy("任务数"),
    "title": gettext_lazy("标题"),
    "unit": gettext_lazy("单位"),
    "units": gettext_lazy("单位数"),
    "version": gettext_lazy("版本"),
}

LEAD_RULES = {
    "explicit_牵头": gettext_lazy("文件明确写明“牵头”。"),
    "explicit_主办": gettext_lazy("文件明确写明“主办”。"),
    "explicit_会同": gettext_lazy("文件写明由其会同其他单位办理。"),
    "first_listed_is_lead": gettext_lazy("按文件所述“排第一位的为牵头单位”规则。"),
    "before_semicolon_is_lead": gettext_lazy("按文件所述“分号前为牵头单位”规则。"),
    "before_comma_is_lead": gettext_lazy("按文件所述“逗号前为牵头单位”规则。"),
    "marked_is_lead": gettext_lazy("按文件所述“带标记的为牵头单位”规则。"),
    "none_stated": gettext_lazy("文件没有写明牵头单位，系统不作推定。"),
}


def lead_rule_words(rule: str) -> str:
    """Return why the lead leads."""
    return str(LEAD_RULES.get(rule) or _("规则：%(code)s") % {"code": rule})


def kind_words() -> dict[str, str]:
    """Return what each kind of leaf records.  A kind without a word is shown by its code."""
    return {
        "county:loaded": _("载入县区配置"),
        "unit:saved": _("新增或修改单位"),
        "unit:alias_added": _("增加单位别名"),
        "user:created": _("新建用户"),
        "user:roles_set": _("设定岗位"),
        "user:password_reset": _("管理员重设密码"),
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


def kind_word(kind: str) -> str:
    """Return what a kind of leaf records."""
    return kind_words().get(kind, kind)


def field_word(name: str) -> str:
    """Return what a field of a leaf is called."""
    if name in REGISTRY:  # a leaf that links indicators to a task names them
        return REGISTRY[name].label
    return str(LEAF_FIELDS.get(name, name))


def value_words(value: object) -> str:
    """Return the value of a leaf's field as it is read."""
    if isinstance(value, bool):
        return yes_or_no(value)
    if value is None or value == "":
        return _("（空）")
    if isinstance(value, list):
        return _("、").join(value_words(item) for item in value) or _("（无）")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def yes_or_no(fact: bool) -> str:
    """Return the word for a fact that holds or does not."""
    return _("是") if fact else _("否")
