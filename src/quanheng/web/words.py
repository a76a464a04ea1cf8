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
    "selection": gettext_lazy("来由"),
    "why": gettext_lazy("原因"),
    "source": gettext_lazy("来源"),
    "finding": gettext_lazy("检定结论"),
    "error": gettext_lazy("误差（%）"),
    "estimate": gettext_lazy("估计的误差（%）"),
    "verification": gettext_lazy("检定"),
    "method": gettext_lazy("算法"),
    "basis": gettext_lazy("计算的根据"),
    "energy": gettext_lazy("电量（kWh）"),
    "amount": gettext_lazy("金额（元）"),
    "removed_kwh": gettext_lazy("旧表止码（kWh）"),
    "installed_kwh": gettext_lazy("新表起码（kWh）"),
    "party": gettext_lazy("使用单位"),
    "pool": gettext_lazy("可抽取台数"),
    "followups": gettext_lazy("核实"),
    "followup": gettext_lazy("核实"),
    "count": gettext_lazy("台数"),
    "month": gettext_lazy("月份"),
    "rejected": gettext_lazy("没有采用的行数"),
    "token": gettext_lazy("令牌"),
    "accuracy": gettext_lazy("准确度等级或最大允许误差"),
    "active": gettext_lazy("启用"),
    "against": gettext_lazy("核对的正式文本"),
    "alias": gettext_lazy("别名"),
    "aliases": gettext_lazy("别名"),
    "areas": gettext_lazy("台区数"),
    "faults": gettext_lazy("错误"),
    "upload": gettext_lazy("出厂数据"),
    "types": gettext_lazy("授权的型号"),
    "ranges": gettext_lazy("号段"),
    "areas_sha256": gettext_lazy("台区结果 SHA-256"),
    "applicant": gettext_lazy("申请单位"),
    "by": gettext_lazy("经办人"),
    "certificate": gettext_lazy("证书"),
    "edition": gettext_lazy("规程文件"),
    "finish_by": gettext_lazy("办结期限"),
    "judgement_sha256": gettext_lazy("判定 SHA-256"),
    "numbers": gettext_lazy("编号"),
    "procedure_sha256": gettext_lazy("规程文件 SHA-256"),
    "range": gettext_lazy("号段"),
    "readings_sha256": gettext_lazy("读数 SHA-256"),
    "since": gettext_lazy("起自"),
    "standard": gettext_lazy("计量标准"),
    "standards": gettext_lazy("计量标准"),
    "threshold": gettext_lazy("通知的概率"),
    "to": gettext_lazy("领用人"),
    "verdict": gettext_lazy("判定"),
    "verifications": gettext_lazy("检定台次"),
    "changed": gettext_lazy("变动项目"),
    "changes": gettext_lazy("变化"),
    "clause": gettext_lazy("条款"),
    "code": gettext_lazy("代码"),
    "conclusion": gettext_lazy("结论"),
    "condition": gettext_lazy("使用状态"),
    "contact_name": gettext_lazy("联系人"),
    "contact_phone": gettext_lazy("联系电话"),
    "content_sha256": gettext_lazy("内容 SHA-256"),
    "counts": gettext_lazy("各类行数"),
    "credit_code": gettext_lazy("统一社会信用代码"),
    "demo": gettext_lazy("演示数据"),
    "differences": gettext_lazy("差异数"),
    "distrusted_from": gettext_lazy("不再可信的时刻"),
    "doc_number": gettext_lazy("文号"),
    "field": gettext_lazy("差异项目数"),
    "fields": gettext_lazy("规程要求的参数"),
    "file_name": gettext_lazy("文件名"),
    "file_sha256": gettext_lazy("核对材料 SHA-256"),
    "filing": gettext_lazy("备案状态"),
    "findings": gettext_lazy("问题"),
    "from": gettext_lazy("施行日期"),
    "grade": gettext_lazy("级别"),
    "hours": gettext_lazy("学时"),
    "institute": gettext_lazy("机构"),
    "instrument": gettext_lazy("器具"),
    "instruments": gettext_lazy("器具数"),
    "issued_on": gettext_lazy("签发日期"),
    "issuer": gettext_lazy("出具机构"),
    "item": gettext_lazy("项目"),
    "kind": gettext_lazy("类型"),
    "label": gettext_lazy("任务编号"),
    "left_on": gettext_lazy("离岗日期"),
    "level": gettext_lazy("类别"),
    "manufacturer": gettext_lazy("制造单位"),
    "meters": gettext_lazy("电能表数"),
    "members": gettext_lazy("成员"),
    "name": gettext_lazy("名称"),
    "not_after": gettext_lazy("有效期止"),
    "not_before": gettext_lazy("有效期起"),
    "number": gettext_lazy("编号"),
    "on": gettext_lazy("日期"),
    "only_here": gettext_lazy("仅本局有"),
    "only_there": gettext_lazy("仅对方有"),
    "openings": gettext_lazy("销毁的开启值"),
    "other": gettext_lazy("另一条记录"),
    "owner": gettext_lazy("使用单位"),
    "pdf_sha256": "PDF SHA-256",
    "pem": gettext_lazy("数字证书"),
    "person": gettext_lazy("人员"),
    "place": gettext_lazy("场所"),
    "reason": gettext_lazy("理由"),
    "reference": gettext_lazy("参考值"),
    "regulation": gettext_lazy("规程"),
    "regulations": gettext_lazy("规程"),
    "resolution": gettext_lazy("处理方式"),
    "roles": gettext_lazy("岗位"),
    "rows": gettext_lazy("行数"),
    "rows_sha256": gettext_lazy("各行 SHA-256"),
    "rule": gettext_lazy("规则版本"),
    "rules": gettext_lazy("规则"),
    "second_factor_removed": gettext_lazy("取消两步验证"),
    "serial_no": gettext_lazy("出厂编号"),
    "series": gettext_lazy("核查标准和核查点"),
    "setting": gettext_lazy("场所类型"),
    "sha256": "SHA-256",
    "sheet": gettext_lazy("工作表"),
    "signer": gettext_lazy("签名证书指纹"),
    "size": gettext_lazy("大小（字节）"),
    "suspects": gettext_lazy("疑似超差"),
    "supersedes": gettext_lazy("取代的版本"),
    "task": gettext_lazy("任务"),
    "tasks": gettext_lazy("任务数"),
    "title": gettext_lazy("标题"),
    "town": gettext_lazy("乡镇街道"),
    "unit": gettext_lazy("单位"),
    "units": gettext_lazy("单位数"),
    "until": gettext_lazy("止于"),
    "use": gettext_lazy("用途"),
    "valid_from": gettext_lazy("有效期自"),
    "valid_until": gettext_lazy("有效期至"),
    "value": gettext_lazy("数值"),
    "version": gettext_lazy("版本"),
    "week": gettext_lazy("约检周"),
    "xml_sha256": "XML SHA-256",
    "added": gettext_lazy("补抽的顺序号"),
    "counted": gettext_lazy("计入台数"),
    "delivery": gettext_lazy("到货批次"),
    "drawn": gettext_lazy("抽出的表"),
    "drawn_sha256": gettext_lazy("抽出的表的 SHA-256"),
    "excluded": gettext_lazy("不计入台数"),
    "list_sha256": gettext_lazy("名单 SHA-256"),
    "lot": gettext_lazy("批"),
    "model": gettext_lazy("型号"),
    "nonconforming": gettext_lazy("不合格台数"),
    "origin": gettext_lazy("来源"),
    "plan": gettext_lazy("方案"),
    "results": gettext_lazy("结果"),
    "seed": gettext_lazy("种子"),
    "tree_size": gettext_lazy("检查点大小"),
    "year": gettext_lazy("首次检定年份"),
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
        "party:saved": _("新增或修改使用单位"),
        "place:saved": _("新增或修改场所"),
        "instrument:registered": _("登记计量器具"),
        "instrument:changed": _("更正计量器具"),
        "instrument:submitted": _("提交备案"),
        "instrument:returned": _("退回备案"),
        "instrument:filed": _("计量器具备案"),
        "instrument:stopped": _("计量器具停用"),
        "instrument:sealed": _("计量器具封存"),
        "instrument:resumed": _("计量器具恢复使用"),
        "instrument:scrapped": _("计量器具报废"),
        "instrument:moved": _("计量器具迁移"),
        "instrument:transferred": _("计量器具转让"),
        "instrument:merged": _("合并重复记录"),
        "instrument:kept_apart": _("认定为两台器具"),
        "instrument:verified": _("登记检定结果"),
        "instruments:imported": _("导入台账"),
        "instruments:import_stopped": _("中止导入"),
        "instruments:import_undone": _("撤销导入"),
        "instruments:compared": _("与另一台账比对"),
        "instruments:differences_resolved": _("处理台账差异"),
        "model:saved": _("保存测量模型"),
        "model:withdrawn": _("撤下测量模型"),
        "authorisation:recorded": _("登记计量授权"),
        "authorisation:withdrawn": _("撤销计量授权的登记"),
        "metrologist:registered": _("登记检定人员"),
        "metrologist:changed": _("变更检定人员登记"),
        "metrologist:left": _("登记离岗"),
        "qualification:granted": _("登记检定资质"),
        "qualification:withdrawn": _("撤销检定资质"),
        "training:recorded": _("登记继续教育"),
        "training:withdrawn": _("撤销继续教育的登记"),
        "standard:registered": _("登记计量标准"),
        "standard:changed": _("变更计量标准登记"),
        "standard:stopped": _("计量标准停用"),
        "standard:resumed": _("计量标准恢复使用"),
        "standard:withdrawn": _("计量标准撤销"),
        "standard:certificate_added": _("收下标准证书"),
        "standard:certificate_withdrawn": _("撤销标准证书"),
        "standard:checked": _("期间核查"),
        "standard:compared": _("登记计量比对"),
        "certificate:issued": _("签发证书"),
        "certificate:superseded": _("证书被取代"),
        "certificate:withdrawn": _("撤回证书"),
        "signing_key:registered": _("登记签名密钥"),
        "signing_key:revoked": _("吊销签名密钥"),
        "rules:loaded": _("载入规则"),
        "rule:added": _("添加规则版本"),
        "rule:confirmed": _("核对规则"),
        "appointment:made": _("约检"),
        "appointment:cancelled": _("取消约检"),
        "verification:applied": _("申请检定"),
        "verification:accepted": _("受理检定申请"),
        "verification:returned": _("退回"),
        "verification:cancelled": _("撤回或取消"),
        "verification:planned": _("下达检定任务单"),
        "verification:submitted": _("提交检定记录"),
        "verification:checked": _("核验通过"),
        "verification:concluded": _("作出检定结论"),
        "marks:received": _("领用封印、标记"),
        "marks:used": _("施加封印、标记"),
        "marks:spoilt": _("封印、标记损坏或遗失"),
        "recall:made": _("追溯以前的检定结论"),
        "manufacturer:authorised": _("授权制造企业"),
        "manufacturer:changed": _("变更制造企业的授权"),
        "manufacturer:suspended": _("暂停制造企业的授权"),
        "manufacturer:resumed": _("解除制造企业的暂停"),
        "manufacturer:withdrawn": _("撤销制造企业的授权"),
        "manufacturer:delivered": _("收下制造企业的出厂数据"),
        "manufacturer:refused": _("没有收下制造企业的出厂数据"),
        "fleet:taken": _("收下电表群的估计结果"),
        "lot:opened": _("登记表批"),
        "lot:meters_added": _("收下表批名单"),
        "lot:closed": _("关闭表批名单"),
        "sample:drawn": _("抽样"),
        "sample:recorded": _("录入样本结果"),
        "sample:decided": _("按样本决定"),
        "followup:proposed": _("列入现场核实"),
        "followup:controls_closed": _("关闭随机对照的名单"),
        "followup:controls_drawn": _("抽取随机对照"),
        "followup:ordered": _("申请现场检定疑似电能表"),
        "followup:came_back": _("现场检定申请退回"),
        "followup:tested": _("现场核实结果"),
        "followup:closed": _("了结现场核实"),
        "followup:compensation_computed": _("估算退补"),
        "followup:replacement_ordered": _("下达更换单"),
        "followup:lot_replacement_ordered": _("下达整批更换单"),
        "followup:replaced": _("更换电能表"),
        "followup:replacement_cancelled": _("取消更换单"),
        "utility_token:made": _("发出读数令牌"),
        "utility_token:revoked": _("停用读数令牌"),
        "readings:received": _("收到读数"),
        "feed:opened": _("开通日历订阅"),
        "feed:renewed": _("更换日历订阅地址"),
        "feed:closed": _("关闭日历订阅"),
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
