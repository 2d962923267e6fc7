"""Who may call what: every route by method and address, written down by hand and not computed from the code.

S supplies group, F facility, P procurement, W warehouse, L leader, U auditor, A administrator; in small letters: only
as far as its own facilities or warehouses reach, with a case for its own and another's in `test_reach`. `*` everybody
who is logged in, about themselves; `-` everybody.
"""

from app.core.rights import Role

LETTERS = {
    "S": Role.SUPPLIES_GROUP, "F": Role.FACILITY, "P": Role.PROCUREMENT, "W": Role.WAREHOUSE, "L": Role.LEADER,
    "U": Role.AUDITOR, "A": Role.ADMINISTRATOR,
}  # fmt: skip

_CATALOGUE = """
GET /items | POST /items SA | GET /items/{code} | PATCH /items/{code} SA
GET /search | GET /work-list | GET /city-workbook SPWLUA | POST /city-workbook SPWLUA
GET /item-aliases | POST /item-aliases SA | POST /item-aliases/resolve
GET /item-aliases/{alias:path} | DELETE /item-aliases/{alias:path} SA
GET /items/{code}/units | PUT /items/{code}/units SA
GET /facility-aliases | POST /facility-aliases SA
GET /facility-aliases/{alias:path} | DELETE /facility-aliases/{alias:path} SA
GET /sheet-headings | POST /sheet-headings SA | POST /supply-sheets
GET /sheet-headings/{heading:path} | DELETE /sheet-headings/{heading:path} SA
GET /facility-types | POST /facility-types SA | GET /facility-types/{code} | PATCH /facility-types/{code} SA
GET /substitutions | POST /substitutions SA
GET /substitutions/{item}/{serves_item} | PATCH /substitutions/{item}/{serves_item} SA
DELETE /substitutions/{item}/{serves_item} SA
GET /norm-sets | POST /norm-sets SA | GET /norm-sets/{code} | PATCH /norm-sets/{code} SA
GET /norm-sets/{code}/norms | POST /norm-sets/{code}/norms SA
GET /norm-sets/{code}/norms/{facility_type}/{item}/{basis}
PATCH /norm-sets/{code}/norms/{facility_type}/{item}/{basis} SA
DELETE /norm-sets/{code}/norms/{facility_type}/{item}/{basis} SA
GET /zones | POST /zones SA | GET /zones/{code} | PATCH /zones/{code} SA
GET /facilities | POST /facilities SA | GET /facilities/{code} | PATCH /facilities/{code} SA
POST /facilities/{code}/merge SA | POST /items/{code}/merge SA
GET /vehicle-classes | POST /vehicle-classes SA
GET /vehicle-classes/{code} | PATCH /vehicle-classes/{code} SA
GET /lanes | POST /lanes SA | GET /lanes/{warehouse}/{facility} | PATCH /lanes/{warehouse}/{facility} SA
DELETE /lanes/{warehouse}/{facility} SA | POST /lane-proposals SA
GET /warehouses/{code}/dispatch-capacities | GET /warehouses/{code}/dispatch-capacities/{day}
PUT /warehouses/{code}/dispatch-capacities/{day} Sw | DELETE /warehouses/{code}/dispatch-capacities/{day} Sw
"""

_STOCK = """
GET /lots/{lot_id}/holders
GET /lots | POST /lots W | GET /lots/{lot_id} | POST /lots/{lot_id}/block Sw | POST /lots/{lot_id}/unblock Sw
GET /lots/{lot_id}/conservation | GET /stock-conservation | GET /lots/{lot_id}/stock-cards/{warehouse}
GET /stock | GET /expiring-stock | GET /stock-reservations | GET /stock-events | GET /stock-events/{event_id}
POST /stock-events/{event_id}/reverse w | POST /stock-movements w
GET /physical-inventories | POST /physical-inventories w | GET /physical-inventories/{code}
POST /physical-inventories/{code}/recount w | POST /physical-inventories/{code}/post w
POST /physical-inventories/{code}/cancel w
"""

_PROCUREMENT = """
GET /partners | POST /partners SP | GET /partners/{code} | PATCH /partners/{code} SP | POST /partners/{code}/merge SP
GET /funds | POST /funds L | GET /funds/{code} | PATCH /funds/{code} L | GET /fund-commitments
GET /pledges | POST /pledges SP | GET /pledges/{code} | POST /pledges/{code}/confirm SP
POST /pledges/{code}/reschedule SP | POST /pledges/{code}/cancel SP | POST /pledges/{code}/close-short SP
GET /offers | POST /offers SP | GET /offers/{code} | POST /offers/{code}/withdraw SP
GET /purchase-orders | POST /purchase-orders P | GET /purchase-orders/{code}
POST /purchase-orders/{code}/approve SL | POST /purchase-orders/{code}/place P
POST /purchase-orders/{code}/reschedule P | POST /purchase-orders/{code}/cancel P
POST /purchase-orders/{code}/close-short P | POST /purchase-orders/{code}/review L
GET /receipts | POST /receipts w | GET /receipts/{code}
POST /receipts/{code}/reverse w | POST /receipts/{code}/dispose w
GET /index-regions | POST /index-regions P | GET /index-figures | POST /index-figures P
GET /entitled-counts | POST /entitled-counts P | GET /subsidy-schemes | POST /subsidy-schemes L
GET /subsidy-schemes/{code} | PATCH /subsidy-schemes/{code} L | GET /subsidy-runs | POST /subsidy-runs P
GET /subsidy-runs/{code} | POST /subsidy-runs/{code}/approve L | POST /subsidy-runs/{code}/commit P
POST /subsidy-runs/{code}/pay P | POST /subsidy-runs/{code}/reject L
GET /market-series SPLU | POST /market-series SL | GET /market-series/{code} SPLU | PATCH /market-series/{code} SL
GET /market-series/{code}/baseline SPLU | PUT /market-series/{code}/baseline SL
GET /market-observations SPLU | POST /market-observations S | GET /market-observations/{observation_id} SPLU
POST /market-observations/{observation_id}/decide SL
GET /market-forecasts SPLU
GET /alert-rules SPLU | POST /alert-rules/presets L | GET /alert-rules/{code} SPLU | PATCH /alert-rules/{code} L
GET /market-alerts SPLU | GET /market-alerts/{alert_id} SPLU | POST /market-alerts/{alert_id}/answer SL
"""

_NEEDS = """
POST /requisitions Sf | GET /requisitions SfLU | GET /requisitions/{code} SfLU | PUT /requisitions/{code} Sf
GET /requisitions/{code}/assessment SfLU | POST /requisitions/{code}/submit Sf | POST /requisitions/{code}/withdraw Sf
POST /requisitions/{code}/reject S | POST /requisitions/{code}/review S | POST /requisition-reviews S
POST /requisitions/import Sf | GET /facilities/{code}/requisition-template Sf
POST /reporting-reminders S | GET /reporting-reminders SPLU
GET /needs-census SPLU | GET /reporting-gaps SPLU | GET /fairness SPLU
"""

_PLANNING = """
GET /policies | POST /policies L | GET /policies/{program}/{version} | GET /tier-raises | POST /tier-raises L
GET /tier-raises/{raise_id} | POST /tier-raises/{raise_id}/confirm L | POST /tier-raises/{raise_id}/end L
GET /plans | POST /plans S | GET /plans/{code} | GET /plans/{code}/demands | GET /plans/{code}/lines
GET /plans/{code}/changes | GET /plans/{code}/purchases | GET /plans/{code}/limits
GET /plans/{code}/problem | GET /plans/{code}/document
GET /plan-runs | POST /plan-runs S | GET /plan-runs/{code} | GET /plan-runs/{code}/events
POST /plan-runs/{code}/cancel S
GET /scenarios | POST /scenarios SL | GET /scenarios/{code} | POST /scenarios/{code}/cancel SL
GET /scenarios/{code}/comparison | GET /scenarios/{code}/problem | GET /scenarios/{code}/document
GET /plans/{code}/decision | GET /plans/{code}/changes | POST /plans/{code}/approve L | POST /plans/{code}/reject L
POST /plans/{code}/cancel L | POST /plans/{code}/compute-anew L | POST /plans/{code}/purchase-orders P
GET /directives | POST /directives L | GET /directives/{code} | POST /directives/{code}/confirm L
POST /directives/{code}/end L | GET /plans/{code}/directives
GET /grade-permissions | POST /grade-permissions L | GET /grade-permissions/{permission_id}
POST /grade-permissions/{permission_id}/end L
"""

_DISPATCH = """
POST /plans/{code}/transfer-orders Sw | POST /plans/{code}/give-back Sw
GET /transfer-orders SfPWLU | GET /transfer-orders/{code} SfPWLU | GET /transfer-orders/{code}/pick-list SfPWLU
GET /transfer-orders/{code}/waybill SfPWLU | POST /transfer-orders/{code}/ship Sw
POST /transfer-orders/{code}/turn-back Sw
POST /transfer-orders/{code}/deliver f | POST /transfer-orders/{code}/cancel Sw
GET /delivery-cases SfPWLU | GET /delivery-cases/{code} SfPWLU
POST /delivery-cases/{code}/warehouse-statement Sw | POST /delivery-cases/{code}/facility-statement f
POST /delivery-cases/{code}/settle Sw
GET /facilities/{code}/outlook SfPWLU | POST /requisitions/{code}/lower Sf
GET /recalls SfPWLU | GET /recalls/{code} SfPWLU | POST /recalls/{code}/answer f | POST /recalls/{code}/close Sw
GET /notices SfPwLU | GET /notices/{notice_id} SfPwLU | POST /notices/{notice_id}/read SfPwLU
GET /facility-returns SPWLU | POST /facility-returns w
GET /trips SPWLU | POST /trips Sw | POST /trips/plan Sw | GET /trips/{code} SPWLU | PUT /trips/{code} Sw
GET /trips/{code}/loading-list SPWLU | POST /trips/{code}/ship Sw | POST /trips/{code}/cancel Sw
"""

_DISCLOSURE = """
POST /disclosures L | GET /published-days | GET /work-list | GET /disclosures | GET /disclosures/{code}
"""

_AUDIT = """
GET /audit-records U | GET /audit-records/{seq} U | GET /audit-head U
"""

_ACCOUNTS = """
POST /sessions - | GET /sessions * | GET /sessions/current * | DELETE /sessions/current *
DELETE /sessions/{session_id} * | POST /own-password *
GET /accounts UA | POST /accounts A | GET /accounts/{login} UA | PATCH /accounts/{login} A
POST /accounts/{login}/reset-password A | POST /accounts/{login}/unlock A
POST /accounts/{login}/remove-second-factor A
GET /notification-rules UA | POST /notification-rules A | GET /notification-rules/{rule_id} UA
PATCH /notification-rules/{rule_id} A
GET /notifications UA | POST /notifications A | GET /notifications/{notification_id} UA
POST /notifications/{notification_id}/send-again A
GET /api-keys UA | POST /api-keys A | GET /api-keys/{code} UA | POST /api-keys/{code}/revoke A
"""

_PAGES_OFFICE = """
GET /search SFPWLUA
GET /accounts UA | GET /accounts/new A | POST /accounts A | GET /accounts/{login} UA | POST /accounts/{login} A
POST /accounts/{login}/unlock A | POST /accounts/{login}/reset-password A
POST /accounts/{login}/remove-second-factor A
GET /notification-rules UA | GET /notification-rules/new A | POST /notification-rules A
GET /notification-rules/{rule_id} UA | POST /notification-rules/{rule_id} A
POST /notification-rules/{rule_id}/test A
GET /notifications UA | POST /notifications/{notification_id}/send-again A
GET /account-sheet A | POST /account-sheet A | GET /account-sheet.xlsx A
GET /api-keys UA | GET /api-keys/new A | POST /api-keys A | GET /api-keys/{code} UA | POST /api-keys/{code}/revoke A
GET /policies SPLU | GET /policies/new L | POST /policies L | GET /policies/{program}/{version} SPLU
GET /tier-raises SPLU | GET /tier-raises/new L | POST /tier-raises L | GET /tier-raises/{raise_id} SPLU
POST /tier-raises/{raise_id}/confirm L | POST /tier-raises/{raise_id}/end L
GET /directives SPLU | GET /directives/new L | POST /directives L | GET /directives/{code} SPLU
POST /directives/{code}/confirm L | POST /directives/{code}/end L
GET /grade-permissions SPLU | GET /grade-permissions/new L | POST /grade-permissions L
GET /grade-permissions/{permission_id} SPLU | POST /grade-permissions/{permission_id}/end L
"""

_PAGES = """
GET /healthz - | GET /readyz - | GET /openapi.json - | GET /docs - | GET /docs/oauth2-redirect - | GET /redoc -
GET /login - | POST /login - | POST /login/code - | GET /login/oidc - | GET /login/oidc/callback - | POST /logout *
GET /account * | POST /account/password * | POST /account/second-factor * | POST /account/second-factor/confirm *
POST /account/second-factor/remove * | GET / SPLU
POST /plans/{code}/approve L | POST /plans/{code}/reject L | POST /plans/{code}/compute-anew L
POST /plans/{code}/withdraw L | POST /plans/{code}/give-back Sw | GET /plans SPLU
GET /plans/{code} SPLU | GET /plans/{code}/facilities SPLU | GET /plans/{code}/facilities/{facility} SPLU
GET /plans/{code}/items/{item} SPLU | GET /plans/{code}/needs SPLU | GET /plans/{code}/shipments SPLU
GET /brief.pdf SPLU | GET /disclosure - | GET /gifts - | GET /public/v1/balance - | GET /public/v1/balance.csv -
GET /public/v1/gifts/{receipt} - | GET /disclosure/new L | POST /disclosure L
GET /plans/{code}/comparison SPLU | GET /plans/{code}/document.pdf SPLU | GET /plans/{code}/workbook.xlsx SPLU
"""

_PAGES_RUNS = """
GET /plan-runs SPLU | GET /plan-runs/new S | POST /plan-runs S | GET /plan-runs/{code} SPLU
POST /plan-runs/{code}/cancel S
GET /scenarios SPLU | GET /scenarios/new SL | POST /scenarios SL | GET /scenarios/{code} SPLU
POST /scenarios/{code}/cancel SL | GET /plans/{code}/scenarios SPLU
"""

_PAGES_DISPATCH = """
GET /transfer-orders SfPWLU | POST /plans/{code}/transfer-orders Sw | GET /transfer-orders/{code} SfPWLU
POST /transfer-orders/{code}/ship Sw | POST /transfer-orders/{code}/cancel Sw
GET /transfer-orders/{code}/pick-list SfPWLU | GET /transfer-orders/{code}/waybill SfPWLU
POST /transfer-orders/{code}/turn-back Sw | POST /lots/{lot_id}/take-back w
GET /deliveries f | GET /deliveries/{code} SfPWLU | POST /deliveries/{code} f
GET /delivery-cases SfPWLU | GET /delivery-cases/{code} SfPWLU | POST /delivery-cases/{code}/warehouse-statement Sw
POST /delivery-cases/{code}/facility-statement f | POST /delivery-cases/{code}/settle Sw
GET /fairness SPLU | GET /fairness/{facility} SPLU
GET /our-supplies F | POST /our-supplies/lower/{line_id} F
GET /recalls SfPWLU | GET /recalls/{code} SfPWLU | POST /recalls/{code}/answer f | POST /recalls/{code}/close Sw
GET /notices SfPwLU | POST /notices/{notice_id}/read SfPwLU
GET /trips SPWLU | POST /trips/plan Sw | GET /trips/{code} SPWLU | GET /trips/{code}/loading-list SPWLU
POST /trips/{code}/ship Sw | POST /trips/{code}/cancel Sw | POST /trips/{code}/orders Sw
"""

_PAGES_SUPPLY = """
GET /purchase-orders | GET /purchase-orders/new P | POST /purchase-orders P | GET /purchase-orders/{code}
POST /purchase-orders/{code}/approve SL | POST /purchase-orders/{code}/place P
POST /purchase-orders/{code}/reschedule P | POST /purchase-orders/{code}/cancel P
POST /purchase-orders/{code}/close-short P | POST /purchase-orders/{code}/review L
POST /plans/{code}/purchase-orders P
GET /pledges | GET /pledges/new SP | POST /pledges SP | GET /pledges/{code} | POST /pledges/{code}/confirm SP
POST /pledges/{code}/reschedule SP | POST /pledges/{code}/cancel SP | POST /pledges/{code}/close-short SP
GET /offers | GET /offers/new SP | POST /offers SP | GET /offers/{code} | POST /offers/{code}/withdraw SP
GET /facilities/{code}/merge SA | POST /facilities/{code}/merge SA | GET /items/{code}/merge SA
POST /items/{code}/merge SA | GET /partners/{code}/merge SP | POST /partners/{code}/merge SP
GET /partners | GET /partners/new SP | POST /partners SP | GET /partners/{code} | POST /partners/{code} SP
GET /funds | GET /funds/new L | POST /funds L | GET /funds/{code} | POST /funds/{code} L
GET /index-figures | POST /index-figures P | GET /entitled-counts | POST /entitled-counts P
GET /subsidy-schemes | GET /subsidy-schemes/new L | POST /subsidy-schemes L | GET /subsidy-schemes/{code}
POST /subsidy-schemes/{code} L | GET /subsidy-runs | GET /subsidy-runs/new P | POST /subsidy-runs P
GET /subsidy-runs/{code} | POST /subsidy-runs/{code}/approve L | POST /subsidy-runs/{code}/commit P
POST /subsidy-runs/{code}/pay P | POST /subsidy-runs/{code}/reject L
GET /market-series SPLU | GET /market-series/new SL | POST /market-series SL | GET /market-series/{code} SPLU
POST /market-series/{code} SL | POST /market-series/{code}/baseline SL | GET /market-entry S | POST /market-entry S
GET /questioned-values SPLU | GET /questioned-values/{observation_id} SPLU
POST /questioned-values/{observation_id}/accept SL | POST /questioned-values/{observation_id}/reject SL
POST /questioned-values/{observation_id}/correct S | GET /market-alerts SPLU | GET /market-alerts/{alert_id} SPLU
POST /market-alerts/{alert_id}/answer SL | POST /market-alerts/{alert_id}/close SL
GET /alert-rules SPLU | POST /alert-rules L | GET /alert-rules/{code} SPLU | POST /alert-rules/{code} L
GET /receipts | GET /receipts/new W | POST /receipts w | GET /receipts/{code}
GET /offers/sheet SP | POST /offers/sheet SP | POST /offers/lines SP | GET /pledges/sheet SP | POST /pledges/sheet SP
GET /receipts/sheet W | POST /receipts/sheet W | GET /counts/sheet W | POST /counts/sheet W
POST /receipts/{code}/reverse w | POST /receipts/{code}/dispose w
GET /stock | GET /expiring-stock | GET /lots | GET /lots/{lot_id} | POST /lots/{lot_id}/block Sw
POST /lots/{lot_id}/unblock Sw | POST /lots/{lot_id}/movements w | GET /lots/{lot_id}/cards/{warehouse}
GET /city-setup SPWLUA | GET /city-setup/workbook SPWLUA | GET /city-setup/workbook.xlsx SPWLUA
POST /city-setup/workbook SPWLUA | GET /city-setup/sheets/{kind_name} SA
GET /city-setup/sheets/{kind_name}/entry SA | POST /city-setup/sheets/{kind_name}/entry SA
GET /city-setup/lanes SA | POST /city-setup/lanes SA
GET /lanes SFPWLUA | GET /lanes/{warehouse}/{facility} SFPWLUA | POST /lanes/{warehouse}/{facility} SA
GET /item-units SFPWLUA | GET /item-units/{code} SFPWLUA | POST /item-units/{code} SA
GET /counts | GET /counts/new W | POST /counts w | GET /counts/{code}
POST /counts/{code}/recount w | POST /counts/{code}/cancel w
"""

_PAGES_AUDIT = """
GET /audit-records U | GET /audit-records/{seq} U | GET /audit-export U | GET /audit-head U
GET /audit-head/signed.json U | POST /audit-head/verification U
"""

_PAGES_NEEDS = """
GET /our-facility F | GET /requisitions SFLU | POST /requisitions S
GET /requisitions/new SF | POST /requisitions/new SF | GET /requisitions/upload SF | POST /requisitions/upload SF
GET /requisitions/template SF | GET /requisitions/{code} SFLU
GET /requisitions/{code}/edit SF | POST /requisitions/{code}/edit SF | POST /requisitions/{code}/submit SF
POST /requisitions/{code}/withdraw SF | POST /requisitions/{code}/reject S | POST /requisitions/{code}/review S
GET /needs-census SPLU | GET /reporting-gaps SPLU | POST /reporting-gaps S
"""

MOUNTS = frozenset({"/static", "/static-offline-docs"})
"""Folders of files that are the same for everybody."""


def _read(table: str, prefix: str, readers: str) -> dict[tuple[str, str], str]:
    entries = {}
    for entry in table.replace("\n", "|").split("|"):
        method, address, *who = entry.split() or ("", "")
        if method:
            entries[method, prefix + address] = who[0] if who else readers
    return entries


_API = "/api/v1"
MATRIX = {
    **_read(_CATALOGUE, _API, "SFPWLUA"),
    **_read(_STOCK, _API, "SPWLU"),
    **_read(_PROCUREMENT, _API, "SPWLU"),
    **_read(_NEEDS, _API, ""),
    **_read(_PLANNING, _API, "SPLU"),
    **_read(_DISPATCH, _API, ""),
    **_read(_DISCLOSURE, _API, "SFPWLUA"),
    **_read(_AUDIT, _API, ""),
    **_read(_ACCOUNTS, _API, ""),
    **_read(_PAGES, "", ""),
    **_read(_PAGES_OFFICE, "", ""),
    **_read(_PAGES_NEEDS, "", ""),
    **_read(_PAGES_RUNS, "", ""),
    **_read(_PAGES_DISPATCH, "", ""),
    **_read(_PAGES_AUDIT, "", ""),
    **_read(_PAGES_SUPPLY, "", "SPWLU"),
}
"""Letters by method and address; an entry without letters in the tables is for those that the table is read by."""


def may_call(role: Role, letters: str) -> bool:
    """Does an entry let this role in, at least for its own?"""
    return letters in ("*", "-") or role in {LETTERS[letter.upper()] for letter in letters}
