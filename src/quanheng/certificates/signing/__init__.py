"""Signing keys behind one interface; signatures of XML and PDF; the detached SM2 signature.  No models."""
