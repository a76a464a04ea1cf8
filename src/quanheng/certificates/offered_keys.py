"""Keys that the administrator of the server offers for registration, by name.

An address of a token names a library that is loaded and a file with a PIN.  Neither may come from a page: who
could write it there could run what they had uploaded.  So the addresses lie in files of the server, and a page names
one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

FOLDER = "keys/signing"
MAX_ADDRESS = 500


@dataclass(frozen=True, slots=True)
class OfferedKey:
    """A key by its name, and its address as `signing.keys.open_key` reads it."""

    name: str
    address: str


def offered_keys() -> list[OfferedKey]:
    """Return the keys of ``QUANHENG_HOME/keys/signing``, by name.

    ``NAME.uri`` holds the address of a key in a token, on one line; ``NAME.pem`` is a key file, for a demonstration.
    What cannot be read, or is longer than an address, is left out.
    """
    folder = Path(settings.HOME) / FOLDER
    found = [OfferedKey(path.stem, f"file:{path}") for path in folder.glob("*.pem")]
    for path in folder.glob("*.uri"):
        try:
            address = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if 0 < len(address) <= MAX_ADDRESS and "\n" not in address:
            found.append(OfferedKey(path.stem, address))
    return sorted(found, key=lambda one: one.name)


def offered_key(name: str) -> OfferedKey | None:
    """Return the offered key of this name; None where there is none."""
    return next((one for one in offered_keys() if one.name == name), None)
