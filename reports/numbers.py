"""Numbers in words: measured values with the digits they deserve."""

from __future__ import annotations

import math

__all__ = ["count", "interval", "measured", "plain"]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS, _TIMES = "\u2212", "\u00d7"


def plain(value: float, digits: int = 3) -> str:
    r"""``value`` to some significant digits, with a power of ten where that is shorter.

    >>> plain(0.25), plain(-1234.5), plain(1e-6)
    ('0.25', '\u22121234', '10\u207b\u2076')
    """
    return _signed(_plain(value, digits))


def _signed(text: str) -> str:
    """A true minus sign in front."""
    return _MINUS + text[1:] if text.startswith("-") else text


def _plain(value: float, digits: int) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    exponent = math.floor(math.log10(abs(value)))
    if -4 <= exponent < 6:
        return (
            f"{value:.{max(0, digits - 1 - exponent)}f}".rstrip("0").rstrip(".")
            if (exponent < digits - 1)
            else f"{value:.0f}"
        )
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    scale = f"10{str(int(power)).translate(_SUPERSCRIPTS)}"
    return {"1": scale, "-1": f"-{scale}"}.get(mantissa, f"{mantissa} {_TIMES} {scale}")


def measured(value: float, lower: float, upper: float) -> str:
    """``value`` to two significant digits of the interval's half-width.

    >>> measured(1.234567, 1.22, 1.25)
    '1.235'
    >>> measured(2.0, 2.0, 2.0)
    '2'
    """
    return _fixed(value, _places(value, lower, upper))


def interval(value: float, lower: float, upper: float) -> tuple[str, str]:
    """The ends of an interval, with as many decimals as :func:`measured` gives its centre."""
    places = _places(value, lower, upper)
    return _fixed(lower, places), _fixed(upper, places)


def count(value: int) -> str:
    """A count with its thousands set apart.

    >>> count(1234567)
    '1,234,567'
    """
    return f"{value:,}"


def _places(value: float, lower: float, upper: float) -> int | None:
    half = (upper - lower) / 2
    if not math.isfinite(half) or half <= 0 or half < 1e-12 * abs(value):
        return None
    places = 1 - math.floor(math.log10(half))
    return places if places <= 9 else None


def _fixed(value: float, places: int | None) -> str:
    if places is None or not math.isfinite(value):
        return plain(value, 6)
    text = f"{value:.{max(0, places)}f}"
    return text.removeprefix("-") if float(text) == 0 else _signed(text)
