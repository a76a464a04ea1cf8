"""``quanheng log fetch`` copies a log from a plain web server, so that ``log check`` passes at home."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.fetch import needed
from quanheng.cli.main import app
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH
from quanheng.kernels.tlog.notes import ED25519, SigningKey
from tests.kernels.tlog.logs import make_entries, publish, write

ENTRIES = make_entries(600)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return write(publish([ENTRIES]), tmp_path / "published")


@pytest.fixture
def url(published: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(published)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["log", *(str(argument) for argument in arguments)])


def test_the_copy_passes_the_check(url: str, tmp_path: Path) -> None:
    result = run("fetch", url, tmp_path / "copy")

    assert result.exit_code == 0, result.output
    assert "日志共 600 条" in result.output
    assert run("check", tmp_path / "copy").exit_code == 0


def test_a_second_visit_fetches_only_what_is_new(url: str, published: Path, tmp_path: Path) -> None:
    write(publish([ENTRIES[:300]]), tmp_path / "copy")

    first = run("fetch", f"{url}/", tmp_path / "copy")
    second = run("fetch", url, tmp_path / "copy")

    assert "日志共 600 条，新下载 5 个文件" in first.output
    assert "新下载 0 个文件" in second.output
    assert run("check", tmp_path / "copy").exit_code == 0


def test_a_missing_tile_is_named_and_the_old_copy_stays_whole(
    url: str, published: Path, tmp_path: Path
) -> None:
    old = write(publish([ENTRIES[:300]]), tmp_path / "copy")
    before = (old / CHECKPOINT_PATH).read_bytes()
    (published / "tile/0/001").unlink()

    result = run("fetch", url, old)

    assert result.exit_code == 2
    assert "tile/0/001：404" in result.output
    assert (old / CHECKPOINT_PATH).read_bytes() == before
    assert run("check", old).exit_code == 0


def test_a_tile_that_filled_up_meanwhile_is_fetched_full(url: str, published: Path, tmp_path: Path) -> None:
    write(publish([ENTRIES[:300]]), published)  # the checkpoint was read just before the log grew to 600
    for grown in ("tile/0/001.p", "tile/entries/001.p"):
        shutil.rmtree(published / grown)

    result = run("fetch", url, tmp_path / "copy")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "copy/tile/0/001").exists()
    assert run("check", tmp_path / "copy").exit_code == 0


@pytest.mark.parametrize("wrong", ["ftp://log.example", "log.example", "file:///etc"])
def test_an_address_that_is_not_of_the_web_is_refused(wrong: str, tmp_path: Path) -> None:
    result = run("fetch", wrong, tmp_path / "copy")

    assert result.exit_code == 2
    assert "不是 http 或 https 网址" in result.output
    assert not (tmp_path / "copy").exists()


def test_a_page_that_is_no_checkpoint_is_refused(url: str, published: Path, tmp_path: Path) -> None:
    (published / CHECKPOINT_PATH).write_text("<html>not found</html>")

    result = run("fetch", url, tmp_path / "copy")

    assert result.exit_code == 2
    assert "检查点" in result.output


@pytest.mark.parametrize(("size", "files"), [(0, 0), (1, 2), (256, 3), (257, 5), (65_536, 514)])
def test_the_files_of_a_log_are_counted_from_its_size(size: int, files: int) -> None:
    assert len(set(needed(size))) == len(list(needed(size))) == files


def test_a_size_that_nobody_signed_fetches_nothing(url: str, published: Path, tmp_path: Path) -> None:
    checkpoint = published / CHECKPOINT_PATH
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"\n600\n", b"\n9223372036854775807\n"))

    result = run("fetch", url, tmp_path / "copy")

    assert result.exit_code == 2
    assert not (tmp_path / "copy").exists()


def test_a_log_longer_than_wanted_is_not_fetched(url: str, tmp_path: Path) -> None:
    assert run("fetch", url, tmp_path / "copy", "--most", 599).exit_code == 2
    assert not (tmp_path / "copy").exists()
    assert run("fetch", url, tmp_path / "copy", "--most", 600).exit_code == 0


def test_another_key_than_expected_is_refused(url: str, published: Path, tmp_path: Path) -> None:
    key = (published / "log.vkey").read_text().strip()
    stranger = SigningKey("stranger", ED25519, bytes(32)).verifier.vkey

    assert run("fetch", url, tmp_path / "copy", "--key", stranger).exit_code == 2
    assert run("fetch", url, tmp_path / "copy", "--key", key).exit_code == 0
