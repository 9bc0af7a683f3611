"""Files of every kind and packing: what can be read is read, what cannot is named."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import zipfile
from pathlib import Path

import hatanaka
import numpy as np
import pytest
from recordings import recording

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import KeplerEphemeris, Observations
from gnss_gyro.streams.files import read_messages

UBX_FILES = {
    ("f9p_walk", "gnss_1730.ubx"): 536,
    ("slas_hiroshima", "20230919-114418.ubx"): 36,
}


def epochs_of(path: Path) -> list[Observations]:
    return [m for m in read_messages(path) if isinstance(m, Observations)]


@pytest.mark.parametrize(("folder", "name"), UBX_FILES)
def test_ubx(folder: str, name: str) -> None:
    reader = read_messages(recording(folder) / name)
    assert reader.kind == "UBX"
    assert sum(isinstance(m, Observations) for m in reader) == UBX_FILES[folder, name]
    assert reader.counts.by_name
    assert reader.header is None


def test_rinex_observations_and_navigation() -> None:
    folder = recording("meijo")
    reader = read_messages(folder / "static_base.obs")
    assert (reader.kind, reader.header) == ("RINEX observations", None)
    iterator = iter(reader)
    next(iterator)
    assert reader.header is not None
    assert 0 < reader.counts.by_name["epochs"] < 301, "the file is read piece by piece"
    assert sum(1 for _ in iterator) == 300
    assert sum(1 for _ in reader) == 301, "a second iteration starts again"
    assert reader.counts.by_name["epochs"] == 301
    navigation = read_messages(str(folder / "static_base.nav"))
    assert navigation.kind == "RINEX navigation data"
    assert sum(isinstance(m, KeplerEphemeris) for m in navigation) == 115


def packed(data: bytes, packing: str) -> bytes:
    if packing == "gz":
        return gzip.compress(data)
    if packing == "bz2":
        return bz2.compress(data)
    if packing == "crx":
        return hatanaka.rnx2crx(data)
    if packing == "crx.gz":
        return gzip.compress(hatanaka.rnx2crx(data))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("inside.obs", data)
    return out.getvalue()


@pytest.mark.parametrize("packing", ["gz", "bz2", "crx", "crx.gz", "zip"])
@pytest.mark.parametrize(("folder", "name"), [("borre", "rover_site247j.01o"), ("zero_baseline", "vn_tckf.obs")])
def test_packed_files_say_the_same(tmp_path: Path, folder: str, name: str, packing: str) -> None:
    plain = recording(folder) / name
    path = tmp_path / "any_name"
    path.write_bytes(packed(plain.read_bytes(), packing))
    for a, b in zip(epochs_of(plain), epochs_of(path), strict=True):
        assert a.time == b.time
        np.testing.assert_array_equal(a.satellite, b.satellite)
        np.testing.assert_array_equal(a.phase_cycles, b.phase_cycles)
        np.testing.assert_array_equal(a.pseudorange_m, b.pseudorange_m)


def test_packed_file_that_breaks_off(tmp_path: Path) -> None:
    data = gzip.compress((recording("meijo") / "static_base.obs").read_bytes())
    path = tmp_path / "broken.obs.gz"
    path.write_bytes(data[: len(data) // 2])
    reader = read_messages(path)
    assert 100 < sum(1 for _ in reader) < 301
    assert reader.counts.by_name["packed files broken off"] == 1


NMEA = b"$GNGGA,092725.00,4717.11399,N,00833.91590,E,1,08,1.01,499.6,M,48.0,M,,*45\r\n" * 20


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "x.obs is empty"),
        (b" \n" * 40, "nothing but blanks"),
        (NMEA, "NMEA text"),
        (b"time,east,north\n1,2,3\n", "text that begins 'time,east,north'"),
        (bytes(range(7, 250)) * 20, "binary data"),
        (b"\xd3\x00\x13" + b"\x00" * 400, "binary data"),
        (b"$@abc" * 30, "Septentrio SBF"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"     3.04           METEOROLOGICAL DATA                     RINEX VERSION / TYPE\n", "meteorological"),
        (b"     3.04           OBSERVATION DATA    M                   RINEX VERSION / TYPE\n", "END OF HEADER"),
        (b"\x1f\x8bgarbage garbage", "cannot be unpacked"),
        (b"PK\x03\x04garbage garbage", "cannot be unpacked"),
        (b"1.0                 COMPACT RINEX FORMAT                    CRINEX VERS   / TYPE\nrubbish\n", "unpacked"),
    ],
)
def test_what_is_not_a_recording_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.obs"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        list(read_messages(path))
    assert "x.obs" in str(caught.value)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.ubx cannot be opened"):
        read_messages(tmp_path / "none.ubx")
    with pytest.raises(DataError, match="cannot be opened"):
        read_messages(tmp_path)


def test_rtcm_is_named() -> None:
    with pytest.raises(DataError, match="RTCM 3"):
        read_messages(recording("rtcm3_hiroshima") / "20221213-010900.rtcm")


def test_ubx_behind_nmea_is_found(tmp_path: Path) -> None:
    path = tmp_path / "mixed.ubx"
    path.write_bytes(NMEA + (recording("slas_hiroshima") / "20230919-114418.ubx").read_bytes()[:20_000])
    assert read_messages(path).kind == "UBX"


@pytest.mark.parametrize("name", ["static_base.obs", "static_base.nav"])
def test_corrupted_files_raise_nothing_but_data_errors(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(7)
    head = (recording("meijo") / name).read_bytes()[:100_000]
    clean = head[: head.rfind(b"\n>") + 1] if name.endswith("obs") else head
    path = tmp_path / "x"
    for packing in ("gz", "crx", "") if name.endswith("obs") else ("gz", ""):
        source = np.frombuffer(packed(clean, packing) if packing else clean, np.uint8)
        for _ in range(10):
            data = source.copy()
            hit = rng.integers(0, len(data), rng.integers(1, 30))
            data[hit] = rng.integers(0, 256, len(hit))
            path.write_bytes(data[: rng.integers(1, len(data))].tobytes())
            with contextlib.suppress(DataError):
                list(read_messages(path))
