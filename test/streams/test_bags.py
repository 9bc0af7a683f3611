"""Bags: what goes in comes out byte by byte, other tools read them, and nothing flushed is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from bags import BYTES, RosbagsWriter, frames_of, save, simulated
from hypothesis import given, settings
from hypothesis import strategies as st

from gnss_gyro.basics.errors import DataError, DecodeError
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.ubx.framing import unwrapped
from gnss_gyro.streams.bag_converting import stamped_frames, write_bag, write_ubx
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.address import bag_address
from gnss_gyro.streams.bags.feeds import UNREADABLE, feed_at, feeds_of, named_feeds
from gnss_gyro.streams.bags.mcap_reader import BAD_CHUNKS, BROKEN_OFF, is_whole
from gnss_gyro.streams.bags.metadata import read_metadata
from gnss_gyro.streams.bags.reading import open_bag
from gnss_gyro.streams.bags.writing import BagTopic, BagWriter
from gnss_gyro.streams.files import read_messages
from gnss_gyro.streams.opening import opened

SECOND_NS = 1_000_000_000
TOPIC = "/rear/raw"


@pytest.fixture(scope="module")
def streams() -> dict[str, bytes]:
    return simulated()


@pytest.fixture(scope="module")
def bag(streams: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bags")
    write_bag(save(streams, folder), folder / "run", split_ns=5 * SECOND_NS)
    return folder / "run"


def numbered(folder: Path, count: int, split_ns: int = 0) -> BagWriter:
    """A bag of one-byte messages, one a second, still open."""
    writer = BagWriter(folder, split_ns)
    writer.add_topic(BagTopic(TOPIC))
    for number in range(count):
        writer.write(TOPIC, number * SECOND_NS, byte_arrays.encode(bytes([number])))
    return writer


def numbers(path: Path) -> list[int]:
    return [byte_arrays.decode(message.data)[0] for message in open_bag(path).messages([TOPIC])]


@given(st.binary(max_size=300))
def test_bytes_survive_the_message(data: bytes):
    assert byte_arrays.decode(byte_arrays.encode(data)) == data


@given(st.binary(max_size=60))
def test_damaged_messages_are_refused(data: bytes):
    try:
        byte_arrays.decode(data)
    except DecodeError:
        return
    assert len(data) >= 16


def test_our_encoding_is_that_of_rosbags():
    typesys = pytest.importorskip("rosbags.typesys")
    store = typesys.get_typestore(typesys.Stores.ROS2_HUMBLE)
    message = store.deserialize_cdr(byte_arrays.encode(b"\xb5\x62\x01"), BYTES)
    assert message.data.tobytes() == b"\xb5\x62\x01"
    assert store.hash_rihs01(BYTES) == byte_arrays.TYPE_HASH
    assert store.generate_msgdef(BYTES, ros_version=2)[0].strip() == byte_arrays.DEFINITION.strip()


def test_recordings_come_back_as_they_were(bag: Path, streams: dict[str, bytes], tmp_path: Path):
    opened_bag = open_bag(bag)
    assert set(named_feeds(opened_bag)) == set(streams)
    for name, feed in named_feeds(opened_bag).items():
        write_ubx(opened_bag, feed, tmp_path / f"{name}.ubx")
        assert (tmp_path / f"{name}.ubx").read_bytes() == streams[name]
    assert len(list(bag.glob("*.mcap"))) == 4
    assert all(is_whole(path) for path in bag.glob("*.mcap"))


def test_rosbags_reads_what_we_write(bag: Path, streams: dict[str, bytes]):
    rosbag2 = pytest.importorskip("rosbags.rosbag2")
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS2_HUMBLE)
    found: dict[str, bytes] = {}
    with rosbag2.Reader(bag) as reader:
        assert {connection.msgtype for connection in reader.connections} == {BYTES}
        for connection, _, data in reader.messages():
            whole = found.get(connection.topic, b"")
            found[connection.topic] = whole + store.deserialize_cdr(data, BYTES).data.tobytes()
        count = reader.message_count
    assert found == {f"/{name}/raw": data for name, data in streams.items()}
    assert count == sum(len(frames_of(data)) for data in streams.values())
    assert read_metadata(bag)["version"] == 8


def test_log_time_is_the_time_of_measurement(bag: Path):
    begin = GpsTime.from_calendar(2026, 1, 1)
    assert begin.unix_ns() == 1_767_225_600 * SECOND_NS - 18 * SECOND_NS
    for message in open_bag(bag).messages([TOPIC]):
        frame = unwrapped(byte_arrays.decode(message.data))
        if (frame.message_class, frame.message_id) == (2, 0x15):
            from gnss_gyro.protocols.ubx.rawx import decode_rawx

            assert message.log_ns == decode_rawx(frame.payload).time.unix_ns()


def test_a_recording_without_observations_has_no_time(tmp_path: Path):
    path = tmp_path / "nothing.ubx"
    path.write_bytes(b"nothing at all")
    with pytest.raises(DataError, match="no UBX observations"):
        list(stamped_frames(path))


def test_a_receiver_in_a_bag_reads_like_its_file(bag: Path, streams: dict[str, bytes], tmp_path: Path):
    path = save(streams, tmp_path)["front"]
    address = Path(f"{bag}:/front/raw")
    with opened(address) as file:
        assert file.read() == streams["front"]
    plain, bagged = read_messages(path), read_messages(address)
    assert (plain.kind, [str(m) for m in plain]) == (bagged.kind, [str(m) for m in bagged])
    assert plain.counts == bagged.counts


def test_addresses(bag: Path, tmp_path: Path):
    assert bag_address(bag) is not None
    assert bag_address(Path(f"{bag}:front/raw")) == bag_address(Path(f"{bag}:/front/raw"))
    assert bag_address(tmp_path) is None
    assert bag_address(tmp_path / "a:b") is None
    with pytest.raises(DataError, match="several receivers"):
        opened(bag)
    with pytest.raises(DataError, match="no topic /nobody"):
        opened(Path(f"{bag}:/nobody"))


@pytest.mark.parametrize("cut", [1, 9, 100, 5000])
def test_a_bag_that_breaks_off_is_read_up_to_there(tmp_path: Path, cut: int):
    writer = numbered(tmp_path / "run", 100)
    writer.close()
    (path,) = (tmp_path / "run").glob("*.mcap")
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert not is_whole(path)
    found = numbers(path)
    assert found == list(range(len(found)))
    assert len(found) == 100 or cut == 5000


@settings(max_examples=40)
@given(st.integers(0, 3000))
def test_any_cut_gives_a_beginning(tmp_path_factory: pytest.TempPathFactory, cut: int):
    folder = tmp_path_factory.mktemp("cut") / "run"
    numbered(folder, 40).close()
    (path,) = folder.glob("*.mcap")
    whole = path.read_bytes()
    path.write_bytes(whole[: max(8, len(whole) - cut)])
    found = numbers(path)
    assert found == list(range(len(found)))


def test_what_was_flushed_is_there_and_nothing_else_is_needed(tmp_path: Path):
    writer = numbered(tmp_path / "run", 25, split_ns=10 * SECOND_NS)
    writer.flush()
    writer.write(TOPIC, 25 * SECOND_NS, byte_arrays.encode(b"\xff"))  # never flushed, never closed
    bag = open_bag(tmp_path / "run")
    assert numbers(tmp_path / "run") == list(range(25))
    assert len(read_metadata(tmp_path / "run")["files"]) == 2
    list(bag.messages([TOPIC]))
    assert bag.counts.by_name == {BROKEN_OFF: 1}
    rosbag2 = pytest.importorskip("rosbags.rosbag2")
    with rosbag2.Reader(tmp_path / "run") as reader:  # other tools open what is finished
        assert reader.message_count == 20


def test_a_damaged_chunk_is_left_out(tmp_path: Path):
    writer = numbered(tmp_path / "run", 10)
    writer.flush()
    writer.write(TOPIC, 10 * SECOND_NS, byte_arrays.encode(b"\x0a"))
    writer.close()
    (path,) = (tmp_path / "run").glob("*.mcap")
    data = bytearray(path.read_bytes())
    data[data.index(byte_arrays.encode(b"\x04")) + 16] ^= 1
    path.write_bytes(data)
    bag = open_bag(path)
    assert [byte_arrays.decode(m.data)[0] for m in bag.messages([TOPIC])] == [10]
    assert bag.counts.by_name == {BAD_CHUNKS: 1}


def test_a_bag_never_overwrites(tmp_path: Path):
    numbered(tmp_path / "run", 3).close()
    with pytest.raises(DataError, match="not empty"):
        BagWriter(tmp_path / "run")


@pytest.mark.parametrize(("plugin", "packed"), [("SQLITE3", False), ("MCAP", False), ("MCAP", True)])
def test_bags_of_ublox_gps(tmp_path: Path, streams: dict[str, bytes], plugin: str, packed: bool):
    with RosbagsWriter(tmp_path / "run", plugin, packed) as writer:
        for at in range(0, len(streams["front"]), 777):  # any pieces of the stream
            writer.put_bytes("/front/raw_data_stream", at, streams["front"][at : at + 777])
    bag = open_bag(tmp_path / "run")
    assert [feed.antenna for feed in feeds_of(bag)] == ["front"]
    with opened(tmp_path / "run") as file:
        assert file.read() == streams["front"]


@pytest.mark.parametrize("plugin", ["SQLITE3", "MCAP"])
@pytest.mark.parametrize("definitions", [True, False])
def test_bags_of_ublox_dgnss(tmp_path: Path, streams: dict[str, bytes], plugin: str, definitions: bool):
    frames = frames_of(streams["front"])
    with RosbagsWriter(tmp_path / "run", plugin) as writer:
        for number, frame in enumerate(frames):
            writer.put_dgnss("/front", number, frame)
    bag = open_bag(tmp_path / "run")
    if not definitions:
        from dataclasses import replace

        bag.topics = {name: replace(topic, definition="", encoding="") for name, topic in bag.topics.items()}
    from gnss_gyro.streams.bags.feeds import ubx_messages

    found = [data for _, data in ubx_messages(bag, feed_at(bag, "/front"))]
    assert found == [frame for frame in frames if frame[2] == 2]
    assert feed_at(bag, "/front/ubx_rxm_rawx").antenna == "front"


def test_messages_that_cannot_be_read_are_counted(tmp_path: Path, streams: dict[str, bytes]):
    with BagWriter(tmp_path / "run") as writer:
        writer.add_topic(BagTopic(TOPIC))
        writer.write(TOPIC, 1, b"\x00\x01\x00")
        writer.write(TOPIC, 2, byte_arrays.encode(streams["rear"]))
    from gnss_gyro.streams.bags.feeds import ubx_messages

    bag = open_bag(tmp_path / "run")
    assert b"".join(data for _, data in ubx_messages(bag, feed_at(bag, ""))) == streams["rear"]
    assert bag.counts.by_name == {UNREADABLE: 1}


def test_what_is_no_bag_is_told(tmp_path: Path):
    (tmp_path / "x.mcap").write_bytes(b"no bag")
    (tmp_path / "x.db3").write_bytes(b"no bag")
    for path in (tmp_path / "x.mcap", tmp_path / "nowhere", tmp_path / "x.db3"):
        with pytest.raises(DataError):
            open_bag(path)
