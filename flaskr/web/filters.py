"""How templates print sizes, moments and Markdown."""

from datetime import date, datetime

from babel.dates import format_skeleton
from flask import Flask
from flask_babel import format_date, format_datetime, format_decimal, get_locale

from flaskr.web.markdown import excerpt, to_html

UNITS = ("B", "KB", "MB", "GB", "TB")
STEP = 1024


def filesize(number: int) -> str:
    """Print a number of bytes with three figures at most: 3.4 MB."""
    size = float(number)
    unit = 0
    while size >= STEP and unit < len(UNITS) - 1:
        size /= STEP
        unit += 1
    pattern = "0" if unit == 0 or size >= 100 else "0.#"
    return f"{format_decimal(size, format=pattern)} {UNITS[unit]}"


def limitsize(number: int) -> str:
    """Print a limit so that whoever set it knows it again: 32 MB, but 100,000 B."""
    unit = STEP
    while number >= unit * STEP:
        unit *= STEP
    if number * 10 % unit == 0:  # one decimal says all of it
        return filesize(number)
    return f"{format_decimal(number)} {UNITS[0]}"


def medium_date(moment: date) -> str:
    return str(format_date(moment, "medium"))


def medium_datetime(moment: datetime) -> str:
    return str(format_datetime(moment, "medium"))


def month_and_year(moment: datetime) -> str:
    return str(format_skeleton("yMMMM", moment, locale=get_locale()))


def month_name(moment: datetime) -> str:
    return str(format_skeleton("MMM", moment, locale=get_locale()))


def figure(number: int) -> str:
    return str(format_decimal(number))


def init_app(app: Flask) -> None:
    app.add_template_filter(filesize)
    app.add_template_filter(limitsize)
    app.add_template_filter(medium_date, "date")
    app.add_template_filter(medium_datetime, "datetime")
    app.add_template_filter(to_html, "markdown")
    app.add_template_filter(figure)
    app.add_template_filter(month_and_year, "month")
    app.add_template_filter(month_name)
    app.add_template_filter(excerpt)
