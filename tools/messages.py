"""Collect the Chinese messages, keep the English translation complete, compile it.  No gettext needed.

python tools/messages.py            update en/django.po from the sources, compile django.mo
python tools/messages.py --check    change nothing; fail if something is missing or stale
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "quanheng"
PO = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "_": None,
}


def found() -> Catalog:
    """Return every message of the sources, with the file that it stands in."""
    catalog = Catalog(locale="en")
    for path, source in _sources():
        for line, message, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
            catalog.add(message, locations=[(str(path.relative_to(PACKAGE)), line)], context=context)
    return catalog


def _sources() -> Iterator[tuple[Path, bytes]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, path.read_bytes()
    for path in sorted((PACKAGE / "web" / "templates").rglob("*.html")):
        yield path, templatize(path.read_text(encoding="utf-8")).encode()


def kept() -> Catalog:
    """Return the translation as it is kept."""
    if not PO.exists():
        return Catalog(locale="en")
    with PO.open("rb") as stream:
        return read_po(stream, locale="en")


def _headed(catalog: Catalog) -> Catalog:
    """Give the file a header that says the same on every run."""
    catalog.header_comment = "# English translation of Quanheng; the messages are the Chinese sentences."
    catalog.project, catalog.version, catalog.msgid_bugs_address = "quanheng", "1", ""
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalog.last_translator = catalog.language_team = "quanheng"
    catalog.fuzzy = False
    return catalog


def updated() -> Catalog:
    """Return the kept translation with new messages added and those no longer used dropped."""
    catalog = kept()
    catalog.update(found(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return _headed(catalog)


def untranslated(catalog: Catalog) -> list[str]:
    """Return the messages that have no English."""
    return [
        str(item.id)
        for item in catalog
        if item.id and not (all(item.string) if item.pluralizable else item.string)
    ]


def compiled(catalog: Catalog) -> bytes:
    stream = BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def main() -> int:
    settings.configure(USE_I18N=True)
    catalog = updated()
    missing = untranslated(catalog)
    for text in missing:
        print("no English:", text)
    if "--check" in sys.argv:
        present = {(item.context, str(item.id)) for item in kept()}
        stale = [str(item.id) for item in catalog if (item.context, str(item.id)) not in present]
        same = PO.with_suffix(".mo").exists() and PO.with_suffix(".mo").read_bytes() == compiled(kept())
        print("".join(f"not collected: {text}\n" for text in stale), end="")
        print("" if same else "django.mo is not what django.po compiles to", end="" if same else "\n")
        return int(bool(missing or stale or not same))
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as stream:
        write_po(stream, catalog, width=100, sort_output=True, include_lineno=False, omit_header=False)
    PO.with_suffix(".mo").write_bytes(compiled(catalog))
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
