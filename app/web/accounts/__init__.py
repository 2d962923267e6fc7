"""Pages of accounts: log-in and log-out, one's own account, and who may log in as what."""

from fastapi import APIRouter

from app.web.accounts import accounts, api_keys, login, oidc, sheet

ACCOUNT_PAGES: tuple[APIRouter, ...] = (
    login.router,
    oidc.router,
    sheet.router,
    accounts.router,
    api_keys.router,
)
