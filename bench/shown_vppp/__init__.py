"""Pieces of bench/vppp.py: the array's position on real recordings, cold start after cold start."""
