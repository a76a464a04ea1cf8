"""Letters of this app."""
