"""Acceptance sampling: plans, their characteristics, design, the tables of ISO 2859-1, the draw and the verdict."""
