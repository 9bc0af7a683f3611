"""The vocabulary every layer speaks: constants, time, satellites, signals, frames, rotations."""
