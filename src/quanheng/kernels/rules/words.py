"""Reasons as Chinese sentences.  A reason is stored as code and data; its sentence is made here."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def _(text: str) -> str:
    """Mark a text for translation: the caller translates, kernels do not know the reader."""
    return text


USES: Mapping[str, str] = {
    "trade": _("贸易结算"),
    "safety": _("安全防护"),
    "medical": _("医疗卫生"),
    "environment": _("环境监测"),
    "enforcement": _("行政执法、行政监测"),
    "other": _("其他用途"),
}

CONTROLS: Mapping[str, str] = {
    "none": _("不作要求"),
    "type_approval": _("型式批准"),
    "verification": _("强制检定"),
    "both": _("型式批准、强制检定"),
}

MODES: Mapping[str, str] = {
    "periodic": _("周期检定"),
    "scrap_when_inaccurate": _("只做首次强制检定，失准报废"),
    "rotate_at_end_of_life": _("只做首次强制检定，限期使用，到期轮换"),
}

CONFIDENCES: Mapping[str, str] = {
    "found": _("查到出处"),
    "secondary": _("转引"),
    "memory_high": _("凭记忆，把握较大"),
    "memory_medium": _("凭记忆，把握一般"),
    "memory_low": _("凭记忆，把握较小"),
}

CHANGES: Mapping[str, str] = {
    "becomes_mandatory": _("列入强检"),
    "no_longer_mandatory": _("不再属于强检"),
    "mode_changes": _("检定方式改变"),
    "due_moves": _("到期日改变"),
    "rule_changes_at_next_verification": _("下次检定改用新规则"),
}

LACKS: Mapping[str, str] = {
    "clause": _("条款"),
    "source": _("出处"),
    "edition": _("版本"),
    "period": _("检定周期"),
    "in_force_from": _("施行日期"),
}

PARAMETERS: Mapping[str, str] = {
    "dn_mm": _("公称口径（mm）"),
    "q3_m3h": _("常用流量（m³/h）"),
    "g_size": _("燃气表规格（G）"),
    "gas": _("燃气种类"),
    "accuracy_class": _("准确度等级"),
}

VALUES: Mapping[str, str] = {
    "natural_gas": _("天然气"),
    "coal_gas": _("人工煤气"),
    "lpg": _("液化石油气"),
}

TEMPLATES: Mapping[str, str] = {
    # whether verification is mandatory
    "kind_unknown": _("器具种类未认定，是否强检待核实。"),
    "use_unknown": _("“{kind}”是否强检取决于用途，用途未填，待核实。"),
    "not_in_catalogue": _("“{kind}”不在强制管理目录内，不属强检；使用者可自行选择检定或校准。"),
    "before_records": _("“{kind}”的规则从 {from} 起有记录，更早的情况待核实。"),
    "no_version_in_force": _("{on} 没有“{kind}”的有效规则，待核实。"),
    "type_approval_only": _("“{kind}”在目录（{catalogue}）中只要求型式批准，不属强检。"),
    "not_mandatory_then": _("{on} “{kind}”尚未列入强检，或已不再列入。"),
    "use_not_listed": _("目录（{catalogue}）“{item}”的强检用途为{uses}，用于{use}不属强检。"),
    "mandatory": _("目录（{catalogue}）“{item}”用于{use}，属强检。"),
    # when it is due
    "not_mandatory": _("不属强检，没有到期日。"),
    "rejected": _("{base} 检定不合格，当日起不得使用。"),
    "never_verified": _("没有检定记录。未经检定不得使用，自 {base} 起应检。"),
    "first_verification_only": _("只做首次强制检定，失准报废，没有下一个到期日。"),
    "rule": _("{document}：{base} 起 {months} 个月，有效至 {due}。"),
    "rule_at_once": _(
        "{document} 施行后即行适用：{base} 起 {months} 个月，且不早于施行前一日，有效至 {due}。"
    ),
    "rotate": _("{document}：限期使用，{base} 起 {months} 个月，到 {due} 应轮换。"),
    "printed": _("证书载明有效期至 {printed}，早于规程允许的 {by_rule}。"),
    "printed_only": _("证书载明有效期至 {printed}；未能按规程核对。"),
    "period_unknown": _("{document} 的检定周期尚未查到，不能计算到期日。"),
    "parameters_missing": _("检定周期取决于{missing}，尚未填写，不能计算到期日。"),
    "no_term": _("{document} 没有适用于该参数的检定周期，不能计算到期日。"),
    # what else the reader should know
    "base_before_records": _("检定时的规则没有记录，按最早有记录的版本计算。"),
    "period_not_found": _("{document} 的检定周期未查到，暂按 {months} 个月计算。"),
    "printed_beyond_rule": _("证书载明的有效期至 {printed} 晚于规程允许的日期，以规程为准。"),
    "no_verification_on_record": _("没有首次检定记录，从启用之日计算。"),
}


def reason_text(code: str, data: Mapping[str, object], translate: Callable[[str], str] = str) -> str:
    """Return the sentence for a reason; ``translate`` turns the Chinese template into another language.

    KeyError for an unknown code or where ``data`` lack a value that the sentence needs.
    """
    shown = dict(data)
    for name, words in (("use", USES), ("uses", USES), ("missing", PARAMETERS)):
        if name in shown:
            codes = str(shown[name]).split(",")
            shown[name] = "、".join(translate(words.get(item, item)) for item in codes)
    return translate(TEMPLATES[code]).format(**shown)


def change_text(what: str, translate: Callable[[str], str] = str) -> str:
    """Return what changes, in words; ``what`` is a value of `What`."""
    return translate(CHANGES[what])
