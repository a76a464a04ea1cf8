"""`quanheng log fetch`: copy a published log from the web, so that it can be checked at home."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer

from quanheng.base.disk import write_atomic
from quanheng.cli.log import load_key
from quanheng.kernels.tlog.check import parse_key_file
from quanheng.kernels.tlog.checkpoint import open_checkpoint
from quanheng.kernels.tlog.layout import (
    CHECKPOINT_PATH,
    ENTRIES,
    KEY_PATH,
    TILE_WIDTH,
    TileRef,
    level_count,
    tile_at,
)
from quanheng.kernels.tlog.tiles import MAX_ENTRY_BYTES

_MAX_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)
_TIMEOUT_SECONDS = 30


def fetch(
    url: Annotated[str, typer.Argument(metavar="URL", help="日志网址，如 https://…/log")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="存放的目录")],
    key: Annotated[str | None, typer.Option("--key", help="公钥（vkey 一行）或公钥文件")] = None,
    most: Annotated[int, typer.Option("--most", help="最多抄多少条")] = 10_000_000,
) -> None:
    """把公布的日志抄到本地；已有的完整文件不再下载。"""
    if urlsplit(url).scheme not in {"http", "https"}:
        _fail(f"“{url}”不是 http 或 https 网址。")
    published_key, note = _get(url, KEY_PATH), _get(url, CHECKPOINT_PATH)
    # Before anything is fetched: whoever cannot sign for a size cannot fill the disk by naming one.
    try:
        size = open_checkpoint(note, load_key(key) or parse_key_file(published_key)).size
    except ValueError as error:
        _fail(f"{url}/{CHECKPOINT_PATH} 不是这个公钥签署的检查点：{error}")
    if size > most:
        _fail(f"对方声称日志有 {size} 条，超过 {most} 条，没有下载。确实要抄，请用 --most 放宽。")
    fetched = 0
    for ref in needed(size):
        if not ((directory / ref.path).exists() or (directory / ref.full.path).exists()):
            _put(directory, *_tile(url, ref))
            fetched += 1
    _put(directory, KEY_PATH, published_key)
    # Last, so that a copy broken off leaves a checkpoint whose files are all there.
    _put(directory, CHECKPOINT_PATH, note)
    typer.echo(f"日志共 {size} 条，新下载 {fetched} 个文件。请接着运行 quanheng log check {directory}")


def needed(size: int) -> Iterator[TileRef]:
    """Yield every file that a check of a log of ``size`` leaves reads, bundles of entries first."""
    level = ENTRIES
    while count := level_count(size, level):
        for index in range(-(-count // TILE_WIDTH)):
            yield tile_at(size, level, index)
        level += 1


def _tile(url: str, ref: TileRef) -> tuple[str, bytes]:
    """Return path and content; where the partial tile is gone the log has grown, and the full one serves."""
    data = _download(url, ref.path, is_optional=ref != ref.full)
    return (ref.path, data) if data is not None else (ref.full.path, _get(url, ref.full.path))


def _get(url: str, path: str) -> bytes:
    data = _download(url, path)
    assert data is not None  # noqa: S101  not optional
    return data


def _download(url: str, path: str, *, is_optional: bool = False) -> bytes | None:
    address = f"{url.rstrip('/')}/{path}"
    try:
        with _opener().open(address, timeout=_TIMEOUT_SECONDS) as answer:
            data: bytes = answer.read(_MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        if is_optional and error.code == HTTPStatus.NOT_FOUND:
            return None
        _fail(f"{address}：{error.code}。")
    except (OSError, ValueError, HTTPException) as error:
        _fail(f"{address} 无法下载：{getattr(error, 'reason', error)}")
    if len(data) > _MAX_BYTES:
        _fail(f"{address} 大得不像日志文件，没有收下。")
    return data


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener that knows HTTP only, also where it is redirected."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _put(directory: Path, path: str, data: bytes) -> None:
    try:
        write_atomic(directory / path, data)
    except OSError as error:
        _fail(f"无法写入 {directory / path}：{error.strerror}。")


def _fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(2)
