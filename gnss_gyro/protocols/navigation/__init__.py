"""Navigation data bits of every system to ephemerides, and back."""
