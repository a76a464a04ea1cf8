"""Certificates as pages show them: the one answer, the results, the check in the reader's own browser."""
