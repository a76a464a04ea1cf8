"""Quanheng (权衡): the platform on which a county's metrology authority runs."""

__version__ = "0.1.0"
