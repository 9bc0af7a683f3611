"""Baselines from phases whose integers are known: millimetre vectors with their full covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.rotation_fit import RotationFit, fit_rotation
from gnss_gyro.basics.arrays import Floats, inverse
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.fixed_kernels import free_solution, largest_end_variance, phase_misfit
from gnss_gyro.estimation.weighing import weighed, weighed_square, weighed_with_rig

_LARGEST_SIGMA_M = 0.025
"""Sigma [m] of an antenna's place on the turned body beyond which no attitude is given: 1.4 degrees on a metre."""
_LARGEST_MIRROR_ODDS = 1e-3
"""Likelihood of an attitude's mirror image, relative to its own, beyond which it is not given."""


@dataclass(frozen=True, slots=True, eq=False)
class FixedBaselines:
    """Vectors of an epoch, free and as the rigid body has them.

    vectors_enu_m : (k, 3) free vectors, by phases and codes [m]
    covariance_m2 : (3k, 3k) of them
    rotation      : the fit of the body to them; None for antennas at one point
    rigid_enu_m   : (k, 3) the vectors of the fitted body [m]
    residual_m    : (M,) phase residuals at rigid_enu_m [m]
    phase_chi2, phase_dof : of the phases at rigid_enu_m, antenna position sigmas included
    """

    vectors_enu_m: Floats
    covariance_m2: Floats
    rotation: RotationFit | None
    rigid_enu_m: Floats
    residual_m: Floats
    phase_chi2: float
    phase_dof: int

    @property
    def is_precise(self) -> bool:
        """Are all antennas' ends of the rigid body known to a few centimetres, and on one side of the plane that their satellites
        leave open? Few satellites in a row leave much open."""
        if self.rotation is None:
            return True
        if self.rotation.mirror_odds > _LARGEST_MIRROR_ODDS:
            return False
        return bool(largest_end_variance(self.rigid_enu_m, self.rotation.information_inverse()) <= _LARGEST_SIGMA_M**2)


def solve_fixed(differences: ArrayDifferences, rows: Rows, integers: Floats, array: AntennaArray) -> FixedBaselines:
    """Least squares of the vectors and of the rotation, integers being known.

    rows     : phase rows to use (m), of the same baselines as `differences`
    integers : (m,) [cycles]
    array    : reference antenna first, the others in the order of the baselines
    """
    phase_m = rows.value_m - rows.wavelength_m * integers
    vectors, covariance = free_vectors(differences, rows, phase_m)
    body = array.baselines_body_m()
    fit = fit_rotation(vectors, covariance, body, array.shape_covariance_m2()) if array.rank else None
    rigid = body @ fit.enu_from_body.T if fit else np.zeros_like(vectors)
    loose, by = weighed_with_rig(rows, array), weighed(rows, len(body))
    residual, chi2 = phase_misfit(rows.baseline, rows.design, phase_m, rigid, *by.operator, loose.x)
    return FixedBaselines(vectors, covariance, fit, rigid, residual, chi2, len(rows) - (fit.rank if fit else 0))


def normalised_residuals(rows: Rows, array: AntennaArray, residual_m: Floats) -> Floats:
    """Each phase residual (m,) over its own standard deviation, the others believed [-] (Baarda's w-test)."""
    k = len(array) - 1
    spread = np.zeros((len(rows), k, 3))
    spread[np.arange(len(rows)), rows.baseline] = rows.design
    wide = spread.reshape(len(rows), 3 * k)
    weight = inverse(rows.cov_m2 + wide @ array.baselines_covariance_m2() @ wide.T)
    return np.asarray(weight @ residual_m / np.sqrt(np.diag(weight)))


def free_phase_misfit(differences: ArrayDifferences, rows: Rows, integers: Floats) -> tuple[float, int]:
    """Chi-square and degrees of freedom of the phases round free vectors: their noise, whatever the geometry."""
    k, phase_m = len(differences.antennas), rows.value_m - rows.wavelength_m * integers
    vectors, _ = free_vectors(differences, rows, phase_m)
    residual = phase_m - np.einsum("ij,ij->i", rows.design, vectors[rows.baseline])
    return weighed_square(rows, weighed(rows, k), residual), len(rows) - 3 * k


def free_vectors(differences: ArrayDifferences, rows: Rows, phase_m: Floats) -> tuple[Floats, Floats]:
    """Vectors (k, 3) [m] and their covariance (3k, 3k) [m^2] by phases freed of their integers (m,) [m] and by codes."""
    k = len(differences.antennas)
    phase, code = weighed(rows, k), weighed(differences.code, k)
    return free_solution(rows.baseline, rows.design, phase_m, *phase.operator, phase.normal, code.normal, code.rhs)
