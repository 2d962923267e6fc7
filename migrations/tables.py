"""Names every module with tables, so that Alembic sees them all."""

import app.auth.models
import app.catalog.models
import app.core.http.models
import app.core.numbering
import app.core.trail.models
import app.disclosure.models
import app.dispatch.models
import app.facilities.models
import app.interop.models
import app.market.models
import app.partners.models
import app.planning.approval.models
import app.planning.directives.models
import app.planning.grades.models
import app.planning.plans.models
import app.planning.policies.models
import app.planning.runs.models
import app.planning.scenarios.models
import app.procurement.models
import app.requisitions.models
import app.requisitions.reminder_models
import app.stock.models
import app.subsidies.models

all_tables = (
    app.auth.models,
    app.catalog.models,
    app.core.http.models,
    app.core.numbering,
    app.core.trail.models,
    app.disclosure.models,
    app.dispatch.models,
    app.facilities.models,
    app.interop.models,
    app.market.models,
    app.partners.models,
    app.planning.approval.models,
    app.planning.directives.models,
    app.planning.grades.models,
    app.planning.plans.models,
    app.planning.policies.models,
    app.planning.runs.models,
    app.planning.scenarios.models,
    app.procurement.models,
    app.requisitions.models,
    app.requisitions.reminder_models,
    app.stock.models,
    app.subsidies.models,
)
