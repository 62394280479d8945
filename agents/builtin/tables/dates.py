"""Which columns of a file hold dates, as people write them; one order of day and month a file.

`3/4/2024` is in March or in April. The columns that leave no doubt decide for the whole file; where none
does, the column stays text, and the answer says so.
"""

# polars names numpy types in its annotations, and numpy is not installed with it.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars

_TIME = r"(?:(?:T|,? )\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[-+]\d{2}:?\d{2})?)?$"
_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>\d{1,2})"
_YEAR = r"(?P<year>\d{4})"
_NAME = r"(?P<name>\p{L}{3,10})\.?"
_MONTH_NAMES = (
    "jan january januar jänner janvier enero ene gennaio gen janeiro januari январь января янв",
    "feb february februar février févr fév febrero febbraio fevereiro fev februari февраль февраля фев",
    "mar march märz mär mrz mars marzo março maart marts март марта",
    "apr april avril avr abril abr aprile апрель апреля",
    "may mai mayo maggio mag maio mei maj май мая",
    "jun june juni juin junio giugno giu junho июнь июня",
    "jul july juli juillet juil julio luglio lug julho июль июля",
    "aug august août agosto ago augustus augusti август августа",
    "sep sept september septembre septiembre settembre set setembro сентябрь сентября",
    "oct october oktober okt octobre octubre ottobre ott outubro out октябрь октября",
    "nov november novembre noviembre novembro ноябрь ноября",
    "dec december dezember dez décembre déc diciembre dic dicembre dezembro desember декабрь декабря",
)
_MONTHS = {name: f"{number}" for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_LOOKS = (
    r"^(?:\p{L}{2,10}\.?,? )?(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:\d{4}|\d{2})"
    r"|\d{4}[./-]\s?\d{1,2}[./-]\s?\d{1,2}\.?|\d{1,2}/\d{4}|\d{4}年\d{1,2}月(?:\d{1,2}日)?"
    r"|\d{1,2}(?:\.|º|\p{L}{2,3})?[ -](?:de )?\p{L}{3,10}\.?,?[ -](?:de )?\d{4}"
    r"|\p{L}{3,10}\.? \d{1,2}(?:\p{L}{2})?,? \d{4})(?:$|[T ,])"
)


class DateOrder(StrEnum):
    """What comes first in a date of three numbers that has its year last, or whether nothing is open."""

    PLAIN = "plain"
    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"

    @property
    def forms(self) -> tuple[str, ...]:
        """Patterns of dates, of which a column has one throughout."""
        if self is DateOrder.PLAIN:
            return (
                rf"^{_YEAR}-(?P<month>\d{{2}})-(?P<day>\d{{2}}){_TIME}",
                rf"^{_YEAR}-(?P<month>\d{{2}})$",
                rf"^{_YEAR}/{_MONTH}/{_DAY}{_TIME}",
                rf"^{_YEAR}\.\s?{_MONTH}\.\s?{_DAY}\.?{_TIME}",
                rf"^{_YEAR}年{_MONTH}月{_DAY}日$",
                rf"^{_MONTH}/{_YEAR}$",
                rf"^{_DAY}\.\s?{_MONTH}\.\s?{_YEAR}{_TIME}",
                # A version, such as 1.10.12, is no date: two digits of a year want two of all.
                rf"^(?P<day>\d{{2}})\.(?P<month>\d{{2}})\.(?P<year>\d{{2}}){_TIME}",
                rf"^{_DAY}(?:\.|º|st|nd|rd|th|er)?[ -](?:de )?{_NAME},?[ -](?:de )?{_YEAR}{_TIME}",
                rf"^{_DAY}-{_NAME}-(?P<year>\d{{2}}){_TIME}",
                rf"^{_NAME}[ -]{_YEAR}$",
                rf"^{_NAME} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}{_TIME}",
            )
        first, second = (_DAY, _MONTH) if self is DateOrder.DAY_FIRST else (_MONTH, _DAY)
        return (
            rf"^{first}/{second}/(?P<year>\d{{4}}|\d{{2}}){_TIME}",
            rf"^{first}-{second}-{_YEAR}{_TIME}",
        )


def fitting_orders(values: polars.Series) -> list[DateOrder]:
    """The orders in which all values are days of the calendar; none where they are no dates."""
    return [order for order in DateOrder if read_dates(values, order) is not None]


def agreed_order(columns: Iterable[list[DateOrder]]) -> DateOrder | None:
    """The order on which the columns agree that fit one alone; None where there is none, or they disagree."""
    found = {orders[0] for orders in columns if len(orders) == 1} - {DateOrder.PLAIN}
    return found.pop() if len(found) == 1 else None


def look_like_dates(values: polars.Series) -> bool:
    """Whether more than half of the values look like dates."""
    return not values.is_empty() and 2 * int(values.str.contains(_LOOKS).sum()) > len(values)


def read_dates(values: polars.Series, order: DateOrder) -> polars.Series | None:
    """The dates, a month as its first day, null where there is none; None where one isn't in the calendar,
    or isn't written in this order. ISO's months and days may stand in one column, else there is one form."""
    known = values.drop_nulls()
    if known.is_empty():
        return None
    days, months, *others = order.forms
    if order is not DateOrder.PLAIN:
        others = [days, months]
    elif (known.str.contains(days) | known.str.contains(months)).all():
        return _whole(values, _dates(values, days).fill_null(_dates(values, months)))
    form = next((each for each in others if known.str.contains(each).all()), None)
    return None if form is None else _whole(values, _dates(values, form))


def _whole(values: polars.Series, dates: polars.Series) -> polars.Series | None:
    return None if dates.null_count() > values.null_count() else dates


def _dates(values: polars.Series, form: str) -> polars.Series:
    import polars

    def part(name: str) -> polars.Series:
        place = form[: form.index(f"<{name}>")].count("(?P")
        return values.str.extract(form, place)

    # Two digits mean the years from 1970 to 2069.
    year = part("year").str.replace(r"^([0-6]\d)$", "20${1}").str.replace(r"^(\d{2})$", "19${1}")
    month = (
        part("month")
        if "<month>" in form
        else part("name").str.to_lowercase().replace_strict(_MONTHS, default=None, return_dtype=polars.String)
    )
    day = part("day") if "<day>" in form else "01"
    return (year + "-" + month + "-" + day).str.to_date("%Y-%m-%d", strict=False)
