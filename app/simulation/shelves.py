"""What facilities have on their shelves, lot by lot; the service knows of it only what they report."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from app.simulation.types import Key, Parcel


@dataclass(slots=True)
class Shelves:
    """Parcels of each facility and item."""

    _parcels: dict[Key, list[Parcel]] = field(default_factory=lambda: defaultdict(list))

    def add(self, key: Key, parcel: Parcel) -> None:
        """Put units on a shelf."""
        if parcel.units > 0:
            self._parcels[key].append(parcel)

    def on_hand(self, key: Key) -> int:
        """All units on a shelf."""
        return sum(parcel.units for parcel in self._parcels[key])

    def lasting(self, key: Key, a_day: float, day: date) -> int:
        """Units that can be used before they expire, at so many a day from this day on, the first to expire first."""
        lasting = 0.0
        for parcel in sorted(self._parcels[key], key=_first_to_expire):
            usable = float(parcel.units)
            if parcel.expiry is not None:
                usable = min(usable, max(0.0, a_day * ((parcel.expiry - day).days + 1) - lasting))
            lasting += usable
        return int(lasting)

    def use(self, key: Key, wanted_units: int, day: date) -> int:
        """Take units that may be used on the day, the first to expire first; how many there were."""
        left = wanted_units
        usable = [one for one in self._parcels[key] if one.expiry is None or one.expiry >= day]
        for parcel in sorted(usable, key=_first_to_expire):
            units = min(left, parcel.units)
            parcel.units -= units
            left -= units
        self._sweep(key)
        return wanted_units - left

    def throw_away(self, day: date) -> Iterator[tuple[Key, int]]:
        """Take out what may not be used any more on the day; units by shelf."""
        for key, parcels in self._parcels.items():
            spoiled = [one for one in parcels if one.expiry is not None and one.expiry < day]
            units = sum(one.units for one in spoiled)
            for parcel in spoiled:
                parcel.units = 0
            if units:
                yield key, units
        for key in list(self._parcels):
            self._sweep(key)

    def take_out(self, lot_id: int) -> int:
        """Take a recalled lot off all shelves; units."""
        units = 0
        for key, parcels in self._parcels.items():
            for parcel in parcels:
                if parcel.lot_id == lot_id:
                    units, parcel.units = units + parcel.units, 0
            self._sweep(key)
        return units

    def _sweep(self, key: Key) -> None:
        self._parcels[key] = [one for one in self._parcels[key] if one.units > 0]


def _first_to_expire(parcel: Parcel) -> tuple[date, int]:
    return parcel.expiry or date.max, parcel.lot_id
