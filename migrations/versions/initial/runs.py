"""Tables of the first revision: runs that compute plans in the background, and scenarios."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "plan_run",
    "scenario",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _plan_run()
    _scenario()


def _plan_run() -> None:
    op.create_table(
        "plan_run",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("program", sa.String(32), nullable=False),
        sa.Column("policy_id", NUMBER, nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("follows_id", NUMBER, nullable=True),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("worker", sa.String(200), nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("heartbeat_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("band", sa.String(200), nullable=False),
        sa.Column("component", NUMBER, nullable=False),
        sa.Column("components", NUMBER, nullable=False),
        sa.Column("done_permille", NUMBER, nullable=False),
        sa.Column("faults", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("plan_id", NUMBER, nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_plan_run_attempts")),
        sa.CheckConstraint("done_permille BETWEEN 0 AND 1000", name=op.f("ck_plan_run_done")),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('DONE', 'FAILED', 'CANCELLED'))", name=op.f("ck_plan_run_ended")
        ),
        sa.CheckConstraint("program IN ('medical', 'living')", name=op.f("ck_plan_run_program")),
        sa.CheckConstraint(
            "state <> 'DONE' OR kind = 'SCENARIO' OR plan_id IS NOT NULL", name=op.f("ck_plan_run_result")
        ),
        sa.CheckConstraint("kind IN ('PLAN', 'SCENARIO')", name=op.f("ck_plan_run_run_kind")),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')", name=op.f("ck_plan_run_run_state")
        ),
        sa.CheckConstraint("(state = 'RUNNING') = (token <> '')", name=op.f("ck_plan_run_token")),
        sa.ForeignKeyConstraint(["follows_id"], ["allocation_plan.id"], name=op.f("fk_plan_run_follows_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["allocation_plan.id"], name=op.f("fk_plan_run_plan_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_plan_run_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_run")),
        sa.UniqueConstraint("code", name=op.f("uq_plan_run_code")),
    )
    op.create_index(op.f("ix_plan_run_state_id"), "plan_run", ["state", "id"])


def _scenario() -> None:
    op.create_table(
        "scenario",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("base_plan_id", NUMBER, nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("problem_digest", sa.String(80), nullable=False),
        sa.Column("problem_json", sa.Text(), nullable=False),
        sa.Column("plan_json", sa.Text(), nullable=True),
        sa.Column("cost_fen", NUMBER, nullable=True),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("(plan_json IS NULL) = (cost_fen IS NULL)", name=op.f("ck_scenario_answer")),
        sa.ForeignKeyConstraint(["base_plan_id"], ["allocation_plan.id"], name=op.f("fk_scenario_base_plan_id")),
        sa.ForeignKeyConstraint(["run_id"], ["plan_run.id"], name=op.f("fk_scenario_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario")),
        sa.UniqueConstraint("code", name=op.f("uq_scenario_code")),
        sa.UniqueConstraint("run_id", name=op.f("uq_scenario_run_id")),
    )
    op.create_index(op.f("ix_scenario_base_plan_id"), "scenario", ["base_plan_id"])
