"""Physical constants and reference values, each with the document that fixes it."""

from typing import Final

SPEED_OF_LIGHT: Final = 299_792_458.0
"""[m/s] (SI)."""

EARTH_ROTATION_RATE: Final = 7.292_115_146_7e-5
"""[rad/s], GPS and QZSS (IS-GPS-200, 20.3.3.4.3) and Galileo (OS SIS ICD, 5.1.1)."""

EARTH_ROTATION_RATE_BEIDOU: Final = 7.292_115_0e-5
"""[rad/s] (BDS-SIS-ICD B1I, 5.2.4.12)."""

EARTH_ROTATION_RATE_GLONASS: Final = 7.292_115e-5
"""[rad/s] (GLONASS ICD L1/L2 5.1, PZ-90)."""

MU_GPS: Final = 3.986_005_0e14
"""[m^3/s^2], GPS and QZSS (IS-GPS-200)."""

MU_GALILEO: Final = 3.986_004_418e14
"""[m^3/s^2], Galileo (OS SIS ICD) and BeiDou (B1I ICD)."""

MU_GLONASS: Final = 3.986_004_4e14
"""[m^3/s^2] (GLONASS ICD L1/L2 5.1, PZ-90)."""

J2_GLONASS: Final = 1.082_625_75e-3
"""[-] second zonal harmonic (GLONASS ICD L1/L2 5.1, PZ-90)."""

EARTH_RADIUS_GLONASS: Final = 6_378_136.0
"""[m] (GLONASS ICD L1/L2 5.1, PZ-90)."""

WGS84_SEMI_MAJOR_AXIS: Final = 6_378_137.0
"""[m] (WGS 84)."""

WGS84_FLATTENING: Final = 1.0 / 298.257_223_563
"""[-] (WGS 84)."""
