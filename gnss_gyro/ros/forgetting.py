"""What every lifecycle node of ours does on its way down: stop, and forget everything but the parameters."""

from __future__ import annotations

from abc import abstractmethod

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn


class ForgettingNode(LifecycleNode):
    """Deactivate disconnects; cleanup, shutdown and a bug in a transition lead back to the beginning."""

    @abstractmethod
    def disconnect(self) -> None:
        """Stop whatever runs; without effect where nothing does."""

    @abstractmethod
    def forget(self) -> None:
        """Give up all that configure has made."""

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop whatever runs."""
        self.disconnect()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget everything but the parameters."""
        self._restart()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop whatever runs."""
        self._restart()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """After a bug in a transition: back to the beginning."""
        self._restart()
        return super().on_error(state)

    def _restart(self) -> None:
        self.disconnect()
        self.forget()
