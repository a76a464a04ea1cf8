"""Headings of annex tables and the field each one names; unknown headings are asked about."""

from __future__ import annotations

import re
from enum import Enum

from quanheng.kernels.policy.departments import squeeze


class Column(Enum):
    ROW = "row"
    TASK = "task"
    ITEM = "item"
    CONTENT = "content"
    DEADLINE = "deadline"
    LEAD = "lead"
    RESPONSIBLE = "responsible"
    NOTE = "note"
    UNKNOWN = "unknown"


_WORDS: dict[Column, str] = {
    Column.ROW: ("序号 编号 顺序号 项次 No NO 序"),
    Column.TASK: (
        "工作任务 重点任务 主要任务 任务类别 任务分类 类别 工作领域 工作类别 "
        "一级任务 任务领域 重点工作 目标任务 领域 分类"
    ),
    Column.ITEM: (
        "任务事项 工作事项 具体任务 具体事项 事项 任务名称 二级任务 任务项目 "
        "工作项目 项目 项目名称 重点事项 分项任务"
    ),
    Column.CONTENT: (
        "工作内容 主要内容 具体内容 具体措施 工作措施 工作举措 任务内容 "
        "重点工作内容 主要措施 工作要求 具体举措 内容 建设内容 具体工作 主要工作 "
        "措施 任务措施 工作任务及措施 具体工作内容 具体工作任务 重点举措 "
        "主要任务内容"
    ),
    Column.DEADLINE: (
        "完成时限 完成时间 时限 时间节点 时限要求 完成期限 进度安排 时间进度 "
        "时间安排 工作时限 办理时限 时间要求 完成日期 进度要求 实施时间 期限"
    ),
    Column.LEAD: (
        "牵头部门 牵头单位 牵头责任单位 牵头责任部门 牵头负责单位 主办单位 主办部门 "
        "牵头 牵头单位（部门） 牵头部门（单位） 牵头（单位）"
    ),
    Column.RESPONSIBLE: (
        "责任部门 责任单位 配合部门 配合单位 参与单位 参与部门 协办单位 协办部门 "
        "责任部门（单位） 责任单位（部门） 配合部门（单位） 配合单位（部门） "
        "责任部门和单位 协同单位 落实单位 实施单位 承办单位 负责部门 负责单位 "
        "参加单位 配合责任单位 协同部门 具体责任单位 责任主体 牵头及责任单位 "
        "牵头和责任单位 牵头单位及配合单位 牵头及配合单位 责任部门及单位 部门分工 "
        "职责分工"
    ),
    Column.NOTE: (
        "备注 说明 备考 责任人 责任领导 分管领导 牵头领导 联系人 联系电话 完成情况 进展情况 任务来源"
    ),
}
_MIN_KNOWN, _MIN_TELLING = 3, 2
_BY_HEADING = {word: column for column, words in _WORDS.items() for word in words.split()}


def column_of(heading: str) -> Column:
    """Return the field a heading names; ``UNKNOWN`` for words not in the dictionary."""
    bare = squeeze(heading).translate(str.maketrans("()", "（）"))
    return _BY_HEADING.get(bare) or _BY_HEADING.get(re.sub(r"（[^（）]*）", "", bare)) or Column.UNKNOWN


def is_heading_row(cells: list[str]) -> bool:
    """Three known headings of three different fields, two of them beyond number and note, make a heading row."""
    filled = [c for c in cells if c]
    columns = {column_of(c) for c in filled} - {Column.UNKNOWN}
    telling = columns - {Column.ROW, Column.NOTE}
    return len(columns) >= _MIN_KNOWN and len(telling) >= _MIN_TELLING and len(columns) * 2 >= len(filled)
