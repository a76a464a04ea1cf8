"""Readings from long tables into the store of areas."""

from quanheng.fleet.readings_import.importing import Options, Summary, import_readings
from quanheng.fleet.readings_import.refusals import BadImport

__all__ = ["BadImport", "Options", "Summary", "import_readings"]
