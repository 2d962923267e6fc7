"""Pages of the audit trail: its records, and the proof that nothing in it was changed."""

from fastapi import APIRouter

from app.web.audit import proof, records

AUDIT_PAGES: tuple[APIRouter, ...] = (
    records.router,
    proof.router,
)
