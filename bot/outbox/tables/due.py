"""What the tables of the inbox, the outbox and the jobs share."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    bindparam,
    or_,
)

Serial = BigInteger().with_variant(Integer, "sqlite")


def has_come(next_try: Column[datetime]) -> ColumnElement[bool]:
    """Whether it is time; an instant further ahead than anything ever waits was written before the clock went back."""
    return or_(next_try <= bindparam("now"), next_try > bindparam("never"))
