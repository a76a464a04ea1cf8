"""The script by which a visitor's browser verifies a log proof agrees with the kernel."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from quanheng.kernels.tlog.checkpoint import Checkpoint, sign_checkpoint
from quanheng.kernels.tlog.entry import leaf_entry
from quanheng.kernels.tlog.hashing import leaf_hash, subtree_root
from quanheng.kernels.tlog.notes import SigningKey, format_note
from quanheng.kernels.tlog.proof_file import verify_proof
from quanheng.kernels.tlog.proofs import inclusion_proof
from tests.chromium import IN_BROWSER

STATIC = Path(__file__).resolve().parents[2] / "src/quanheng/web/static"
ORIGIN = "log.example/county"
STEPS = ["format", "leaf", "entry", "key", "signature", "checkpoint", "path", "root"]
AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
ENTRIES = [
    leaf_entry(
        kind="task:evidence", at=AT, subject=f"任务{i}", data={"字": "𠮷\n\u0001", "€": [i, 1.5, 1e21, None]}
    )
    for i in range(13)
]

pytestmark = IN_BROWSER


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def static_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def proof_fields(*, index: int, size: int, seed: bytes = b"k" * 32, entry: bytes = b"") -> dict[str, Any]:
    entries = [*ENTRIES[:index], entry or ENTRIES[index], *ENTRIES[index + 1 : size]]
    hashes = [leaf_hash(entry) for entry in entries]
    key = SigningKey(ORIGIN, 1, seed)
    note = format_note(sign_checkpoint(Checkpoint(ORIGIN, size, subtree_root(hashes)), key))
    path = inclusion_proof(
        index, size, lambda height, at: subtree_root(hashes[at << height : (at + 1) << height])
    )
    return {
        "format": "quanheng-proof/1",
        "index": index,
        "entry": entries[index].decode(),
        "leaf_hash": hashes[index].hex(),
        "inclusion": [value.hex() for value in path],
        "checkpoint": note.decode(),
        "vkey": key.verifier.vkey,
    }


def in_browser(page: Page, static_url: str, proofs: list[str], published_key: str) -> list[dict[str, Any]]:
    page.goto(f"{static_url}/img/mark.svg")
    script = """async ([url, proofs, key]) => {
        const { verifyProof } = await import(url);
        return proofs.map((proof) => verifyProof(proof, key));
    }"""
    result: list[dict[str, Any]] = page.evaluate(
        script, [f"{static_url}/js/verify-proof.js", proofs, published_key]
    )
    return result


def kernel_accepts(proof: str) -> bool:
    try:
        verify_proof(proof.encode("utf-8", "surrogatepass"))
    except ValueError:
        return False
    return True


def test_every_leaf_of_every_small_tree_is_accepted(page: Page, static_url: str) -> None:
    all_fields = [proof_fields(index=i, size=n) for n in range(1, 14) for i in range(n)]
    proofs = [json.dumps(fields, ensure_ascii=False) for fields in all_fields]
    assert all(map(kernel_accepts, proofs))
    results = in_browser(page, static_url, proofs, all_fields[0]["vkey"])
    assert {result["verdict"] for result in results} == {"ok"}
    assert all([step["name"] for step in result["steps"]] == STEPS for result in results)


def test_without_a_published_key_the_verdict_is_not_a_plain_yes(page: Page, static_url: str) -> None:
    [result] = in_browser(page, static_url, [json.dumps(proof_fields(index=7, size=13))], "")
    assert result["verdict"] == "unsure"


def test_a_proof_under_another_key_than_the_published_one_is_refused(page: Page, static_url: str) -> None:
    forged = proof_fields(index=7, size=13, seed=b"x" * 32)
    [result] = in_browser(page, static_url, [json.dumps(forged)], proof_fields(index=7, size=13)["vkey"])
    assert (result["verdict"], result["steps"][-1]["name"]) == ("bad", "key")


def flipped_signature(checkpoint: str) -> str:
    head, _, encoded = checkpoint.rstrip("\n").rpartition(" ")
    blob = bytearray(base64.b64decode(encoded))
    blob[-40] ^= 1
    return f"{head} {base64.b64encode(bytes(blob)).decode()}\n"


GOOD = proof_fields(index=7, size=13)
TAMPERED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown format": ({"format": "quanheng-proof/2"}, "format"),
    "extra field": ({"note": ""}, "format"),
    "index is no number": ({"index": "7"}, "format"),
    "hash in capitals": ({"inclusion": [h.upper() for h in GOOD["inclusion"]]}, "format"),
    "entry changed": ({"entry": ENTRIES[6].decode()}, "leaf"),
    "lone surrogate": ({"entry": GOOD["entry"] + "\ud800"}, "leaf"),
    "key id of another key": ({"vkey": GOOD["vkey"][:-4] + "AAAA"}, "key"),
    "signature changed": ({"checkpoint": flipped_signature(GOOD["checkpoint"])}, "signature"),
    "size changed": ({"checkpoint": GOOD["checkpoint"].replace("\n13\n", "\n14\n")}, "signature"),
    "no signature": ({"checkpoint": GOOD["checkpoint"].split("\n\n")[0] + "\n"}, "signature"),
    "index beyond the log": ({"index": 13}, "path"),
    "path too short": ({"inclusion": GOOD["inclusion"][:-1]}, "path"),
    "path too long": ({"inclusion": [*GOOD["inclusion"], GOOD["leaf_hash"]]}, "path"),
    "path swapped": ({"inclusion": GOOD["inclusion"][::-1]}, "root"),
    "neighbour's index": ({"index": 6}, "root"),
}


def test_each_kind_of_tampering_is_refused_at_the_step_that_sees_it(page: Page, static_url: str) -> None:
    proofs = [json.dumps({**GOOD, **change}) for change, _ in TAMPERED.values()]
    assert not any(map(kernel_accepts, proofs))
    results = in_browser(page, static_url, proofs, "")
    seen = {name: (r["verdict"], r["steps"][-1]["name"]) for name, r in zip(TAMPERED, results, strict=True)}
    assert seen == {name: ("bad", step) for name, (_, step) in TAMPERED.items()}


LEAF = ENTRIES[7].decode()
NO_LEAVES = {
    "space": LEAF.replace(":", ": ", 1),
    "order of keys": LEAF.replace('"v":1', "").replace(",}", "}").replace("{", '{"v":1,', 1),
    "key twice": LEAF.replace('"v":1', '"v":1,"v":1'),
    "other version": LEAF.replace('"v":1', '"v":2'),
    "kind": LEAF.replace("task:evidence", "Task"),
    "no such day": LEAF.replace("2026-11-23", "2026-11-31"),
    "empty subject": LEAF.replace("任务7", ""),
    "data is a list": re.sub(r'"data":\{.*?\}', '"data":[]', LEAF),
    "commitment with company": re.sub(r'"data":\{', '"data":{"commitment":"' + "0" * 64 + '",', LEAF),
    "array": "[]",
}


def test_an_entry_that_is_under_the_root_but_no_leaf_is_refused(page: Page, static_url: str) -> None:
    proofs = [
        json.dumps(proof_fields(index=7, size=13, entry=entry.encode())) for entry in NO_LEAVES.values()
    ]
    assert not any(map(kernel_accepts, proofs))
    results = in_browser(page, static_url, proofs, GOOD["vkey"])
    seen = {name: (r["verdict"], r["steps"][-1]["name"]) for name, r in zip(NO_LEAVES, results, strict=True)}
    assert seen == dict.fromkeys(NO_LEAVES, ("bad", "entry"))


def test_text_that_is_no_json_is_refused(page: Page, static_url: str) -> None:
    results = in_browser(page, static_url, ["", "null", "[]", "{"], "")
    assert {result["verdict"] for result in results} == {"bad"}
