"""Names for the arrays that cross function boundaries."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int16]
Bools: TypeAlias = NDArray[np.bool_]


def inverse(covariance: Floats) -> Floats:
    """Inverse (n, n) of a covariance (n, n), n = 0 included. Raises numpy.linalg.LinAlgError for a singular one."""
    return np.asarray(np.linalg.inv(covariance), np.float64)
