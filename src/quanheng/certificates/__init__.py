"""Certificates: numbering, content, paper, machine-readable form, signatures, checking them offline."""
