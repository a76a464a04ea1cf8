"""Closed vocabularies of the instruments app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class Use(Vocabulary):
    """What an instrument is used for: with its kind it decides whether verification is mandatory."""

    TRADE = "trade", _("贸易结算")
    SAFETY = "safety", _("安全防护")
    MEDICAL = "medical", _("医疗卫生")
    ENVIRONMENT = "environment", _("环境监测")
    ENFORCEMENT = "enforcement", _("行政执法")
    OTHER = "other", _("其他用途")
    UNKNOWN = "unknown", _("待核实")


class Setting(Vocabulary):
    """What sort of place instruments stand in."""

    MARKET = "market", _("集贸市场")
    SHOP = "shop", _("商店超市")
    FUEL_STATION = "fuel_station", _("加油加气站")
    HEALTH = "health", _("医疗卫生机构")
    CHARGING = "charging", _("充电站")
    TRANSPORT = "transport", _("交通运输")
    INDUSTRY = "industry", _("工业企业")
    DEPOT = "depot", _("粮站和收购点")
    UTILITY = "utility", _("水电气用户")
    OTHER = "other", _("其他场所")


class Filing(Vocabulary):
    """How far the filing (备案) of an instrument has come."""

    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审核")
    RETURNED = "returned", _("已退回")
    FILED = "filed", _("已备案")


class Condition(Vocabulary):
    """Whether an instrument is in use."""

    IN_USE = "in_use", _("在用")
    STOPPED = "stopped", _("停用")
    SEALED = "sealed", _("封存")
    SCRAPPED = "scrapped", _("报废")
    # A second record of an instrument that already had one; kept so that its history and label lead on.
    MERGED = "merged", _("已并入")


class Verdict(Vocabulary):
    """Outcome of a verification as a ledger or certificate states it (检定结论)."""

    PASSED = "passed", _("合格")
    REJECTED = "rejected", _("不合格")


class Obligation(Vocabulary):
    """Whether verification is mandatory, as the rules in force answer."""

    MANDATORY = "mandatory", _("强制检定")
    VOLUNTARY = "voluntary", _("非强制检定")
    UNKNOWN = "unknown", _("待核实")


class EventKind(Vocabulary):
    """What happened to an instrument."""

    REGISTERED = "registered", _("登记")
    CHANGED = "changed", _("更正")
    SUBMITTED = "submitted", _("提交备案")
    RETURNED = "returned", _("退回")
    FILED = "filed", _("备案")
    STOPPED = "stopped", _("停用")
    SEALED = "sealed", _("封存")
    RESUMED = "resumed", _("恢复使用")
    SCRAPPED = "scrapped", _("报废")
    MOVED = "moved", _("迁移")
    TRANSFERRED = "transferred", _("转让")
    MERGED = "merged", _("合并")
    VERIFIED = "verified", _("登记检定结果")


class BatchState(Vocabulary):
    """Where an import stands."""

    MAPPING = "mapping", _("核对表头")
    READY = "ready", _("待确认")
    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("导入中")
    DONE = "done", _("已导入")
    FAILED = "failed", _("未完成")
    UNDONE = "undone", _("已撤销")


class Outcome(Vocabulary):
    """What an import did with one row."""

    CREATED = "created", _("新增")
    UPDATED = "updated", _("更新")
    UNCHANGED = "unchanged", _("无变化")
    REJECTED = "rejected", _("未导入")
