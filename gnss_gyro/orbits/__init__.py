"""Ephemerides to satellite states at transmission time."""
