"""The package for pip and for colcon (ament_python). Tools are configured in pyproject.toml, pins are in constraints.txt."""

import re
from glob import glob
from pathlib import Path

from setuptools import find_packages, setup

NAME = "gnss_gyro"
ROOT = Path(__file__).parent
VERSION = re.search(r"<version>(.+?)</version>", (ROOT / "package.xml").read_text(encoding="utf-8")).group(1)

# Lower bounds, so that a ROS 2 distribution's own packages serve. constraints.txt holds the tested versions.
REQUIRED = [
    "numpy>=1.21",
    "scipy>=1.8",
    "numba>=0.55",
    "PyYAML>=5.4",
    "matplotlib>=3.5",
    "rich>=11.2",
    "pyubx2>=1.2.40",
    "hatanaka>=2.8",
    "pyserial>=3.5",
]
TEST = ["pytest>=7.0", "pytest-cov>=4.0", "pytest-xdist>=3.0", "hypothesis>=6.36", "pyproj>=3.3"]
BAGS = ["rosbags>=0.11,<0.12"]  # SQLite and packed bags, messages of other drivers; our own bags need nothing
CHECK = ["ruff>=0.6", "mypy>=1.11", "types-PyYAML", "types-pyserial", "scipy-stubs"]
# ROS 2 from PyPI, for machines without /opt/ros: Linux x86_64 only. On a ROS machine rosdep brings the distribution's own.
_WHEELS = "sys_platform == 'linux' and platform_machine == 'x86_64'"
_MESSAGES = ("std", "sensor", "geometry", "nav", "diagnostic", "visualization")
ROS = [f"ros-kilted-rclpy[fastrtps]; {_WHEELS}", f"ros-kilted-std-srvs; {_WHEELS}"]
ROS += [f"ros-kilted-{name}-msgs; {_WHEELS}" for name in _MESSAGES]

setup(
    name=NAME,
    version=VERSION,
    description="Attitude and position of a vehicle from the raw observations of several cheap GNSS antennas",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    maintainer="gnss_gyro maintainers",
    maintainer_email="maintainers@users.noreply.b-seed-9aa56bc0.example",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed", "config_defaults/*.yaml", "config_defaults/consumers/*.yaml", "models/nequick/*.npz"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/config", sorted(glob("config/*.yaml"))),
        (f"share/{NAME}/rviz", sorted(glob("rviz/*.rviz"))),
        (f"share/{NAME}/launch", sorted(glob("launch/*.launch.py"))),
    ],
    python_requires=">=3.10",
    install_requires=REQUIRED,
    extras_require={"test": TEST, "check": CHECK, "ros": ROS, "bags": BAGS},
    entry_points={
        "console_scripts": [
            f"{NAME} = {NAME}.cli.main:main",
            f"antenna_driver = {NAME}.ros.antenna_driver:main",
            f"fusion = {NAME}.ros.fusion:main",
            f"replay_clock = {NAME}.ros.replay_clock:main",
        ]
    },
    zip_safe=False,
)
