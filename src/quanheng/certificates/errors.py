"""Refusals of the certificates app; those of keys and of the paper stand with them."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class CertificateNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "certificates.not_found"
    message = _("没有找到编号为“{number}”的证书，或它不在您的职责范围内。")


class IssueClockWentBack(BureauError):
    """A number given on an earlier day than the one before it would date the certificate back."""

    kind = Kind.CONFLICT
    code = "certificates.clock_went_back"
    message = _(
        "今天（{today}）早于本机构上一份证书 {number} 的签发日期（{last}）。"
        "系统时钟可能被拨回；请先校准时钟，没有编号，也没有出证。"
    )


class NoSigningKey(BureauError):
    kind = Kind.CONFLICT
    code = "certificates.no_signing_key"
    message = _("“{institute}”没有可用的签名密钥（未登记、已过期或已吊销）。请先登记密码设备中的密钥。")


class KeyNotFit(BureauError):
    """``reason`` says what is wrong with the X.509 certificate."""

    code = "certificates.key_not_fit"
    message = _("这份数字证书不能登记：{reason}")


class SigningKeyNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "certificates.signing_key_not_found"
    message = _("没有找到这个签名密钥，或它不在您的职责范围内。")


class KeyAlreadyRevoked(BureauError):
    kind = Kind.CONFLICT
    code = "certificates.key_already_revoked"
    message = _("这个签名密钥已经吊销。")


class BadRevocation(BureauError):
    code = "certificates.bad_revocation"
    message = _("吊销信息有误：{reason}")


class NoPublicAddress(BureauError):
    kind = Kind.CONFLICT
    code = "certificates.no_public_address"
    message = _("没有设置公开网址（QUANHENG_PUBLIC_URL），证书上的二维码无处可指。请系统管理员设置后再出证。")


class BadContent(BureauError):
    """``reason`` is the sentence of kernels.certificate."""

    code = "certificates.bad_content"
    message = _("证书内容不完整，没有编号，也没有出证：{reason}")


class OwnCheckFailed(BureauError):
    """The files that were just made do not stand the check that everybody else will make."""

    kind = Kind.CONFLICT
    code = "certificates.own_check_failed"
    message = _("证书 {number} 未通过签发前的自检，没有签发：{reason}")


class OwnWork(BureauError):
    """Whoever may not sign a verification may not sign what takes its certificate's place."""

    kind = Kind.FORBIDDEN
    code = "certificates.own_work"
    message = _("您参与了这次检定，不能由您批准换发的证书。请由另一名授权签字人办理。")


class NotInForce(BureauError):
    kind = Kind.CONFLICT
    code = "certificates.not_in_force"
    message = _("证书 {number} 现为“{present}”，不能办理此项。")


class BadReason(BureauError):
    code = "certificates.bad_reason"
    message = _("请写明理由，不超过 {longest} 个字。")


class ProofNotReady(BureauError):
    kind = Kind.UNAVAILABLE
    code = "certificates.proof_not_ready"
    message = _("证书 {number} 的日志条目尚未公开，请稍后再试。")


class FileLost(BureauError):
    kind = Kind.UNAVAILABLE
    code = "certificates.file_lost"
    message = _("证书 {number} 的文件不在存储中或已损坏，请联系系统管理员从备份恢复。")


class WorkCancelled(BureauError):
    kind = Kind.CONFLICT
    code = "certificates.work_cancelled"
    message = _("这项检定已取消，没有出证。")


class BadWorkOrderFile(BureauError):
    code = "certificates.bad_work_order_file"
    message = _("检定任务单文件不能用：{reason}")
