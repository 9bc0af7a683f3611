"""RINEX 2.11, 3.0x and 4 observation and navigation files."""
