"""The page has a word for everything that a regulation file may say."""

from __future__ import annotations

from quanheng.kernels.procedures.words import LACKS, STAGES
from quanheng.web.judging.words import LACK_WORDS, STAGE_WORDS


def test_every_word_of_the_format_has_a_translation() -> None:
    assert {code: str(word) for code, word in LACK_WORDS.items()} == LACKS
    assert {stage: str(word) for stage, word in STAGE_WORDS.items()} == STAGES
