"""Names every module with tables, so that Alembic sees them all."""

import app.audit.models
import app.auth.models
import app.catalog.models
import app.disclosure.models
import app.dispatch.models
import app.facilities.models
import app.numbering
import app.partners.models
import app.planning.approval_models
import app.planning.models
import app.planning.runs_models
import app.planning.scenario_models
import app.procurement.models
import app.requisitions.models
import app.requisitions.reminder_models
import app.routing.models
import app.stock.models

all_tables = (
    app.audit.models,
    app.auth.models,
    app.catalog.models,
    app.disclosure.models,
    app.dispatch.models,
    app.facilities.models,
    app.numbering,
    app.partners.models,
    app.planning.approval_models,
    app.planning.models,
    app.planning.runs_models,
    app.planning.scenario_models,
    app.procurement.models,
    app.requisitions.models,
    app.requisitions.reminder_models,
    app.routing.models,
    app.stock.models,
)
