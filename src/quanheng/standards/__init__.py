"""Measurement standards and reference materials, their certificates, intermediate checks and comparisons."""
