"""No number of a regulation stands in code: periods, lives and limits are rule data."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "src/quanheng"
AREAS = ("kernels/rules", "regulations", "instruments")
# The demonstration invents ledgers: what their columns claim is data of a story, not a rule that acts.
NOT_RULES = {"migrations", "demo"}
FILES = sorted(
    path for area in AREAS for path in (SOURCE / area).rglob("*.py") if not NOT_RULES & set(path.parts)
)
REGULATED = (
    "month",
    "period",
    "life",
    "interval",
    "percent",
    "share",
    "ratio",
    "mpe",
    "dn_mm",
    "q3",
    "qmax",
    "g_size",
)


def _names(node: ast.AST | None) -> str:
    """Return the names that a target, argument or operand goes by."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return name.lower()
        case ast.Constant(value=str(text)):
            return text.lower()
        case ast.Subscript(value=value, slice=key):
            return f"{_names(value)} {_names(key)}"
    return ""


def _is_number(node: ast.AST | None) -> bool:
    """Whether it is a literal above one, also as text in Decimal("0.25") or behind a sign."""
    match node:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int() | float() as value):
            return value not in {0, 1}
        case ast.UnaryOp(operand=operand):
            return _is_number(operand)
        case ast.Call(func=ast.Name(id="Decimal" | "int" | "float"), args=[ast.Constant(), *_]):
            return True
    return False


def suspicious(source: str) -> list[int]:
    """Return the lines where a number stands beside a name that a regulation gives its numbers to."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        pairs: list[tuple[ast.AST | None, ast.AST | None]] = []
        match node:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.AnnAssign(target=target, value=value):
                pairs = [(target, value)]
            case ast.keyword(arg=name, value=value):
                pairs = [(ast.Name(id=name or ""), value)]
            case ast.Compare(left=left, comparators=others):
                row = [left, *others]
                pairs = [(a, b) for a in row for b in row]
            case ast.BinOp(left=left, right=right):
                pairs = [(left, right), (right, left)]
            case ast.Dict(keys=keys, values=values):
                pairs = list(zip(keys, values, strict=True))
            case ast.arguments(args=args, defaults=defaults, kwonlyargs=more, kw_defaults=theirs):
                pairs = [*zip(args[len(args) - len(defaults) :], defaults, strict=True)]
                pairs += zip(more, theirs, strict=True)
            case ast.Call(func=func, args=args):
                pairs = [(func, argument) for argument in args]
        for named, number in pairs:
            if _is_number(number) and any(word in _names(named) for word in REGULATED):
                lines.append(getattr(number, "lineno", 0))
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_number_of_a_regulation_stands_in_the_code(path: Path) -> None:
    assert suspicious(path.read_text(encoding="utf-8")) == []


def test_there_are_files_to_look_at() -> None:
    assert {path.parent.name for path in FILES} >= {"rules", "regulations"}


@pytest.mark.parametrize(
    "code",
    [
        "period_months = 12",
        "life: int = 72",
        "due(on, months=6)",
        "if dn_mm <= 25: pass",
        "if 25 >= row['dn_mm']: pass",
        "near = 0.25 * period",
        "SHARE = Decimal('0.25')",
        "x = {'months': 12}",
        "def f(on, months=12): pass",
        "def f(*, interval_months=12): pass",
        "add_months(on, 12)",
        "add_months(on, -12)",
        "self.period_months = 24",
    ],
)
def test_the_check_sees_each_way_to_hide_one(code: str) -> None:
    assert suspicious(code) == [1]


@pytest.mark.parametrize(
    "code", ["size = 12", "months = row.months", "months > 0", "add_months(on, n)", "x[12]"]
)
def test_the_check_lets_other_numbers_pass(code: str) -> None:
    assert suspicious(code) == []
