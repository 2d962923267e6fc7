"""The demo's accounts, one for every role; their password is public, so nothing but a demo may have or accept them.

Two locks, each enough by itself: they are only made where `settings.demo` is set, in a database that has no other
accounts; and an account marked as a demo's cannot log in, nor go on with a session, where it is not set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.accounts import create_account
from app.auth.models import Account
from app.auth.passwords import Passwords
from app.auth.places import PlaceDirectory
from app.auth.schemas import NewAccount
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.errors import ConflictError
from app.core.rights import Right, Role
from app.core.settings import Settings
from app.core.work import Work

SYSTEM = Actor.system("system", {Right.ACCOUNT_MANAGE})

DEMO_PASSWORD = "zhuzhou-2020"  # noqa: S105 - public on purpose, see above


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """An account of the demo; places are codes of the sample."""

    login: str
    name: str
    role: Role
    places: tuple[str, ...] = ()


DEMO_ACCOUNTS = (
    DemoAccount(login="leader", name="指挥部领导 Leader", role=Role.LEADER),
    DemoAccount(login="leader-2", name="副指挥长 Deputy leader", role=Role.LEADER),
    DemoAccount(login="supplies", name="物资保障组 Supplies group", role=Role.SUPPLIES_GROUP),
    DemoAccount(
        login="hospital", name="渌口区人民医院 Lukou hospital", role=Role.FACILITY, places=("lukou-peoples-hospital",)
    ),
    DemoAccount(
        login="warehouse",
        name="市物资库 City stores",
        role=Role.WAREHOUSE,
        places=("city-medical-store", "city-living-store"),
    ),
    DemoAccount(login="procurement", name="采购专员 Procurement", role=Role.PROCUREMENT),
    DemoAccount(login="auditor", name="审计员 Auditor", role=Role.AUDITOR),
    DemoAccount(login="administrator", name="系统管理员 Administrator", role=Role.ADMINISTRATOR),
)


def create_demo_accounts(session: Session, settings: Settings, *, clock: Clock, directory: PlaceDirectory) -> None:
    """Enter the demo's accounts; raises `ConflictError` outside the demo and where there are other accounts."""
    if not settings.demo or session.scalars(select(Account.id).where(~Account.demo).limit(1)).first() is not None:
        raise ConflictError.of("Demo accounts are made in the demo only.", code="not_a_demo")
    password_hash = Passwords(settings).hash(DEMO_PASSWORD)
    for one in DEMO_ACCOUNTS:
        new = NewAccount(login=one.login, name=one.name, role=one.role, places=list(one.places))
        create_account(
            Work(session, SYSTEM, clock),
            new,
            directory=directory,
            password_hash=password_hash,
            must_change_password=False,
            demo=True,
        )


def shown_accounts(session: Session, settings: Settings) -> Sequence[Account]:
    """The accounts that the log-in page shows with their password: those of the demo, and nowhere else any."""
    if not settings.demo:
        return ()
    return session.scalars(select(Account).where(Account.demo, Account.active).order_by(Account.id)).all()
