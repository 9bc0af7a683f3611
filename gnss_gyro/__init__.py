"""Attitude and position of a vehicle from the raw observations of several cheap GNSS antennas."""

__version__ = "0.1.0"
