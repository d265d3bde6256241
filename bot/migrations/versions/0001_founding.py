"""The first shape of the database, with the log's triggers."""

import sqlalchemy as sa
from alembic import op

# A list of tables has no branches, and a statement is read best on one line.
# ruff: noqa: E501, PLR0915

revision = "0001"
down_revision = None

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries WHEN EXISTS (SELECT 1 FROM audit_entries WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        "CREATE TRIGGER audit_details_no_update BEFORE UPDATE ON audit_details BEGIN SELECT RAISE(ABORT, 'audit_details is append-only'); END",
        "CREATE TRIGGER audit_details_no_replace BEFORE INSERT ON audit_details WHEN EXISTS (SELECT 1 FROM audit_details WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'audit_details is append-only'); END",
        "CREATE TRIGGER audit_nodes_no_update BEFORE UPDATE ON audit_nodes BEGIN SELECT RAISE(ABORT, 'audit_nodes is append-only'); END",
        "CREATE TRIGGER audit_nodes_no_delete BEFORE DELETE ON audit_nodes BEGIN SELECT RAISE(ABORT, 'audit_nodes is append-only'); END",
        "CREATE TRIGGER audit_nodes_no_replace BEFORE INSERT ON audit_nodes WHEN EXISTS (SELECT 1 FROM audit_nodes WHERE position = NEW.position) BEGIN SELECT RAISE(ABORT, 'audit_nodes is append-only'); END",
        "CREATE TRIGGER audit_checkpoints_no_update BEFORE UPDATE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END",
        "CREATE TRIGGER audit_checkpoints_no_delete BEFORE DELETE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END",
        "CREATE TRIGGER audit_checkpoints_no_replace BEFORE INSERT ON audit_checkpoints WHEN EXISTS (SELECT 1 FROM audit_checkpoints WHERE size = NEW.size AND origin = NEW.origin) BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END$$",
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_details_append_only BEFORE UPDATE ON audit_details FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_details_no_truncate BEFORE TRUNCATE ON audit_details FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_nodes_append_only BEFORE UPDATE OR DELETE ON audit_nodes FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_nodes_no_truncate BEFORE TRUNCATE ON audit_nodes FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_checkpoints_no_truncate BEFORE TRUNCATE ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ),
}


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "assist_offers",
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("service", sa.String(length=8), nullable=False),
        sa.Column("offered_by", sa.String(length=255), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "service", name=op.f("pk_assist_offers")),
    )
    op.create_index("ix_assist_offers_service", "assist_offers", ["service"])
    op.create_table(
        "assist_requests",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("device", sa.String(length=255), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("event", sa.String(length=255), nullable=False),
        sa.Column("said", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("service", sa.String(length=8), nullable=False),
        sa.Column("tlp", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("widen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.String(length=255), nullable=True),
        sa.Column("exchange", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_assist_requests")),
    )
    op.create_index("ix_assist_requests_state", "assist_requests", ["state"])
    op.create_table(
        "audit_checkpoints",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", "origin", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("details_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_time"), "audit_entries", ["time"])
    op.create_table(
        "audit_nodes",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_nodes")),
    )
    op.create_table(
        "challenges",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("organisation", sa.String(length=63), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("device", sa.String(length=255), nullable=False),
        sa.Column("issued", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_challenges")),
    )
    op.create_index("ix_challenges_user", "challenges", ["user"])
    op.create_table(
        "directory_marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_directory_marks")),
    )
    op.create_table(
        "directory_networks",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_networks")),
    )
    op.create_table(
        "duty_calendars",
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("directory_had", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_duty_calendars")),
    )
    op.create_table(
        "duty_exceptions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_exceptions")),
    )
    op.create_index("ix_duty_exceptions_organisation_end_at", "duty_exceptions", ["organisation", "end_at"])
    op.create_table(
        "duty_feeds",
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("names", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_duty_feeds")),
        sa.UniqueConstraint("digest", name=op.f("uq_duty_feeds_digest")),
    )
    op.create_table(
        "duty_rotations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.String(length=10), nullable=False),
        sa.Column("handover", sa.String(length=5), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_rotations")),
    )
    op.create_index("ix_duty_rotations_organisation_role", "duty_rotations", ["organisation", "role"])
    op.create_table(
        "duty_said",
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "role", "kind", "at", name=op.f("pk_duty_said")),
    )
    op.create_table(
        "entry_confirmations",
        sa.Column("organisation", sa.String(length=63), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("asked", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_entry_confirmations")),
    )
    op.create_table(
        "escalations",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("call", sa.String(length=32), nullable=False),
        sa.Column("caller_user", sa.String(length=255), nullable=False),
        sa.Column("caller_name", sa.String(length=255), nullable=False),
        sa.Column("caller_organisation", sa.String(length=255), nullable=False),
        sa.Column("caller_device", sa.String(length=255), nullable=False),
        sa.Column("caller_room", sa.String(length=255), nullable=False),
        sa.Column("caller_event", sa.String(length=255), nullable=False),
        sa.Column("caller_thread", sa.String(length=255), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=True),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("tlp", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_row", sa.String(length=32), nullable=True),
        sa.Column("declined", sa.JSON(), nullable=False),
        sa.Column("taken_by", sa.String(length=255), nullable=True),
        sa.Column("taken_name", sa.String(length=255), nullable=True),
        sa.Column("taken_organisation", sa.String(length=255), nullable=True),
        sa.Column("taken_device", sa.String(length=255), nullable=True),
        sa.Column("taken_room", sa.String(length=255), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=255), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_escalations")),
    )
    op.create_index("ix_escalations_call", "escalations", ["call"])
    op.create_index("ix_escalations_caller_organisation_state", "escalations", ["caller_organisation", "state"])
    op.create_index("ix_escalations_organisation_state", "escalations", ["organisation", "state"])
    op.create_index("ix_escalations_state_due", "escalations", ["state", "due"])
    op.create_index("ix_escalations_state_look_at", "escalations", ["state", "look_at"])
    op.create_table(
        "exchanges",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("tlp", sa.String(length=16), nullable=False),
        sa.Column("author_user", sa.String(length=255), nullable=False),
        sa.Column("author_name", sa.String(length=255), nullable=False),
        sa.Column("author_organisation", sa.String(length=255), nullable=False),
        sa.Column("author_level", sa.String(length=16), nullable=False),
        sa.Column("sealed_subject", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("notes", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_exchanges")),
    )
    op.create_table(
        "identities",
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("organisation", sa.String(length=63), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("master_key", sa.String(length=64), nullable=True),
        sa.Column("devices", sa.JSON(), nullable=False),
        sa.Column("issued", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_identities")),
    )
    op.create_table(
        "inbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("device", sa.String(length=255), nullable=False),
        sa.Column("proof", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_inbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_inbox_event_id")),
    )
    op.create_index("ix_inbox_state_seq", "inbox", ["state", "seq"])
    op.create_table(
        "incidents",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("code_name", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("tlp", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("commander_user", sa.String(length=255), nullable=False),
        sa.Column("commander_name", sa.String(length=255), nullable=False),
        sa.Column("commander_organisation", sa.String(length=255), nullable=False),
        sa.Column("commander_device", sa.String(length=255), nullable=False),
        sa.Column("origin_room", sa.String(length=255), nullable=False),
        sa.Column("origin_event", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=True),
        sa.Column("card_row", sa.String(length=32), nullable=True),
        sa.Column("report_mark", sa.String(length=64), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("room_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_incidents")),
        sa.UniqueConstraint("origin_event", name=op.f("uq_incidents_origin_event")),
        sa.UniqueConstraint("room", name=op.f("uq_incidents_room")),
    )
    op.create_index("ix_incidents_state", "incidents", ["state"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("key", name=op.f("uq_jobs_key")),
    )
    op.create_index("ix_jobs_state_next_try", "jobs", ["state", "next_try"])
    op.create_table(
        "key_readings",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("info", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_key_readings")),
    )
    op.create_table(
        "key_warnings",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "room", "mark", name=op.f("pk_key_warnings")),
    )
    op.create_table(
        "matrix_gaps",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("back_from", sa.String(length=1024), nullable=False),
        sa.Column("back_to", sa.String(length=1024), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matrix_gaps")),
    )
    op.create_table(
        "matrix_identities",
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("published", sa.JSON(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_matrix_identities")),
    )
    op.create_table(
        "matrix_parked",
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("session", sa.String(length=255), nullable=False),
        sa.Column("event", sa.JSON(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_matrix_parked")),
    )
    op.create_index("ix_matrix_parked_at", "matrix_parked", ["at"])
    op.create_table(
        "matrix_replay",
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("sender_key", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("room", "session", "sender_key", "position", name=op.f("pk_matrix_replay")),
    )
    op.create_index("ix_matrix_replay_device", "matrix_replay", ["room", "sender_key", "at"])
    op.create_table(
        "matrix_rooms",
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("ours", sa.String(length=16), nullable=False),
        sa.Column("ever_encrypted", sa.Boolean(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_matrix_rooms")),
    )
    op.create_table(
        "matrix_sync",
        sa.Column("device", sa.String(length=512), nullable=False),
        sa.Column("token", sa.String(length=1024), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_matrix_sync")),
    )
    op.create_table(
        "network_checks",
        sa.Column("network", sa.String(length=63), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("last", sa.String(length=10), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("said", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("network", name=op.f("pk_network_checks")),
    )
    op.create_table(
        "notify_silence",
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("since", name=op.f("pk_notify_silence")),
    )
    op.create_table(
        "organisations",
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("handle", sa.String(length=63), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("calendar", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_organisations")),
    )
    op.create_index("ix_organisations_country", "organisations", ["country"])
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("tlp", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=True),
        sa.Column("organisation", sa.String(length=255), nullable=True),
        sa.Column("mark", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("relates", sa.JSON(), nullable=False),
        sa.Column("audience_then", sa.JSON(), nullable=False),
        sa.Column("txn_id", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.String(length=255), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("question", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("devices_reached", sa.Integer(), nullable=False),
        sa.Column("devices_meant", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
    )
    op.create_index("ix_outbox_event_id", "outbox", ["event_id"])
    op.create_index("ix_outbox_ref", "outbox", ["ref"])
    op.create_index("ix_outbox_room_state_seq", "outbox", ["room", "state", "seq"])
    op.create_index("ix_outbox_state_next_try", "outbox", ["state", "next_try"])
    op.create_table(
        "outbox_lacking",
        sa.Column("row", sa.String(length=32), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_outbox_lacking")),
    )
    op.create_index("ix_outbox_lacking_next_try", "outbox_lacking", ["next_try"])
    op.create_table(
        "outbox_replaced",
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("row", sa.String(length=32), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_outbox_replaced")),
    )
    op.create_index("ix_outbox_replaced_row", "outbox_replaced", ["row"])
    op.create_table(
        "page_tests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("status_row", sa.String(length=32), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_tests")),
    )
    op.create_table(
        "proposal_approvals",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("means", sa.String(length=8), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ref", "user", name=op.f("pk_proposal_approvals")),
    )
    op.create_table(
        "proposal_news",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ref", "user", "state", name=op.f("pk_proposal_news")),
    )
    op.create_table(
        "proposals",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposer", sa.String(length=255), nullable=True),
        sa.Column("who", sa.String(length=255), nullable=True),
        sa.Column("file", sa.String(length=255), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_state", "proposals", ["state"])
    op.create_table(
        "questions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("outbox_row", sa.String(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index("ix_questions_room_user", "questions", ["room", "user"])
    op.create_table(
        "reminders",
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user", "expires", "stage", name=op.f("pk_reminders")),
    )
    op.create_table(
        "rooms",
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("organisations", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("user", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_rooms")),
        sa.UniqueConstraint("user", name=op.f("uq_rooms_user")),
    )
    op.create_table(
        "vouches",
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("coordinator", sa.String(length=255), nullable=False),
        sa.Column("organisation", sa.String(length=63), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user", "coordinator", name=op.f("pk_vouches")),
    )
    op.create_table(
        "assist_asked",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("row_id", sa.String(length=32), nullable=True),
        sa.Column("reply", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["ref"], ["assist_requests.ref"], name=op.f("fk_assist_asked_ref_assist_requests")),
        sa.PrimaryKeyConstraint("ref", "organisation", name=op.f("pk_assist_asked")),
    )
    op.create_index("ix_assist_asked_organisation", "assist_asked", ["organisation"])
    op.create_table(
        "audit_details",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["audit_entries.seq"], name=op.f("fk_audit_details_seq_audit_entries")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_details")),
    )
    op.create_index(op.f("ix_audit_details_organisation"), "audit_details", ["organisation"])
    op.create_index(op.f("ix_audit_details_ref"), "audit_details", ["ref"])
    op.create_table(
        "escalation_links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ref"], ["escalations.ref"], name=op.f("fk_escalation_links_ref_escalations")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_escalation_links")),
    )
    op.create_index("ix_escalation_links_ref", "escalation_links", ["ref"])
    op.create_table(
        "escalation_pages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("row", sa.String(length=32), nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("fallback", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.Boolean(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("paged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ref"], ["escalations.ref"], name=op.f("fk_escalation_pages_ref_escalations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_pages")),
    )
    op.create_index("ix_escalation_pages_ref", "escalation_pages", ["ref"])
    op.create_index("ix_escalation_pages_room_state", "escalation_pages", ["room", "state"])
    op.create_table(
        "exchange_messages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("author_user", sa.String(length=255), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_event", sa.String(length=255), nullable=False),
        sa.Column("carries", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ref"], ["exchanges.ref"], name=op.f("fk_exchange_messages_ref_exchanges")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_messages")),
        sa.UniqueConstraint("event_id", name=op.f("uq_exchange_messages_event_id")),
        sa.UniqueConstraint("ref", "seq", name=op.f("uq_exchange_messages_ref_seq")),
    )
    op.create_index("ix_exchange_messages_ref_author", "exchange_messages", ["ref", "author_user"])
    op.create_index("ix_exchange_messages_text_event", "exchange_messages", ["text_event"])
    op.create_table(
        "exchange_participants",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("room", sa.String(length=255), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("is_source", sa.Boolean(), nullable=False),
        sa.Column("root_event", sa.String(length=255), nullable=True),
        sa.Column("root_row", sa.String(length=32), nullable=True),
        sa.Column("person", sa.String(length=255), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ref"], ["exchanges.ref"], name=op.f("fk_exchange_participants_ref_exchanges")),
        sa.PrimaryKeyConstraint("ref", "room", name=op.f("pk_exchange_participants")),
    )
    op.create_table(
        "incident_organisations",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ref"], ["incidents.ref"], name=op.f("fk_incident_organisations_ref_incidents")),
        sa.PrimaryKeyConstraint("ref", "organisation", name=op.f("pk_incident_organisations")),
    )
    op.create_table(
        "incident_people",
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=True),
        sa.Column("presence", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ref"], ["incidents.ref"], name=op.f("fk_incident_people_ref_incidents")),
        sa.PrimaryKeyConstraint("ref", "user", name=op.f("pk_incident_people")),
    )
    op.create_index("ix_incident_people_user", "incident_people", ["user"])
    op.create_table(
        "incident_timeline",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("happening", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["ref"], ["incidents.ref"], name=op.f("fk_incident_timeline_ref_incidents")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_incident_timeline")),
        sa.UniqueConstraint("id", name=op.f("uq_incident_timeline_id")),
    )
    op.create_index("ix_incident_timeline_ref_seq", "incident_timeline", ["ref", "seq"])
    op.create_table(
        "memberships",
        sa.Column("organisation", sa.String(length=63), nullable=False),
        sa.Column("network", sa.String(length=63), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisations.key"],
            name=op.f("fk_memberships_organisation_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation", "network", name=op.f("pk_memberships")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation", sa.String(length=63), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mxid", sa.String(length=255), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisations.key"],
            name=op.f("fk_people_organisation_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("mxid", name=op.f("uq_people_mxid")),
    )
    op.create_index("ix_people_organisation", "people", ["organisation"])
    op.create_table(
        "exchange_copies",
        sa.Column("row_id", sa.String(length=32), nullable=False),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"], ["exchange_messages.id"], name=op.f("fk_exchange_copies_message_exchange_messages")
        ),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_exchange_copies")),
    )
    op.create_index("ix_exchange_copies_message", "exchange_copies", ["message"])
    op.create_table(
        "exchange_onward",
        sa.Column("question", sa.String(length=32), nullable=False),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["message"], ["exchange_messages.id"], name=op.f("fk_exchange_onward_message_exchange_messages")
        ),
        sa.PrimaryKeyConstraint("question", name=op.f("pk_exchange_onward")),
    )
    op.create_table(
        "openpgp_keys",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=63), nullable=True),
        sa.Column("person", sa.String(length=32), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=255), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisations.key"],
            name=op.f("fk_openpgp_keys_organisation_organisations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["people.id"], name=op.f("fk_openpgp_keys_person_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_openpgp_keys")),
    )
    op.create_index("ix_openpgp_keys_organisation", "openpgp_keys", ["organisation"])
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
