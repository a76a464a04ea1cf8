"""Transparency log: RFC 6962 hashing, C2SP tiles, checkpoints and signed notes, checked from files alone."""
