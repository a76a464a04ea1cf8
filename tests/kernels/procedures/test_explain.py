"""Explanations of what the worked examples do not have."""

from __future__ import annotations

from quanheng.kernels.procedures import Stage, explain, judge
from tests.kernels.procedures.battery import PROCEDURE
from tests.kernels.procedures.making import rows, sheet


def lines(stage: Stage = Stage.FIRST, **tests: object) -> list[str]:
    return explain(judge(PROCEDURE, sheet(tests={"weighing": None, "repeat": None, **tests}), stage), 0)


def test_statistics_are_written_out_and_rounding_is_said() -> None:
    repeat = rows([0, 0, 0], load=[500] * 3, indication=[500, 501, 503], way=["加", "加", "减"])
    assert lines(repeat=repeat)[3:] == [
        "重复 第 1 行起的一组",
        "  加时 = (500 + 501) ÷ 2 = 500.5 g",
        "  减时 = (503) ÷ 1 = 503 g",
        "  极差 = max(500, 501, 503) − min(500, 501, 503) = 3 g",
        "  标准偏差 = indication 的实验标准偏差（500, 501, 503） = 1.52752523165 g".replace(
            "indication", "示值"
        ),
        "  次数 = 示值 的个数 = 3",
        "  最大允许误差：载荷 ÷ e = 500 ÷ 5 = 100，第 2 行，e = 5 g",
        "  极差 = 3 g，在限值之内 ≤ 5 g",
        "  平均误差 = 加时 − 载荷 = 500.5 − 500 = 0.5 g",
        "  最大允许误差：载荷 ÷ e = 500 ÷ 5 = 100，第 2 行，e = 5 g",
        "  修约间隔：第 1 行，0.2 × e × 粒度 = 0.2 × 5 × 1 = 1 g",
        "  重复性：标准不确定度 0.882，贡献 0.882 g",
        "  砝码：半宽 0.3 ÷ √2，贡献 0.212 g",
        "  u = √(0.882² + 0.212²) = 0.907 g，U = 2u = 1.81 g",
        "  平均误差 = 0.5 g，修约为 0 g，在限值之内 ±5 g；符合的概率 97.49 %",
    ]


def test_what_was_assumed_and_limits_of_formulas_are_said() -> None:
    weighing = rows([0], load=[100], indication=[108], way=["减"])
    assert lines(weighing=weighing)[4:] == [
        "  最大允许误差：L ÷ e = 100 ÷ 5 = 20，第 1 行，0.5 × e = 0.5 × 5 = 2.5 g",
        "  砝码：半宽 0.833 ÷ √3，贡献 0.481 g",
        "  附加砝码：未给，半宽 3 ÷ √3，贡献 1.73 g",
        "  零点：未给，半宽 1.5 ÷ √3，贡献 0.866 g",
        "  装置：标准不确定度 0.5，贡献 0.5 g",
        "  u = √(0.481² + 1.73² + 0.866² + 0.5²) = 2.06 g，U = 2u = 4.11 g",
        "  Ec = 8 g，超出限值 ±2.5 g；符合的概率 0.3804 %",
        "  最大允许误差：L ÷ e = 100 ÷ 5 = 20，第 1 行，0.5 × e = 0.5 × 5 = 2.5 g",
        "  下限 = −2 × “最大允许误差” = −2 × 2.5 = −5 g",
        "  上限 = 2 × “最大允许误差” × 系数 = 2 × 2.5 × 1 = 5 g",
        "  砝码：半宽 1.67 ÷ √3，贡献 0.962 g",
        "  附加砝码：未给，半宽 3 ÷ √3，贡献 1.73 g",
        "  零点：未给，半宽 1.5 ÷ √3，贡献 0.866 g",
        "  装置：标准不确定度 0.5，贡献 0.5 g",
        "  u = √(0.962² + 1.73² + 0.866² + 0.5²) = 2.22 g，U = 2u = 4.44 g",
        "  Ec = 8 g，超出限值 ±5 g；符合的概率 8.834 %",
    ]


def test_what_is_open_is_said_to_be_open() -> None:
    pieces = rows([0], load=[150], found=[151])
    assert lines(pieces=pieces)[:4] == [
        "单值 第 1 行",
        "  偏差 = 实测值 − 标称值 = 151 − 150 = 1 g",
        "  标称允差：没有适用的一行",
        "  偏差：不能判定",
    ]
