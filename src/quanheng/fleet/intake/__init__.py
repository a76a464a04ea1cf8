"""Readings as they arrive: taken durably into segments, moved into the store of areas, estimated month by month."""
