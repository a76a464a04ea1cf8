from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from quanheng.certificates.signing.errors import KeyUnavailable, WrongKey
from quanheng.certificates.signing.keys import SigningKey, open_key
from quanheng.certificates.signing.pdf_signature import sign_pdf, verify_pdf_signature
from quanheng.certificates.signing.xml_signature import sign_xml, verify_xml_signature
from tests.certificates.signing import softhsm
from tests.certificates.signing.conftest import LABEL
from tests.certificates.signing.making import NOW


@pytest.fixture
def key(token: Path) -> SigningKey:
    return open_key(softhsm.address(token, LABEL, "seal"), allow_demonstration=False)


def signs(key: SigningKey, data: bytes = b"paper") -> bool:
    public = key.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(key.sign(data), data, ec.ECDSA(SHA256()))
    return True


def test_a_key_in_a_token_signs_and_is_no_demonstration(key: SigningKey):
    assert not key.is_demonstration
    assert signs(key)


def test_a_key_in_a_token_signs_xml_and_pdf(key: SigningKey, pdf: bytes):
    assert verify_xml_signature(sign_xml(b"<dcc>1</dcc>", key, signed_at=NOW)).valid
    made = sign_pdf(pdf, key, reason="签发", location="某县", signed_at=NOW)
    assert verify_pdf_signature(made).certificate == key.certificate


def test_two_keys_of_one_token_work_in_turn(token: Path, key: SigningKey):
    again = open_key(softhsm.address(token, LABEL, "seal"), allow_demonstration=False)
    for _ in range(2):
        assert signs(key)
        assert signs(again)


def test_threads_take_turns(key: SigningKey):
    done: list[bool] = []
    threads = [threading.Thread(target=lambda: done.extend(signs(key) for _ in range(10))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True] * 60


def test_a_forked_child_opens_its_own_session(key: SigningKey):
    assert signs(key)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if signs(key) else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert signs(key)


def test_a_child_forked_while_a_thread_signs_does_not_wait_for_ever(key: SigningKey):
    holding, free = threading.Event(), threading.Event()

    def hold() -> None:
        with key._module.lock:
            holding.set()
            free.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        code = 1
        try:
            code = 0 if signs(key) else 1
        finally:
            os._exit(code)
    free.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_session_that_the_token_ended_is_opened_anew(key: SigningKey):
    import pkcs11

    pkcs11.lib(softhsm.library()).reinitialize()
    assert signs(key)


def test_a_token_may_be_pulled_and_put_back(token: Path, key: SigningKey):
    import pkcs11

    (token / "tokens").rename(token / "away")
    (token / "tokens").mkdir()
    pkcs11.lib(softhsm.library()).reinitialize()
    with pytest.raises(KeyUnavailable, match="没有找到密码设备 institute"):
        key.sign(b"paper")
    (token / "tokens").rmdir()
    (token / "away").rename(token / "tokens")
    assert signs(key)


def test_a_refused_pin_is_never_tried_again(token: Path):
    (token / "wrong").write_text("000000")
    (token / "wrong").chmod(0o600)
    address = softhsm.address(token, LABEL, "seal").replace(f"{token}/pin", f"{token}/wrong")
    # The user may be logged in already by another key of this process: then no PIN is asked for.
    code = (
        "import sys, django; django.setup()\n"
        "from quanheng.certificates.signing import token_key\n"
        "from quanheng.certificates.signing.errors import KeyUnavailable\n"
        "tries = []\n"
        "read = token_key.read_pin\n"
        "token_key.read_pin = lambda path: (tries.append(path), read(path))[1]\n"
        "try:\n    token_key.TokenKey(sys.argv[1])\n"
        "except KeyUnavailable as error:\n    print(len(tries), error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, address], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("1 签名密钥不可用：设备不接受该口令")
    assert "000000" not in ran.stdout + ran.stderr


def test_the_pin_stands_in_no_log_and_no_representation(token: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        key = open_key(softhsm.address(token, LABEL, "seal"), allow_demonstration=False)
        assert signs(key)
    assert softhsm.PIN not in caplog.text + repr(key) + repr(vars(key))


def test_a_pin_that_others_may_read_is_refused(token: Path):
    other = token / "open"
    other.write_text(softhsm.PIN)
    other.chmod(0o644)
    address = softhsm.address(token, LABEL, "seal").replace(f"{token}/pin", str(other))
    with pytest.raises(KeyUnavailable, match="0600"):
        open_key(address, allow_demonstration=False)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("absent", "没有名为 absent"), ("bare", "没有与该密钥配对"), ("long", "没有与该密钥配对")],
)
def test_a_key_without_a_usable_certificate_is_refused(token: Path, name: str, reason: str):
    with pytest.raises(WrongKey, match=reason):
        open_key(softhsm.address(token, LABEL, name), allow_demonstration=False)


def test_a_token_or_library_that_is_not_there_is_unavailable(token: Path):
    good = softhsm.address(token, LABEL, "seal")
    for bad in (good.replace(f"token={LABEL}", "token=other"), good.replace(softhsm.library(), "/none.so")):
        with pytest.raises(KeyUnavailable):
            open_key(bad, allow_demonstration=False)
