"""VPPP: the array as one precise receiver, its position and velocity over time."""
