"""Compiling before the first epoch happens elsewhere, and only where it must."""

import sys

from fusion_bench import PAIR

from gnss_gyro.basics.kernels import NotCompiled
from gnss_gyro.engine.config import AntennaConfig, EngineConfig
from gnss_gyro.ros import warming

CONFIG = EngineConfig(antennas=tuple(AntennaConfig(name, position_m=place) for name, place in PAIR.items()))


def test_a_filled_cache_needs_no_compiler() -> None:
    list(warming.warm_up(CONFIG))
    assert list(warming.warm_up(CONFIG)) == []


def test_what_the_cache_lacks_another_process_compiles_from_the_same_configuration(monkeypatch, tmp_path) -> None:
    played, told = [], tmp_path / "told.yaml"

    def play(config: EngineConfig, ended: object) -> None:
        played.append(config)
        if len(played) == 1:
            raise NotCompiled("a kernel")

    code = f"import sys, time; open({str(told)!r}, 'w').write(sys.stdin.read()); time.sleep(1.5)"
    monkeypatch.setattr(warming, "play", play)
    monkeypatch.setattr(warming, "_COMPILER", (sys.executable, "-c", code))
    assert len(list(warming.warm_up(CONFIG))) >= 2
    assert played == [CONFIG, CONFIG]
    assert warming.load_config(told.read_text(encoding="utf-8")) == CONFIG


def test_a_node_that_ends_takes_its_compiler_with_it(monkeypatch) -> None:
    def play(config: EngineConfig, ended: object) -> None:
        raise NotCompiled("a kernel")

    started = []
    popen = warming.subprocess.Popen
    monkeypatch.setattr(warming, "play", play)
    monkeypatch.setattr(warming, "_COMPILER", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(warming.subprocess, "Popen", lambda *args, **given: started.append(popen(*args, **given)) or started[0])
    waiting = warming.warm_up(CONFIG)
    next(waiting)
    waiting.close()
    assert started[0].poll() is not None


def test_what_is_given_up_takes_its_compiler_with_it_and_compiles_nothing_here(monkeypatch) -> None:
    played, told, looks = [], [], []

    def play(config: EngineConfig, ended: object) -> None:
        played.append(config)
        if len(played) == 1:
            raise NotCompiled("a kernel")
        assert ended()

    monkeypatch.setattr(warming, "play", play)
    monkeypatch.setattr(warming, "_COMPILER", (sys.executable, "-c", "import time; time.sleep(600)"))
    for _ in warming.warm_up(CONFIG, lambda: len(looks) >= 2, told.append):
        looks.append(1)
    assert len(looks) == 2
    assert told == []


def test_play_that_is_given_up_feeds_no_engine(monkeypatch) -> None:
    monkeypatch.setattr(warming, "ubx_chunks", lambda simulation: 1 / 0)
    warming.play(CONFIG, lambda: True)


def test_a_compiler_that_fails_is_told(monkeypatch) -> None:
    told, played = [], []

    def play(config: EngineConfig, ended: object) -> None:
        played.append(config)
        if len(played) == 1:
            raise NotCompiled("a kernel")

    monkeypatch.setattr(warming, "play", play)
    monkeypatch.setattr(warming, "_COMPILER", (sys.executable, "-c", "import sys; sys.exit(7)"))
    list(warming.warm_up(CONFIG, tell=told.append))
    assert len(played) == 2
    assert len(told) == 1
    assert "exit code 7" in told[0]


def test_the_compiler_is_a_program_that_plays_a_configuration() -> None:
    done = warming.subprocess.run(
        warming._COMPILER, input=warming.config_to_yaml(CONFIG), text=True, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
