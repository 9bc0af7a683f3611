"""What the commands say on the screen: results on standard output, all else on standard error; bars only on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape


class Advance(Protocol):
    """Tells a progress bar that something was done."""

    def __call__(self, steps: int = 1) -> None:
        """So many steps more."""
        ...


class Screen:
    """Where a command writes.

    verbose : details too
    silent  : nothing at all
    """

    def __init__(self, verbose: bool = False, silent: bool = False) -> None:
        self.verbose = verbose
        self.out = Console(highlight=False, soft_wrap=True, quiet=silent)
        self.err = Console(stderr=True, highlight=False, soft_wrap=True, quiet=silent)

    def say(self, text: str) -> None:
        """A line of the result."""
        self.out.print(escape(text))

    def detail(self, text: str) -> None:
        """A line for who asked for --verbose."""
        if self.verbose:
            self.err.print(escape(text), style="dim")

    def warn(self, text: str) -> None:
        """A line about something that is probably not meant."""
        self.err.print(f"[yellow]warning:[/] {escape(text)}")

    def fail(self, text: str) -> None:
        """The line that says why there is no result."""
        self.err.print(f"[bold red]gnss_gyro:[/] {escape(text)}")

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Advance]:
        """A progress bar; without a terminal there is none."""
        if not self.err.is_terminal:
            yield _unseen
            return
        from rich.progress import (  # late: most runs have no terminal
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = [
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(),
        ]  # fmt: skip
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task(escape(what), total=total)

            def advance(steps: int = 1) -> None:
                bar.advance(task, steps)

            yield advance


def _unseen(steps: int = 1) -> None:
    """Progress without a bar."""
