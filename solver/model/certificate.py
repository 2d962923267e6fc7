"""Certificates: the duals that prove a band's levels, carried by a plan for anyone to check.

A certificate belongs to one settlement of a band: the demands that stop at a level, and the duals of the limits that
stop them. ``solver.verify.fairness`` says what it proves and verifies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..parameters import ProofParameters
from .errors import Fault

__all__ = [
    "Certificate",
    "CertificateChain",
    "RelaxedShipment",
    "certificates_to_json",
    "parse_certificates",
    "parse_relaxed",
    "relaxed_to_json",
]

Number = int | float | Fraction

_TEXT_LENGTH_MAX = 400
_NUMBER_MAX = 1e18


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A settlement: ``demands`` of band number ``band`` stop at the outcome ``level``.

    ``duals`` are the duals of limits that changed since the previous certificate of the same band and
    ``chain``, sorted by limit id; 0 takes a limit out. A dual is for one unit of its limit: a base unit
    of the source's item, a yuan, a unit of volume.
    """

    band: int
    chain: str
    level: float
    demands: tuple[str, ...]
    duals: tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaxedShipment:
    """Units, not yet whole packs, that leave the source's site in ``period`` for a demand."""

    source: str
    demand: str
    period: int
    quantity: float


class CertificateChain:
    """Makes the certificates of one component in one band from the full duals of each settlement.

    Only what changed is kept, so that nested cuts stay linear in size.
    """

    __slots__ = ("_band", "_certificates", "_chain", "_duals", "_parameters")

    def __init__(self, band: int, chain: str, parameters: ProofParameters) -> None:
        self._parameters = parameters
        self._band = band
        self._chain = chain
        self._duals: dict[str, Fraction] = {}
        self._certificates: list[Certificate] = []

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Those made so far, in order."""
        return tuple(self._certificates)

    def settle(self, level: float, demands: Iterable[str], duals: Mapping[str, Number]) -> Certificate:
        """Append the settlement of ``demands`` at ``level`` with all its duals (>= 0), by limit id."""
        full = _exact_duals(duals, self._parameters)
        changed = {limit: value for limit, value in full.items() if self._duals.get(limit) != value}
        changed.update((limit, Fraction(0)) for limit in self._duals if limit not in full)
        self._duals = full
        certificate = Certificate(
            band=self._band,
            chain=self._chain,
            level=float(level),
            demands=tuple(sorted(demands)),
            duals=tuple(sorted(changed.items())),
        )
        self._certificates.append(certificate)
        return certificate


def certificates_to_json(certificates: Iterable[Certificate]) -> list[dict[str, Any]]:
    """The value of a plan's key ``certificates``."""
    return [
        {
            "band": certificate.band,
            "chain": certificate.chain,
            "level": certificate.level,
            "demands": list(certificate.demands),
            "duals": {limit: str(value) for limit, value in certificate.duals},
        }
        for certificate in certificates
    ]


def relaxed_to_json(shipments: Iterable[RelaxedShipment]) -> list[dict[str, Any]]:
    """The value of a plan's key ``relaxed``."""
    return [
        {"source": row.source, "demand": row.demand, "period": row.period, "quantity": row.quantity}
        for row in shipments
    ]


def parse_certificates(data: object, path: str, faults: list[Fault]) -> tuple[Certificate, ...]:
    """The certificates of a parsed document at ``path``; what is wrong is added to ``faults``."""
    certificates: list[Certificate] = []
    for place, row in _rows(data, path, {"band", "chain", "level", "demands", "duals"}, faults):
        before = len(faults)
        if not _is_whole(row["band"]):
            faults.append(Fault(f"{place}.band", "must be a whole number, 0 or more"))
        if not isinstance(row["chain"], str):
            faults.append(Fault(f"{place}.chain", "must be a text"))
        if not _is_number(row["level"]):
            faults.append(Fault(f"{place}.level", "must be a number, 0 or more"))
        demands = row["demands"]
        if not isinstance(demands, list) or not all(isinstance(demand, str) for demand in demands):
            faults.append(Fault(f"{place}.demands", "must be a list of ids"))
        duals = _parse_duals(row["duals"], f"{place}.duals", faults)
        if len(faults) == before:
            certificates.append(
                Certificate(
                    band=row["band"],
                    chain=row["chain"],
                    level=float(row["level"]),
                    demands=tuple(demands),
                    duals=duals,
                )
            )
    return tuple(certificates)


def parse_relaxed(data: object, path: str, faults: list[Fault]) -> tuple[RelaxedShipment, ...]:
    """The relaxed shipments of a parsed document at ``path``; what is wrong is added to ``faults``."""
    shipments: list[RelaxedShipment] = []
    for place, row in _rows(data, path, {"source", "demand", "period", "quantity"}, faults):
        before = len(faults)
        faults.extend(
            Fault(f"{place}.{key}", "must be a text") for key in ("source", "demand") if not isinstance(row[key], str)
        )
        if not _is_whole(row["period"]):
            faults.append(Fault(f"{place}.period", "must be a whole number, 0 or more"))
        if not _is_number(row["quantity"]):
            faults.append(Fault(f"{place}.quantity", "must be a number, 0 or more"))
        if len(faults) == before:
            shipments.append(RelaxedShipment(**{**row, "quantity": float(row["quantity"])}))
    return tuple(shipments)


def _rows(data: object, path: str, keys: set[str], faults: list[Fault]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of the list that have exactly ``keys``, each with its path."""
    if not isinstance(data, list):
        faults.append(Fault(path, "must be a list"))
        return
    for index, row in enumerate(data):
        place = f"{path}[{index}]"
        if not isinstance(row, dict):
            faults.append(Fault(place, "must be an object"))
        elif row.keys() != keys:
            faults.append(Fault(place, f"must have exactly the keys {', '.join(sorted(keys))}"))
        else:
            yield place, row


def _parse_duals(data: object, path: str, faults: list[Fault]) -> tuple[tuple[str, Fraction], ...]:
    if not isinstance(data, dict):
        faults.append(Fault(path, "must be an object of limit ids and exact numbers"))
        return ()
    duals: list[tuple[str, Fraction]] = []
    for limit, text in sorted(data.items()):
        value = _fraction(text)
        if value is None:
            faults.append(Fault(f"{path}.{limit}", 'must be a text like "3", "3/7" or "0.125", 0 or more'))
        else:
            duals.append((limit, value))
    return tuple(duals)


def _fraction(text: object) -> Fraction | None:
    # Exponents are refused: "1e999999999" would fill the memory.
    if not isinstance(text, str) or len(text) > _TEXT_LENGTH_MAX or not set(text) <= set("0123456789./"):
        return None
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def _is_whole(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value <= _NUMBER_MAX  # type: ignore[operator]


def _exact_duals(duals: Mapping[str, Number], parameters: ProofParameters) -> dict[str, Fraction]:
    """The duals as short exact fractions; what is only rounding of a program is dropped."""
    largest = max(duals.values(), default=0)
    least = parameters.dual_zero * float(largest)
    return {limit: _exact(value, parameters) for limit, value in duals.items() if value > least}


def _exact(value: Number, parameters: ProofParameters) -> Fraction:
    if not isinstance(value, float):
        return Fraction(value)
    if value.is_integer():
        return Fraction(int(value))
    exact = Fraction(repr(float(value)))
    short = exact.limit_denominator(parameters.dual_denominator_max)
    return short if abs(short - exact) <= parameters.dual_fraction_tolerance * exact else exact
