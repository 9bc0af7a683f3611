"""RINEX 2, 3 and 4, read and written as text that is handed in and out: nothing here opens a file."""
