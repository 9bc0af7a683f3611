"""The rotation from body to local axes, from measured baselines, by weighted least squares on SO(3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gnss_gyro.attitude.angles import FREE_VARIANCE_RAD2, AttitudeAngles, attitude_angles
from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.rotation_fit_kernel import fitted
from gnss_gyro.basics.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class RotationFit:
    """A rotation that explains measured baselines.

    enu_from_body    : (3, 3); the part that is not observable is chosen so that the body stands most upright
    information      : (3, 3) inverse covariance of the small rotation delta in ENU [1/rad^2], exactly singular
                       where nothing is known; R_true = exp(delta) @ enu_from_body
    covariance_rad2  : (3, 3) of delta; unobservable directions have the variance of an even angle (pi^2 / 3)
    chi2             : weighted square of the residuals [-]
    dof              : degrees of freedom of chi2, 3 k - rank
    rank             : observable directions: 3; 2 for a line (the angle about it is unknown), 1 where only its heading is known;
                       0 for a point
    free_axis_enu    : (3,) unit axis about which nothing is known; NaN but for rank 2
    residual_enu_m   : (k, 3) measured - modelled [m]
    mirror_gap       : by how much chi2 is smaller than that of the body's mirror image, where that is another attitude; inf = it
                       is none, or cannot be likely
    """

    enu_from_body: Floats
    information: Floats
    covariance_rad2: Floats
    chi2: float
    dof: int
    rank: int
    free_axis_enu: Floats
    residual_enu_m: Floats
    mirror_gap: float = math.inf

    @property
    def mirror_odds(self) -> float:
        """Likelihood of the mirror image relative to this rotation [-]."""
        return math.exp(-0.5 * self.mirror_gap)

    def information_inverse(self) -> Floats:
        """Covariance (3, 3) of delta in the directions that are observable, zero in the others [rad^2]."""
        if self.rank == 3:
            return self.covariance_rad2
        if self.rank < 2:
            return np.asarray(np.linalg.pinv(self.information, 1e-12, hermitian=True), float)
        return self.covariance_rad2 - FREE_VARIANCE_RAD2 * np.outer(self.free_axis_enu, self.free_axis_enu)

    @property
    def angles(self) -> AttitudeAngles:
        """Heading, pitch and roll with sigmas; NaN where nothing is known."""
        return attitude_angles(self.enu_from_body, self.covariance_rad2)


def fit_rotation(
    vector_enu_m: Floats, covariance_m2: Floats, body_m: Floats, body_covariance_m2: Floats | None = None
) -> RotationFit:
    """Fit R to vector = R @ body.

    vector_enu_m       : (k, 3) measured in local axes [m]
    covariance_m2      : (3k, 3k) of them, positive definite
    body_m             : (k, 3) the same vectors in body axes [m]
    body_covariance_m2 : (3k, 3k) of the body vectors, in body axes; None = exact

    Directions known worse than about 52 degrees count as unobservable.
    """
    body_covariance = np.zeros_like(covariance_m2) if body_covariance_m2 is None else body_covariance_m2
    packed = fitted(
        np.ascontiguousarray(vector_enu_m, float).ravel(), np.ascontiguousarray(covariance_m2),
        np.ascontiguousarray(body_m, float), np.ascontiguousarray(body_covariance),
    )  # fmt: skip
    chi2, rank, mirror_gap = packed[30:33].tolist()
    residual_enu_m = packed[33:].reshape(-1, 3)
    return RotationFit(
        enu_from_body=packed[:9].reshape(3, 3),
        information=packed[9:18].reshape(3, 3),
        covariance_rad2=packed[18:27].reshape(3, 3),
        chi2=chi2,
        dof=residual_enu_m.size - int(rank),
        rank=int(rank),
        free_axis_enu=packed[27:30],
        residual_enu_m=residual_enu_m,
        mirror_gap=mirror_gap,
    )


def fit_array(array: AntennaArray, vector_enu_m: Floats, covariance_m2: Floats, reference: str | None = None) -> RotationFit:
    """Fit the rotation of an array to its baselines (n - 1, 3) from the reference antenna, in the array's order."""
    return fit_rotation(vector_enu_m, covariance_m2, array.baselines_body_m(reference), array.baselines_covariance_m2(reference))
