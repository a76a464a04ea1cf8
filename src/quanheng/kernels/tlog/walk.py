"""The walk behind `check`: from every entry bundle up to the root, one tile in memory per level.

Two trees are compared.  The *derived* one is hashed from the entry bundles; the *published*
one is what the hash tiles say.  Whichever leads to the signed root tells which file is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quanheng.kernels.findings import Finding
from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.kernels.tlog.hashing import HASH_BYTES, leaf_hash, subtree_root, tree_root
from quanheng.kernels.tlog.layout import ENTRIES, TILE_WIDTH, TileRef, edge_refs, level_count, tile_at
from quanheng.kernels.tlog.tiles import MissingTileError, Read, TileError, decode_items, read_items

MAX_HOLES = 20
Extras = Mapping[tuple[int, int], Sequence[int]]
"""Other widths published of a tile, by level and index."""


def file_finding(code: str, path: str, reason: str, **data: object) -> Finding:
    """Return a finding about one file, which its text names first."""
    return Finding(code, f"{path}：{reason}", {"path": path, **data})


@dataclass(frozen=True, slots=True)
class _Difference:
    """A hash tile that is not what lies below it hashes to."""

    ref: TileRef
    positions: tuple[int, ...]
    derived_root: bytes
    is_reordered: bool


class Walk:
    """Derive the tree of ``size`` leaves once; then say which files keep it from being ``root``."""

    def __init__(self, *, size: int, read: Read, extras: Extras, prefix_size: int | None = None) -> None:
        self.findings: list[Finding] = []
        self.entries = 0
        self.prefix_root: bytes | None = None
        self.has_holes = False
        self._size = size
        self._read = read
        self._extras = extras
        self._prefix_size = prefix_size
        self._pending: defaultdict[int, list[bytes]] = defaultdict(list)
        self._differences: list[_Difference] = []

    @property
    def root(self) -> bytes:
        """The root derived from the entries."""
        top = max(self._pending, default=-1) + 1
        return tree_root([self._pending[level] for level in range(top)])

    def run(self) -> None:
        """Read every file of the tree once."""
        holes = 0
        if self._prefix_size == 0:
            self.prefix_root = self.root
        for index in range(-(-self._size // TILE_WIDTH)):
            if not self._take_bundle(index):
                self.has_holes = True
                holes += 1
                if holes > MAX_HOLES:
                    text = f"缺失的文件超过 {MAX_HOLES} 处，其后的条目未检查。"
                    self.findings.append(Finding("log.check_stopped", text, {"entries": self.entries}))
                    return
        for level in range(1, len(edge_refs(self._size))):
            count = level_count(self._size, level)
            if count % TILE_WIDTH:
                self._compare(tile_at(self._size, level, count // TILE_WIDTH), self._pending[level])

    def _take_bundle(self, index: int) -> bool:
        """Fold in bundle ``index``; False if neither it nor its tile can be read."""
        ref = tile_at(self._size, ENTRIES, index)
        tile = tile_at(self._size, 0, index)
        entries = self._items(ref)
        derived: list[bytes] | None = None
        if entries is not None:
            self._check_entries(ref, entries)
            derived = [leaf_hash(entry) for entry in entries]
            self.entries += len(entries)
        hashes = self._compare(tile, derived)
        if hashes is None:
            if tile.width == TILE_WIDTH:
                self._push(1, self._stand_in(tile), index)
            return False
        self._mark_prefix(index, hashes)
        if tile.width == TILE_WIDTH:
            self._push(1, subtree_root(hashes), index)
        else:
            self._pending[0] = hashes
        return True

    def _push(self, level: int, value: bytes, below: int) -> None:
        row = self._pending[level]
        row.append(value)
        if len(row) == TILE_WIDTH:
            index = below // TILE_WIDTH
            self._compare(tile_at(self._size, level, index), row)
            self._pending[level] = []
            self._push(level + 1, subtree_root(row), index)

    def _stand_in(self, tile: TileRef) -> bytes:
        """The value for an unreadable tile: its parent's word, so that other files can still be judged."""
        try:
            parent = tile_at(self._size, tile.level + 1, tile.index // TILE_WIDTH)
            return read_items(self._read, parent)[tile.index % TILE_WIDTH]
        except (ValueError, IndexError):
            return bytes(HASH_BYTES)

    def _mark_prefix(self, index: int, hashes: list[bytes]) -> None:
        if self._prefix_size is None or self._prefix_size == 0:
            return
        if index == (self._prefix_size - 1) // TILE_WIDTH:
            here = hashes[: self._prefix_size - index * TILE_WIDTH]
            above = [self._pending[level] for level in range(1, max(self._pending, default=0) + 1)]
            self.prefix_root = tree_root([here, *above])

    def _items(self, ref: TileRef) -> list[bytes] | None:
        try:
            return read_items(self._read, ref)
        except MissingTileError:
            self.findings.append(file_finding("log.missing_file", ref.path, "文件缺失。"))
        except TileError as error:
            self.findings.append(_malformed(error))
        return None

    def _check_entries(self, ref: TileRef, entries: Sequence[bytes]) -> None:
        bad = list(_malformed_entries(entries))
        if bad:
            first = ref.index * TILE_WIDTH + bad[0]
            reason = f"有 {len(bad)} 条不是规范的条目，第一条序号 {first}。"
            finding = file_finding("log.entry_malformed", ref.path, reason, index=first, count=len(bad))
            self.findings.append(finding)

    def _compare(self, ref: TileRef, derived: list[bytes] | None) -> list[bytes] | None:
        """Note where the published tile differs; return the derived hashes, else the published ones."""
        published = self._items(ref)
        if derived is not None and published is not None and derived != published:
            pairs = enumerate(zip(derived, published, strict=True))
            positions = tuple(at for at, (a, b) in pairs if a != b)
            reordered = sorted(derived) == sorted(published)
            self._differences.append(_Difference(ref, positions, subtree_root(derived), reordered))
        truths = [hashes for hashes in (derived, published) if hashes is not None]
        for level in (ENTRIES, 0) if ref.level == 0 else (ref.level,):
            for width in self._extras.get((level, ref.index), ()):
                self._check_extra(TileRef(level, ref.index, width), truths)
        return truths[0] if truths else None

    def _check_extra(self, ref: TileRef, truths: Sequence[list[bytes]]) -> None:
        """Another width of a tile just read must hold the same hashes as far as both reach."""
        data = self._read(ref.path)
        if data is None:
            return  # cleaned up since it was listed
        try:
            items = decode_items(data, ref)
        except TileError as error:
            self.findings.append(_malformed(error))
            return
        hashes = [leaf_hash(item) for item in items] if ref.level == ENTRIES else items
        if truths and not any(all(a == b for a, b in zip(hashes, t, strict=False)) for t in truths):
            # Where the files of this place differ among themselves, this one may be the honest one.
            code = "log.corrupt_file" if truths[0] == truths[-1] else "log.files_disagree"
            self.findings.append(file_finding(code, ref.path, "与同一位置的其他文件不符，已损坏或被改动。"))

    def settle(self, root: bytes) -> None:
        """Add to the findings why the files do not give ``root``, naming the wrong ones."""
        is_derived_right = self.root == root
        is_published_right = not is_derived_right and self._published_root() == root
        for difference in self._differences:
            if is_derived_right:
                self._blame_tile(difference.ref)
            elif is_published_right:
                self._settle_one(difference)
            else:
                self._blame_either(difference)
        if not is_derived_right and not is_published_right and not self.has_holes:
            text = "checkpoint：由全部条目重新算出的根与检查点的根不同，条目在签署后被改写，或检查点被换掉。"
            data = {"path": "checkpoint", "derived_root": self.root.hex(), "root": root.hex()}
            self.findings.append(Finding("log.root_mismatch", text, data))

    def _settle_one(self, difference: _Difference) -> None:
        """The published edge gives the signed root: follow it down to this tile."""
        ref = difference.ref
        is_authentic = self._is_authentic(ref)
        if is_authentic and ref.level == 0:
            self._blame_bundle(difference)
        elif is_authentic:
            named = {d.ref for d in self._differences}
            for position in difference.positions:
                below = tile_at(self._size, ref.level - 1, ref.index * TILE_WIDTH + position)
                if below not in named:
                    self._blame_tile(below)
        else:
            expected = self._expected(ref)
            if expected is None:
                self._blame_either(difference)
                return
            self._blame_tile(ref)
            if ref.level == 0 and difference.derived_root != expected:
                self._blame_bundle(difference)

    def _blame_tile(self, ref: TileRef) -> None:
        finding = file_finding("log.corrupt_file", ref.path, "散列块已损坏，与其下的条目不符。")
        self.findings.append(finding)

    def _blame_bundle(self, difference: _Difference) -> None:
        path = tile_at(self._size, ENTRIES, difference.ref.index).path
        indexes = [difference.ref.index * TILE_WIDTH + at for at in difference.positions]
        if difference.is_reordered:
            code, reason = "log.entries_reordered", f"条目的次序被调换，序号 {indexes[0]} 至 {indexes[-1]}。"
        else:
            code, reason = "log.entry_altered", f"条目被改写，共 {len(indexes)} 条，第一条序号 {indexes[0]}。"
        self.findings.append(file_finding(code, path, reason, indexes=indexes))

    def _blame_either(self, difference: _Difference) -> None:
        ref = difference.ref
        first = ref.index if ref.level == 0 else ref.index * TILE_WIDTH
        below = tile_at(self._size, ref.level - 1, first)  # below level 0 lie the entries
        reason = f"与其下的文件（自 {below.path} 起）不符，无法断定哪一个被改动。"
        self.findings.append(file_finding("log.files_disagree", ref.path, reason, below=below.path))

    def _published(self, ref: TileRef) -> list[bytes] | None:
        try:
            return read_items(self._read, ref)
        except TileError:
            return None

    def _published_root(self) -> bytes | None:
        levels = [self._published(ref) if ref else [] for ref in edge_refs(self._size)]
        present = [level for level in levels if level is not None]
        return tree_root(present) if len(present) == len(levels) else None

    def _expected(self, ref: TileRef) -> bytes | None:
        """The root that the authentic parent gives for a full tile; None if that is not authentic."""
        if ref.width < TILE_WIDTH:
            return None
        parent = tile_at(self._size, ref.level + 1, ref.index // TILE_WIDTH)
        hashes = self._published(parent)
        if hashes is None or not self._is_authentic(parent):
            return None
        return hashes[ref.index % TILE_WIDTH]

    def _is_authentic(self, ref: TileRef) -> bool:
        hashes = self._published(ref)
        if hashes is None or ref.width < TILE_WIDTH:
            return hashes is not None  # the partial tiles together gave the signed root
        return self._expected(ref) == subtree_root(hashes)


def _malformed(error: TileError) -> Finding:
    return file_finding("log.malformed_file", error.path, f"文件被截断或已损坏（{error.reason}）。")


def _malformed_entries(entries: Sequence[bytes]) -> Iterator[int]:
    for at, entry in enumerate(entries):
        try:
            parse_leaf(entry)
        except ValueError:
            yield at
