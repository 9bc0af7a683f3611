#!/bin/sh
# Builds tf2_msgs/TFMessage into a virtual environment that has ROS 2 from PyPI, where no wheel of it exists, so that the tests
# of TF run there too. Needs g++, cmake and ninja; takes half a minute. Usage: test/ros/make_tf2_msgs.sh VENV
set -eu
venv=$(cd "$1" && pwd)
unset LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE PYTHONPATH || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$venv/bin/pip" install --quiet --disable-pip-version-check ros-kilted-geometry-msgs ros-kilted-rosidl-default-generators \
  ros-rosidl-core-generators==0.3.1 ros-python-cmake-module==0.11.1 ros-ament-cmake==2.7.3 \
  ros-ament-cmake-include-directories==2.7.3 ros-ament-cmake-ros-core==0.14.5 ros-ament-package==0.17.2 catkin-pkg

mkdir -p "$work/msg"
echo 'geometry_msgs/TransformStamped[] transforms' > "$work/msg/TFMessage.msg"
cat > "$work/package.xml" <<'XML'
<package format="3">
  <name>tf2_msgs</name><version>0.0.0</version><description>TFMessage for tests</description>
  <maintainer email="nobody@example.com">nobody</maintainer><license>BSD</license>
  <buildtool_depend>ament_cmake</buildtool_depend><buildtool_depend>rosidl_default_generators</buildtool_depend>
  <depend>geometry_msgs</depend><exec_depend>rosidl_default_runtime</exec_depend>
  <member_of_group>rosidl_interface_packages</member_of_group>
  <export><build_type>ament_cmake</build_type></export>
</package>
XML
cat > "$work/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.14)
project(tf2_msgs)
find_package(ament_cmake REQUIRED)
find_package(geometry_msgs REQUIRED)
find_package(rosidl_default_generators REQUIRED)
rosidl_generate_interfaces(${PROJECT_NAME} "msg/TFMessage.msg" DEPENDENCIES geometry_msgs)
ament_package()
CMAKE

# The wheels export include folders of the machine they were built on.
headers=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
numpy=$("$venv/bin/python" -c 'import numpy; print(numpy.get_include())')
sed -i -E "s#/opt/python/cp[^;\"]*/include/python3\.[0-9]+#$headers#g; s#/[^;\"]*numpy/(_core|core)/include#$numpy#g" \
  "$venv"/share/*/cmake/*generator_py*Export*.cmake

export CMAKE_PREFIX_PATH="$venv" AMENT_PREFIX_PATH="$venv" PATH="$venv/bin:$PATH"
cmake -S "$work" -B "$work/build" -G Ninja -DCMAKE_INSTALL_PREFIX="$venv" -DPython3_EXECUTABLE="$venv/bin/python" \
  -DPython3_FIND_VIRTUALENV=ONLY -DBUILD_TESTING=OFF > "$work/log" || { cat "$work/log"; exit 1; }
cmake --build "$work/build" --target install -j 2 > "$work/log" || { cat "$work/log"; exit 1; }
"$venv/bin/python" -c 'from tf2_msgs.msg import TFMessage; print("tf2_msgs is ready:", TFMessage.__module__)'
