"""Where bytes come from: files, and later serial ports and sockets."""
