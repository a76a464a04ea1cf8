"""The inputs of a model as cells: each is a scalar, or a line of scalars, of the YAML text, and is changed in its place.

The text stays what it is: comments, order and every character outside the changed cell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from quanheng.evaluations.reading import MAX_VALUES
from quanheng.kernels.marked_yaml import BadYaml, load_node
from quanheng.kernels.uncertainty.spellings import COMPONENT, INPUT, MODEL

MOST_CELLS = 300
_MOST_NODES = 2 * MAX_VALUES + 1  # each value may have a key; a text with more values has no result
_PLAIN = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[^\W\d][\w ()（）/%°·²³-]*")
_RESERVED = {"true", "false", "null", "y", "n", "yes", "no", "on", "off"}
_FLOW_BREAKS = re.compile(r"[,\[\]{}#:]|^\s|\s$")


@dataclass(frozen=True)
class Cell:
    """What stands between ``start`` and ``end`` of the text, as a person edits it; ``address`` is unique."""

    address: str
    key: str
    value: str
    start: int
    end: int
    line: int
    is_list: bool = False
    is_quoted: bool = False


@dataclass(frozen=True)
class Line:
    """An input, or one of the effects around it; ``name`` is empty for an effect."""

    name: str
    label: str
    cells: tuple[Cell, ...]


def lines_of(text: str) -> list[Line]:
    """Return the inputs of a model, line by line; nothing where the text is none that the page reads."""
    try:
        root = load_node(text, _MOST_NODES)
    except BadYaml:
        return []
    lines, count = [], 0
    for name, node in _named(_find(root, MODEL, "inputs")):
        for line in _lines(name, node):
            lines.append(line)
            count += 1 + len(line.cells)
            if count > MOST_CELLS:
                return []
    return lines


def merged(text: str, base: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with those cells that a person changed since text and cells both showed ``base``.

    ``values`` are cells by address.  One that the new text no longer has stays away.
    """
    before = _by_address(base)
    changed = {
        address: value.strip()
        for address, value in values.items()
        if address in before and value.strip() != before[address].value
    }
    now = _by_address(text) if changed else {}
    for cell in sorted(now.values(), key=lambda cell: -cell.start):
        if cell.address in changed:
            text = text[: cell.start] + _written(cell, changed[cell.address]) + text[cell.end :]
    return text


def _by_address(text: str) -> dict[str, Cell]:
    return {cell.address: cell for line in lines_of(text) for cell in line.cells}


def _find(node: yaml.Node | None, spellings: Mapping[str, str], wanted: str) -> yaml.Node | None:
    """Return what a mapping has under a key, however that is spelled."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in _pairs(node) if spellings.get(key.strip()) == wanted), None)


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
    """Yield what a mapping has under its scalar keys; the text of any other node may be longer than all of it."""
    return ((key.value, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))


def _named(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """Yield the inputs, which are a mapping by name or a list with names."""
    if isinstance(node, yaml.MappingNode):
        yield from _pairs(node)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            name = _find(value, INPUT, "name")
            yield str(name.value) if isinstance(name, yaml.ScalarNode) else "", value


def _lines(name: str, node: yaml.Node) -> Iterator[Line]:
    yield Line(name, _label(node, INPUT), tuple(_cells(node, INPUT, name)))
    components = _find(node, INPUT, "components")
    if isinstance(components, yaml.SequenceNode):
        for number, part in enumerate(components.value, 1):
            address = f"{name}/{number}"
            yield Line("", _label(part, COMPONENT), tuple(_cells(part, COMPONENT, address)))


def _label(node: yaml.Node, spellings: Mapping[str, str]) -> str:
    label = _find(node, spellings, "label")
    return str(label.value) if isinstance(label, yaml.ScalarNode) else ""


def _cells(node: yaml.Node, spellings: Mapping[str, str], of: str) -> Iterator[Cell]:
    if not isinstance(node, yaml.MappingNode):
        return
    for written, value in _pairs(node):
        key = spellings.get(written.strip())
        if key is None or key in {"name", "label", "components"}:
            continue
        start, end, line = value.start_mark.index, value.end_mark.index, value.start_mark.line + 1
        address = f"{of}/{key}"
        if isinstance(value, yaml.ScalarNode) and value.style in {None, "'", '"'} and value.value:
            yield Cell(address, key, value.value, start, end, line, is_quoted=value.style is not None)
        elif isinstance(value, yaml.SequenceNode) and value.flow_style and _is_flat(value):
            items = ", ".join(item.value for item in value.value)
            yield Cell(address, key, items, start, end, line, is_list=True)


def _is_flat(node: yaml.SequenceNode) -> bool:
    return all(isinstance(item, yaml.ScalarNode) and item.style is None for item in node.value)


def _written(cell: Cell, value: str) -> str:
    """Return a value as YAML, in the manner in which the cell was written."""
    if cell.is_list:
        items = [item.strip() for item in value.replace("，", ",").split(",")]
        return f"[{', '.join(_scalar(item) for item in items if item)}]"
    return json.dumps(value, ensure_ascii=False) if cell.is_quoted else _scalar(value)


def _scalar(value: str) -> str:
    is_plain = (
        _PLAIN.fullmatch(value) and value.casefold() not in _RESERVED and not _FLOW_BREAKS.search(value)
    )
    return value if is_plain else json.dumps(value, ensure_ascii=False)
