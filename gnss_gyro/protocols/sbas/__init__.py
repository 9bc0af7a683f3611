"""Messages of satellite based augmentation systems on L1 (WAAS, EGNOS, MSAS, GAGAN...)."""
