"""The browser assets in the package are exactly those that the manifest names."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src/quanheng/web/static"
TEMPLATES = ROOT / "src/quanheng/web/templates"
VENDOR = STATIC / "vendor"


def manifest_of(folder: Path) -> dict[str, str]:
    lines = (folder / "MANIFEST.sha256").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def manifest_problems(folder: Path) -> list[str]:
    listed = manifest_of(folder)
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    del files["MANIFEST.sha256"]
    changed = [n for n in listed.keys() & files.keys()
               if hashlib.sha256(files[n].read_bytes()).hexdigest() != listed[n]]  # fmt: skip
    return sorted({f"missing {n}" for n in listed.keys() - files.keys()}
                  | {f"extra {n}" for n in files.keys() - listed.keys()}
                  | {f"changed {n}" for n in changed})  # fmt: skip


def test_every_vendored_file_has_the_hash_in_the_manifest_and_none_is_missing_or_extra() -> None:
    assert len(manifest_of(VENDOR)) >= 15
    assert manifest_problems(VENDOR) == []


def test_a_changed_a_missing_and_an_extra_file_are_each_named(tmp_path: Path) -> None:
    good = hashlib.sha256(b"a").hexdigest()
    (tmp_path / "MANIFEST.sha256").write_text(f"{good}  kept.js\n{good}  gone.js\n{good}  edited.js\n")
    for name, body in (("kept.js", b"a"), ("edited.js", b"b"), ("added.js", b"a")):
        (tmp_path / name).write_bytes(body)
    assert manifest_problems(tmp_path) == ["changed edited.js", "extra added.js", "missing gone.js"]


@pytest.mark.parametrize("folder", ["alpinejs", "echarts", "htmx", "icons", "noble", "tabler"])
def test_a_licence_lies_beside_every_vendored_library(folder: str) -> None:
    assert any("LICENSE" in p.name for p in (VENDOR / folder).iterdir())


def test_noble_modules_import_only_files_that_are_vendored_beside_them() -> None:
    for module in (VENDOR / "noble").glob("*.js"):
        code = re.sub(r"/\*.*?\*/", "", module.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"""\b(?:from|import)\s*\(?\s*["']([^"']+)["']""", code):
            assert target.startswith("./"), f"{module.name} imports {target}"
            assert (module.parent / target).is_file(), f"{module.name} imports {target}"


def test_the_npm_lock_pins_hashes_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert {n: packages[f"node_modules/{n}"]["version"] for n in wanted} == wanted


def test_every_icon_that_a_template_or_the_rail_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'id="i-([a-z0-9-]+)"', (VENDOR / "icons/sprite.svg").read_text("utf-8")))
    pages = "".join(p.read_text("utf-8") for p in TEMPLATES.rglob("*.html"))
    rail = (ROOT / "src/quanheng/web/context.py").read_text("utf-8")
    in_pages = set(re.findall(r'icon\.html" with name="([a-z0-9-]+)"', pages))
    in_rail = set(re.findall(r'_\("[^"]+"\), "\w+", "([a-z0-9-]+)"', rail))
    assert len(in_pages) > 3
    assert len(in_rail) > 3, "the rail is written differently now: so must this test be"
    assert in_pages | in_rail <= sprite
