"""What permissions for substitutes of a lower grade take in and show."""

from datetime import date, datetime

from pydantic import ConfigDict, Field

from app.core.http.payloads import Code, CodeOf, Day, Payload, Reason, View


class NewGradePermission(Payload):
    """A substitute of a lower grade may serve at a key facility until a day."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "facility": "city-cdc",
                "item": "kn95-respirator",
                "serves_item": "medical-respirator",
                "reason": "Sampling outdoors; no medical respirators are left.",
                "valid_until": "2020-02-14",
            }
        }
    )

    facility: Code
    item: Code
    serves_item: Code = Field(description="What is asked for.")
    reason: Reason
    valid_from: Day | None = Field(default=None, description="Today if left out.")
    valid_until: Day


class GradeReason(Payload):
    """Why a permission is ended before its day."""

    reason: Reason


class GradePermissionView(View):
    """A permission with its end."""

    id: int
    facility: CodeOf
    item: CodeOf
    serves_item: CodeOf
    reason: str
    valid_from: date
    valid_until: date
    given_by: str
    given_at: datetime
    ended_at: datetime | None
    ended_by: str
    ending_reason: str
