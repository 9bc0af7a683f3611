"""NeQuick G, Galileo's model of the electrons along a ray, as the ionosphere algorithm for single-frequency users gives it.

Source: "European GNSS (Galileo) Open Service: Ionospheric Correction Algorithm for Galileo Single Frequency Users",
issue 1.2, September 2016 ("the algorithm document" in this folder), with the maps of Recommendation ITU-R P.1239.
"""
