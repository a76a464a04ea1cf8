"""Parts of a procedure in the words of a person: conditions, ranges, how many readings a test wants."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from quanheng.kernels.expressions import render
from quanheng.kernels.procedures.formula import Condition, Formula
from quanheng.kernels.procedures.model import Given, How, Procedure, Quantity, Ranged, Stage, Test
from quanheng.kernels.procedures.symbols import symbols
from quanheng.kernels.procedures.words import STAGES

HOW: Mapping[How, str] = {
    How.MEAN: "平均值",
    How.STD: "实验标准偏差",
    How.RANGE: "极差",
    How.MAX: "最大值",
    How.MIN: "最小值",
    How.MAX_ABS: "绝对值的最大值",
    How.SUM: "和",
    How.COUNT: "个数",
    How.FIRST: "第一个值",
    How.LAST: "最后一个值",
}


class Wording:
    """Words for the parts of one procedure; quantities are written by their symbols."""

    def __init__(self, procedure: Procedure) -> None:
        self._procedure = procedure
        # A table is used in several tests: what it is looked up by is called as in the first of them.
        self._of_tests = {
            name: symbol
            for test in reversed(procedure.tests.values())
            for name, symbol in symbols(procedure, test).items()
        }
        self._labels = {
            name: quantity.label
            for quantities in (procedure.instrument, *(test.readings for test in procedure.tests.values()))
            for name, quantity in quantities.items()
        }

    def symbol(self, name: str, test: Test) -> str:
        """Return how a quantity of a test is written."""
        return symbols(self._procedure, test).get(name, name)

    def formula(self, formula: Formula, test: Test | None = None) -> str:
        """Return a formula with symbols, such as 0.5 × e."""
        return render(formula.node, {**self._of_tests, **symbols(self._procedure, test)})

    def range(self, ranged: Ranged, unit: str | None, test: Test | None = None) -> str:
        """Return a range such as 0～Max g, ≥ 0, > 0; "" where it is open."""
        low = ranged.from_ or ranged.above
        high = ranged.to or ranged.below
        shown = f" {unit}" if unit and unit != "1" else ""
        if low and high and ranged.from_ and ranged.to:
            return f"{self.formula(low, test)}～{self.formula(high, test)}{shown}"
        parts = []
        if low:
            parts.append(f"{'≥' if ranged.from_ else '>'} {self.formula(low, test)}{shown}")
        if high:
            parts.append(f"{'≤' if ranged.to else '<'} {self.formula(high, test)}{shown}")
        return "，".join(parts)

    def conditions(self, when: Mapping[str, Condition]) -> str:
        """Return conditions such as 准确度等级为 III；"" where there are none."""
        said = []
        for name, condition in when.items():
            if name == "stage":
                said.append("、".join(STAGES[Stage(value)] for value in condition.values))
                continue
            wanted = (
                f" {condition.operator} {condition.limit:g}"
                if condition.operator
                else f"为 {'、'.join(condition.values)}"
            )
            said.append(self._labels.get(name, name) + wanted)
        return "，".join(said)

    def stages(self, stages: Collection[Stage]) -> str:
        """Return stages in their order."""
        return "、".join(STAGES[stage] for stage in Stage if stage in stages)

    def needed(self, required: bool | Sequence[Stage], stages: Sequence[Stage] | None) -> str:
        """Return when something must be done: 必做, 选做, 首次检定、后续检定必做."""
        within = tuple(stages or self._procedure.stages)
        wanted = (
            within
            if required is True
            else ()
            if required is False
            else tuple(s for s in required if s in within)
        )
        own = "" if set(within) == set(self._procedure.stages) else f"限于{self.stages(within)}，"
        if not wanted:
            return f"{own}选做"
        return f"{own}必做" if set(wanted) == set(within) else f"{self.stages(wanted)}必做，其余选做"

    def test(self, test: Test) -> str:
        """Return when a test is made and how many readings it wants."""
        parts = [self.needed(test.required, test.stages)]
        if test.when:
            parts.append(f"限于{self.conditions(test.when)}")
        each = "每组至少" if test.group_by else "至少"
        least = {stage: test.least(stage) for stage in test.stages or self._procedure.stages}
        if len(set(least.values())) == 1:
            parts.append(f"{each} {max(least.values())} 行")
        else:
            parts += [f"{STAGES[stage]}{each} {count} 行" for stage, count in least.items()]
        if test.at_least_groups > 1:
            parts.append(f"至少 {test.at_least_groups} 组")
        return "；".join(parts)

    def hint(self, quantity: Quantity, test: Test | None = None) -> str:
        """Return what is to be known beside the cell of a quantity."""
        parts = [quantity.hint]
        if not quantity.is_open:
            parts.append(f"范围：{self.range(quantity, quantity.unit, test)}")
        if isinstance(quantity, Given) and quantity.from_test is not None:
            source = self._procedure.tests[quantity.from_test.test]
            parts.append(
                f"不填则取“{source.title}”中 {self.symbol(quantity.from_test.value, source)} 的{HOW[quantity.from_test.how]}"
            )
        elif quantity.formula is not None:
            unit = f" {quantity.unit}" if quantity.unit and not quantity.formula.names else ""
            parts.append(f"不填则按 {self.formula(quantity.formula, test)}{unit} 计")
        elif quantity.default is not None:
            parts.append(f"不填则按“{quantity.default}”计")
        elif not quantity.required:
            parts.append("可不填")
        return "；".join(part for part in parts if part)
