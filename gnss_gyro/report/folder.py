"""Names of the files in a folder of results."""

from typing import Final

SOLUTION: Final = "solution.csv"
SUMMARY: Final = "summary.json"
REPORT: Final = "report.html"
CONFIG: Final = "config.yaml"
SATELLITES: Final = "satellites.npz"
TRUTH: Final = "truth.csv"
