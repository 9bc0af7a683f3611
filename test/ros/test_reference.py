"""The generated reference is that of the code, and the guide names what exists."""

from __future__ import annotations

import re
import runpy

from recordings import PROJECT

from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.ros.outputs import TOPICS

GENERATOR = PROJECT / "docs" / "generate_reference.py"
GUIDE = PROJECT / "docs" / "ros2.md"


def test_the_reference_is_up_to_date() -> None:
    made = runpy.run_path(str(GENERATOR))
    assert set(made["MEANINGS"]) == set(TOPICS)
    assert (PROJECT / "docs" / "ros2_reference.md").read_text(encoding="utf-8") == made["reference"](), f"run {GENERATOR}"


def test_the_guide_explains_every_outcome() -> None:
    explained = set(re.findall(r"^\| \*(.+?)\* \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))
    assert explained == {str(outcome) for outcome in Outcome}


def test_the_guide_names_only_files_that_exist() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    named = re.findall(r"\b(?:config|launch|rviz|bench)/[\w.]+\w", text)
    named += [f"docs/{name}" for name in re.findall(r"\]\((\w+\.md)\)", text)]
    assert named
    assert [name for name in named if not (PROJECT / name).exists()] == []
