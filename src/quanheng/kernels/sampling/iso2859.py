"""ISO 2859-1:1999 (GB/T 2828.1): code letters, single and double plans, arrows followed.

The tables are built from their structure: along a diagonal (one letter larger, one AQL step smaller) the acceptance
number is the same.  Normal single inspection equals MIL-STD-105E Table II-A, tightened II-B.  What was set down from
memory says so in `TablePlan.unconfirmed`; what could not be established is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose

from quanheng.kernels.sampling.plans import BadSampling, Plan, Stage, single

NORMAL, TIGHTENED, REDUCED = "normal", "tightened", "reduced"
SINGLE, DOUBLE = "single", "double"
LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
LETTERS = "ABCDEFGHJKLMNPQRS"  # S only in tightened inspection
AQLS = (
    *(0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0),
    *(15.0, 25.0, 40.0, 65.0, 100.0, 150.0, 250.0, 400.0, 650.0, 1000.0),
)
MOST_OF_ITEMS = 10.0  # a larger AQL is of nonconformities per 100 items, not of nonconforming items

_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
_REDUCED_SIZES = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)
_DOUBLE_SIZES = (None, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000)
# Upper limits of the lot size and the letters of the seven levels (Table 1).
_CODES: tuple[tuple[int | None, str], ...] = (
    (8, "AAAAAAB"),
    (15, "AAAAABC"),
    (25, "AABBBCD"),
    (50, "ABBCCDE"),
    (90, "BBCCCEF"),
    (150, "BBCDDFG"),
    (280, "BCDEEGH"),
    (500, "BCDEFHJ"),
    (1200, "CCEFGJK"),
    (3200, "CDEGHKL"),
    (10_000, "CDFGJLM"),
    (35_000, "CDFHKMN"),
    (150_000, "DEGJLNP"),
    (500_000, "DEGJMPQ"),
    (None, "DEHKNQR"),
)
# From the diagonal of the letter A at an AQL of 6.5 on: acceptance numbers, "^" above, "v" below.
_DIAGONALS: dict[str, tuple[int | str, ...]] = {
    NORMAL: (0, "^", "v", 1, 2, 3, 5, 7, 10, 14, 21, 30, 44),
    TIGHTENED: ("v", 0, "v", "v", 1, 2, 3, 5, 8, 12, 18, 27, 41),
    REDUCED: (0, "^", "v", "v", 1, 2, 3, 5, 6, 8, 10),
}
_FIRST_DIAGONAL = 14
_LEAST_LOT = 2
_AQL_OF_S = 0.025  # the only plan of the letter S
_LARGE = 11  # places on a diagonal from which only the letters A to E have plans
_DOUBLES = {  # of the single plan's acceptance number: first accept and reject, second accept
    1: (0, 2, 1),
    2: (0, 3, 3),
    3: (1, 3, 4),
    5: (2, 5, 6),
    7: (3, 6, 9),
    8: (4, 7, 10),
    10: (5, 9, 12),
    12: (6, 10, 15),
    14: (7, 11, 18),
    18: (9, 14, 23),
    21: (11, 16, 26),
}
SEVERITY_WORDS = {NORMAL: "正常", TIGHTENED: "加严", REDUCED: "放宽"}
_MEMORY = {
    REDUCED: "放宽检验的表（表 2-C）是编者所记，没有与标准文本核对。",
    DOUBLE: "二次抽样的接收数、拒收数（表 3）是编者所记，没有与标准文本核对。",
}


class NotInTables(BadSampling):
    """The standard, or what is known of it here, has no such plan."""


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A plan of the tables; ``code_by_lot`` of Table 1, ``code_used`` after the arrows.

    ``full_inspection``: the sample is not smaller than the lot, so that all of it is inspected.  ``unconfirmed`` says
    in Chinese what of it was not compared with the standard's text; empty where it was checked.
    """

    lot_size: int
    level: str
    aql: float
    severity: str
    kind: str
    code_by_lot: str
    code_used: str
    plan: Plan
    full_inspection: bool
    unconfirmed: str


def code_letter(lot_size: int, level: str = "II") -> str:
    """Return the sample size code letter (Table 1).

    Raises
    ------
    NotInTables
        A lot of fewer than 2 items, an unknown level.
    """
    if level not in LEVELS:
        raise NotInTables(f"检验水平应为 {'、'.join(LEVELS)}，不是“{level}”。")
    if lot_size < _LEAST_LOT:
        raise NotInTables(f"批量应为 2 或更大，不是 {lot_size}。")
    letters = next(letters for most, letters in _CODES if most is None or lot_size <= most)
    return letters[LEVELS.index(level)]


def known_aql(aql: float) -> float:
    """Return the AQL of the series that a number means [% or nonconformities per 100 items].

    Raises
    ------
    NotInTables
        It is none of the series.
    """
    found = next((value for value in AQLS if isclose(value, aql, rel_tol=1e-9)), None)
    if found is None:
        raise NotInTables(f"AQL {aql:g} 不在标准的系列里：{'、'.join(f'{value:g}' for value in AQLS)}。")
    return found


def table_plan(
    lot_size: int, aql: float, level: str = "II", severity: str = NORMAL, kind: str = SINGLE
) -> TablePlan:
    """Return the plan of the tables for a lot.

    Where an arrow leads to another letter, its sample size is taken too.  Where the sample is not smaller than the
    lot, all of it is inspected.  Over an AQL of 10 the plan counts nonconformities.

    Raises
    ------
    NotInTables
        No such lot, level, AQL, severity or kind; reduced inspection over an AQL of 10; a double plan of an
        acceptance number over 21.
    """
    aql = known_aql(aql)
    if severity not in _DIAGONALS:
        raise NotInTables(f"严格度应为 normal、tightened 或 reduced，不是“{severity}”。")
    if kind not in {SINGLE, DOUBLE}:
        raise NotInTables(f"抽样类型应为 single 或 double，不是“{kind}”；多次抽样的表没有收入。")
    if severity == REDUCED and aql > MOST_OF_ITEMS:
        raise NotInTables("AQL 大于 10 的放宽检验方案没有可靠的来源，没有收入。")
    if severity == REDUCED and kind == DOUBLE:
        raise NotInTables("放宽检验的二次抽样方案没有可靠的来源，没有收入。")
    letter = code_letter(lot_size, level)
    used, accept = _followed(LETTERS.index(letter), AQLS.index(aql), severity)
    sizes = _REDUCED_SIZES if severity == REDUCED else _SIZES
    counts = aql > MOST_OF_ITEMS
    plan, is_double = single(sizes[used], accept, counts_nonconformities=counts), False
    if kind == DOUBLE and accept:
        plan, is_double = _double(used, accept, counts=counts), True
    full = plan.total >= lot_size
    if full:
        plan = _whole(plan, lot_size, accept)
    memory = [_MEMORY[what] for what, holds in ((REDUCED, severity == REDUCED), (DOUBLE, is_double)) if holds]
    return TablePlan(
        lot_size,
        level,
        aql,
        severity,
        DOUBLE if is_double else SINGLE,
        letter,
        LETTERS[used],
        plan,
        full,
        "".join(memory),
    )


def cell(letter: str, aql: float, severity: str = NORMAL) -> int | str:
    """Return a cell of Table 2: the acceptance number, "^" (the plan above) or "v" (the plan below)."""
    row, column = LETTERS.index(letter), AQLS.index(known_aql(aql))
    found = _cell(row, column, severity)
    return found if isinstance(found, int) else _direction(row, column, severity)


def _rows(severity: str) -> int:
    return len(_SIZES) if severity == TIGHTENED else len(_REDUCED_SIZES)


def _cell(row: int, column: int, severity: str) -> int | str:
    place = row + column - _FIRST_DIAGONAL
    diagonal = _DIAGONALS[severity]
    if place < 0:
        return "v"
    if place >= len(diagonal) or (place >= _LARGE and row > LETTERS.index("E")):
        return "^"
    if severity == TIGHTENED and row == 0 and diagonal[place] == 0:
        return "v"  # the letter A has no zero plan in Table 2-B
    if LETTERS[row] == "S" and AQLS[column] != _AQL_OF_S:
        return "^"
    return diagonal[place]


def _direction(row: int, column: int, severity: str) -> str:
    """Return where the arrow of a cell leads; one that leaves the table is turned."""
    arrow = str(_cell(row, column, severity))
    rows = range(row - 1, -1, -1) if arrow == "^" else range(row + 1, _rows(severity))
    has_plan = any(isinstance(_cell(at, column, severity), int) for at in rows)
    return arrow if has_plan else "v" if arrow == "^" else "^"


def _followed(row: int, column: int, severity: str) -> tuple[int, int]:
    """Return the row and the acceptance number of the first plan where the arrows lead."""
    found = _cell(row, column, severity)
    if isinstance(found, int):
        return row, found
    step = -1 if _direction(row, column, severity) == "^" else 1
    while not isinstance(found, int):
        row += step
        found = _cell(row, column, severity)
    return row, found


def _double(row: int, accept: int, *, counts: bool) -> Plan:
    size = _DOUBLE_SIZES[row]
    if size is None or accept not in _DOUBLES:
        raise NotInTables(
            f"字码 {LETTERS[row]}、接收数 {accept} 的二次抽样方案没有可靠的来源，请用一次抽样。"
        )
    a1, r1, a2 = _DOUBLES[accept]
    return Plan((Stage(size, a1, r1), Stage(size, a2, a2 + 1)), counts)


def _whole(plan: Plan, lot_size: int, accept: int) -> Plan:
    counts = plan.counts_nonconformities
    if plan.is_single or plan.stages[0].n >= lot_size:
        return single(lot_size, accept, counts_nonconformities=counts)
    first, second = plan.stages
    rest = lot_size - first.n
    return Plan((first, Stage(rest, second.accept, second.reject)), counts)
