"""The signal path: geometry, troposphere, ionosphere."""
