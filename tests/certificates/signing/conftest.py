from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typst
from cryptography.hazmat.primitives.asymmetric import ec

from quanheng.certificates.signing.demonstration import make_demonstration_key
from quanheng.certificates.signing.keys import FileKey
from tests.certificates.signing import softhsm
from tests.certificates.signing.making import NOW, chained_key

LABEL = "institute"  # of the one token: a process has one configuration of SoftHSM

PAGE = """#set document(title: "Certificate", date: datetime(year: 2026, month: 11, day: 23))
#pdf.attach("dcc.xml", bytes("<dcc>1</dcc>"), relationship: "data", mime-type: "application/xml",
  description: "DCC")
= Certificate
Passed."""


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> FileKey:
    """A self-signed demonstration key."""
    folder = tmp_path_factory.mktemp("key")
    return make_demonstration_key(folder, institute_name="某县计量检定测试所", now=NOW, years=3)


@pytest.fixture(scope="session")
def issued_key(tmp_path_factory: pytest.TempPathFactory) -> FileKey:
    """A key with a chain of three certificates."""
    return chained_key(tmp_path_factory.mktemp("chained"))


@pytest.fixture(scope="session")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A PDF/A-3b with a file attached."""
    source: Path = tmp_path_factory.mktemp("pdf") / "page.typ"
    source.write_text(PAGE)
    made = typst.compile(str(source), format="pdf", pdf_standards=["a-3b"])
    assert isinstance(made, bytes)
    return made


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a token with one good key, one without certificate and one on another curve."""
    softhsm.library()
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        softhsm.make_token(folder, LABEL)
        softhsm.put_key(LABEL, "seal", ec.generate_private_key(ec.SECP256R1()))
        softhsm.put_key(LABEL, "bare", ec.generate_private_key(ec.SECP256R1()), with_certificate=False)
        softhsm.put_key(LABEL, "long", ec.generate_private_key(ec.SECP384R1()))
        yield folder
