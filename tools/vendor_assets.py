"""Copy the browser assets and the font of documents from node_modules into the package; list their hashes.

    npm ci --ignore-scripts && python tools/vendor_assets.py           writes both folders
    npm ci --ignore-scripts && python tools/vendor_assets.py --check   fails if the committed copies differ

Everything is copied byte for byte, except that the source-map line of Tabler's style sheet is dropped (the
map is 1.7 MB and a missing one stops collectstatic), and that the few icons in use become one SVG sprite.
The font is for printed documents and lies outside of static/: no page sends its 10 MB to a browser.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src/quanheng/web/static/vendor"
FONTS = ROOT / "src/quanheng/instruments/documents/fonts"
MANIFEST = "MANIFEST.sha256"

COPIES = {  # target under static/vendor → source under node_modules
    "alpinejs/alpine-csp.min.js": "@alpinejs/csp/dist/cdn.min.js",
    "echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "echarts/LICENSE": "echarts/LICENSE",
    "echarts/NOTICE": "echarts/NOTICE",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx/LICENSE": "htmx.org/LICENSE",
    "noble/ed25519.js": "@noble/ed25519/index.js",
    "noble/ed25519.LICENSE": "@noble/ed25519/LICENSE",
    "noble/sha2.js": "@noble/hashes/sha2.js",
    "noble/_md.js": "@noble/hashes/_md.js",
    "noble/_u64.js": "@noble/hashes/_u64.js",
    "noble/utils.js": "@noble/hashes/utils.js",
    "noble/hashes.LICENSE": "@noble/hashes/LICENSE",
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "icons/LICENSE": "@tabler/icons/LICENSE",
}
FONT_COPIES = {  # target under documents/fonts → source under node_modules
    "NotoSansSC-Regular.ttf": "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "LICENSE": "@expo-google-fonts/noto-sans-sc/LICENSE_FONT",
}
OWN_LICENCES = {  # these two packages are published without their licence text
    "alpinejs/LICENSE": "tools/licences/alpinejs.txt",
    "tabler/LICENSE": "tools/licences/tabler.txt",
}
ICONS = """
    activity adjustments affiliate alert-triangle arrow-left arrow-right bolt building calendar certificate
    check chevron-down chevron-right chevron-up clipboard-list copy download external-link eye
    file-certificate file-text filter gauge git-commit history home home-2 info-circle key language link
    list-check lock logout menu-2 message-report package paperclip plus printer rosette-discount-check scale
    search selector settings shield-check table user users world x
""".split()  # noqa: SIM905  # a list of 51 quoted lines reads worse


def icon_sprite() -> bytes:
    """One <symbol id="i-NAME"> per icon, drawn in the colour of the text around it."""
    symbols = []
    for name in ICONS:
        svg = (MODULES / f"@tabler/icons/icons/outline/{name}.svg").read_text(encoding="utf-8")
        shapes = re.findall(r"<(?:path|circle|rect|line)\b[^>]*/>", svg)
        drawn = "".join(shape for shape in shapes if 'stroke="none"' not in shape)
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{drawn}</symbol>')
    style = (
        'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    )
    body = "\n".join(symbol.replace("<symbol ", f"<symbol {style} ") for symbol in symbols)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'.encode()


def vendored_files() -> dict[str, bytes]:
    files = {target: (MODULES / source).read_bytes() for target, source in COPIES.items()}
    files |= {target: (ROOT / source).read_bytes() for target, source in OWN_LICENCES.items()}
    files["tabler/tabler.min.css"] = re.sub(
        rb"\n/\*# sourceMappingURL=.*?\*/\s*\Z", b"\n", files["tabler/tabler.min.css"]
    )
    files["icons/sprite.svg"] = icon_sprite()
    return _with_manifest(files)


def font_files() -> dict[str, bytes]:
    return _with_manifest({target: (MODULES / source).read_bytes() for target, source in FONT_COPIES.items()})


def _with_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in sorted(files.items())]
    return files | {MANIFEST: ("\n".join(lines) + "\n").encode()}


def differences(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    changed = [n for n in sorted(present & wanted.keys()) if (folder / n).read_bytes() != wanted[n]]
    return (
        [f"missing: {n}" for n in sorted(wanted.keys() - present)]
        + [f"not vendored by this tool: {n}" for n in sorted(present - wanted.keys())]
        + [f"differs: {n}" for n in changed]
    )


def main(arguments: list[str]) -> int:
    if not MODULES.is_dir():
        print("node_modules is missing: run npm ci --ignore-scripts first", file=sys.stderr)
        return 2
    folders = {VENDOR: vendored_files(), FONTS: font_files()}
    if "--check" not in arguments:
        for folder, wanted in folders.items():
            for name, data in wanted.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
    problems = [line for folder, wanted in folders.items() for line in differences(folder, wanted)]
    count = sum(len(wanted) for wanted in folders.values())
    print("\n".join(problems) if problems else f"{count} vendored files agree with node_modules")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
