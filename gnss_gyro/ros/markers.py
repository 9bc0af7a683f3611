"""The rig for RViz: antennas, baselines and a heading arrow in the colour of the outcome."""

from __future__ import annotations

from typing import Final

import numpy as np
from geometry_msgs.msg import Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.engine.solution import Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.ros.conversions import point_of
from gnss_gyro.ros.placement import BodyPose, LocalMap
from gnss_gyro.ros.stamps import header_of

_GREEN, _AMBER, _RED = (0.10, 0.70, 0.35), (0.95, 0.65, 0.05), (0.85, 0.15, 0.15)
_COLOURS: Final = {Outcome.FIXED: _GREEN, Outcome.FLOAT: _AMBER, Outcome.RUN_IN: _AMBER}
_SMALLEST_M: Final = 0.3


def colour_of(outcome: Outcome, alpha: float = 1.0) -> ColorRGBA:
    """Green for a validated attitude, amber on the way to one, red for trouble."""
    red, green, blue = _COLOURS.get(outcome, _RED)
    return ColorRGBA(r=red, g=green, b=blue, a=alpha)


def markers_of(
    solution: Solution, pose: BodyPose | None, array: AntennaArray, local_map: LocalMap, map_frame: str
) -> MarkerArray:
    """All markers of an epoch; without a pose the antenna of the position alone, so that a heading never outlives its proof."""
    header = header_of(solution.time, map_frame)
    place_m = local_map.position_m(solution.position_ecef_m)
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    if not np.isfinite(place_m).all():
        return MarkerArray(markers=markers)
    if pose is None:
        markers += [_antennas(header, place_m[None, :], 0.1, solution.outcome)]
    else:
        points_m = pose.position_m + array.position_body_m @ pose.map_from_body.T
        size_m = max(_SMALLEST_M, float(np.max(array.lengths_m)))
        tip_m = pose.position_m + pose.map_from_body[:, 0] * size_m * 1.5
        markers += [
            _antennas(header, points_m, 0.1 * size_m, solution.outcome),
            _baselines(header, points_m, 0.02 * size_m, solution.outcome),
            _arrow(header, pose.position_m, tip_m, 0.05 * size_m, solution.outcome),
        ]
    return MarkerArray(markers=[*markers, _words(header, place_m, solution)])


def _marker(header: Header, kind: int, name: str, scale_m: tuple[float, float, float], outcome: Outcome) -> Marker:
    marker = Marker(header=header, ns=name, id=0, type=kind, action=Marker.ADD, color=colour_of(outcome))
    marker.scale = Vector3(x=scale_m[0], y=scale_m[1], z=scale_m[2])
    marker.pose.orientation.w = 1.0
    return marker


def _antennas(header: Header, points_m: Floats, size_m: float, outcome: Outcome) -> Marker:
    marker = _marker(header, Marker.SPHERE_LIST, "antennas", (size_m, size_m, size_m), outcome)
    marker.points = [point_of(point) for point in points_m]
    return marker


def _baselines(header: Header, points_m: Floats, width_m: float, outcome: Outcome) -> Marker:
    """Lines from the first antenna to each other."""
    marker = _marker(header, Marker.LINE_LIST, "baselines", (width_m, 0.0, 0.0), outcome)
    marker.points = [point_of(end) for point in points_m[1:] for end in (points_m[0], point)]
    return marker


def _arrow(header: Header, start_m: Floats, end_m: Floats, width_m: float, outcome: Outcome) -> Marker:
    marker = _marker(header, Marker.ARROW, "heading", (width_m, 2.0 * width_m, 3.0 * width_m), outcome)
    marker.points = [point_of(start_m), point_of(end_m)]
    return marker


def _words(header: Header, place_m: Floats, solution: Solution) -> Marker:
    marker = _marker(header, Marker.TEXT_VIEW_FACING, "outcome", (0.0, 0.0, _SMALLEST_M), solution.outcome)
    marker.pose.position = point_of(place_m + np.array([0.0, 0.0, 1.0]))
    marker.text = f"{solution.outcome}, {solution.satellites} satellites"
    return marker
