"""Certificates as data: deltas, exact fractions, and documents with faults."""

from __future__ import annotations

from fractions import Fraction

import pytest

from solver import DEFAULT
from solver.model.certificate import (
    CertificateChain,
    RelaxedShipment,
    certificates_to_json,
    parse_certificates,
    parse_relaxed,
    relaxed_to_json,
)
from solver.model.errors import Fault


def test_a_chain_tells_only_what_changed() -> None:
    chain = CertificateChain(0, "c", DEFAULT.proof)
    chain.settle(0.25, ["d-2", "d-1"], {"supply:a": 1.0, "supply:b": 0.0})
    chain.settle(0.5, ["d-3"], {"supply:a": 1, "supply:c": 1.0})
    chain.settle(0.75, ["d-4"], {"reserve:n95": 1.0, "supply:c": 2.0})
    assert [certificate.duals for certificate in chain.certificates] == [
        (("supply:a", Fraction(1)),),
        (("supply:c", Fraction(1)),),
        (("reserve:n95", Fraction(1)), ("supply:a", Fraction(0)), ("supply:c", Fraction(2))),
    ]
    assert chain.certificates[0].demands == ("d-1", "d-2")


@pytest.mark.parametrize(
    ("dual", "exact"),
    [
        (1 / 3, Fraction(1, 3)),
        (0.3333333333333, Fraction(1, 3)),
        (3.0, Fraction(3)),
        (0.125, Fraction(1, 8)),
        (Fraction(5, 999), Fraction(5, 999)),
        (0.1234567890123456789, Fraction("0.12345678901234568")),
    ],
)
def test_duals_become_short_exact_fractions(dual: float | Fraction, exact: Fraction) -> None:
    certificate = CertificateChain(0, "c", DEFAULT.proof).settle(0.5, ["d"], {"supply:a": dual})
    assert certificate.duals == (("supply:a", exact),)


def test_dust_is_dropped() -> None:
    certificate = CertificateChain(0, "c", DEFAULT.proof).settle(
        0.5, ["d"], {"supply:a": 2.0, "supply:b": 1e-13, "fund:f": -1e-9}
    )
    assert certificate.duals == (("supply:a", Fraction(2)),)


def test_documents_go_there_and_back() -> None:
    chain = CertificateChain(1, "c", DEFAULT.proof)
    chain.settle(0.5, ["d"], {"supply:a": 1 / 7, "capacity:s:3": 50.0})
    rows = (RelaxedShipment(source="a", demand="d", period=3, quantity=0.1),)
    faults: list[Fault] = []
    assert parse_certificates(certificates_to_json(chain.certificates), "$.c", faults) == chain.certificates
    assert parse_relaxed(relaxed_to_json(rows), "$.r", faults) == rows
    assert faults == []


def test_every_fault_of_a_document_is_named() -> None:
    proper = {"band": 0, "chain": "c", "level": 0.5, "demands": ["d"], "duals": {"supply:a": "1"}}
    faults: list[Fault] = []
    parsed = parse_certificates(
        [
            proper,
            7,
            {"band": 0},
            proper | {"band": -1, "chain": 3},
            proper | {"level": float("nan"), "demands": "d"},
            proper | {"level": True, "band": 10**400},
            proper | {"duals": {"a": "1/0", "b": "1e9", "c": 1.0, "d": "-1", "e": "9" * 1000, "f": "0.5"}},
            proper | {"duals": []},
        ],
        "$.certificates",
        faults,
    )
    assert len(parsed) == 1
    assert [fault.path for fault in faults] == [
        "$.certificates[1]",
        "$.certificates[2]",
        "$.certificates[3].band",
        "$.certificates[3].chain",
        "$.certificates[4].level",
        "$.certificates[4].demands",
        "$.certificates[5].level",
        "$.certificates[6].duals.a",
        "$.certificates[6].duals.b",
        "$.certificates[6].duals.c",
        "$.certificates[6].duals.d",
        "$.certificates[6].duals.e",
        "$.certificates[7].duals",
    ]
    assert parse_certificates({}, "$.certificates", faults) == ()
    assert faults[-1].path == "$.certificates"


def test_every_fault_of_relaxed_shipments_is_named() -> None:
    proper = {"source": "a", "demand": "d", "period": 0, "quantity": 1}
    faults: list[Fault] = []
    parsed = parse_relaxed(
        [proper, proper | {"source": 1, "demand": None}, proper | {"period": 0.5, "quantity": -1}, {}],
        "$.relaxed",
        faults,
    )
    assert parsed == (RelaxedShipment(source="a", demand="d", period=0, quantity=1.0),)
    assert [fault.path for fault in faults] == [
        "$.relaxed[1].source",
        "$.relaxed[1].demand",
        "$.relaxed[2].period",
        "$.relaxed[2].quantity",
        "$.relaxed[3]",
    ]
