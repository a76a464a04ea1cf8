"""Mutants of the engine: each module with one operator, comparison or number changed, run in a package of its own."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

PACKAGE = "quanheng.kernels.procedures"
MODULES = (
    "comparison",
    "lookup",
    "grouping",
    "scope",
    "fill",
    "budget",
    "decisions",
    "measuring",
    "judge",
    "readout",
)
"""What makes a verdict; each is loaded anew for a mutant, those that use it as well."""
RELOADED = (*MODULES, "judgement")

_COMPARES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_SIGNS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip


_ASSERTIONS = ("strict", "frozen", "slots")


class Mutant(NamedTuple):
    """A changed module: where and in which line, what was there, and what is there now."""

    module: str
    number: int
    line: str
    was: str
    becomes: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.module}:{self.number} {self.was} → {self.becomes}"


def mutants(module: str) -> Iterator[Mutant]:
    """Yield every mutant of a module; its code is good until the next one is asked for."""
    source = _path(module).read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    passive = _passive(tree)
    for node in ast.walk(tree):
        for field, value in _changes(node) if id(node) not in passive else ():
            before, was = getattr(node, field), ast.unparse(node)
            setattr(node, field, value)
            ast.fix_missing_locations(tree)
            at = node.lineno
            yield Mutant(module, at, lines[at - 1].strip(), was, ast.unparse(node), tree)
            setattr(node, field, before)


def _changes(node: ast.AST) -> list[tuple[str, object]]:
    """Return what may be done to a node: a field, and what it becomes."""
    match node:
        case ast.Compare(ops=signs):
            return [
                ("ops", [*signs[:at], _COMPARES[type(sign)](), *signs[at + 1 :]])
                for at, sign in enumerate(signs)
                if type(sign) in _COMPARES
            ]
        case ast.BinOp(op=sign) | ast.AugAssign(op=sign) if type(sign) in _SIGNS:
            return [("op", _SIGNS[type(sign)]())]
        case ast.BoolOp(op=sign):
            return [("op", ast.Or() if isinstance(sign, ast.And) else ast.And())]
        case ast.UnaryOp(op=sign, operand=operand):
            return [("operand", ast.UnaryOp(sign, operand))]
        case ast.Constant(value=bool() | int() | float() as value):
            return [("value", not value if isinstance(value, bool) else value + 1)]
    return []


def _passive(tree: ast.Module) -> set[int]:
    """Return the nodes that only say what type something has, or that it is what it is anyway."""
    found: set[int] = set()
    for node in ast.walk(tree):
        typed = (getattr(node, "annotation", None), getattr(node, "returns", None))
        sure = node.value if isinstance(node, ast.keyword) and node.arg in _ASSERTIONS else None
        for said in (*typed, sure):
            if said is not None:
                found |= {id(part) for part in ast.walk(said)}
    return found


@contextmanager
def engine(mutant: Mutant | None) -> Iterator[ModuleType]:
    """Give the package with a mutant in it (None: as it is), loaded beside the one that is in use."""
    kept = {f"{PACKAGE}.{name}": sys.modules.pop(f"{PACKAGE}.{name}") for name in RELOADED}
    parent = sys.modules[PACKAGE]
    attributes = {name: getattr(parent, name) for name in RELOADED if hasattr(parent, name)}
    try:
        if mutant is not None:
            _load(mutant)
        yield importlib.import_module(f"{PACKAGE}.judge")
    finally:
        for name in RELOADED:
            sys.modules.pop(f"{PACKAGE}.{name}", None)
        sys.modules.update(kept)
        for name, value in attributes.items():
            setattr(parent, name, value)


def _load(mutant: Mutant) -> None:
    name = f"{PACKAGE}.{mutant.module}"
    spec = find_spec(name)
    assert spec is not None
    module = ModuleType(name)
    module.__spec__, module.__file__, module.__package__ = spec, spec.origin, PACKAGE
    sys.modules[name] = module
    exec(compile(mutant.tree, str(spec.origin), "exec"), module.__dict__)


def _path(module: str) -> Path:
    spec = find_spec(f"{PACKAGE}.{module}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)
