"""The receivers in a bag: which topics hold an antenna's raw data, and their bytes as UBX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gnss_gyro.basics.errors import DataError, DecodeError
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.foreign import FRAMES, frame_maker
from gnss_gyro.streams.bags.reading import Bag, Topic

RAW_NAMES: Final = ("raw", "raw_data_stream")
"""Last words of topics with receivers' bytes: of our antenna_driver, and of ublox_gps (KumarRobotics)."""
UNREADABLE: Final = "bag messages that could not be read"


@dataclass(frozen=True, slots=True)
class Feed:
    """Raw data of one antenna.

    antenna : name, as the topics suggest it
    address : what names the feed within the bag: a topic, or the namespace of two
    topics  : that hold its data
    """

    antenna: str
    address: str
    topics: tuple[Topic, ...]


def feeds_of(bag: Bag) -> list[Feed]:
    """Receivers by name: topics .../NAME/raw or .../NAME/raw_data_stream of bytes, and namespaces .../NAME of ublox_dgnss."""
    found: dict[str, list[Topic]] = {}
    for topic in bag.topics.values():
        space, _, last = topic.name.rpartition("/")
        if topic.type == byte_arrays.TYPE and last in RAW_NAMES:
            found[topic.name] = [topic]
        elif topic.type in FRAMES:
            found.setdefault(space, []).append(topic)
    return [Feed(_antenna(address, topics), address, tuple(topics)) for address, topics in sorted(found.items())]


def feed_at(bag: Bag, address: str) -> Feed:
    """The feed of a topic or namespace; "" = the only one there is. Raises DataError."""
    feeds = feeds_of(bag)
    if not address:
        if len(feeds) == 1:
            return feeds[0]
        held = ", ".join(feed.address for feed in feeds)
        raise DataError(f"{bag.path} holds {_several(held)}" if feeds else f"{bag.path} holds {_nothing(bag)}")
    for feed in feeds:
        if address in (feed.address, *(topic.name for topic in feed.topics)):
            return feed
    topic = bag.topics.get(address)
    if topic is None:
        raise DataError(f"{bag.path} has no topic {address}; it has {', '.join(sorted(bag.topics)) or 'none at all'}")
    if topic.type != byte_arrays.TYPE:
        raise DataError(f"{bag.path}: {address} holds {topic.type}, not a receiver's raw data")
    return Feed(_antenna(address, [topic]), address, (topic,))


def ubx_messages(bag: Bag, feed: Feed) -> Iterator[tuple[int, bytes]]:
    """(log time [ns], UBX bytes) of a feed in the order of the bag; what cannot be read is counted in the bag's counts."""
    makers = {topic.name: _maker(topic) for topic in feed.topics}
    for message in bag.messages(makers):
        try:
            data = makers[message.topic](message.data)
        except DecodeError:
            bag.counts.add(UNREADABLE)
            continue
        yield message.log_ns, data


def named_feeds(bag: Bag) -> Mapping[str, Feed]:
    """Feeds by antenna. Raises DataError where there are none, or two would bear one name."""
    feeds = feeds_of(bag)
    if not feeds:
        raise DataError(f"{bag.path} holds {_nothing(bag)}")
    by_name = {feed.antenna: feed for feed in feeds}
    if len(by_name) < len(feeds):
        addresses = ", ".join(feed.address for feed in feeds)
        raise DataError(f"{bag.path}: several topics belong to one name among {addresses}: say which with --antenna NAME=TOPIC")
    return by_name


def _maker(topic: Topic) -> Callable[[bytes], bytes]:
    return byte_arrays.decode if topic.type == byte_arrays.TYPE else frame_maker(topic)


def _antenna(address: str, topics: list[Topic]) -> str:
    """/tractor/front/raw -> front, and /tractor/front of ublox_dgnss too."""
    words = [word for word in address.split("/") if word]
    own = words[:-1] if topics[0].type == byte_arrays.TYPE and words[-1:] and words[-1] in RAW_NAMES else words
    return own[-1] if own else "antenna"


def _several(held: str) -> str:
    return f"several receivers: give one as BAG:TOPIC ({held})"


def _nothing(bag: Bag) -> str:
    topics = ", ".join(f"{topic.name} ({topic.type})" for topic in bag.topics.values()) or "no topics"
    return f"no receiver's raw data; it has {topics}"
