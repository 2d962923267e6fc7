"""Every tolerance, threshold and limit on work of the solver, with what it is relative to and why it has this value.

``Parameters()`` are the values that all published figures were measured with. They are passed down explicitly from
``Options.parameters`` (and from ``check``); no module keeps a number of its own. Tests pass others.

Where a value says *part*, it is relative to the quantity named; *absolute* values are in the unit named. The order of
magnitude of most follows from two facts: LP solvers are run at a feasibility tolerance of 1e-9, and a double carries
about 1e-16 of its size.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "DEFAULT",
    "EngineParameters",
    "ExplainParameters",
    "FlowParameters",
    "LeximinParameters",
    "LpParameters",
    "MincostParameters",
    "Parameters",
    "ProofParameters",
    "RoundingParameters",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LpParameters:
    """Linear programs and the solvers that answer them."""

    tolerance: float = 1e-9
    """Primal and dual feasibility, absolute on scaled rows. HiGHS' default of 1e-7 makes settled floors look
    infeasible; below 1e-10 HiGHS refuses."""
    matrix_entry_min: float = 1e-12
    """Smaller matrix entries are dropped by HiGHS (its default of 1e-9 drops true ones of large problems)."""
    cbc_slack: float = 1e-7
    """Part of a share. CBC writes duals with eight digits: levels read from them are no more exact than that."""
    interrupt_seconds: float = 0.05
    """How often at most the clock is looked at while HiGHS runs: every iteration asks, a system call costs more."""
    cbc_poll_seconds: float = 0.1
    """How often the clock is looked at while a CBC process runs."""

    vertex_solve_rounds: int = 4
    """Rounds of iterative refinement of a system of equations: until nothing is left in extended precision."""
    vertex_residual_max: float = 1e-14
    """Part of the largest value: equations with a larger residual are not solved, so there is no exact vertex."""
    vertex_broken_max: float = 1e-17
    """Absolute on scaled rows: a bound that is broken by no more is kept (rounding of extended precision)."""
    vertex_nearly_kept: float = 1e-15
    """The same where refinement does not mend it further: extended precision ends here for rows of large entries."""
    vertex_rounds_max: int = 4
    """Refinements of the program: each scales the violation up anew, by up to six orders of magnitude."""
    refinement_scale: float = 1e-3
    """The largest violation is scaled to this size: a million times the solver's tolerance."""
    refinement_change_max: float = 1e7
    """The largest change allowed in a refinement, in multiples of the scaled violation: keeps the program bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowParameters:
    """When a component is the flow of one commodity, and how it is scaled to integers."""

    unit_tolerance: float = 1e-12
    """Part of a factor: factors that differ by more are not the same unit. A few roundings of a double."""
    total_bits: int = 60
    """Scaled capacities of a maximum flow sum to less than 2 ** 60, so that no sum overflows 64 bits."""
    settled_in_full: float = 1.0 - 1e-9
    """An outcome from here on is full and needs no certificate; a thousandth of what is proved."""
    same_level: float = 1e-12
    """Absolute on outcomes (0..1): share / cap is not always, to the last digit, the level that it was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeximinParameters:
    """Max-min fair shares: duals, the sequence of programs, cutting planes."""

    level_tied: float = 1e-7
    """Absolute on outcomes: closer ones are at the same level. A hundred solver tolerances."""
    level_error_max: float = 1e-6
    """Absolute on outcomes: a proved level that exceeds the program's own by more cannot be; the duals are wrong."""
    loosenings: tuple[float, ...] = (10.0, 100.0)
    """Multiples of the slack of settled floors, tried in turn where rounding makes them contradict each other."""

    dual_visible: float = 1e-10
    """Part of the worth of all duals (or, in a cut, of the heaviest weight): less cannot be told from rounding."""
    dual_zero: float = 1e-12
    """Part of the largest dual, each weighted by what there is of its limit: smaller ones are rounding."""
    arc_used: float = 1e-7
    """Part of its demand that an arc must carry to count as used for sure, above the solver's tolerance."""
    price_unequal: float = 1e-6
    """Part of a price: prices that differ by less, on used arcs, are meant to be equal and are made so."""
    dual_regularisation: float = 1e-9
    """Diagonal added to the normal equations of dual refinement; refinement takes its effect out again."""
    dual_refinements: int = 3
    """Rounds of iterative refinement of these equations."""
    arc_dearer: float = 1e-7
    """Part of a price: an arc dearer than its demand's cheapest by more is never used (complementary slackness)."""
    worth_closing: float = 1e-8
    """Part of a demand: arcs are closed where the solver's tolerance on a limit could serve more than this."""

    cut_level_same: float = 1e-13
    """Absolute on outcomes: levels of cuts that differ by less are equal."""
    cut_violated: float = 1e-15
    """Part of a cut's bound: the shares must exceed it by more for the cut to be new (in extended precision)."""
    cut_digits: int = 15
    """Cuts whose duals, the largest at 1, agree in so many digits are one."""
    cut_rounds_max: int = 600
    """Separation programs before the method gives up. Each goes on from the last."""
    spread_max: float = 1e6
    """Largest demand beside the smallest. Beyond it the tolerance of a program on what is large is much of what is
    small, and no answer of one program about all of them is exact enough."""
    cut_short: float = 5e-9
    """Part of a demand that may be missing in the last program, within its tolerance (five tolerances)."""
    cut_short_exact: float = 1e-14
    """Part of a demand that may be missing in the last answer without tolerances."""
    separation_dual_zero: float = 1e-9
    """Beside weights of about 1: smaller duals are the solver's tolerance."""
    separation_dual_zero_exact: float = 1e-15
    """The same for duals solved to the last digits."""
    row_scale_max: float = 1e3
    """Largest entry that a limit's row is scaled to; more would amplify rounding in large entries."""
    interior_point_from: int = 40_000
    """Arcs from which on the first separation is answered by interior point sooner than by simplex."""
    weight_spread: float = 1e3
    """A missing unit costs the same for all, but no demand more or less than the average by this factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MincostParameters:
    """The cheapest shipments for settled shares."""

    amount_bits: int = 52
    """Scaled amounts of a minimum-cost flow sum to less than 2 ** 52, so that doubles hold them exactly."""
    price_bits: int = 30
    """Costs become whole numbers: exact where they have few decimals, else to 2 ** -30 of the largest."""
    price_decimals_max: int = 6
    """Decimals up to which costs are scaled by a power of ten instead: prices are written in fen or microyuan."""
    price_whole: float = 1e-6
    """Absolute on scaled prices: how near to a whole number counts as one."""
    preference_bits: int = 6
    """Arcs that cost the same are ranked by so many bits of preference."""
    cost_bits: int = 60
    """Scaled costs times the number of nodes stay below 2 ** 60, which the flow code needs."""
    flow_share_tolerance: float = 1e-7
    """Part of a demand: one that misses its share by more was not served, and the flow is no answer."""
    joint_price_tolerance: float = 1e-9
    """Part of the largest price: through a joint, cost must be a part of the source and a part of the demand."""

    cost_scale: float = 1e3
    """The largest cost of a column inside the program."""
    reduced_cost_zero: float = 1e-6
    """On that scale: reduced costs and duals up to this cost nothing, so the tie-break may move what has them."""
    tie_break_slack: float = 1e-14
    """Absolute on shares and scaled rows: what is held may fall by a last digit, else rounding contradicts itself."""

    sift_from: int = 40_000
    """Arcs of a program that is sifted; smaller ones are answered whole sooner."""
    sift_arcs_first: int = 30
    """Arcs of each demand that are open at first. Each round goes on from the last, which takes longer than to begin
    with nearly all: for 10,000 demands of 12 arcs, 15 CPU seconds with 3 at first, 6.5 with 12, 4.3 with all."""
    sift_arcs_more: int = 4
    """Arcs of each demand that are opened in a round."""
    sift_rounds_max: int = 30
    """Rounds before the whole program is answered instead."""
    sift_penalty: float = 3.0
    """What a missing unit costs beside the dearest that could be shipped: more than 1, so that all is delivered."""
    sift_share_missing: float = 1e-7
    """Absolute on shares: what may be missing after sifting, within tolerances."""
    sift_worth_opening: float = 1e-6
    """Reduced cost below 0, on the cost scale, from which a closed arc is opened."""

    shipment_zero: float = 1e-9
    """Part of what an arc could carry: less is the solver's rounding, not a shipment."""
    shipment_zero_exact: float = 1e-15
    """The same where shipments are exact to the last digits."""
    polish_progress: float = 0.5
    """Repair goes on while each round leaves no larger part of what was missing before it."""
    polish_rounds_max: int = 8
    """Rounds of repair."""
    polish_exact: float = 1e-13
    """Part of a demand or limit: what may be missing without a need to refine by the program."""
    polish_refinements_max: int = 6
    """Refinements by the program."""
    polish_asking: float = 1e-3
    """Part of the largest lack: who lacks less asks for nothing, which keeps the program near its last answer."""
    limit_full: float = 1e-7
    """Part of a limit: one with no more left may be full, and is kept as full as it is."""
    repair_regularisation: float = 1e-13
    """Diagonal added to the scaled matrix of least squares, of ones; refinement takes its effect out again."""
    repair_regularisation_step: float = 100.0
    """So many times as much, until the matrix can be factored."""
    repair_refinements: int = 3
    """Rounds of iterated Tikhonov refinement of each solve."""
    repair_dense_max: int = 2_000
    """Full limits up to which their matrix is factored as a dense one."""
    repair_cells_max: int = 50_000
    """Cells up to which a matrix is written out as dense, which is quicker then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundingParameters:
    """Whole packs."""

    pack_zero: float = 1e-6
    """Part of a pack that relaxed packs may be off a whole number and still count as that number."""
    quantity_zero: float = 1e-9
    """The same, part of the relaxed quantity: large quantities are exact to the solver's tolerance only."""
    room_max: int = 1 << 60
    """Whole rooms of limits stay below 2 ** 60; weights are rounded up where decimals would not fit."""
    binding_margin: float = 1e-9
    """Part of a room: a load in floats this near to it may bind. Far more than the rounding of such sums."""
    shifts_max: int = 10
    """Packs of others that are looked at, for a cell in a coupled component, before it is given up. More brought less
    than a thousandth more packs for many times the time."""
    packs_between_checks: int = 100
    """Packs between two looks at the clock: under half a second of them among 245,000 demands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainParameters:
    """What is told of shortfalls, limits and gains."""

    share_full: float = 1e-9
    """Absolute on shares: one this near to its cap is at it."""
    share_rose: float = 1e-9
    """Absolute on shares: a rise by less was not a service of the band."""
    ids_named_max: int = 20
    """Ids in a parameter of a reason: it is to be read."""
    demands_named_max: int = 3
    """Demands named in a reason: there the count matters."""
    sources_max: int = 64
    """Obstacles are looked for among so many sources of an item, those with the most units."""
    rows_at_once: int = 20_000
    """Demands whose obstacles are looked at together: bounds the memory for a matrix of them by ``sources_max``."""

    gain_units_min: float = 1000.0
    """Units or yuan: a gain is quoted for at least so much more of a limit."""
    gain_part: float = 0.01
    """Part of all that is asked of the item, or of the fund: the gain is for a round number near it where larger."""
    truck_part: float = 0.1
    """Part of the most volume that the site sends in a period: one truck load more is a round number near it."""
    truck_volume_min: float = 10.0
    """Volume of a truck load at least."""
    gain_share_rose: float = 1e-6
    """Absolute on shares: one that rises by less did not rise. The accuracy to which shares are proved."""
    limit_left: float = 1e-9
    """Part of a limit: less is not left over, but rounding."""
    gain_arcs_max: int = 200_000
    """Arcs that may be settled again in all, or as many as the problem has: gains must not cost more than the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParameters:
    """Subproblems, worker processes, progress."""

    subproblem_demands: int = 5_000
    """Groups of items are put together until a subproblem has so many demands: each costs about 30 ms by itself."""
    parallel_arcs_min: int = 100_000
    """Arcs beside those of the largest component from which on a worker, which takes a second to start, pays."""
    components_queued: int = 2
    """Components that each worker has at most, so that it need not wait for the first process to look up."""
    poll_seconds: float = 0.1
    """How often answers of workers and the clock are looked at while waiting."""
    progress_seconds: float = 0.1
    """How often at most a worker tells its progress."""
    progress_levels_max: int = 128
    """Levels in a message: one this short passes a pipe as a whole, so that of a process that dies is never half."""
    level_digits: int = 9
    """Decimals to which levels are told: a thousandth of what is proved."""
    quantity_whole: float = 1e-9
    """Part of a delivered quantity that may be off a whole number and still be told as that number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofParameters:
    """What a proof of a plan grants. These belong to the claim that is proved, not to how a plan is found."""

    outcome: float = 1e-6
    """Absolute on shares and outcomes: they are proved to this much."""
    cost: float = 1e-6
    """Part of the cost, plus as many yuan: by how much the cost told may differ from that of the shipments."""
    cost_merged: float = 1e-9
    """The same between a plan and the sum of its subproblems: only the order of a sum differs."""
    share_order: float = 1e-9
    """Absolute on shares: by how much one may fall from band to band, or lie above its cap."""
    limit_part: float = 1e-9
    """Part of a limit by which relaxed shipments may seem to exceed it ..."""
    limit_pack: float = 1e-9
    """... and part of a pack besides, for limits near 0."""
    pack_zero: float = 2e-6
    """Part of a pack that a relaxed quantity may be off a whole number: twice what rounding grants itself ..."""
    quantity_zero: float = 2e-9
    """... and part of the quantity."""
    well_within: float = 0.999
    """Parts of a pack: nearer than this is surely less than a pack away, in floats."""
    quantity_told: float = 1e-9
    """Part of what is delivered: by how much the quantity told may differ, where ratios leave parts of a unit."""
    dual_zero: float = 1e-12
    """Part of the largest dual: smaller ones are left out of a certificate, which proves less, never more."""
    dual_denominator_max: int = 60
    """Duals near a fraction with a denominator up to this are written as that fraction: shorter, and mostly meant."""
    dual_fraction_tolerance: float = 1e-12
    """Part of a dual: how near."""

    probe_tolerance: float = 1e-9
    """Primal and dual feasibility of the probing programs."""
    probe_slack: float = 1e-9
    """Absolute on shares: held rows are loosened by this, so that rounding cannot make a probe infeasible."""
    probe_same_level: float = 1e-8
    """Absolute on outcomes: demands this near in level are probed together."""
    probe_seconds: float = 300.0
    """A program of SciPy's cannot be stopped once it runs; so none goes on for longer, and what it asked is not
    proved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """All parameters, by the package that uses them."""

    lp: LpParameters = field(default_factory=LpParameters)
    flow: FlowParameters = field(default_factory=FlowParameters)
    leximin: LeximinParameters = field(default_factory=LeximinParameters)
    mincost: MincostParameters = field(default_factory=MincostParameters)
    rounding: RoundingParameters = field(default_factory=RoundingParameters)
    explain: ExplainParameters = field(default_factory=ExplainParameters)
    engine: EngineParameters = field(default_factory=EngineParameters)
    proof: ProofParameters = field(default_factory=ProofParameters)


DEFAULT = Parameters()
