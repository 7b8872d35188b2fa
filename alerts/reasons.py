"""Why there is an alarm, or none, in Vietnamese. Pure."""

from alerts import words
from alerts.explanation import Explanation


def sentence(told: Explanation) -> str:
    """What the nearest test saw, what is usual, what would have been needed, and how it ended.

    Examples
    --------
    >>> from alerts.explanation import Scale
    >>> scale = Scale(30, 6, 1.2, 0.0, 4.0, 9, 0.003)
    >>> for part in sentence(Explanation("below the threshold", (scale,), 0, 0.4, 0.1, 700.0, 2.2)).split("; "):
    ...     print(part)
    Trong 30 phút có 6 lượt nhắc tiêu cực
    mức bình thường khoảng 1,2 (khoảng dao động thông thường 0–4), học từ 29 ngày
    cần từ 9 lượt để cảnh báo. Kết quả: chưa vượt ngưỡng.
    """
    result = words.WHY_RESULT.format(refusal=words.REFUSAL.get(told.refusal, told.refusal))
    if not told.scales:
        return result
    scale = told.scales[told.decisive]
    seen = words.WHY.format(
        minutes=words.whole(scale.minutes),
        observed=words.whole(scale.observed),
        expected=words.about(scale.expected),
        low=words.whole(scale.low),
        high=words.whole(scale.high),
        learned=_learned(told.learned_hours),
        needed=words.whole(scale.needed),
    )
    return f"{seen} {result}"


def short(told: Explanation) -> str:
    """What would have been needed for an alarm not to fire.

    Examples
    --------
    >>> from alerts.explanation import Scale
    >>> short(Explanation("fired", (Scale(30, 16, 1.2, 0.0, 4.0, 9, 1e-9),), 0, 0.01, 0.1, 700.0, 2.2))
    'Nếu trong 30 phút có dưới 9 lượt thì đã không cảnh báo.'
    """
    if not told.scales:
        return ""
    scale = told.scales[told.decisive]
    return words.WHY_SHORT.format(minutes=words.whole(scale.minutes), needed=words.whole(scale.needed))


def _learned(hours: float) -> str:
    if hours < 48:
        return words.LEARNED_HOURS.format(count=words.whole(hours))
    return words.LEARNED_DAYS.format(count=words.whole(hours / 24))
