"""Refusals of the task board."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class PlanNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "taskboard.plan_not_found"
    message = _("没有找到这份规划。")


class TaskNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "taskboard.task_not_found"
    message = _("没有找到这项任务，或它不在您的职责范围内。")


class EvidenceNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "taskboard.evidence_not_found"
    message = _("没有找到这份佐证材料，或它不在您的职责范围内。")


class EvidenceFileMissing(BureauError):
    kind = Kind.NOT_FOUND
    code = "taskboard.evidence_file_missing"
    message = _("这份材料的原件不在服务器上，或无法读取。请系统管理员从备份恢复。")


class EvidenceFileAltered(BureauError):
    """The stored bytes do not hash to what was logged; they are not handed out as what was filed."""

    kind = Kind.CONFLICT
    code = "taskboard.evidence_file_altered"
    message = _("这份材料的原件与提交时的散列值不符，已损坏或被改动，不能下载。请系统管理员从备份恢复。")


class DayNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "taskboard.day_not_found"
    message = _("没有找到这次县区日的记录。")


class DocumentNotRead(BureauError):
    """The compiler refused the document; ``reason_code`` is the kernel's code."""

    code = "taskboard.document_not_read"
    message = _("文件未能读取：{reason}")


class DocumentKnown(BureauError):
    kind = Kind.CONFLICT
    code = "taskboard.document_known"
    message = _("这份文件已收到过（{name}），没有重复导入。")


class NoTasks(BureauError):
    code = "taskboard.no_tasks"
    message = _("文件中没有找到带责任单位的任务，未采用。请核对文件是否完整。")


class UnknownDepartments(BureauError):
    kind = Kind.CONFLICT
    code = "taskboard.unknown_departments"
    message = _("有 {count} 个单位名称尚未认定：{names}。请先逐一说明是哪个单位。")


class AlreadyAdopted(BureauError):
    kind = Kind.CONFLICT
    code = "taskboard.already_adopted"
    message = _("这一版本已经采用，不能再次采用或删除。")


class UnknownIndicator(BureauError):
    kind = Kind.NOT_FOUND
    code = "taskboard.unknown_indicator"
    message = _("没有名为“{name}”的指标。")


class IndicatorNotPerTask(BureauError):
    code = "taskboard.indicator_not_per_task"
    message = _("指标“{name}”是整份规划的，不能用来衡量单项任务。")


class BadTarget(BureauError):
    code = "taskboard.bad_target"
    message = _("指标“{name}”的目标值应大于 0。")


class BadOpenData(BureauError):
    code = "taskboard.bad_open_data"
    message = _("公开数据文件有误：{reason}")


class UnitNotInTask(BureauError):
    kind = Kind.FORBIDDEN
    code = "taskboard.unit_not_in_task"
    message = _("“{unit}”不是这项任务的牵头或责任单位，不能为其提交佐证材料。")


class BadEvidence(BureauError):
    code = "taskboard.bad_evidence"
    message = _("佐证材料未收下：{reason}")


class EvidenceKnown(BureauError):
    kind = Kind.CONFLICT
    code = "taskboard.evidence_known"
    message = _("同一单位已为这项任务提交过同一个文件。")


class AlreadyWithdrawn(BureauError):
    kind = Kind.CONFLICT
    code = "taskboard.already_withdrawn"
    message = _("这份佐证材料已经撤回。")


class DayRunning(BureauError):
    kind = Kind.CONFLICT
    code = "taskboard.day_running"
    message = _("县区日正在进行或排队，请等它结束。")


class BadDemo(BureauError):
    code = "taskboard.bad_demo"
    message = _("演示数据未载入：{reason}")
