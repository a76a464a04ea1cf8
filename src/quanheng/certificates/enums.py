"""Closed vocabularies of the certificates app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class CertificateKind(Vocabulary):
    """What sort of paper it is; the values of kernels.certificate.Kind."""

    VERIFICATION = "verification", _("检定证书")
    REJECTION = "rejection", _("检定结果通知书")
    CALIBRATION = "calibration", _("校准证书")


class CertificateState(Vocabulary):
    """How far the making of a certificate has come."""

    # Has its number and its content; what a crash leaves here is finished by `resume_prepared`.
    PREPARED = "prepared", _("出证中")
    ISSUED = "issued", _("已签发")
