"""Chinese and circled numerals used in outline numbers and dates."""

from __future__ import annotations

CN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
MAX_NUMERAL = 999
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
CN_NUMBER = "[一二三四五六七八九十百零〇]"


def cn_to_int(text: str) -> int | None:
    """Return the value of 一 … 九百九十九, or None where ``text`` is no such numeral."""
    total, digit = 0, 0
    for char in text:
        if char in CN_DIGITS:
            digit = CN_DIGITS[char]
        elif char == "十":
            total, digit = total + (digit or 1) * 10, 0
        elif char == "百":
            total, digit = total + digit * 100, 0
        else:
            return None
    return total + digit or None


def int_to_cn(value: int) -> str:
    """Return the outline numeral of 1 … 999 (十一, 二十, 一百零三)."""
    if not 1 <= value <= MAX_NUMERAL:
        raise ValueError(f"no outline numeral for {value}")
    digits = "零一二三四五六七八九"
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    out = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        out += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        out += "零"
    return out + (digits[ones] if ones else "")


def cn_year(text: str) -> int | None:
    """Return 2024 for 二〇二四, digit by digit."""
    if len(text) != len("二〇二四") or any(c not in CN_DIGITS for c in text):
        return None
    return int("".join(str(CN_DIGITS[c]) for c in text))
