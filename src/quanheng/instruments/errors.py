"""Refusals of the instruments app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class InstrumentNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "instruments.not_found"
    message = _("没有找到这台计量器具。")


class PlaceNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "instruments.place_not_found"
    message = _("没有找到这个场所。")


class BadPlace(BureauError):
    code = "instruments.bad_place"
    message = _("场所信息有误：{reason}")


class PlaceNameTaken(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.place_name_taken"
    message = _("同一乡镇街道已有名为“{name}”的场所。")


class BadInstrument(BureauError):
    code = "instruments.bad"
    message = _("计量器具信息有误：{reason}")


class InstrumentKnown(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.known"
    message = _("同一制造单位、同一出厂编号的计量器具已登记（{name}，{serial}，{owner}）。")


class OutsideScope(BureauError):
    kind = Kind.FORBIDDEN
    code = "instruments.outside_scope"
    message = _("您只能办理本单位或本乡镇街道的计量器具。")


class WrongFiling(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.wrong_filing"
    message = _("该器具现为“{present}”，不能办理此项。")


class WrongCondition(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.wrong_condition"
    message = _("该器具现为“{present}”，不能办理此项。")


class BadEvent(BureauError):
    code = "instruments.bad_event"
    message = _("没有办成：{reason}")


class BadMerge(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.bad_merge"
    message = _("不能合并：{reason}")


class BatchNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "instruments.batch_not_found"
    message = _("没有找到这次导入。")


class WrongBatchState(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.wrong_batch_state"
    message = _("这次导入现为“{present}”，不能办理此项。")


class BadImport(BureauError):
    code = "instruments.bad_import"
    message = _("导入没有办成：{reason}")


class UnreadableFile(BureauError):
    code = "instruments.unreadable_file"
    message = _("文件无法读取：{reason}［{reader_code}］")


class FileKnown(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.file_known"
    message = _("这个文件已于 {on} 收到过（现为“{state}”），没有重复导入。")


class UndoBlocked(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.undo_blocked"
    message = _("不能撤销：有 {count} 台器具在导入后又有变动（第一台：{first}）。")


class EventFileMissing(BureauError):
    kind = Kind.NOT_FOUND
    code = "instruments.event_file_missing"
    message = _("没有找到这份材料，或与登记时的内容不符。")


class BadLayout(BureauError):
    code = "instruments.bad_layout"
    message = _("e-CQS 列布局文件 {path} 有误：{reason}")


class ComparisonNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "instruments.comparison_not_found"
    message = _("没有找到这次比对。")


class BadComparison(BureauError):
    code = "instruments.bad_comparison"
    message = _("比对没有办成：{reason}")


class BadRuleFile(BureauError):
    code = "instruments.bad_rule_file"
    message = _("规则文件有误（{where}）：{reason}")


class DocumentError(BureauError):
    code = "instruments.document"
    message = _(
        "“{text}”中的“{character}”（{code}）没有字体可以打印。请更正这个字，或在服务器上安装含此字的字体。"
    )


class TooManyLabels(BureauError):
    code = "instruments.too_many_labels"
    message = _("一次最多打印 {most} 张标签，这里有 {count} 张。请按场所或乡镇街道分批打印。")


class TooManyNotices(BureauError):
    code = "instruments.too_many_notices"
    message = _(
        "一次最多生成 {most} 份通知书、{lines} 台器具，这里有 {count} 份、{given} 台。请按场所或乡镇街道分批生成。"
    )


class FeedNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "instruments.feed_not_found"
    message = _("没有找到这份日历。")


class AppointmentNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "instruments.appointment_not_found"
    message = _("没有找到这次约检，或它已取消。")


class BadAppointment(BureauError):
    kind = Kind.CONFLICT
    code = "instruments.bad_appointment"
    message = _("没有约成：{reason}")


class BadFilter(BureauError):
    code = "instruments.bad_filter"
    message = _("没有保存筛选：{reason}")


class FilterNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "instruments.filter_not_found"
    message = _("没有找到这个已存筛选。")


class TooManyRows(BureauError):
    code = "instruments.too_many_rows"
    message = _("Excel 文件一次最多 {most} 行，这里有 {count} 行。请缩小范围，或改用 CSV。")
