"""UBX framing: chunking, resynchronisation, conservation of bytes, corrupt input."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import recording

from gnss_gyro.protocols.crc import crc24q
from gnss_gyro.protocols.ubx.framing import MAX_PAYLOAD, FrameSplitter, UbxFrame, UbxFramer, encode_frame

BYTE_COUNTS = ("UBX bytes", "NMEA and RTCM3 bytes", "garbage bytes")


def rtcm3(body: bytes) -> bytes:
    head = b"\xd3" + len(body).to_bytes(2, "big") + body
    return head + crc24q(head).to_bytes(3, "big")


def nmea(text: str) -> bytes:
    total = 0
    for character in text.encode():
        total ^= character
    return f"${text}*{total:02X}\r\n".encode()


def run(data: bytes, sizes: list[int]) -> tuple[list[UbxFrame], dict[str, int]]:
    """Frames and counts of a stream cut into pieces of the sizes, taken in turn."""
    framer, frames, at, turn = UbxFramer(), [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        frames += framer.feed(data[at : at + size])
        at, turn = at + size, turn + 1
    return frames + framer.flush(), framer.counts.by_name


pieces = st.one_of(
    st.builds(encode_frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=60)),
    st.builds(rtcm3, st.binary(max_size=40)),
    st.just(nmea("GPGGA,1,2,3")),
    st.binary(max_size=30),
    st.binary(max_size=20).map(lambda tail: b"\xb5\x62" + tail),
    st.sampled_from([b"\xb5", b"$", b"\xd3", b"$GPGGA,12", b"\xb5\x62\x01\x02\xff\x1f", b"\xd3\x03\xff"]),
)
streams = st.lists(pieces, max_size=12).map(b"".join)


@given(streams, st.lists(st.integers(1, 50), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_the_cut_of_the_stream_changes_nothing(data, sizes):
    whole = run(data, [len(data) + 1])
    assert run(data, sizes) == whole
    assert run(data, [1]) == whole


@given(streams)
@settings(deadline=None)
def test_every_byte_is_counted_once(data):
    _, counts = run(data, [len(data) + 1])
    assert sum(counts.get(name, 0) for name in BYTE_COUNTS) == len(data)


@given(st.lists(st.binary(max_size=80), max_size=8))
@settings(deadline=None)
def test_frames_come_back_between_other_protocols(payloads):
    data = b"".join(nmea("GNRMC,x") + encode_frame(2, 21, payload) + rtcm3(payload) for payload in payloads)
    frames, counts = run(data, [7])
    assert frames == [UbxFrame(2, 21, payload) for payload in payloads]
    assert counts.get("NMEA", 0) == counts.get("RTCM3", 0) == len(payloads)
    assert "garbage bytes" not in counts


def test_a_broken_frame_costs_only_itself():
    good = [encode_frame(1, number, bytes(range(number))) for number in range(20)]
    broken = bytearray(b"".join(good))
    broken[len(good[0]) + len(good[1]) + 4] = 200  # the length of the third now reaches over its successors
    frames, counts = run(bytes(broken), [13])
    assert [frame.message_id for frame in frames] == [0, 1, *range(3, 20)]
    assert counts["checksum errors"] + counts.get("truncated frames", 0) == 1


def test_what_never_ends_is_counted_and_what_follows_is_found():
    inner = encode_frame(1, 7, b"abc")
    frames, counts = run(b"\xb5\x62\x02\x15\x00\x10" + inner, [5])
    assert frames == [UbxFrame(1, 7, b"abc")]
    assert counts["truncated frames"] == 1


def test_the_buffer_is_bounded():
    framer = UbxFramer()
    rng = np.random.default_rng(5)
    for _ in range(200):
        framer.feed(rng.choice(np.frombuffer(b"\xb5\x62\x24\xd3\x00\x1f", np.uint8), 1000).tobytes())
        assert framer.held_back < MAX_PAYLOAD + 8


def test_other_checksum_errors_have_names():
    line, frame = bytearray(nmea("GPGGA,1")), bytearray(rtcm3(b"12345"))
    line[3] ^= 1
    frame[4] ^= 1
    _, counts = run(bytes(line + frame), [100])
    assert counts["NMEA checksum errors"] == counts["RTCM3 checksum errors"] == 1


def test_a_recording_has_the_frames_its_notes_say():
    data = (recording("f9p_walk") / "gnss_1730.ubx").read_bytes()
    frames, counts = run(data, [4096])
    kinds = Counter((frame.message_class, frame.message_id) for frame in frames)
    assert kinds[2, 0x15] == 536
    assert kinds[2, 0x13] == 2328
    assert kinds[1, 0x07] == 536
    assert counts["NMEA"] == 3 * 536 + 402
    assert "garbage bytes" not in counts


@given(streams, st.lists(st.integers(1, 50), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_the_splitter_passes_every_byte_and_every_frame(data, sizes):
    splitter, cuts, at, turn = FrameSplitter(), [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        cuts.append(splitter.feed(data[at : at + size]))
        at, turn = at + size, turn + 1
    cuts.append(splitter.flush())
    frames = [frame for cut in cuts for frame in cut.frames]
    assert b"".join(cut.passed for cut in cuts) == data
    assert sum(len(frame) for frame in frames) <= len(data)
    assert [frame[2:-2] for frame in frames if frame[0] == 0xB5] == [
        bytes((f.message_class, f.message_id)) + len(f.payload).to_bytes(2, "little") + f.payload
        for f in run(data, [len(data) + 1])[0]
    ]


def test_rtcm3_frames_come_out_whole():
    frames = [rtcm3(b"abc"), encode_frame(1, 7, b"x" * 20), rtcm3(b""), rtcm3(b""), rtcm3(b"")]
    assert FrameSplitter().feed(b"".join(frames)).frames == tuple(frames)
