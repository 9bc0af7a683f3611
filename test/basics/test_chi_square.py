"""Chi-square probabilities against scipy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import chdtrc, chdtri

from gnss_gyro.basics.chi_square import limit_of, probability_beyond

ROUNDING = 1e-11


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 7, 20, 61, 150, 500, 1501, 6000])
def test_probability_is_scipys(dof: int) -> None:
    for chi2 in [1e-9, 0.1, 1.0, 9.0, 50.0, 300.0, 900.0, 1600.0, 6100.0]:
        assert probability_beyond(chi2, dof) == pytest.approx(chdtrc(dof, chi2), rel=ROUNDING, abs=1e-300)


def test_ends_of_the_range() -> None:
    assert probability_beyond(0.0, 3) == probability_beyond(-1e-18, 3) == 1.0
    assert probability_beyond(1e4, 3) == probability_beyond(math.inf, 4) == 0.0
    assert math.isnan(probability_beyond(math.nan, 3))
    assert math.isnan(probability_beyond(math.nan, 4))


@pytest.mark.parametrize("probability", [0.99, 0.9, 0.5, 1e-2, 1e-4, 1e-9])
def test_limit_is_scipys(probability: float) -> None:
    dof = np.arange(1, 200)
    assert np.allclose([limit_of(probability, int(n)) for n in dof], chdtri(dof, probability), rtol=1e-10)
