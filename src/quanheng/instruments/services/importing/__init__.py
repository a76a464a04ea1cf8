"""Ledgers on their way into the registry: received, mapped, tried, imported chunk by chunk, undone.

``words`` and ``rows`` say what a row means, ``matching`` and ``comparing`` which instrument it speaks of
and what it adds, ``writing`` keeps a chunk, ``running`` goes through a file, ``batches`` holds the states
of a batch, ``undo`` takes it back.
"""
