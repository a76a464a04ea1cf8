"""Refusals of the transparency app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class ClockWentBack(BureauError):
    """Signed times only grow: whoever compares two checkpoints relies on it."""

    kind = Kind.CONFLICT
    code = "transparency.clock_went_back"
    message = _("系统时钟倒退：现在是 {now}，上一个检查点签于 {last}。请校正时钟；等待排序的记录不会丢失。")


class KeyMissing(BureauError):
    kind = Kind.CONFLICT
    code = "transparency.key_missing"
    message = _("找不到日志的签名密钥 {path}，而日志已经签署过。请从备份恢复；系统不会另造一把。")


class KeyUnreadable(BureauError):
    kind = Kind.CONFLICT
    code = "transparency.key_unreadable"
    message = _("日志的签名密钥 {path} 已损坏。请从备份恢复。")


class KeyDiffers(BureauError):
    kind = Kind.CONFLICT
    code = "transparency.key_differs"
    message = _("现有密钥属于 {key}，日志由 {log} 的密钥签署，两者不符。请恢复原来的密钥。")


class LogCorrupt(BureauError):
    """A published file is not what the database signed.  It is named, and never overwritten."""

    kind = Kind.CONFLICT
    code = "transparency.log_corrupt"
    message = _(
        "已发布的日志文件 {path} 已损坏或被改动（{reason}），未作覆盖。请运行 quanheng log check 查明；"
        "确认数据库无误后，将日志目录移走，重新排序即可由数据库重新发布。"
    )


class LeavesAltered(BureauError):
    kind = Kind.CONFLICT
    code = "transparency.leaves_altered"
    message = _("数据库中序号 {first} 至 {last} 的记录与已签署的检查点不符，可能在签署后被改动。没有发布。")


class DatabaseBehind(BureauError):
    kind = Kind.CONFLICT
    code = "transparency.database_behind"
    message = _("已发布的检查点（{published} 条）不在数据库中，数据库可能是旧的备份。没有签署，也没有发布。")


class LeafNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "transparency.leaf_not_found"
    message = _("日志中没有序号为 {index} 的记录。")


class LeafNotPublished(BureauError):
    kind = Kind.CONFLICT
    code = "transparency.leaf_not_published"
    message = _("序号为 {index} 的记录尚未发布，请稍后再取证明。")


class CheckpointNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "transparency.checkpoint_not_found"
    message = _("没有签署过 {tree_size} 条的检查点。")


class CosignatureRefused(BureauError):
    code = "transparency.cosignature_refused"
    message = _("见证签名无效：{reason}")
