"""Shared set-up of the tests: the folder itself is importable, so that recordings.py and builders are."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
settings.register_profile("compiling", deadline=None)  # with an empty cache the first example compiles
settings.load_profile("compiling")
