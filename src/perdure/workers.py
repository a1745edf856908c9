"""Work spread over processes: results do not depend on how many, and Ctrl-C stops it once."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["in_workers"]

Result = TypeVar("Result")


def in_workers(
    call: Callable[..., Result], work: Sequence[tuple[object, ...]], jobs: int
) -> Iterator[tuple[int, Result]]:
    """Yield ``call(*item)`` for every item of ``work`` with the item's place, as they finish.

    Parameters
    ----------
    call : callable
        A function of a module, where there is more than one job.
    work : sequence of tuple
    jobs : int
        Processes; with one, everything happens here and in order.

    Examples
    --------
    >>> list(in_workers(pow, [(2, 3), (3, 2)], jobs=1))
    [(0, 8), (1, 9)]
    """
    if jobs == 1 or len(work) < 2:
        for place, item in enumerate(work):
            yield place, call(*item)
        return
    with ProcessPoolExecutor(jobs, initializer=_ignore_interrupts) as workers:
        with _interrupts_held_back():
            places = {workers.submit(call, *item): place for place, item in enumerate(work)}
        try:
            for future in as_completed(places):
                yield places[future], future.result()
        except BaseException:
            workers.shutdown(cancel_futures=True)
            raise


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent, which stops the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Hold Ctrl-C back while workers start: one that is not ready yet would print a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
