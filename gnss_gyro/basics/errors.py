"""The three errors a user can cause; everything else that is raised is a bug."""

from __future__ import annotations


class DecodeError(Exception):
    """A message that cannot be what it claims to be. Streams of messages count such cases instead of raising."""


class DataError(Exception):
    """A file or recording that holds nothing to work with: empty, of another format, or broken from the start."""


class ConfigError(Exception):
    """A configuration that cannot be meant: unknown key, impossible value, contradiction."""
