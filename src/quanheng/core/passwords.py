"""What a password must be."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django's rule, said in Chinese: its own catalogue lacks this sentence."""

    def get_error_message(self) -> str:
        """Return the refusal."""
        return _("口令太短，至少 %(length)s 位。") % {"length": self.min_length}

    def get_help_text(self) -> str:
        """Return the advice beside the field."""
        return _("口令至少 %(length)s 位。") % {"length": self.min_length}
