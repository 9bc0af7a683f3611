"""u-blox UBX frames and the messages in them."""
