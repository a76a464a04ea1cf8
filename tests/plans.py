"""Small plan documents of our own making, in the form that counties use."""

from __future__ import annotations

# Three tasks; the annex drops a unit of the first, moves the lead of the second, lacks the third.
PLAN = """达州市达川区人民政府关于民生计量的工作方案

达川府办〔2025〕9号

各乡、镇人民政府，各街道办事处，区政府各部门：

一、工作目标

到2027年，集贸市场在用电子秤受检率达到95%。

二、主要任务

（一）管好市场秤具

1. 核对市场在用秤。每季度逐市场核对台账，张贴结果。〔责任单位：区市场监管局；区商务局，各乡、镇人民政府。分号前为牵头单位，下同〕

2. 公布供水计量信息。按月公布水表到期数量。〔责任单位：区水务局；区市场监管局〕

（二）强化保障

1. 培训计量人员。每年办班一期。〔责任单位：区市场监管局、区人社局；各街道办事处〕

附件：任务分解表

达州市达川区人民政府

2025年3月6日

附件

任务分解表

| 序号 | 工作任务 | 任务事项 | 工作内容 | 完成时限 | 牵头部门 | 责任部门 |
|---|---|---|---|---|---|---|
| 1 | 管好市场秤具 | 核对市场在用秤 | 每季度逐市场核对台账，张贴结果。 | 2026年6月底前 | 区市场监督管理局 | 各乡、镇人民政府 |
| 2 | | 公布供水计量信息 | 按月公布水表到期数量。 | 持续推进 | 区市场监管局 | 区水务局 |
"""

# A later text: the second task is reworded and led by another, the third is gone, one is new.
REVISED = (
    PLAN.replace("2025〕9号", "2025〕9号")
    .replace("〔责任单位：区水务局；区市场监管局〕", "〔责任单位：区市场监管局；区水务局〕")
    .replace("1. 培训计量人员。每年办班一期。", "1. 建立计量联络员制度。各单位明确一人。")
)

# Names nobody knows here.
STRANGE = PLAN.replace("9号", "10号").replace("民生计量", "陌生计量").replace("区水务局", "区梦想局")
