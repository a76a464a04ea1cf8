"""XML of strangers: what is refused, and that nothing outside of the file is touched."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.dcc import BadXml, NotADcc, Validator, parse_xml, read_dcc, read_signatures
from quanheng.kernels.dcc.parse import MAX_DEPTH, MAX_NODES
from quanheng.kernels.dcc.structure import structure_errors
from tests.kernels.dcc.sample import sample, signed

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x0 "ha">'
    + "".join(f'<!ENTITY x{i} "{f"&x{i - 1};" * 10}">' for i in range(1, 12))
    + ']><a b="&x11;">&x11;</a>'
)


def _refusal(data: bytes, **options: int) -> BadXml:
    with pytest.raises(BadXml) as caught:
        parse_xml(data, **options)
    return caught.value


def test_a_document_is_read_and_keeps_its_comments() -> None:
    root = parse_xml(b"<a><!--c--><b>1</b></a>")
    assert [child.tag for child in root][1] == "b"
    assert len(root) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_billion_laughs_is_refused_before_it_expands(encoding: str) -> None:
    tracemalloc.start()
    refusal = _refusal(LAUGHS.encode(encoding))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusal.code == "doctype"
    assert peak < 2**20


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file://{path}">]>',
        '<!DOCTYPE a SYSTEM "file://{path}">',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "file://{path}"> %x;]>',
        '<!DOCTYPE a PUBLIC "-//x" "http://127.0.0.1:9/{path}">',
        "<!DOCTYPE a>",
    ],
)
def test_a_doctype_is_refused_whatever_it_points_to(doctype: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    refusal = _refusal(f"{doctype.format(path=tmp_path / 'secret')}<a>&x;</a>".encode())
    assert refusal.code == "doctype"
    assert "secret" not in str(refusal)


def test_an_included_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    inclusion = (
        f'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="{tmp_path}/secret" parse="text"/></a>'
    )
    assert "".join(parse_xml(inclusion.encode()).itertext()) == ""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "空"),
        (b"hello", "不是 XML"),
        (b"%PDF-1.7", "不是 XML"),
        (sample()[:-200], "截断"),
        (b"<a><b></a>", "不配对"),
        (b"<a>&x;</a>", "实体"),
        (b"<x:a/>", "前缀"),
        (b"<a/><b/>", "根元素之后"),
        (b"<a>\x00</a>", "字符"),
        (sample().decode().encode("gb18030"), "编码"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "编码"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_a_reason(data: bytes, why: str) -> None:
    refusal = _refusal(data)
    assert refusal.code == "not_well_formed"
    assert why in str(refusal)


def test_a_declared_chinese_encoding_is_read() -> None:
    text = sample().decode().replace('encoding="UTF-8"', 'encoding="GB18030"')
    assert read_dcc(text.encode("gb18030")).laboratory.name == "质量实验室"


def test_limits_of_size_depth_and_number_are_kept_and_are_not_too_narrow() -> None:
    assert _refusal(b"<a>" + b" " * 100 + b"</a>", max_bytes=50).code == "too_large"
    assert _refusal(b"<a>" * (MAX_DEPTH + 1)).code == "too_deep"
    assert _refusal(b"<a>" + b"<b/>" * MAX_NODES + b"</a>").code == "too_many_nodes"
    parse_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH)
    parse_xml(b"<a>" + b"x" * (11 * 2**20) + b"</a>")  # a PDF in base64: more than libxml2's own 10 MB


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    base=st.sampled_from([sample(), signed()]),
)
def test_no_change_of_bytes_makes_the_reader_fall_over(data: st.DataObject, base: bytes) -> None:
    changed = bytearray(base)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        piece = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b"<", b">", b"&", b'"', b"\xff", b"/>"]))
        )
        changed[at : at + data.draw(st.integers(0, 12))] = piece
    validation = Validator({}).validate(bytes(changed))
    if validation.is_well_formed:
        try:
            read_dcc(bytes(changed))
        except NotADcc:
            assert validation.structure


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_change_of_the_tree_makes_the_reader_fall_over(data: st.DataObject) -> None:
    root = parse_xml(signed())
    elements = [element for element in root.iter() if element.getparent() is not None]
    for _ in range(data.draw(st.integers(1, 5))):
        element = data.draw(st.sampled_from(elements))
        match data.draw(st.integers(0, 3)):
            case 0:
                element.text = data.draw(
                    st.sampled_from(["", "x", "nan", "1e999999999", "-", "9" * 500, "２"])
                )
            case 1 if element.getparent() is not None:
                element.getparent().remove(element)
            case 2:
                element.append(data.draw(st.sampled_from(elements)).__copy__())
            case _:
                element.tag = data.draw(st.sampled_from(elements)).tag
    structure_errors(root)
    read_signatures(root)
