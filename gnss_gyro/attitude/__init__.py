"""The antenna array as a rigid body, and its rotation."""
