"""Baselines from phases whose integers are known: millimetre vectors with their full covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.rotation_fit import RotationFit, fit_rotation
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.rotations import skew
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.weighing import weighed, weighed_with_rig

_LARGEST_SIGMA_M = 0.025
"""Sigma [m] of an antenna's place on the turned body beyond which no attitude is given: 1.4 degrees on a metre."""
_RIDGE = 1e-2
"""Information [1/m^2] that keeps the vectors of antennas with too few satellites finite: 10 m."""


@dataclass(frozen=True, slots=True, eq=False)
class FixedBaselines:
    """Vectors of an epoch, free and as the rigid body has them.

    vectors_enu_m : (k, 3) free vectors, by phases and codes [m]
    covariance_m2 : (3k, 3k) of them
    rotation      : the fit of the body to them; None for antennas at one point
    rigid_enu_m   : (k, 3) the vectors of the fitted body [m]
    residual_m    : (M,) phase residuals at rigid_enu_m [m]
    deviation     : (M,) each residual over its own standard deviation, the others believed [-] (Baarda's w-test)
    phase_chi2, phase_dof : of the phases at rigid_enu_m, antenna position sigmas included
    """

    vectors_enu_m: Floats
    covariance_m2: Floats
    rotation: RotationFit | None
    rigid_enu_m: Floats
    residual_m: Floats
    deviation: Floats
    phase_chi2: float
    phase_dof: int

    @property
    def is_precise(self) -> bool:
        """Are all antennas' ends of the rigid body known to a few centimetres? Few satellites in a row leave them open."""
        if self.rotation is None:
            return True
        turns = np.array([skew(b) for b in self.rigid_enu_m])
        variance = np.linalg.eigvalsh(turns @ self.rotation.information_inverse() @ turns.transpose(0, 2, 1))
        return bool(variance.max() <= _LARGEST_SIGMA_M**2)


def solve_fixed(differences: ArrayDifferences, rows: Rows, integers: Floats, array: AntennaArray) -> FixedBaselines:
    """Least squares of the vectors and of the rotation, integers being known.

    rows     : phase rows to use (m), of the same baselines as `differences`
    integers : (m,) [cycles]
    array    : reference antenna first, the others in the order of the baselines
    """
    phase_m = rows.value_m - rows.wavelength_m * integers
    vectors, covariance = free_vectors(differences, rows, phase_m)
    body = array.baselines_body_m()
    if array.rank == 0:
        return _judged(rows, phase_m, array, vectors, covariance, None, np.zeros_like(vectors))
    fit = fit_rotation(vectors, covariance, body, array.shape_covariance_m2())
    return _judged(rows, phase_m, array, vectors, covariance, fit, body @ fit.enu_from_body.T)


def free_phase_misfit(differences: ArrayDifferences, rows: Rows, integers: Floats) -> tuple[float, int]:
    """Chi-square and degrees of freedom of the phases round free vectors: their noise, whatever the geometry."""
    phase_m = rows.value_m - rows.wavelength_m * integers
    vectors, _ = free_vectors(differences, rows, phase_m)
    residual = phase_m - np.einsum("ij,ij->i", rows.design, vectors[rows.baseline])
    return float(residual @ weighed(rows, len(differences.antennas)).weight @ residual), len(rows) - 3 * len(differences.antennas)


def free_vectors(differences: ArrayDifferences, rows: Rows, phase_m: Floats) -> tuple[Floats, Floats]:
    """Vectors (k, 3) [m] and their covariance (3k, 3k) [m^2] by phases freed of their integers (m,) [m] and by codes."""
    k = len(differences.antennas)
    phase, code = weighed(rows, k), weighed(differences.code, k)
    covariance = np.linalg.inv(_RIDGE * np.eye(3 * k) + phase.normal + code.normal)
    vectors = covariance @ (phase.at_w @ phase_m + code.rhs)
    return vectors.reshape(k, 3), 0.5 * (covariance + covariance.T)


def _judged(
    rows: Rows, phase_m: Floats, array: AntennaArray, vectors: Floats, covariance: Floats, fit: RotationFit | None, rigid: Floats
) -> FixedBaselines:
    residual = phase_m - np.einsum("ij,ij->i", rows.design, rigid[rows.baseline])
    weight = weighed_with_rig(rows, array).weight
    weighted = weight @ residual
    return FixedBaselines(
        vectors_enu_m=vectors,
        covariance_m2=covariance,
        rotation=fit,
        rigid_enu_m=rigid,
        residual_m=residual,
        deviation=weighted / np.sqrt(np.diag(weight)),
        phase_chi2=float(residual @ weighted),
        phase_dof=len(rows) - (fit.rank if fit else 0),
    )
