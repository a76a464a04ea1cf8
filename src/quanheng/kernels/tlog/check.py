"""Check a log from its published files alone (``quanheng log check``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quanheng.kernels.findings import Finding
from quanheng.kernels.tlog.checkpoint import Checkpoint, CheckpointError, open_checkpoint, parse_checkpoint
from quanheng.kernels.tlog.hashing import leaf_hash
from quanheng.kernels.tlog.layout import (
    CHECKPOINT_PATH,
    ENTRIES,
    KEY_PATH,
    TILE_WIDTH,
    TileRef,
    level_count,
    parse_path,
    tile_at,
)
from quanheng.kernels.tlog.notes import NoteError, SignatureError, VerifierKey, parse_note
from quanheng.kernels.tlog.tiles import Read, TileError, decode_items
from quanheng.kernels.tlog.walk import Walk, file_finding


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.  ``notices`` are lawful states worth knowing, ``findings`` are not."""

    note: bytes | None  # the published checkpoint, as it was when checked
    checkpoint: Checkpoint | None
    key: VerifierKey | None
    is_key_from_log: bool
    entries: int
    findings: tuple[Finding, ...]
    notices: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Listing:
    """The published files besides those that the checkpoint asks for."""

    extras: dict[tuple[int, int], list[int]]
    beyond: list[TileRef]
    strays: list[str]


def check_log(
    *, read: Read, paths: Iterable[str], key: VerifierKey | None = None, seen: bytes | None = None
) -> Report:
    """Re-derive the whole log and compare it with what is signed.

    Parameters
    ----------
    read : callable
        Gives the bytes at a path below the log's root, or None.
    paths : iterable of str
        All files below the log's root.
    key : VerifierKey, optional
        The log's key, from a trusted place.  Without it the log's own ``log.vkey`` is used.
    seen : bytes, optional
        The checkpoint this reader saw last.  Without it a rollback cannot be noticed.
    """
    findings: list[Finding] = []
    # The checkpoint first: a log that grows meanwhile then only has files beyond it.
    data = read(CHECKPOINT_PATH)
    log_key = _read_key(read, findings, required=key is None)
    if key is not None and log_key is not None and log_key != key:
        findings.append(file_finding("log.key_differs", KEY_PATH, "日志自带的公钥不是所给的公钥。"))
    trusted = key or log_key
    checkpoint = _read_checkpoint(data, trusted, findings)
    if checkpoint is None:
        return Report(data, None, trusted, key is None, 0, tuple(findings))

    listing = _sort_paths(paths, checkpoint.size)
    last = _read_seen(seen, trusted, findings)
    prefix = last.size if last and last.size <= checkpoint.size else None
    walk = Walk(size=checkpoint.size, read=read, extras=listing.extras, prefix_size=prefix)
    walk.run()
    walk.settle(checkpoint.root)
    findings += walk.findings
    if last is not None:
        findings += _compare_seen(last, checkpoint, walk)
    findings += [file_finding("log.stray_file", path, "不是日志的文件。") for path in listing.strays]
    for ref in listing.beyond:
        findings += _check_beyond(read, ref, checkpoint.size)
    notices = _notice_beyond(listing.beyond)
    return Report(data, checkpoint, trusted, key is None, walk.entries, tuple(findings), notices)


def _read_key(read: Read, findings: list[Finding], *, required: bool) -> VerifierKey | None:
    data = read(KEY_PATH)
    if data is None:
        if required:
            reason = "没有公钥文件，无法验证签名；请用 --key 给出公钥。"
            findings.append(file_finding("log.key_missing", KEY_PATH, reason))
        return None
    try:
        return parse_key_file(data)
    except ValueError as error:
        findings.append(file_finding("log.key_malformed", KEY_PATH, f"公钥文件已损坏（{error}）。"))
        return None


def parse_key_file(data: bytes) -> VerifierKey:
    """Return the key in a key file: one vkey line."""
    line = data.decode("utf-8").removesuffix("\n")
    return VerifierKey.parse(line)


def _read_checkpoint(
    data: bytes | None, key: VerifierKey | None, findings: list[Finding]
) -> Checkpoint | None:
    if data is None:
        findings.append(file_finding("log.no_checkpoint", CHECKPOINT_PATH, "没有检查点。"))
        return None
    try:
        checkpoint = parse_checkpoint(parse_note(data).text)
    except NoteError as error:
        reason = f"检查点不可读（{error}）。"
        findings.append(file_finding("log.checkpoint_malformed", CHECKPOINT_PATH, reason))
        return None
    if key is not None:
        try:
            open_checkpoint(data, key)
        except SignatureError:
            reason = f"检查点没有 {key.name} 的有效签名，已损坏、被改动或由他人签署。"
            findings.append(file_finding("log.signature_invalid", CHECKPOINT_PATH, reason))
        except CheckpointError:
            reason = f"检查点属于另一日志 {checkpoint.origin}，公钥属于 {key.name}。"
            findings.append(file_finding("log.origin_differs", CHECKPOINT_PATH, reason))
    return checkpoint


def _read_seen(seen: bytes | None, key: VerifierKey | None, findings: list[Finding]) -> Checkpoint | None:
    if seen is None:
        return None
    last = parse_checkpoint(parse_note(seen).text)
    if key is not None:
        try:
            open_checkpoint(seen, key)
        except NoteError:
            text = "上次所见的检查点不是由这把公钥签署的：公钥已更换，或这是另一个日志。"
            findings.append(Finding("log.key_changed", text, {"origin": last.origin, "size": last.size}))
    return last


def _compare_seen(last: Checkpoint, checkpoint: Checkpoint, walk: Walk) -> list[Finding]:
    data = {"path": CHECKPOINT_PATH, "seen_size": last.size, "size": checkpoint.size}
    if last.origin != checkpoint.origin:
        text = f"checkpoint：上次所见是日志 {last.origin}，现在是 {checkpoint.origin}。"
        return [Finding("log.origin_changed", text, data)]
    if checkpoint.size < last.size:
        text = f"checkpoint：日志被回退，上次所见 {last.size} 条，现在只有 {checkpoint.size} 条。"
        return [Finding("log.rolled_back", text, data)]
    if checkpoint.size == last.size and checkpoint.root != last.root:
        text = f"checkpoint：同为 {last.size} 条，根与上次所见不同，日志对不同的人出示了不同的内容。"
        return [Finding("log.split_view", text, data)]
    # Only a tree that is right as a whole tells about its own past.
    if walk.prefix_root not in (None, last.root) and walk.root == checkpoint.root:
        text = f"checkpoint：前 {last.size} 条与上次所见不一致，历史被改写，或对不同的人出示了不同的内容。"
        return [Finding("log.history_rewritten", text, data)]
    return []


def _sort_paths(paths: Iterable[str], size: int) -> _Listing:
    listing = _Listing({}, [], [])
    for path in sorted(paths):
        # Dot files are somebody's temporary ones; outside tile/ a web server may keep its own.
        if not path.startswith("tile/") or any(part.startswith(".") for part in path.split("/")):
            continue
        try:
            ref = parse_path(path)
        except ValueError:
            listing.strays.append(path)
            continue
        count = level_count(size, ref.level)
        if ref.index * TILE_WIDTH + ref.width > count:
            listing.beyond.append(ref)
        if ref.index * TILE_WIDTH < count and ref != tile_at(size, ref.level, ref.index):
            listing.extras.setdefault((ref.level, ref.index), []).append(ref.width)
    return listing


def _check_beyond(read: Read, ref: TileRef, size: int) -> list[Finding]:
    """A file published ahead of its checkpoint must at least be whole and agree with its twin."""
    if ref.index * TILE_WIDTH < level_count(size, ref.level):
        return _check_twin(read, ref)  # whole and a continuation: the walk has compared it
    data = read(ref.path)
    try:
        if data is not None:
            decode_items(data, ref)
    except TileError as error:
        reason = f"检查点之外的残缺文件（{error.reason}）。"
        return [file_finding("log.stray_file", ref.path, reason)]
    return _check_twin(read, ref)


def _check_twin(read: Read, ref: TileRef) -> list[Finding]:
    if ref.level != ENTRIES:
        return []
    tile = TileRef(0, ref.index, ref.width)
    bundle, hashes = read(ref.path), read(tile.path)
    if bundle is None or hashes is None:
        return []
    try:
        is_same = list(map(leaf_hash, decode_items(bundle, ref))) == decode_items(hashes, tile)
    except TileError:
        return []  # named where that file itself is checked
    reason = f"检查点之外的条目与 {tile.path} 不符。"
    return [] if is_same else [file_finding("log.stray_file", ref.path, reason)]


def _notice_beyond(beyond: list[TileRef]) -> tuple[Finding, ...]:
    if not beyond:
        return ()
    text = (
        f"有 {len(beyond)} 个文件超出检查点（首个 {beyond[0].path}）：日志可能正在发布，"
        "也可能检查点被换回了旧的；请稍后再查，并用 --seen 核对。"
    )
    return (Finding("log.beyond_checkpoint", text, {"count": len(beyond), "path": beyond[0].path}),)
