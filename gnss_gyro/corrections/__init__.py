"""Plug-ins that replace satellite states and lower variances."""
