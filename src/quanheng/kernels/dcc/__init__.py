"""Digital calibration certificates (DCC) of PTB with D-SI, versions 2.2 to 3.3: reading and validating.

For who imports a certificate of others as evidence::

    verdict = Validator(schema_files()).validate(data)   # never raises; says what was not done
    dcc = read_dcc(data)                                 # BadXml, NotADcc
    dcc.sha256, dcc.identifier, dcc.laboratory.name, day_of(dcc.issued_on or dcc.ended_on)
    for quantity in dcc.quantities:                      # every quantity of every result
        for amount in quantity.amounts:                  # several: the same in several units
            for index, value in enumerate(amount.values):
                number_of(value), at(amount.units, index), readable_unit(at(amount.units, index))
                u = amount.uncertainty                   # u.kind "expanded": at(u.values, index), k: u.coverage_factors
        [statement.conformity for statement in quantity.statements]
    for equipment in dcc.equipment:                      # equipment.certificate: referral_id, procedure, value
        ...

Documents are hostile until shown otherwise: `parse_xml` refuses a DOCTYPE, depth and size, opens no other
file and no network.  Schemas are given in (`SchemaFiles`); `quanheng.certificates.schema_files` finds them.
"""

from quanheng.kernels.dcc.model import (
    Amount,
    CertificateLink,
    Dcc,
    Equipment,
    Item,
    Quantity,
    Statement,
    Uncertainty,
    at,
    day_of,
    number_of,
)
from quanheng.kernels.dcc.parse import MAX_BYTES, BadXml, parse_xml, too_large
from quanheng.kernels.dcc.read import NotADcc, read_dcc
from quanheng.kernels.dcc.schemas import SchemaFiles
from quanheng.kernels.dcc.signatures import Signature, read_signatures
from quanheng.kernels.dcc.units import readable_unit
from quanheng.kernels.dcc.validate import Validation, Validator, expiry_notes, refused, validation_json

__all__ = [
    "MAX_BYTES",
    "Amount",
    "BadXml",
    "CertificateLink",
    "Dcc",
    "Equipment",
    "Item",
    "NotADcc",
    "Quantity",
    "SchemaFiles",
    "Signature",
    "Statement",
    "Uncertainty",
    "Validation",
    "Validator",
    "at",
    "day_of",
    "expiry_notes",
    "number_of",
    "parse_xml",
    "read_dcc",
    "read_signatures",
    "readable_unit",
    "refused",
    "too_large",
    "validation_json",
]
