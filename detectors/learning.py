"""Smoothed counts: scored whole, learned without the negatives that a baseline is spared.

``held_back`` counts them in the present block, ``over`` is what they add to the smoothed counts. Both are zero in rows
that learn everything, and change nothing there, not even the last bit.
"""

import numpy as np

from detectors.baseline import NOW, Floats, Ints, State

#: Below this, a thousandth of the least standard deviation, what is over is taken to be nothing.
NOTHING = 1e-6


def hold_back(state: State, gain: Floats, negative: Ints, learned: Ints) -> bool:
    """Take a window's negatives that are not to be learned; says whether there are any."""
    if learned.shape != negative.shape or (learned < 0).any() or (learned > negative).any():
        raise ValueError("of each row's negatives none to all can be learned")
    held = negative - learned
    if not held.any():
        return False
    state["held_back"] += held
    state["over"] += gain * held
    return True


def forget(state: State) -> bool:
    """Drop what has faded; says whether something is left."""
    over = state["over"]
    over[over < NOTHING] = 0.0
    return bool(over.any())


def multiply(
    state: State, floor: float, smooth: Floats, work: tuple[Floats, Floats], product: Floats, *, learn: bool
) -> None:
    """Put the product over the scales of the standardised deviations of smoothed counts into `product`.

    With `learn` their squares are taken into the spread; `work` is overwritten.
    """
    deviations, squares = work
    np.subtract(smooth, state["expect"][NOW], out=deviations)
    if learn:
        np.multiply(deviations, deviations, out=squares)
        np.add(state["squares"], squares, out=state["squares"])
    np.multiply(deviations, state["inverse"][NOW], out=deviations)
    np.maximum(deviations, floor, out=deviations)
    np.copyto(product, deviations[0])
    for scale in range(1, len(deviations)):
        np.multiply(product, deviations[scale], out=product)
