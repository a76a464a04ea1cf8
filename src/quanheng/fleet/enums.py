"""Closed vocabularies of the fleet app: the words of kernels.fleet.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class AreaStatus(Vocabulary):
    """Whether the meters of an area were judged at all."""

    JUDGED = "judged", _("已判断")
    WITHHELD = "withheld", _("先查其他问题")
    UNUSABLE = "unusable", _("不能估计")


class MeterStatus(Vocabulary):
    """What an estimate says of a meter: preliminary evidence, never a verdict."""

    OUT_OF_TOLERANCE = "out_of_tolerance", _("疑似超差")
    UNDETERMINED = "undetermined", _("不能判断")
    CONFORMING = "conforming", _("未见超差")


class FindingCode(Vocabulary):
    """What was found in an area; the codes are those of the result files."""

    UNMETERED_LOAD = "unmetered_load", _("有未计量的用电")
    MISSING_METER = "missing_meter", _("缺少电能表")
    WRONG_PHASE = "wrong_phase", _("相别不符")
    PHASE_UNKNOWN = "phase_unknown", _("相别不明")
    CLOCK_SHIFT = "clock_shift", _("时钟偏移")
    METER_EXCHANGED = "meter_exchanged", _("换过表")
    STEP_CHANGE = "step_change", _("误差突变")
    WRONG_TOPOLOGY = "wrong_topology", _("户变关系有误")
    MISSING_READINGS = "missing_readings", _("缺读数")
    REVERSE_ENERGY = "reverse_energy", _("反向电量")
    NO_VOLTAGE = "no_voltage", _("没有电压")
    VOLTAGE_SCALE = "voltage_scale", _("电压倍率不对")
    COLLINEAR_METERS = "collinear_meters", _("用电规律相同")
    NO_CONSUMPTION = "no_consumption", _("没有用电")
    TOO_FEW_DATA = "too_few_data", _("数据太少")
    DUPLICATE_DAYS = "duplicate_days", _("日期重复")
    SPIKES = "spikes", _("读数尖峰")
    MIXED_RESOLUTION = "mixed_resolution", _("间隔不一")
    MISSING_MASTER = "missing_master", _("没有总表")
    BAD_FILE = "bad_file", _("文件不能读取")
    IDENTICAL_LOADS = "identical_loads", _("负荷完全相同")
    REGISTER_RESET = "register_reset", _("表底回零")
    INTERNAL_ERROR = "internal_error", _("估计时出错")
