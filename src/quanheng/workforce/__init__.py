"""Institutes' authorisations, registered metrologists, what they are qualified for, and their further training."""
