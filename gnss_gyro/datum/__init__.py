"""Positions into the datum the user wants."""
