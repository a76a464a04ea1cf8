"""YAML with the line of every value, for files in which a person must find what is wrong.

Scalars follow the core schema of YAML 1.2.2 (10.3): ``1e-6`` is a number, ``on`` and ``no`` are words,
``12:30`` is text.  Anchors and merge keys are refused: a file says what it says where it says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

import yaml

Path = tuple[str | int, ...]

_MAX_BYTES = 2**20
_MAX_DEPTH = 30


class BadYaml(ValueError):
    """Text that is no plain YAML: ``line`` and ``column`` count from 1, ``reason`` is Chinese."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        self.line, self.column, self.reason = line, column, reason
        super().__init__(f"第 {line} 行第 {column} 列：{reason}")


@dataclass(frozen=True, slots=True)
class Marked:
    """What a file holds, and where."""

    data: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest value around it that the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.SafeLoader):
    """Scalars of YAML 1.2 core, and dates; no aliases; no more than so many nodes, keys among them."""

    most_nodes: float = inf

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise BadYaml(mark.line + 1, mark.column + 1, "不支持引用（& 和 *）。")
        self.most_nodes -= 1
        if self.most_nodes < 0:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise BadYaml(mark.line + 1, mark.column + 1, "内容太多。")
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)",
        "-+0123456789.",
    ),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
# An empty scalar has no first character; PyYAML looks it up under "".
_Loader.yaml_implicit_resolvers.setdefault("", _Loader.yaml_implicit_resolvers["\0"])
# Not the octal and sexagesimal numbers of YAML 1.1.
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _loader, node: int(node.value))
_Loader.add_constructor(
    "tag:yaml.org,2002:float", lambda _loader, node: float(node.value.lower().replace(".inf", "inf"))
)


def load_marked(text: bytes | str) -> Marked:
    """Return the content of one document and the line of each value, key by key.

    Raises
    ------
    BadYaml
        Not UTF-8, not YAML, a key twice, an anchor, nested or long beyond reason.
    """
    return _loaded(text, inf)[1]


def load_node(text: str, most_nodes: int) -> yaml.Node | None:
    """Return the root of a document that `load_marked` reads, for whoever changes a text in its place.

    Each node has its marks, no node is met twice, and every key is a scalar.  None where the document is empty.

    Raises
    ------
    BadYaml
        As `load_marked`; or there are more than ``most_nodes`` nodes, keys among them, of which no more is read.
    """
    return _loaded(text, most_nodes)[0]


def _loaded(text: bytes | str, most_nodes: float) -> tuple[yaml.Node | None, Marked]:
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise BadYaml(line, 1, "文件不是 UTF-8 编码。") from error
    if len(text.encode("utf-8", "surrogatepass")) > _MAX_BYTES:
        raise BadYaml(1, 1, f"文件超过 {_MAX_BYTES // 2**20} MiB。")
    try:
        loader = _Loader(text)
        loader.most_nodes = most_nodes
        node = loader.get_single_node()
        lines: dict[Path, int] = {}
        data = _plain(loader, node, (), lines) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise BadYaml(line, column, f"不是有效的 YAML（{error.problem or error.context}）。") from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1 if isinstance(error.position, int) else 1
        raise BadYaml(line, 1, "含有不能使用的字符。") from error
    except RecursionError as error:
        raise BadYaml(1, 1, "嵌套太深。") from error
    return node, Marked(data, lines)


def _plain(loader: _Loader, node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if len(path) > _MAX_DEPTH:
        raise BadYaml(line, column, "嵌套太深。")
    lines.setdefault(path, line)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*path, at), lines) for at, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path, lines)
    return _scalar(loader, node)


def _mapping(loader: _Loader, node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise BadYaml(line, column, "名称应为文字。")
        key = key_node.value
        if key in found:
            raise BadYaml(line, column, f"“{key}”重复，第 {lines[(*path, key)]} 行已有。")
        lines[(*path, key)] = line
        found[key] = _plain(loader, value_node, (*path, key), lines)
    return found


def _scalar(loader: _Loader, node: yaml.Node) -> str | int | float | bool | date | None:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if not node.tag.startswith("tag:yaml.org,2002:"):
        raise BadYaml(line, column, f"不支持标记 {node.tag}。")
    try:
        value: str | int | float | bool | date | None = loader.construct_object(node)
    except (ValueError, OverflowError) as error:
        raise BadYaml(line, column, f"“{str(node.value)[:40]}”不能读取。") from error
    return value
