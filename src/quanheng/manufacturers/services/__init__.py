"""Writes of the manufacturers app.  Each is one transaction with one leaf; names only as commitments."""
