"""Templates: every word is translatable, nothing runs or is styled inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = ROOT / "src/quanheng/web/templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
# The page of a fault has no context to translate with; a language is named in itself.
UNTRANSLATED = {"500.html", "components/language.html"}

CHINESE = re.compile(r"[\u3400-\u9fff]+")
NOT_SHOWN = re.compile(
    r"\{#.*?#\}"
    r"|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}"
    r"|\{%\s*blocktranslate\b.*?%\}.*?\{%\s*endblocktranslate\s*%\}",
    re.DOTALL,
)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
MARKED = re.compile(r"\{%\s*translate\s+(\"[^\"]*\"|'[^']*').*?%\}|_\((\"[^\"]*\"|'[^']*')\)", re.DOTALL)


def bare_words(template: str) -> list[str]:
    """Return the Chinese that no translation reaches: in the markup, or in a tag as a plain string."""
    shown = MARKED.sub(" ", NOT_SHOWN.sub(" ", template))
    # 、 and ， between values are punctuation of lists, not words; CHINESE has no punctuation.
    return CHINESE.findall(shown)


BREAKERS = {
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "an inline event handler": r"<[^>]*\son[a-z]+\s*=",
    "an inline style element": r"<style\b",
    "an inline script": r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>",
    "a script as an address": r"javascript:",
    "an address outside": r"""(?:src|href)=["'](?:https?:)?//""",
}


def breaches(template: str) -> list[str]:
    """Return what the strict content policy would block; JSON in a script element is data."""
    markup = TAG.sub("", NOT_SHOWN.sub(" ", template))
    return [what for what, pattern in BREAKERS.items() if re.search(pattern, markup)]


def _faults(check: object) -> dict[str, list[str]]:
    found = {path.relative_to(TEMPLATES).as_posix(): check(path.read_text("utf-8")) for path in PAGES}  # type: ignore[operator]
    return {name: faults for name, faults in found.items() if faults}


def test_every_chinese_word_of_a_template_is_marked_for_translation() -> None:
    assert len(PAGES) > 40
    assert set(_faults(bare_words)) == UNTRANSLATED


def test_no_template_holds_what_the_strict_content_policy_would_block() -> None:
    assert _faults(breaches) == {}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<h1>规划</h1>", ["规划"]),
        ('<a title="规划">', ["规划"]),
        ('{% include "x.html" with word="规划" %}', ["规划"]),
        ('{{ plan|default:"未写明" }}', ["未写明"]),
        ('{{ plan|default:_("未写明") }}{% translate "规划" as word %}{% translate "规划" %}', []),
        ("{# 规划 #}{% comment %}\n规划{% endcomment %}", []),
        ("{% blocktranslate with n=1 %}规划 {{ n }}{% plural %}规划{% endblocktranslate %}、", []),
    ],
)
def test_the_check_of_words_sees_each_kind_of_fault(template: str, words: list[str]) -> None:
    assert bare_words(template) == words


@pytest.mark.parametrize(
    "markup",
    [
        '<p class="x" style="color:red">',
        '<a onclick="x()">',
        "<style>",
        "<script>x()</script>",
        '<a href="javascript:x()">',
        '<img src="//host/x.png">',
    ],
)
def test_the_check_of_the_content_policy_sees_each_kind_of_breach(markup: str) -> None:
    assert len(breaches(markup)) == 1


def test_the_check_of_the_content_policy_lets_files_and_data_pass() -> None:
    fine = '<script src="x.js" defer></script><script type="application/json">{}</script><p data-on="x">'
    assert breaches("{# <style> #}{% if on == style %}" + fine) == []
