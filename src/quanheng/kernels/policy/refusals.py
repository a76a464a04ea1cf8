"""Refusal of a document that cannot or must not be read."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "policy.empty": "文件是空的。请重新选择文件。",
    "policy.too_large": "文件太大，上限为 {limit}。请只上传方案正文和附表。",
    "policy.not_text": "文件不是文本。请上传 .txt、.md、.docx 或带文字层的 .pdf。",
    "policy.encoding": "文字编码无法识别。请另存为 UTF-8 后再上传。",
    "policy.encrypted": "文件有密码。请取消密码后再上传。",
    "policy.macro": "文件含有宏。请另存为不带宏的 .docx 后再上传。",
    "policy.zip_bomb": "文件展开后过大，可能是恶意文件，未作读取。请另存一份后再上传。",
    "policy.no_text_layer": "这份 PDF 是扫描件，没有文字层。请上传文字版，或先做文字识别。",
    "policy.unsupported_type": "不支持这种文件（{detail}）。请另存为 .docx、.pdf、.txt 或 .md。",
    "policy.damaged": "文件已损坏，无法读取。请用原软件打开并另存后再上传。",
    "policy.bad_facts": "计划事实文件（plan.yaml）有误：{detail}",
    "policy.unsafe_xml": "文件内含不允许的 XML 声明，未作读取。请用办公软件另存后再上传。",
}


class DocumentRefused(ValueError):
    """The document is not read at all; ``code`` is stable, ``message`` is for people."""

    def __init__(self, code: str, **values: str) -> None:
        self.code = code
        self.message = MESSAGES[code].format(**values)
        super().__init__(self.message)
