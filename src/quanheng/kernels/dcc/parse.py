"""Reading XML that a stranger has sent: no network, no other file, no entity, bounded in size and depth.

A document is read twice.  The first pass builds nothing: it counts, and stops at a DOCTYPE before one
declaration in it is read, whatever the encoding.  What passes cannot expand, so the second pass may
lift libxml2's own limit for a single text (a DCC carries whole PDF files in base64).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 256
MAX_NODES = 1_000_000

_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": True,
    "recover": False,
}
_BLANK = b"\0 \t\r\n"
_MARKS = b"\xef\xbb\xbf\xff\xfe"  # byte order marks of UTF-8 and UTF-16
_REASONS = {
    etree.ErrorTypes.ERR_DOCUMENT_EMPTY: "不是 XML：文件为空或不以标签开始",
    etree.ErrorTypes.ERR_DOCUMENT_END: "根元素之后还有别的内容，或文件不完整",
    etree.ErrorTypes.ERR_INVALID_CHAR: "含有 XML 不允许的字符",
    etree.ErrorTypes.ERR_INVALID_ENCODING: "内容与声明的字符编码不符",
    etree.ErrorTypes.ERR_UNKNOWN_ENCODING: "字符编码不明",
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING: "不支持所声明的字符编码",
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH: "开始标签与结束标签不配对",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "标签没有结束",
    etree.ErrorTypes.ERR_GT_REQUIRED: "标签没有写完",
    etree.ErrorTypes.ERR_NAME_REQUIRED: "标签或属性没有名称",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_STARTED: "属性值没有引号",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED: "属性值没有写完",
    etree.ErrorTypes.ERR_ATTRIBUTE_WITHOUT_VALUE: "属性没有值",
    etree.ErrorTypes.ERR_COMMENT_NOT_FINISHED: "注释没有写完",
    etree.ErrorTypes.ERR_CDATA_NOT_FINISHED: "CDATA 没有写完",
    etree.ErrorTypes.ERR_SPACE_REQUIRED: "属性之间没有空格",
    etree.ErrorTypes.ERR_RESERVED_XML_NAME: "XML 声明不在文件开头",
    etree.ErrorTypes.ERR_LT_IN_ATTRIBUTE: "属性值中有“<”",
    etree.ErrorTypes.ERR_ATTRIBUTE_REDEFINED: "同一标签中有重复的属性",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "用了没有声明的实体",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "用了没有声明的命名空间前缀",
}


class BadXml(ValueError):
    """What cannot be read as XML, or is refused unread; the reason is Chinese.

    ``code`` is ``not_well_formed``, ``too_large``, ``doctype``, ``too_deep`` or ``too_many_nodes``; who reads
    the file for the kernel adds ``not_found``.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def parse_xml(data: bytes, *, max_bytes: int = MAX_BYTES, max_nodes: int = MAX_NODES) -> etree._Element:
    """Return the root element of a document nobody vouches for; comments and processing instructions stay.

    Raises BadXml for more than ``max_bytes`` [bytes], a DOCTYPE (so no entity is ever expanded, XML 1.0
    section 4.4), deeper than MAX_DEPTH, more than ``max_nodes`` nodes, or not well-formed.
    """
    if len(data) > max_bytes:
        raise too_large(max_bytes)
    guard: Any = _Guard(max_nodes)
    _run(data, etree.XMLParser(target=guard, **_OPTIONS))
    return _run(data, etree.XMLParser(**_OPTIONS))


def too_large(max_bytes: int) -> BadXml:
    """Return the refusal of a file of more than ``max_bytes`` [bytes], for callers that look before reading."""
    return BadXml("too_large", f"文件超过 {max_bytes / 2**20:g} MiB，没有读取。")


@dataclass
class _Guard:
    """Counts what goes by; raises at what must not be built."""

    max_nodes: int
    depth: int = 0
    nodes: int = 0

    def doctype(self, _name: str, _public_id: str | None, _system_id: str | None) -> None:
        raise BadXml(
            "doctype", "文件含有 DOCTYPE 声明，拒绝读取：证书不需要它，它可以展开实体、引用外部文件。"
        )

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BadXml("too_deep", f"元素嵌套超过 {MAX_DEPTH} 层，拒绝读取。")
        self._count(1 + len(attributes))

    def end(self, _tag: str) -> None:
        self.depth -= 1

    def comment(self, _text: str) -> None:
        self._count(1)

    def pi(self, _target: str, _data: str | None = None) -> None:
        self._count(1)

    def close(self) -> None:
        return None

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > self.max_nodes:
            raise BadXml("too_many_nodes", f"元素和属性超过 {self.max_nodes} 个，拒绝读取。")


def _run(data: bytes, parser: etree.XMLParser) -> etree._Element:
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadXml("not_well_formed", _reason(error, data)) from None
    except ValueError as error:
        if isinstance(error, BadXml):
            raise
        raise BadXml("not_well_formed", f"不是格式正确的 XML：{error}") from None


def _reason(error: etree.XMLSyntaxError, data: bytes) -> str:
    line, column = error.position
    failure: Any = error  # its code is not in the stubs
    said = _REASONS.get(failure.code, "")
    original = str(error.msg or "").split(", line ")[0].strip()
    why = f"{said}（{original}）" if said and original else said or original or "内容为空"
    where = f"第 {line} 行第 {column} 列：" if line else ""
    is_cut = failure.code == etree.ErrorTypes.ERR_TAG_NOT_FINISHED or not data[-64:].rstrip(_BLANK).endswith(
        b">"
    )
    hint = "文件可能被截断。" if is_cut and data[:64].lstrip(_BLANK + _MARKS)[:1] == b"<" else ""
    return f"不是格式正确的 XML：{where}{why}。{hint}"
