"""Truth to epochs to receiver bytes."""
