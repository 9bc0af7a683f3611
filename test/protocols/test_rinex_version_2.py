"""RINEX 2 observation files: satellites are named in the head of an epoch and told apart by counting lines."""

from __future__ import annotations

import numpy as np
import pytest
from rinex_samples import COMMENT, fed_in_pieces, fields, names, old_header, read

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import SLIP

OLD_LINES = fields(20000000.123, 20000000.456, 104000000.789, -123.456, 45.25) + "\n" + fields(50.25) + "\n"


def test_old_files_with_many_satellites() -> None:
    """RINEX 2: 14 satellites need a second line of names, six types a second line each; a blank letter is GPS."""
    satellites = [f"G{i:2d}" for i in range(1, 13)] + [" 13", "R 5"]
    head = " 99 12 31 23 59 59.9000000  0 14" + "".join(satellites[:12]) + "\n" + " " * 32 + "".join(satellites[12:]) + "\n"
    text = old_header("C1 P1 L1 D1 S1 S2") + head + OLD_LINES * 14
    _, (first,) = read(text)
    assert first.time == GpsTime.from_calendar(1999, 12, 31, 23, 59, 59.9)
    assert names(first)[:2] == [(1, "1C"), (1, "1W")]
    assert names(first)[-2:] == [(105, "1C"), (105, "1P")]
    assert names(first)[-4] == (13, "1C")
    assert len(first) == 28
    assert first.phase_cycles[0] == 104000000.789
    assert np.isnan(first.phase_cycles[1])


def test_old_phase_goes_with_p1_where_there_is_no_c1() -> None:
    text = old_header("P1 L1") + " 01  9  4  9 40  0.0000000  0  1G 1\n" + fields(20000000.123, 104000000.789, end="17") + "\n"
    _, (first,) = read(text)
    assert names(first) == [(1, "1W")]
    assert first.phase_cycles[0] == 104000000.789
    assert first.flags[0] == SLIP


def test_old_events_and_lost_lines() -> None:
    """An event with new types; then an epoch whose last lines are missing; the next is whole again."""
    good = " 01  9  4  9 40  {:.7f}  0  1G 1\n"
    new = fields(104000000.789, 20000000.123) + "\n"
    event = " " * 28 + "4  1\n" + "     2    L1    C1".ljust(60) + "# / TYPES OF OBSERV\n"
    lost = " 01  9  4  9 40  2.0000000  0  2G 1G 2\n" + new
    text = old_header("C1 L1") + good.format(0) + fields(20000000.123, 104000000.789) + "\n" + event
    text += good.format(1) + new + lost + good.format(3) + new
    reader, epochs = read(text)
    assert [e.pseudorange_m.tolist() for e in epochs] == [[20000000.123]] * 3
    assert [round(e.time - epochs[0].time) for e in epochs] == [0, 1, 3]
    assert reader.counts.by_name[UNEVEN] == 1
    assert reader.counts.by_name["special records"] == 1


UNEVEN = "epochs with too many or too few lines"


def old_epochs(two_lines: bool) -> tuple[str, list[list[str]]]:
    """Header, and the lines of three epochs of fourteen satellites, each with its own values, on one or two lines."""
    epochs = []
    for second in range(3):
        names = [f"G{i:2d}" for i in range(1, 13)], ["G13", "R 5"]
        lines = [f" 24  6 24  8 20{second:11.7f}  0 14" + "".join(names[0]), " " * 32 + "".join(names[1])]
        for i in range(14):
            lines.append(fields(20000000.0 + i + 100 * second, 105000000.0 + i, -123.0 - i, 45.25))
            lines += [fields(50.25)] if two_lines else []
        epochs.append([f"{line}\n" for line in lines])
    return old_header("C1 L1 D1 S1 P2 S2" if two_lines else "C1 L1 D1 S1"), epochs


@pytest.mark.parametrize("two_lines", [False, True])
@pytest.mark.parametrize("at", range(1, 17))
def test_comments_within_an_old_epoch_move_nothing(two_lines: bool, at: int) -> None:
    head, epochs = old_epochs(two_lines)
    clean = head + "".join(line for lines in epochs for line in lines)
    epochs[1][at:at] = [COMMENT, COMMENT]
    told = head + COMMENT + "".join(line for lines in epochs for line in lines) + COMMENT
    assert fed_in_pieces(told.encode(), len(told)) == fed_in_pieces(clean.encode(), len(clean))
    assert fed_in_pieces(told.encode(), 37) == fed_in_pieces(clean.encode(), len(clean))


@pytest.mark.parametrize("two_lines", [False, True])
@pytest.mark.parametrize("at", range(2, 16))
@pytest.mark.parametrize("change", ["blank", "lost", "doubled"])
def test_an_old_epoch_that_does_not_come_out_even_is_dropped(two_lines: bool, at: int, change: str) -> None:
    head, epochs = old_epochs(two_lines)
    clean = head + "".join(line for lines in epochs[::2] for line in lines)
    epochs[1][at : at + (change == "lost")] = {"blank": ["\n"], "lost": [], "doubled": [epochs[1][at]]}[change]
    text = head + "".join(line for lines in epochs for line in lines)
    read_epochs, counts = fed_in_pieces(text.encode(), len(text))
    assert read_epochs == fed_in_pieces(clean.encode(), len(clean))[0]
    assert counts[UNEVEN] == 1
    assert fed_in_pieces(text.encode(), 41) == (read_epochs, counts)


def test_comments_of_old_events_are_counted_with_them() -> None:
    head, epochs = old_epochs(False)
    event = " " * 28 + "4  2\n" + COMMENT + "     4    L1    C1    D1    S1".ljust(60) + "# / TYPES OF OBSERV\n"
    _, (first, second) = read(head + "".join(epochs[0]) + event + "".join(epochs[1]))
    assert first.pseudorange_m[3] == 20000003.0
    assert second.pseudorange_m[3] == 105000003.0
