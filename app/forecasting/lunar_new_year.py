"""The first days of the lunar years 2005 to 2035 (Spring Festival).

By the rules of GB/T 33661-2017: the day, in China's time, of the new moon that begins the first month. The tests hold
each against the new moon computed from its mean motion and largest terms.
"""

from datetime import date

_DAYS = """
    2005-02-09 2006-01-29 2007-02-18 2008-02-07 2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31
    2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10
    2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19
    2035-02-08
"""
LUNAR_NEW_YEAR_DAYS: tuple[date, ...] = tuple(map(date.fromisoformat, _DAYS.split()))
