"""Whether the relaxed shares are max-min fair in every band, proved from a plan's certificates.

What is proved. Eliminate purchases (bought = shipped), so that the relaxed plans are
P = {x >= 0 : sum_a c[l,a] x[a] <= b[l] for every limit l}, c >= 0, with share_d(x) = sum ratio[a] x[a] / q[d].
A vector of shares is max-min fair in band k iff for each demand d of the band with an outcome below 1 no x in P
gives d more while (i) every demand of the band with an equal or lower outcome keeps its share and (ii) every
other demand keeps what the bands before k settled. Call ``held`` the shares that must be kept.

Proof by weak duality. Take any duals lambda >= 0 of the limits and let

    mu[d] = min over all arcs a to d of (sum_l c[l,a] lambda[l]) / ratio[a].

For each x in P: sum_d mu[d] q[d] share_d(x) = sum_a mu[d(a)] ratio[a] x[a] <= sum_a (sum_l c[l,a] lambda[l]) x[a]
<= sum_l lambda[l] b[l]. If x keeps all held shares then a demand d with mu[d] > 0 that it raises has

    share_d(x) - held[d] <= gap / (mu[d] q[d]),   gap = sum_l lambda[l] b[l] - sum_e mu[e] q[e] held[e].

(With a history of A units asked and R received the outcome is (R + q share) / (A + q) / cap: what d rises by is the
same, and counts against A + q. Who gets all that he asks now can have no more, and needs no certificate; the proofs of
others hold for all x in P, whether or not anybody is sent more than he asks.)

So lambda alone is the certificate; an optimal dual solution of the band's program has gap 0, and any other
lambda can only fail to prove, never prove what is false. A demand is accepted when the bound on its outcome is at
most ``ProofParameters.outcome``. Leaving a demand out of the sum, or holding less, makes the gap larger: still sound.

What is held. The proof says nothing about shares that no plan has: with held shares a little above what is attainable
the gap is a little below 0, and then any dual, however small, would bound the rise of anybody. So a demand holds
what the relaxed shipments deliver to it, where its share says more, and a limit has what they take of it, where the
problem says less (``chain.Held``; both within the tolerances of ``relaxed``). These shipments then are a
plan that attains all that is held, in exact numbers; the gap is sum_l lambda[l] (what is left of l)
+ sum_a (price[a] - mu[d(a)]) ratio[a] x[a] + sum_d mu[d] q[d] (delivered - held), no part of it below 0, and at least
mu[d] q[d] times what d could rise.

A chain lists the settlements of one component in ascending order of level; duals change by what each lists,
and the demands settled so far are held at what this band gave them. All sums are integers: each dual, price
and volume is brought to a common denominator once a chain, and a held share is taken down to a multiple of
2**-112 (which holds less: sound). Sources that a demand could swap without noticing are one pool; a change of one
dual touches the pools of its limit and their demands only. The time is linear in the certificates and in
the links between pools and demands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from ..model.certificate import Certificate
from .chain import Chain, Held
from .facts import Finding, finding
from .paths import Path, Paths
from .pools import Pools


def open_demands(pools: Pools, paths: Paths, band: int, proved: Container[str]) -> list[str]:
    """Demands of the band that it left below their caps and that are not proved, though some source could serve
    them; sorted."""
    full = 1 - pools.facts.parameters.outcome
    return sorted(
        name
        for path in paths
        if (reached := path.outcomes[band]) is not None and reached < full and not _has_all(path, band, 1 - full)
        for name in path.demands
        if name not in proved and pools.links[pools.kind_of[name]]
    )


def _has_all(path: Path, band: int, tolerance: float) -> bool:
    """Whether its demands get all they ask now, though not all that they asked before: their outcome cannot rise."""
    return path.weight < 1.0 and (1.0 - path.shares[band]) * path.weight <= tolerance * path.caps[band]


def certified(
    pools: Pools,
    paths: Paths,
    held: Held,
    bands: int,
    certificates: Sequence[Certificate],
    findings: list[Finding],
    *,
    stop: Callable[[], None] = lambda: None,
) -> list[set[str]]:
    """The demands of each band that the certificates prove to have all they can; findings are added.

    ``stop`` is called for each chain.
    """
    tolerance = pools.facts.parameters.outcome
    settled: list[set[str]] = [set() for _ in range(bands)]
    proved: list[set[str]] = [set() for _ in range(bands)]
    for (band, label), events in _chains(certificates).items():
        stop()
        if band >= bands:
            findings.append(finding("unknown_band", "a certificate names band {band}", band=band))
            continue
        known = _known_events(pools, paths, band, events, findings)
        chain = Chain(pools, held, band, known)
        level = 0.0
        for event in known:
            chain.change(event.duals)
            chain.hold(event.demands)
            if event.level < level - tolerance:
                message = "chain {chain} of band {band} goes down from level {before} to {level}"
                findings.append(
                    finding("levels_descend", message, band=band, chain=label, before=level, level=event.level)
                )
            level = max(level, event.level)
            for name in event.demands:
                if name in settled[band]:
                    message = "{demand} is settled twice in band {band}"
                    findings.append(finding("settled_twice", message, demand=name, band=band))
                settled[band].add(name)
            findings.extend(_mismatches(paths, event, tolerance))
            proved[band].update(_proved(chain, paths, event))
    return proved


def _chains(certificates: Iterable[Certificate]) -> dict[tuple[int, str], list[Certificate]]:
    chains: dict[tuple[int, str], list[Certificate]] = defaultdict(list)
    for certificate in certificates:
        chains[certificate.band, certificate.chain].append(certificate)
    return chains


def _known_events(
    pools: Pools, paths: Paths, band: int, events: list[Certificate], findings: list[Finding]
) -> list[Certificate]:
    """The events up to the first that names what the problem does not have, or a dual below 0."""
    for index, event in enumerate(events):
        strangers = [name for name in event.demands if name not in paths.of or not paths.of[name].caps[band]]
        unknown = [limit for limit, value in event.duals if value < 0 or limit not in pools.bounds]
        for name in strangers:
            message = "a certificate of band {band} names {demand}, which the band does not serve"
            findings.append(finding("certificate_of_stranger", message, band=band, demand=name))
        for limit in unknown:
            message = "a certificate of band {band} has an improper dual for {limit}"
            findings.append(finding("improper_multiplier", message, band=band, limit=limit))
        if strangers or unknown:
            return events[:index]
    return events


def _mismatches(paths: Paths, event: Certificate, tolerance: float) -> Iterator[Finding]:
    """Demands of an event that are not at its level."""
    for name in event.demands:
        reached = paths.of[name].outcomes[event.band]
        if reached is None or abs(reached - event.level) > tolerance:
            message = "{demand} has outcome {outcome} in band {band}, and is certified at {level}"
            yield finding(
                "level_mismatch", message, demand=name, band=event.band, outcome=reached or 0.0, level=event.level
            )


def _proved(chain: Chain, paths: Paths, event: Certificate) -> Iterator[str]:
    """Demands of an event that its duals prove."""
    least: dict[float, int] = {}
    for name in event.demands:
        cap = paths.of[name].caps[event.band]
        if cap not in least:
            least[cap] = chain.least_weight(cap)
        if chain.weight(name) >= least[cap]:
            yield name
