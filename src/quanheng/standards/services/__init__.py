"""Writes of the standards app.  Each is one transaction with one leaf."""
