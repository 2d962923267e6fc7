"""Pages of accounts: log-in and log-out, one's own account, and who may log in as what."""

from fastapi import APIRouter

from app.web.accounts import accounts, api_keys, login, oidc, own_account, sheet

ACCOUNT_PAGES: tuple[APIRouter, ...] = (
    login.router,
    oidc.router,
    own_account.router,
    sheet.router,
    accounts.router,
    api_keys.router,
)
