"""The bench of VPPP: figures count what they say, terms leave code and phase with the right signs, the document has its marks."""

# ruff: noqa: E402

from __future__ import annotations

import sys

import numpy as np
import pytest
from recordings import PROJECT

sys.path[:0] = [str(PROJECT / "bench"), str(PROJECT / "examples")]

from shown.markdown import refreshed
from shown.recordings import default_folder, tick
from shown_vppp.chapters import CHAPTERS
from shown_vppp.figures import Figures, figures_of, plain_figures
from shown_vppp.rtklib import PPP, SINGLE_TWO, _lines, options
from shown_vppp.sites import WINDOW, sites
from shown_vppp.tables import Row, ratios
from shown_vppp.terms import IONOSPHERE, corrected, without_clocks
from shown_vppp.windows import Errors, config_for, play, window_errors

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.signals import L1_HZ


def test_figures_of_known_errors():
    enu = np.array([[3.0, 4.0, 0.0], [-3.0, -4.0, 2.0], [np.nan] * 3])
    found = plain_figures(enu)
    assert (found.asked, found.found) == (3, 2)
    np.testing.assert_allclose([found.horizontal_m, found.vertical_m], [5.0, np.sqrt(2.0)], rtol=1e-12)
    np.testing.assert_allclose(found.space_m**2, np.sum(np.square(found.mean_m)) + found.scatter_m**2, rtol=1e-12)


@pytest.mark.parametrize(("axes", "seed"), [(2, 1), (3, 2)])
def test_truth_is_inside_the_ellipse_as_often_as_stated(axes, seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4000, 3, 3)) + 2.0 * np.eye(3)
    errors = Errors(np.einsum("nij,nj->ni", root, rng.normal(size=(4000, 3))), root @ root.transpose(0, 2, 1))
    three_sigma = 3.0 * 100.0 * np.sqrt(0.95 * 0.05 / 4000)
    assert errors.inside(axes) == pytest.approx(95.0, abs=three_sigma)
    half = Errors(errors.enu_m, errors.cov_m2 / 4.0)
    assert half.inside(axes) < 90.0


def test_no_position_is_none_of_the_figures():
    nothing = figures_of(Errors(np.full((2, 3), np.nan), np.full((2, 3, 3), np.nan)))
    assert (nothing.asked, nothing.found, nothing.sigma_m) == (2, 0, None)
    assert np.isnan([nothing.space_m, nothing.flat_percent]).all()


def test_ratios_pair_recordings_and_systems():
    def row(systems, method, space_m):
        return Row("meijo", systems, 1, method, Figures(1, 1, 0.0, 0.0, space_m, (0.0, 0.0, 0.0), 0.0))

    found = ratios([row("G", "auto", 1.0), row("E", "auto", 1.0), row("G", "none", 9.0)], [row("G", "single L1", 4.0)])
    assert [(r.row.systems, r.value) for r in found] == [("G", 0.25)]


def test_options_and_nan_lines_of_the_other_program():
    assert "pos1-posmode =ppp-kine\npos1-frequency =l1\n" in options(PPP, "G,E")
    assert "pos1-ionoopt =dual-freq\n" in options(SINGLE_TWO, "G,E")
    found = dict(_lines("% head\n2320 116400.000 -nan -nan -nan 6 15 7.3\n2320 116401.000 1.0 2.0 3.0 5 9 0.1\n"))
    assert [bool(np.isnan(place).any()) for place in found.values()] == [True, False]


def test_every_chapter_has_its_marks_in_the_document():
    text = (PROJECT / "docs" / "results.md").read_text(encoding="utf-8")
    refreshed(text, dict.fromkeys(CHAPTERS, "x"))


def test_clocks_go_out_by_group():
    satellites = np.array([satellite_from_name(name) for name in ("G01", "G02", "E01", "E02")], np.int16)
    np.testing.assert_allclose(without_clocks(satellites, np.array([1.0, 3.0, 10.0, 14.0])), [-1.0, 1.0, -2.0, 2.0])


@pytest.fixture(scope="module")
def meijo():
    found = {site.name: site for site in sites(default_folder())}
    if "meijo" not in found:
        pytest.skip("the recording meijo is not here")
    return found["meijo"]


def test_ionosphere_delays_codes_and_advances_phases(meijo):
    observed = meijo.epochs()[0]
    some = observed.satellite[0]
    terms = {(int(some), tick(observed.time)): {IONOSPHERE: 3.0, "orbit": 1.0}}
    own = np.flatnonzero(observed.satellite == some)
    out = corrected(observed, terms, (IONOSPHERE, "orbit"))
    assert set(out.satellite) == {some}
    np.testing.assert_allclose(observed.pseudorange_m[own] - out.pseudorange_m, 4.0, atol=1e-7)
    cycles = observed.phase_cycles[own] - out.phase_cycles
    np.testing.assert_allclose(cycles[np.isfinite(cycles)] * SPEED_OF_LIGHT / L1_HZ, -2.0, atol=1e-6)


def test_a_window_is_a_cold_start(meijo):
    config = config_for(meijo, 1, "G,E")
    solutions = play(meijo, config, range(20, 20 + WINDOW), None)
    alone, among = (window_errors(meijo, config, starts) for starts in ([20], [0, 20]))
    assert len(solutions) == WINDOW
    np.testing.assert_array_equal(alone.enu_m[0], among.enu_m[1])
    np.testing.assert_array_equal(alone.cov_m2[0], solutions[-1].position_cov_enu_m2)
