"""The services of the fusion node, each a sentence of success or failure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.node import Node
from std_srvs.srv import Trigger

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.config_yaml import config_to_yaml
from gnss_gyro.engine.survey_result import SurveyResult
from gnss_gyro.ros.session import Session

Answer = tuple[bool, str]
Deed = Callable[[Session, str], Answer]


def reset(session: Session, _: str) -> Answer:
    """Forget what may be wrong."""
    session.reset()
    return True, "integers, attitude, noise and geometry forgotten; ephemerides kept"


def survey_start(session: Session, _: str) -> Answer:
    """Begin a survey of the antennas' positions."""
    if session.is_surveying:
        return False, "a survey is under way and keeps what it has; ~/survey_stop ends it"
    try:
        session.start_survey()
    except ConfigError as error:
        return False, str(error)
    return True, "surveying; some minutes give millimetres"


def survey_stop(session: Session, survey_file: str) -> Answer:
    """End it: the surveyed rig as YAML in the answer, and in a file where one was named."""
    result = session.finish_survey()
    if result is None:
        return False, "no survey was started"
    if result.config is None:
        return False, f"{result.outcome}: {result.detail}"
    text = config_to_yaml(result.config, _header(result))
    if survey_file:
        try:
            Path(survey_file).expanduser().write_text(text, encoding="utf-8")
        except OSError as error:
            return False, f"{survey_file} cannot be written ({error.strerror})\n{text}"
    return True, text


DEEDS: dict[str, Deed] = {"~/reset": reset, "~/survey_start": survey_start, "~/survey_stop": survey_stop}


def offer_services(node: Node, session_of: Callable[[], tuple[Session | None, str]]) -> list[Any]:
    """Services that act on the node's session; session_of gives it and the file for surveys."""
    return [node.create_service(Trigger, name, _handler(deed, session_of)) for name, deed in DEEDS.items()]


def _handler(deed: Deed, session_of: Callable[[], tuple[Session | None, str]]) -> Callable[[Any, Any], Any]:
    def handle(_: Any, response: Any) -> Any:
        session, survey_file = session_of()
        response.success, response.message = deed(session, survey_file) if session else (False, "not configured")
        return response

    return handle


def _header(result: SurveyResult) -> str:
    told = f"Surveyed in {result.used_epochs} epochs over {result.span_s:.0f} s; {result.assumed}"
    lengths = [
        f"{'-'.join(length.pair)}: {1e3 * length.length_m:.1f} mm +- {1e3 * length.sigma_m:.1f} mm" for length in result.lengths
    ]
    return "\n".join([told, *lengths, *result.warnings])
