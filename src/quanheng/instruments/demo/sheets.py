"""Nine styles of headings seen in real ledgers, and the demonstration's offices that write in them.

Heading words are those of real ledgers.  A style lists its own headings; where an office keeps more than
the style has, the columns stand behind them.
"""

from __future__ import annotations

from dataclasses import dataclass

STYLES: dict[str, tuple[str, ...]] = {
    "instrument system": (
        *("序号", "分类", "仪器设备名称", "仪器设备编号", "状态", "序列号", "厂家", "规格型号", "单位"),
        *(
            "校准周期（天）",
            "最近一次校准日期",
            "检定证书编号",
            "下次校准日期",
            "校准机构",
            "安装地点",
            "操作",
        ),
    ),
    "workshop": (
        *("编号", "车间", "仪器名称", "保管单位", "检定形式", "仪器类别", "出厂编号", "型号精度", "生产厂家"),
        *("溯源周期", "购置时间", "检定时间", "有效期", "检定单位", "状态", "检定证书编号", "备注"),
    ),
    "filing platform": (
        *("序号", "系统编号", "器具用户", "器具名称", "出厂名称", "学科类别", "一级类别", "二级类别", "用途"),
        *("测量范围", "准确度等级", "规格型号", "制造单位", "出厂编号", "安装地点", "许可证号", "状态"),
    ),
    "plant": (
        *("计量器具编号", "计量器具名称", "型号", "生产厂家", "内部编号", "安装位置", "检定周期"),
        *("上次检定时间", "备注"),
    ),
    "list with state": ("当前状态", "计量编号", "设备名称", "规格型号", "出厂编号"),
    "list by department": ("计量编号", "设备名称", "型号规格", "所属部门", "设备类别"),
    "form": ("计量器具编号", "计量器具名称", "计量器具规格", "出厂编号", "制造单位", "测量范围"),
    "certificates": ("证书编号", "受检单位", "受检日期", "计量器具名称", "检定员", "型号", "出厂编号"),
    "station list": (
        *("设备名称", "规格型号", "精度等级", "数量", "完好状态", "检定有效截止日期", "使用场所"),
        *("生产厂及国别", "生产日期", "购置日期"),
    ),
}


@dataclass(frozen=True)
class Sheet:
    """One ledger to be: what stands in it, and how its office writes."""

    file: str
    style: str
    sectors: tuple[str, ...]
    more: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    dates: tuple[str, ...] = ("iso",)
    footer: tuple[str, ...] = ()
    repeat_after: int = 0
    spaced: bool = False
    merged: str = ""
    encoding: str = ""
    place: str = "joined"
    copies: int = 0


SHEETS = (
    Sheet(
        "演示01-集贸市场衡器备案表.xlsx",
        "filing platform",
        ("markets",),
        more=("检定日期", "有效期至", "乡镇街道"),
        titles=("集贸市场在用强制检定计量器具备案表（演示）", "填报单位：（盖章）"),
        dates=("dot", "date", "zh"),
        footer=("填表人：", "审核人："),
        copies=6,
    ),
    Sheet(
        "演示02-加油站加油机台账.xlsx",
        "workshop",
        ("fuel",),
        more=("安装地点", "用途", "乡镇街道"),
        titles=("在用燃油加油机台账（演示）",),
        dates=("date", "zh", "slash"),
        spaced=True,
    ),
    Sheet(
        "演示03-医疗机构设备清单.xlsx",
        "station list",
        ("health",),
        more=("使用单位", "出厂编号", "检定日期", "用途"),
        dates=("zh", "date"),
        merged="使用单位",
        place="spot",
        footer=("合计",),
    ),
    Sheet(
        "演示04-出租汽车计价器清单.xlsx",
        "list with state",
        ("taxis",),
        more=("使用单位", "使用地点", "制造单位", "检定日期", "用途"),
        dates=("int8", "serial"),
        repeat_after=50,
        place="place",
    ),
    Sheet(
        "演示05-充电桩登记.csv",
        "form",
        ("charging",),
        more=("准确度等级", "使用单位", "安装地点", "检定日期", "有效期至", "用途"),
        dates=("iso", "slash"),
        encoding="gb18030",
    ),
    Sheet(
        "演示06-企业压力表台账.xlsx",
        "plant",
        ("gauges",),
        more=("出厂编号", "精度等级", "使用单位", "用途"),
        titles=("计量器具一览表（演示）",),
        dates=("serial", "date"),
        spaced=True,
    ),
    Sheet(
        "演示07-水表轮换台账.csv",
        "list by department",
        ("water",),
        more=(
            "口径",
            "出厂编号",
            "生产厂家",
            "准确度",
            "使用单位",
            "安装地点",
            "安装日期",
            "检定日期",
            "用途",
        ),
        dates=("iso",),
        encoding="utf-8-sig",
        place="place",
    ),
    Sheet(
        "演示08-电能表台账.xlsx",
        "form",
        ("power",),
        more=("准确度等级", "使用单位", "安装地点", "安装日期", "检定日期", "用途"),
        titles=("居民生活用电能表（演示）", "单位：台"),
        dates=("dot", "date"),
        repeat_after=200,
        place="place",
    ),
    Sheet(
        "演示09-检定证书登记簿.xlsx",
        "certificates",
        ("shops", "weighbridges"),
        more=("用途",),
        dates=("slash", "int8"),
        repeat_after=40,
    ),
    Sheet(
        "演示10-精密制造公司仪器台账.xlsx",
        "instrument system",
        ("works",),
        titles=("仪器设备台账（演示）",),
        dates=("date",),
        place="place",
    ),
)
