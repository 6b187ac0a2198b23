"""Moments in which an interrupt would do harm."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["ignoring"]


@contextmanager
def ignoring(*signals: signal.Signals) -> Iterator[None]:
    """Ignore these signals for a moment; programs started within ignore them for life.

    Only the main thread may set signals: in another one this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
