"""Example rigs that come with the package, whichever way it was installed."""

from __future__ import annotations

from importlib import resources

from gnss_gyro.basics.errors import ConfigError

DEMO = "four_antennas_tractor"


def example_names() -> list[str]:
    """Names of the examples, in alphabetical order."""
    found = (entry.name for entry in resources.files(__package__).iterdir())
    return sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml"))


def example_text(name: str = DEMO) -> str:
    """The YAML text of an example. Raises ConfigError for an unknown name."""
    if name not in example_names():
        raise ConfigError(f"no example {name!r}; there are {', '.join(example_names())}")
    return resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
