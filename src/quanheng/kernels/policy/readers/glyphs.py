"""Signs that stand for other characters: radicals out of PDF files, numbers drawn as one sign (㈠, ⑴, ⒈)."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from quanheng.kernels.policy.model import Document, Paragraph, Table

# CJK Radicals Supplement: Unicode gives most of these no decomposition (U+2E80 … U+2EFF).
_SUPPLEMENT = (
    "⺁厂⺟母⺠民⺩王⺫目⺬示⺮竹⺶羊⺼月⺾艹⻁虎⻄西⻅见⻆角⻉贝⻊足⻋车⻑長⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼"
    "⻥鱼⻦鸟⻧卤⻨麦⻩黄⻬齐⻮齿⻰龙⻳龟"
)
_KANGXI = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_NUMBERS = {
    code: unicodedata.normalize("NFKC", chr(code)).replace("(", "（").replace(")", "）")
    for code in (*range(0x3220, 0x322A), *range(0x2474, 0x2488))
} | {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2488, 0x249C)}
_TABLE = str.maketrans(
    _KANGXI | _NUMBERS | dict(zip(map(ord, _SUPPLEMENT[::2]), _SUPPLEMENT[1::2], strict=True))
)


def with_plain_characters(document: Document) -> Document:
    """Replace these signs by characters; everything else stays as written."""
    blocks: list[Paragraph | Table] = []
    for block in document.blocks:
        if isinstance(block, Paragraph):
            blocks.append(Paragraph(block.text.translate(_TABLE)))
        else:
            rows = (tuple(None if c is None else c.translate(_TABLE) for c in row) for row in block.rows)
            blocks.append(Table(tuple(rows)))
    return replace(document, blocks=tuple(blocks))
