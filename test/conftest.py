"""Shared set-up of the tests: the folder itself is importable, so that recordings.py and builders are."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
