"""Every ```python block of a document with ">>>" is run; the blocks of one document share their names."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT, fences

EXAMPLES = {
    document: [
        (content, line) for info, content, line in fences(document) if info == "python" and ">>> " in content
    ]
    for document in DOCUMENTS
}


@pytest.mark.parametrize(
    "document",
    [document for document, found in EXAMPLES.items() if found],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_python_examples_of_a_document_print_what_it_shows(document: Path) -> None:
    names: dict[str, object] = {}
    for content, line in EXAMPLES[document]:
        block = f"{document.name}:{line}"
        example = doctest.DocTestParser().get_doctest(content, names, block, str(document), line - 1)
        said: list[str] = []
        failed, _tried = doctest.DocTestRunner(verbose=False).run(example, out=said.append, clear_globs=False)
        assert not failed, "".join(said)
        names = example.globs


def test_the_library_is_shown_by_examples() -> None:
    assert EXAMPLES[ROOT / "docs/explanation/uncertainty.md"]
