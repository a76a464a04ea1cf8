"""XSD validation against PTB's schemas, which are given in and looked up by their addresses.

A document chooses its schema by ``schemaVersion`` alone; what it says in ``xsi:schemaLocation`` is
never followed (libxml2 would open it).  Schemas import one another by relative paths or by addresses
at ptb.de; both are answered from what was given, never from a network or a folder.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from quanheng.kernels.dcc.names import DCC, MATHML, XSI

SchemaFiles = Mapping[str, bytes]
"""Files by name: ``dcc/3.3.0``, ``si/2.2.1``, ``qudt/2.2.1``, ``xmldsig``, ``schematron``; see `name_of`."""

MAX_ERRORS = 200
_VERSION = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}(?:-[A-Za-z0-9.]{1,20})?", re.ASCII)
_NAMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"/dsi/v([\d.]+)\.xsd$"), lambda found: f"si/{found[1]}"),
    (re.compile(r"/v([\d.]+)/SI_Format\.xsd$"), lambda found: f"si/{found[1]}"),
    (re.compile(r"/qudt/v([\d.]+)\.xsd$"), lambda found: f"qudt/{found[1]}"),
    (re.compile(r"/v([\d.]+)/[^/]*qudt[^/]*\.xsd$", re.IGNORECASE), lambda found: f"qudt/{found[1]}"),
    (re.compile(r"/v([^/]+)/dcc\.xsd$"), lambda found: f"dcc/{found[1]}"),
    (re.compile(r"/xmldsig-core-schema\.xsd$"), lambda _found: "xmldsig"),
    (re.compile(r"/dcc\.sch$"), lambda _found: "schematron"),
)
_MATHML_ADDRESS = "quanheng:mathml"
# `math` alone is declared, of any content: MathML is checked to be there, its inside is not checked.
_MATHML_SCHEMA = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{MATHML}">
<xs:element name="math"/></xs:schema>"""
_BOTH = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="{dcc}" schemaLocation="https://ptb.de/dcc/v{version}/dcc.xsd"/>
<xs:import namespace="{mathml}" schemaLocation="{address}"/></xs:schema>"""


class NoSchema(ValueError):
    """XSD validation cannot be done; the reason is Chinese."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that a validator said, verbatim, and the line it said it of; 0 where it names none."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"第 {self.line} 行：{self.text}" if self.line else self.text


def name_of(address: str) -> str:
    """Return the name in `SchemaFiles` of an address or path of a schema; empty for what is none."""
    for pattern, name in _NAMES:
        if found := pattern.search(address):
            return name(found)
    return ""


def is_version(text: str) -> bool:
    """Whether ``text`` is written as versions of DCC are: 3.3.0, 3.4.0-rc.1."""
    return _VERSION.fullmatch(text) is not None


def xsd_errors(root: etree._Element, version: str, files: SchemaFiles) -> tuple[Message, ...]:
    """Return what the schema of ``version`` finds wrong in a document, at most MAX_ERRORS; empty: valid.

    Raises NoSchema where the schema is not at hand or cannot be compiled.
    """
    return errors_by(compiled_schema(version, files), root)


def errors_by(schema: etree.XMLSchema, root: etree._Element) -> tuple[Message, ...]:
    """Return what a compiled schema finds wrong, as `xsd_errors` does; not shared between threads."""
    plain = copy.deepcopy(root)
    for element in plain.iter(etree.Element):
        for name in ("schemaLocation", "noNamespaceSchemaLocation"):
            if f"{{{XSI}}}{name}" in element.attrib:
                del element.attrib[f"{{{XSI}}}{name}"]
    try:
        if schema.validate(etree.ElementTree(plain)):
            return ()
    except etree.XMLSchemaValidateError as error:
        raise NoSchema(f"XSD 校验未能完成：{error}") from None
    log: Any = schema.error_log  # not iterable in the stubs
    return tuple(Message(entry.line, entry.message) for entry in log)[:MAX_ERRORS]


def compiled_schema(version: str, files: SchemaFiles) -> etree.XMLSchema:
    """Return the schema of ``version``, for many documents; raises NoSchema."""
    if not files:
        raise NoSchema("没有找到 PTB 的 schema 文件")
    if not is_version(version):
        raise NoSchema(f"schemaVersion“{version}”不是版本号")
    if f"dcc/{version}" not in files:
        raise NoSchema(f"没有 {version} 版的 schema")
    resolver = _Resolver(files)
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    parser.resolvers.add(resolver)
    text = _BOTH.format(dcc=DCC, mathml=MATHML, version=version, address=_MATHML_ADDRESS)
    try:
        return etree.XMLSchema(etree.fromstring(text, parser))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        missing = f"，缺少 {'、'.join(resolver.missing)}" if resolver.missing else ""
        raise NoSchema(f"{version} 版的 schema 不能编译{missing}（{error}）") from None


class _Resolver(etree.Resolver):
    """Answers every address a schema imports; what was not given is empty, never fetched."""

    def __init__(self, files: SchemaFiles) -> None:
        super().__init__()
        self._files = files
        self.missing: list[str] = []

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override]  # noqa: ARG002  lxml calls it with a context; its stubs know none
        if system_url == _MATHML_ADDRESS:
            return self.resolve_string(_MATHML_SCHEMA, context, base_url=system_url)
        name = name_of(system_url)
        if name not in self._files:
            self.missing.append(name or system_url)
            return self.resolve_string("", context, base_url=system_url)
        return self.resolve_string(self._files[name], context, base_url=system_url)
