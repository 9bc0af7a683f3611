"""Bags of ROS 2: recordings of topics, read and written without ROS."""
