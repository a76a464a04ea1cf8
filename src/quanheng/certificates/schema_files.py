"""Where PTB's schemas are.  They are PTB's, so this package does not hold them.

Looked for in this order; the first that exists is used, and nothing is fetched by looking:
``QUANHENG_DCC_SCHEMAS``, ``data/dcc/xsd`` beside the checkout, ``dcc-schemas`` in the home folder
(filled by `quanheng dcc fetch-schemas`).  Two layouts are read: paths as at ptb.de
(``dcc/v3.3.0/dcc.xsd``, ``si/v2.2.1/SI_Format.xsd``) and with imports made relative
(``dcc/v3.3.0/dcc.xsd``, ``dcc/dsi/v2.2.1.xsd``).
"""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from quanheng.kernels.dcc.schemas import name_of

FOLDER_VARIABLE = "QUANHENG_DCC_SCHEMAS"
MAX_FILE_BYTES = 2 * 2**20
_SECONDS = 10
_CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Pin:
    """A file of PTB, by its SHA-256: what comes from the network is this or is refused."""

    address: str
    sha256: str


# PTB's own bytes, as mirrors of its repository hold them.  3.2.1 comes from a single mirror.  For the other
# versions, all of D-SI and the schema of signatures no copy of PTB's bytes was at hand: not pinned, so not fetched.
PINS = (
    Pin(
        "https://ptb.de/dcc/v2.4.0/dcc.xsd",
        "444bae08f8fd639e3427c623fb464a3f2d75888a008f17b791f3acd3e6743bda",
    ),
    Pin(
        "https://ptb.de/dcc/v3.0.0/dcc.xsd",
        "c297174304ddd978a621203749aa11315ffb07fe4a5cc44f2cccb6e0600b3a3b",
    ),
    Pin(
        "https://ptb.de/dcc/v3.1.2/dcc.xsd",
        "daf869dc4d03b53ca2d33fc4894ffa4ec4e109b81fcd0ebcd74aa8a63f617e11",
    ),
    Pin(
        "https://ptb.de/dcc/v3.2.1/dcc.xsd",
        "983535d2fbbe4729bc28ee3e871ae86fc0a880a9738ed3fd6e306688cd66bc93",
    ),
)


class NotFetched(ValueError):
    """A schema could not be had, or is not the one that is pinned; the reason is Chinese."""


class FolderOfSchemas(Mapping[str, bytes]):
    """The schemas in a folder by the names of `quanheng.kernels.dcc.schemas.SchemaFiles`, read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Sorted, and the first wins: copies with relative imports (dcc/…) before PTB's bytes beside them.
        self._paths: dict[str, Path] = {}
        for path in sorted([*folder.rglob("*.xsd"), *folder.rglob("*.sch")]):
            if name := name_of(f"/{path.relative_to(folder).as_posix()}"):
                self._paths.setdefault(name, path)

    def __getitem__(self, name: str) -> bytes:
        data = self._paths[name].read_bytes()
        if len(data) > MAX_FILE_BYTES:
            raise KeyError(name)
        return data

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def schema_folder() -> Path | None:
    """Return the folder that schemas are read from; None where there is none.

    A folder named by ``QUANHENG_DCC_SCHEMAS`` is taken alone, so that a misspelt one shows.
    """
    if named := os.environ.get(FOLDER_VARIABLE, ""):
        return Path(named) if Path(named).is_dir() else None
    shared = os.environ.get("QUANHENG_SHARED", "")
    beside = [Path(shared)] if shared else [Path("..", "shared"), _CHECKOUT.parent / "shared"]
    known = [*(folder / "data" / "dcc" / "xsd" for folder in beside), cache_folder()]
    return next((folder for folder in known if folder.is_dir()), None)


def cache_folder() -> Path:
    """Return the folder that fetched schemas are kept in."""
    return Path(os.environ.get("QUANHENG_HOME", "") or "var") / "dcc-schemas"


def schema_files() -> Mapping[str, bytes]:
    """Return the schemas that are at hand; empty where there are none."""
    folder = schema_folder()
    return FolderOfSchemas(folder) if folder else {}


def fetch_schema(pin: Pin, folder: Path) -> Path:
    """Fetch one file of PTB into ``folder`` unless its pinned bytes are there; raises NotFetched."""
    path = folder / pin.address.removeprefix("https://ptb.de/")
    if path.is_file() and _sha256(path.read_bytes()) == pin.sha256:
        return path
    try:
        with urllib.request.urlopen(pin.address, timeout=_SECONDS) as answer:  # noqa: S310  https, pinned above
            data: bytes = answer.read(MAX_FILE_BYTES + 1)
    except (urllib.error.URLError, OSError) as error:
        raise NotFetched(f"无法下载 {pin.address}：{getattr(error, 'reason', error)}。") from None
    if _sha256(data) != pin.sha256:
        raise NotFetched(f"{pin.address} 的 SHA-256 与固定值不符，没有保存。")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)
    return path


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
