"""Stored codes in the words that a person reads."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    "name": gettext_lazy("名称"),
    "on": gettext_lazy("日期"),
    "openings": gettext_lazy("销毁的开启值"),
    "reason": gettext_lazy("理由"),
    "roles": gettext_lazy("岗位"),
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
