"""Bytes to messages, without I/O."""
