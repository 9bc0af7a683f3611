"""What is known of each antenna's receiver: its make, its noise, whether two are alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gnss_gyro.engine.config import EngineConfig, ReceiverClass, SharePivot
from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass, NoiseLearner, NoiseModel, noise_class_of
from gnss_gyro.observation.epoch import Epoch

_PATCH_CN0_MASK_DBHZ = 35.0
"""Weaker signals of patch antennas are reflections as often as not (systems B: 35 dB-Hz keeps them out)."""


class Receivers:
    """Noise models and pivots by receiver make, as configured, told, or guessed from the observations."""

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        told = {antenna.name: antenna.receiver for antenna in config.antennas}
        self._configured = {name: NoiseClass(str(kind)) for name, kind in told.items() if kind is not ReceiverClass.AUTO}
        self._make: dict[str, str] = {}
        self._told: dict[str, NoiseClass | None] = {}
        self._guessed: dict[str, NoiseClass] = {}

    def tell(self, antenna: str, receiver: str) -> None:
        """Take in a receiver's make and model, as a RINEX header or a user tells it."""
        self._make[antenna] = receiver.strip()
        self._told[antenna] = noise_class_of(receiver)

    def noise_class(self, epoch: Epoch) -> NoiseClass:
        """Noise class of the receiver behind an epoch; of an unknown make, one that tells C/N0 is taken as a patch."""
        known = self._configured.get(epoch.antenna) or self._told.get(epoch.antenna)
        if known is not None:
            return known
        if epoch.antenna not in self._guessed:
            self._guessed[epoch.antenna] = NoiseClass.PATCH if np.isfinite(epoch.cn0_dbhz).any() else NoiseClass.GEODETIC
        return self._guessed[epoch.antenna]

    def noise(self, group: Mapping[str, Epoch], learner: NoiseLearner) -> dict[str, NoiseModel]:
        """Noise models by antenna: configured values as they are, defaults with what was learned."""
        classes = {name: self.noise_class(epoch) for name, epoch in group.items()}
        models = {noise_class: self._noise_of(noise_class, learner) for noise_class in set(classes.values())}
        return {name: models[noise_class] for name, noise_class in classes.items()}

    def _noise_of(self, noise_class: NoiseClass, learner: NoiseLearner) -> NoiseModel:
        default = DEFAULT_NOISE[noise_class]
        learned = learner.applied(default) if self._config.noise.learn else default
        code, phase = self._config.noise.code_m, self._config.noise.phase_m
        return NoiseModel(noise_class, code or learned.code_m, phase or learned.phase_m)

    def cn0_mask_dbhz(self, epoch: Epoch) -> float:
        """C/N0 mask of an epoch [dB-Hz], configured or by class."""
        configured = self._config.gnss.cn0_mask_dbhz
        if configured is not None:
            return configured
        return _PATCH_CN0_MASK_DBHZ if self.noise_class(epoch) is NoiseClass.PATCH else 0.0

    def shared_pivots(self, group: Mapping[str, Epoch]) -> dict[str, bool]:
        """By antenna: may its GPS, Galileo and QZSS share a pivot with each other, whichever antenna is the reference?"""
        setting = self._config.fixing.share_pivot
        if setting is not SharePivot.AUTO:
            return dict.fromkeys(group, setting is SharePivot.TRUE)
        makes = {self._make.get(name, "") for name in group}
        return {name: len(makes) == 1 and makes != {""} for name in group}
