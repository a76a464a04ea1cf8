"""Writes of the workforce app.  Each is one transaction with one leaf; names only as commitments."""
