"""Refusal of a file that cannot or must not be read as a ledger."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "ledger.empty": "文件是空的，没有可读的内容。请重新选择文件。",
    "ledger.too_large": "文件太大，上限为 {limit}。请拆分后再上传。",
    "ledger.too_many_rows": "工作表“{sheet}”超过 {limit} 行。请拆分后再上传。",
    "ledger.too_wide": "工作表“{sheet}”的内容铺得太开（{rows} 行 × {columns} 列），未作读取。请删除远处的零散内容后再上传。",
    "ledger.zip_bomb": "文件展开后过大，可能是恶意文件，未作读取。请另存一份后再上传。",
    "ledger.encrypted": "文件有密码。请取消密码后再上传。",
    "ledger.damaged": "文件已损坏，无法读取（{detail}）。请用原软件打开并另存后再上传。",
    "ledger.not_a_workbook": "文件名是 {suffix}，内容却是{found}，不是表格文件。请用办公软件打开，另存为 .xlsx 后再上传。",
    "ledger.unsupported_type": "不支持这种文件（{found}）。请另存为 .xlsx、.xls 或 .csv。",
    "ledger.encoding": "文字编码无法识别。请另存为 .xlsx 或 UTF-8 编码的 .csv 后再上传。",
    "ledger.no_such_sheet": "没有名为“{sheet}”的工作表。现有：{sheets}。",
    "ledger.bad_answers": "列名答复有误：{detail}",
    "ledger.bad_date_order": "日期顺序只能是 mdy 或 dmy，不能是 {order}。",
}


class UnreadableLedger(ValueError):
    """The file is not read at all; ``code`` is stable, ``text`` is for people."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.text = MESSAGES[code].format(**values)
        super().__init__(self.text)
