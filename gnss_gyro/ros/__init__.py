"""ROS 2 nodes: unpack, call, pack. Everything else of the package runs without ROS."""
