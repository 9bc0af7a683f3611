"""Metrics, tables, plots and writers."""
