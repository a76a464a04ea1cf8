"""Namespaces and names of the documents that a DCC is made of."""

from __future__ import annotations

DCC = "https://ptb.de/dcc"
SI = "https://ptb.de/si"
DS = "http://www.w3.org/2000/09/xmldsig#"
MATHML = "http://www.w3.org/1998/Math/MathML"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"

ROOT_NAME = "digitalCalibrationCertificate"
ROOT = f"{{{DCC}}}{ROOT_NAME}"
SIGNATURE = f"{{{DS}}}Signature"


def dcc(name: str) -> str:
    """Return a name of the namespace of DCC as lxml writes it."""
    return f"{{{DCC}}}{name}"


def si(name: str) -> str:
    """Return a name of the namespace of D-SI as lxml writes it."""
    return f"{{{SI}}}{name}"


def ds(name: str) -> str:
    """Return a name of the namespace of XML signatures as lxml writes it."""
    return f"{{{DS}}}{name}"
