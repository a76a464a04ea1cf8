from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from quanheng.certificates.signing.demonstration import make_demonstration_key
from quanheng.certificates.signing.errors import (
    BadKeyAddress,
    DemonstrationKeyRefused,
    KeyUnavailable,
    WrongKey,
)
from quanheng.certificates.signing.keys import FileKey, open_key
from quanheng.certificates.signing.x509_findings import certificate_findings, says_demonstration
from tests.certificates.signing.making import NOW, YEAR, certify, pem


def codes(*found):
    return [finding.code for finding in found]


def test_a_key_file_signs_what_its_certificate_verifies(key: FileKey):
    public = key.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(key.sign(b"paper"), b"paper", ec.ECDSA(SHA256()))


def test_a_demonstration_certificate_says_so_and_names_the_institute(key: FileKey):
    assert key.is_demonstration
    assert says_demonstration(key.certificate)
    assert "某县计量检定测试所" in key.certificate.subject.rfc4514_string()
    assert certificate_findings(key.certificate, NOW) == ()
    assert key.certificate.not_valid_after_utc - NOW == timedelta(days=1096)


def test_a_demonstration_key_is_private_and_never_replaced(tmp_path: Path):
    made = make_demonstration_key(tmp_path, institute_name="所", now=NOW, years=1)
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in (tmp_path / "certificate.pem").read_bytes()
    with pytest.raises(FileExistsError):
        make_demonstration_key(tmp_path, institute_name="所", now=NOW, years=1)
    assert FileKey(tmp_path / "key.pem").certificate == made.certificate


def test_a_key_file_is_refused_where_demonstration_is_not_allowed(tmp_path: Path):
    make_demonstration_key(tmp_path, institute_name="所", now=NOW, years=1)
    address = f"file:{tmp_path}/key.pem"
    assert open_key(address, allow_demonstration=True).is_demonstration
    with pytest.raises(DemonstrationKeyRefused, match="密码设备"):
        open_key(address, allow_demonstration=False)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int):
    make_demonstration_key(tmp_path, institute_name="所", now=NOW, years=1)
    (tmp_path / "key.pem").chmod(mode)
    with pytest.raises(KeyUnavailable, match="0600"):
        FileKey(tmp_path / "key.pem")


def test_an_encrypted_key_needs_its_passphrase(tmp_path: Path):
    own = ec.generate_private_key(ec.SECP256R1())
    path = pem(tmp_path / "key.pem", own, certify(own, "institute"), passphrase=b"correct horse")
    word = tmp_path / "pin"
    word.write_text("correct horse\n")
    word.chmod(0o600)
    opened = open_key(f"file:{path}?pin-source={word}", allow_demonstration=True)
    assert opened.certificate.public_key() == own.public_key()
    with pytest.raises(WrongKey):
        FileKey(path)
    word.write_text("wrong")
    with pytest.raises(WrongKey):
        FileKey(path, word)
    word.chmod(0o644)
    with pytest.raises(KeyUnavailable, match="0600"):
        FileKey(path, word)


@pytest.mark.parametrize(
    "own",
    [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())],
    ids=["RSA", "P-384"],
)
def test_only_p256_keys_are_taken(tmp_path: Path, own: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
    paper = certify(own, "institute")
    assert codes(*certificate_findings(paper, NOW)) == ["wrong_key_type"]
    with pytest.raises(WrongKey, match="P-256"):
        FileKey(pem(tmp_path / "key.pem", own, paper))


def test_key_and_certificate_must_be_a_pair(tmp_path: Path):
    own, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    with pytest.raises(WrongKey, match="不是一对"):
        FileKey(pem(tmp_path / "key.pem", own, certify(other, "institute")))


def test_the_chain_is_ordered_and_holds_no_stranger(issued_key: FileKey, tmp_path: Path):
    assert [one.subject.rfc4514_string() for one in issued_key.chain] == ["CN=authority", "CN=root"]
    own, stranger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    with pytest.raises(WrongKey, match="CN=stranger"):
        FileKey(pem(tmp_path / "key.pem", own, certify(own, "institute"), certify(stranger, "stranger")))


@pytest.mark.parametrize(
    "address",
    [
        "key.pem",
        "https://example.org/key",
        "file:key.pem",
        "file://host/key.pem",
        "file:/key.pem?pin-value=1",
        "pkcs11:token=a",
        "pkcs11:token=a;object=b?module-path=/m&pin-value=1234",
        "pkcs11:token=a;object=b;colour=red?module-path=/m&pin-source=/p",
        "pkcs11:token=a;token=b;object=b?module-path=/m&pin-source=/p",
        "pkcs11:token=a;object=b;type=public?module-path=/m&pin-source=/p",
    ],
)
def test_an_address_that_cannot_be_read_is_refused(address: str):
    with pytest.raises(BadKeyAddress):
        open_key(address, allow_demonstration=True)


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAA==\n"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(WrongKey):
        FileKey(path)
    with pytest.raises(KeyUnavailable):
        FileKey(tmp_path / "none.pem")


def test_a_certificate_is_judged_at_the_time_of_the_log():
    own = ec.generate_private_key(ec.SECP256R1())
    paper = certify(own, "institute", start=NOW, end=NOW + YEAR)
    second = timedelta(seconds=1)
    assert certificate_findings(paper, NOW) == ()
    assert certificate_findings(paper, NOW + YEAR) == ()
    assert codes(*certificate_findings(paper, NOW - second)) == ["not_yet_valid"]
    assert codes(*certificate_findings(paper, NOW + YEAR + second)) == ["expired"]


def test_what_was_logged_before_the_revocation_stays_valid():
    own = ec.generate_private_key(ec.SECP256R1())
    paper = certify(own, "institute")
    lost = NOW + timedelta(days=10)
    assert certificate_findings(paper, NOW, revoked_at=lost) == ()
    assert codes(*certificate_findings(paper, lost, revoked_at=lost)) == ["revoked"]


def test_a_certificate_must_be_made_for_signing():
    own = ec.generate_private_key(ec.SECP256R1())
    assert codes(*certificate_findings(certify(own, "authority", may_sign=False), NOW)) == [
        "no_signing_usage"
    ]
