"""Goals with their year, and the numbers stated in them."""

from __future__ import annotations

import re

from quanheng.kernels.policy.model import Goal, Target

_YEAR = re.compile(
    r"(?:^|(?<=[。；;，,：:！”》\s）)])|(?<=目标))(?:力争)?到\s*(20\d{2})\s*年(?:底|末)?(?:前)?"
)
_OPS = {
    ">=": "超过|不低于|不少于|不小于|大于|高于|以上",
    "<=": "不超过|不高于|不大于|控制在|降至|下降到|低于|少于|压缩至|压缩到",
    "~": "稳定在|保持在|左右",
    "=": "达到|提高到|提升到|提高至|提升至|增加到|增长到|达|为|建成|建立|培育|完成|新增",
}
_OP_WORDS = "|".join(w for words in _OPS.values() for w in words.split("|") if w not in ("以上", "左右"))
_TARGET = re.compile(
    rf"^(?P<indicator>[^\d]{{2,40}}?)(?:均|总体|分别)?(?P<op>{_OP_WORDS})(?P<value>\d+(?:\.\d+)?)"
    r"(?P<unit>(?:万亿|亿|万|千)?[^\d，,。；;、（）]{0,8}?)(?P<tail>以上|以下|以内|左右)?$"
)


def find_goals(pieces: list[str]) -> tuple[Goal, ...]:
    """Read 到YYYY年 sentences; each goes to the next such year or to the end of its paragraph."""
    goals = []
    for piece in pieces:
        starts = list(_YEAR.finditer(piece))
        for index, found in enumerate(starts):
            end = starts[index + 1].start() if index + 1 < len(starts) else len(piece)
            text = piece[found.start() : end].strip(" ，,；;")
            goals.append(Goal(int(found[1]), text, _targets(text[found.end() - found.start() :])))
    return tuple(goals)


def _targets(text: str) -> tuple[Target, ...]:
    out = []
    for clause in re.split("[，,。；;]", text):
        found = _TARGET.match(clause.strip())
        if found is None:
            continue
        op = next(op for op, words in _OPS.items() if found["op"] in words.split("|"))
        op = {"以上": ">=", "以下": "<=", "以内": "<=", "左右": "~"}.get(found["tail"] or "", op)
        out.append(Target(found["indicator"].strip(), op, found["value"], found["unit"].strip()))
    return tuple(out)
