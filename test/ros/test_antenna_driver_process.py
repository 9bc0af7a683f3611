"""The antenna driver as a process: it ends cleanly however it is ended, and kill -9 costs nothing that was flushed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_receiver import ServedReceiver

from gnss_gyro.protocols.ubx.framing import FrameSplitter

PROGRAM = "from gnss_gyro.ros.antenna_driver import main; main()"
PATIENCE_S = 60.0
FLUSH_S = 0.1


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ServedReceiver]:
    with ServedReceiver(tmp_path / "tty") as served:
        yield served


@pytest.fixture
def driver(domain: int, receiver: ServedReceiver, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A driver that has begun to log."""
    source, log = f"serial:{tmp_path / 'tty'}", tmp_path / "log"
    parameters = {"source": source, "log.folder": log, "log.flush_s": FLUSH_S, "publish_fix": True}
    given = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--ros-args", "-r", "__node:=front", *given],
        env={**os.environ, "ROS_DOMAIN_ID": str(domain)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    receiver.talk()
    assert wait_for_log(tmp_path, 10_000, process)
    yield process
    process.kill()
    process.wait()


def logged(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((folder / "log").glob("*.ubx")))


def wait_for_log(folder: Path, size: int, process: subprocess.Popen[str]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while len(logged(folder)) < size:
        if time.monotonic() > end or process.poll() is not None:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGTERM,), (signal.SIGINT, signal.SIGINT, signal.SIGTERM)])
def test_it_ends_cleanly(driver: subprocess.Popen[str], signals: tuple[signal.Signals, ...]):
    for number in signals:
        driver.send_signal(number)
        time.sleep(0.02)
    output, _ = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 0, output
    assert "Traceback" not in output


def test_kill_9_costs_nothing_that_was_flushed(driver: subprocess.Popen[str], receiver: ServedReceiver, tmp_path: Path):
    """Nor is there much else: the log of a running driver grows with every tenth of a second."""
    assert wait_for_log(tmp_path, len(logged(tmp_path)) + 20_000, driver)
    before = len(FrameSplitter().feed(logged(tmp_path)).frames)
    driver.kill()
    driver.communicate()
    frames = list(FrameSplitter().feed(logged(tmp_path)).frames)
    first = receiver.sent.index(frames[0])
    assert frames == receiver.sent[first : first + len(frames)], "without a gap"
    assert len(frames) >= before > 20
