"""Which limits hold each demand of a network, with whom and after whom; ids in place of positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..arrays.limit_system import Integers
from ..arrays.network import Network
from ..model.plan import LIMIT_KINDS, Limit, Reason
from ..parameters import ExplainParameters
from .answers import AnsweredComponent
from .reasons import binding_reasons, others_reason
from .shortfalls import ShortfallGroup, shortfall_groups


def tidy(number: float) -> float:
    """The number at 15 digits: without the noise in the last bit of a sum."""
    return float(f"{number:.15g}")


class BindingLimits:
    """The limits that bind each demand of one network, the demands held with it, and those served before it."""

    def __init__(self, network: Network, parts: Sequence[AnsweredComponent], parameters: ExplainParameters) -> None:
        self.network = network
        self._parameters = parameters
        self._named = parameters.demands_named_max
        self.ids = self.network.limit_ids()
        self.by_demand: dict[int, tuple[int, ...]] = {}
        self._pairs: list[Integers] = [np.zeros((0, 2), dtype=np.int64)]
        self._told: dict[tuple[int, ...], tuple[tuple[str, ...], list[Reason]]] = {}
        self.others: dict[int, list[Reason]] = {}
        for part in parts:
            for fall in part.short:
                self._add(part.component.demands[fall.bound_demand], part.component.limits[fall.bound_limit])
            self._add_others(part)

    def _add(self, demand: Integers, limit: Integers) -> None:
        """Pairs in the order of the demands; each demand falls short once."""
        self._pairs.append(np.column_stack((limit, demand)))
        limits, first = limit.tolist(), np.flatnonzero(np.diff(demand, prepend=-1))
        bounds = [*first.tolist(), len(limits)]
        self.by_demand.update(
            (at, tuple(limits[begin:end]))
            for at, begin, end in zip(demand[first].tolist(), bounds[:-1], bounds[1:], strict=True)
        )

    def _add_others(self, part: AnsweredComponent) -> None:
        """The reasons that name other demands; one object for all that fell short together."""
        bands = self.network.tables.problem.bands
        system, answer = part.component.system, part.answer
        for group in shortfall_groups(system, answer.shares, answer.shipped, part.short, self._parameters):
            before = [
                others_reason("served_before", bands[band].name, count, self._names(part, some))
                for band, (count, some) in group.before.items()
            ]
            members = group.demands
            own = part.component.demands[members].tolist()
            # Only the first few are named, and nobody to himself: the others have one object together.
            head = own[: self._named + 1]
            for at, demand in enumerate(head):
                self.others[demand] = [*self._together(part, group, at), *before]
            self.others.update(dict.fromkeys(own[len(head) :], self.others[head[-1]]))

    def _together(self, part: AnsweredComponent, group: ShortfallGroup, at: int) -> list[Reason]:
        """With whom the member at a place of the group is held, if with anyone."""
        others = np.delete(group.demands[: self._named + 1], at)[: self._named]
        if not len(others):
            return []
        band = self.network.tables.problem.bands[group.band].name
        return [others_reason("shared_with", band, len(group.demands) - 1, self._names(part, others))]

    def _names(self, part: AnsweredComponent, demands: Integers) -> list[str]:
        problem = self.network.tables.problem
        return [problem.demands[int(self.network.demand_at[part.component.demands[at]])].id for at in demands]

    def told(self, demand: int) -> tuple[tuple[str, ...], list[Reason]]:
        """The ids of the limits that bind the demand, sorted, and the reasons that they are."""
        limits = self.by_demand.get(demand, ())
        told = self._told.get(limits)
        if told is None:
            ids = tuple(sorted(self.ids[limit] for limit in limits))
            told = self._told[limits] = (ids, binding_reasons(ids, self._parameters.ids_named_max))
        return told

    def limits(self) -> Iterator[tuple[Limit, Integers]]:
        """Every limit that binds someone, without demands; and the positions of these in the tables, ascending."""
        pairs = np.concatenate(self._pairs)
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        first, bound = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1)), self.network.demand_at[pairs[:, 1]]
        bounds = [*first.tolist(), len(bound)]
        for limit, begin, end in zip(pairs[first, 0].tolist(), bounds[:-1], bounds[1:], strict=True):
            kind = LIMIT_KINDS[int(self.network.limit_kind[limit])]
            yield Limit(id=self.ids[limit], kind=kind, demands=()), bound[begin:end]
