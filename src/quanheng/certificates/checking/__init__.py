"""Checking a certificate file of ours offline: its signatures, its place in the log, its worth on a day.  No models."""

from quanheng.certificates.checking.check import MAX_BYTES, check_file
from quanheng.certificates.checking.log_reader import LogUnreadable, PublishedLog
from quanheng.certificates.checking.report import Check, CheckReport, Verdict, failures

__all__ = [
    "MAX_BYTES",
    "Check",
    "CheckReport",
    "LogUnreadable",
    "PublishedLog",
    "Verdict",
    "check_file",
    "failures",
]
