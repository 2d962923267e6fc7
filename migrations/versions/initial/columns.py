"""Column types of the first revision."""

import sqlalchemy as sa

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
