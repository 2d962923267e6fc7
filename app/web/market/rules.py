"""Rules of alarms: limits with their sources, which leaders change."""

from decimal import Decimal

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.records import row_by_code
from app.core.work import Work
from app.market.alerts import change_rule, install_presets
from app.market.models import AlertRule
from app.market.schemas import AlertRuleChange
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, take_amount, validated
from app.web.kit.tables import Listing

router = APIRouter(include_in_schema=False)


@router.get("/alert-rules", dependencies=[needs(Right.MARKET_READ)])
def show_rules(page: Page, session: Reader) -> Response:
    """All rules."""
    return _rules(page, session, Form())


def _rules(page: PageContext, session: Session, form: Form) -> Response:
    def group(row: AlertRule) -> str:
        return f"supply_group.{row.supply_group.value}" if row.supply_group is not None else "All groups"

    def share(permille: int | None) -> float | None:
        return None if permille is None else permille / 1_000

    columns: list[Column[AlertRule]] = [
        Column(
            key="measure",
            title="What is looked at",
            value=lambda row: f"measure.{row.measure.value}",
            kind=Kind.WORD,
            link=lambda row: f"/alert-rules/{row.code}",
        ),
        Column(key="group", title="Group", value=group, kind=Kind.WORD),
        Column(key="window", title="Days", value=lambda row: row.window_days, kind=Kind.NUMBER),
        Column(key="yellow", title="Yellow from", value=lambda row: share(row.yellow_permille), kind=Kind.SHARE),
        Column(key="red", title="Red from", value=lambda row: share(row.red_permille), kind=Kind.SHARE),
        Column(key="use", title="In use", value=lambda row: "Yes" if row.active else "No", kind=Kind.WORD),
        Column(key="source", title="Source", value=lambda row: row.source),
    ]
    listing = Listing(
        file_name="Rules of alarms",
        rows=select(AlertRule),
        columns=columns,
        key=AlertRule.id,
        empty="No alarm is raised by any rule yet.",
    )
    return page.render_list(session, listing, "market/rules.html", form=form)


@router.post("/alert-rules", dependencies=[needs(Right.ALERT_RULE_SET)])
def enter_presets(sent: SentForm) -> Response:
    """Enter the rules to begin with; those that are there stay as they are."""
    page = sent.page

    def act(work: Work, _: Typed) -> str:
        install_presets(work)
        return "/alert-rules"

    return sent.run(act, lambda session, form: _rules(page, session, form))


@router.get("/alert-rules/{code}", dependencies=[needs(Right.MARKET_READ)])
def show_rule(code: Code, page: Page, session: Reader) -> Response:
    """One rule with its source."""
    return _rule(page, session, code, Form())


def _rule(page: PageContext, session: Session, code: str, form: Form) -> Response:
    rule = row_by_code(session, AlertRule, "alert rule", code)
    return page.render("market/rule.html", form=form, rule=rule, decimal=Decimal)


@router.post("/alert-rules/{code}", dependencies=[needs(Right.ALERT_RULE_SET)])
def set_rule(code: Code, sent: SentForm) -> Response:
    """Other limits, or their source, or whether the rule is used."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        for name in ("yellow", "red"):
            take_amount(typed, name, into=f"{name}_permille", per_unit=10)
        change_rule(work, code, validated(AlertRuleChange, typed))
        return f"/alert-rules/{code}"

    return sent.run(act, lambda session, form: _rule(page, session, code, form), part="change")
