"""The walls between tenants, as statements for a migration: row-level security, policies and grants per table.

`inbox_app` works inside one workspace; `inbox_intake` stores and splits deliveries; `inbox_claim` sees across
workspaces what is due, by column, and never a text.
"""

from collections.abc import Iterator

from sqlalchemy import MetaData

from inbox.models.base import INSTALL_TABLES

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

# Facts, the audit log and revisions are written once and never changed.
APPEND_ONLY = frozenset(
    {
        *("fact", "audit_entry", "message_revision", "event"),
        *("goal_edition", "rule_edition", "sla_edition", "channel_hours", "channel_audit"),
    }
)

# A thread that came before its root is moved as a whole; nothing else of these rows may change.
MOVABLE = frozenset({"fact", "audit_entry"})

INTAKE = {
    "inbound_delivery": "SELECT, INSERT, UPDATE",
    "platform_app": "SELECT",
    "channel_route": "SELECT",
    "setting": "SELECT",
    "inbound_event": "SELECT, INSERT, UPDATE, DELETE",
    "inbound_key": "SELECT, INSERT",
    "channel": "SELECT",
}
CLAIM = {
    "workspace": ["id", "is_demo", "outbound_stopped_at"],
    "inbound_event": ["workspace_id", "lane", "state", "due_at"],
    "outbound_message": ["workspace_id", "id", "channel_id", "state", "due_at", "look_at", "lease_until"],
    "conversation": ["workspace_id", "id", "status", "snoozed_until"],
    "contact_identity": ["workspace_id", "id", "nameless"],
    "channel": ["workspace_id", "id", "platform", "state", "poll_due_at", "poll_lease_until", "checked_at", "renew_at"],
    "attachment": ["workspace_id", "id", "state", "due_at"],
    "episode": ["workspace_id", "rings_at"],
    "resolution": ["workspace_id", "rings_at"],
    "sla_refold": ["workspace_id", "due_at"],
    "sweep": ["workspace_id", "state"],
    "rule_due": ["workspace_id", "due_at"],
    "rule_look": ["workspace_id", "at"],
    "rule_firing": ["workspace_id", "at"],
    "rule_trial": ["workspace_id", "id", "state", "asked_at", "lease_until"],
    "team": ["workspace_id", "id"],
    "membership": ["workspace_id", "hands_back"],
    "schedule": ["name", "due_at", "ran_at"],
    "setting": ["key", "value"],
    "feed_head": ["workspace_id", "seq", "min_seq", "epoch"],
    "feed_reader": ["workspace_id", "name", "seq"],
    "contact_sign_walk": ["workspace_id"],
    "notification": ["workspace_id", "user_id", "mail_due_at", "push_due_at"],
    "push_letter": ["workspace_id", "due_at", "ends_at"],
    "webhook": ["workspace_id", "id", "state", "rest_until"],
    "webhook_delivery": ["workspace_id", "webhook_id", "due_at"],
    "competitor_account": ["workspace_id", "id", "due_at", "lease_until"],
}
APP_INSTALL = {
    "user": "SELECT, INSERT, UPDATE",
    "session": "SELECT, INSERT, UPDATE, DELETE",
    "second_step": "SELECT, INSERT, UPDATE, DELETE",
    "recovery_code": "SELECT, INSERT, DELETE",
    "begun_sign_in": "SELECT, INSERT, DELETE",
    "api_token": "SELECT, INSERT, UPDATE",
    "invitation": "SELECT, INSERT, UPDATE, DELETE",
    "throttle": "SELECT, INSERT, UPDATE, DELETE",
    "platform_app": "SELECT, INSERT, UPDATE",
    "channel_route": "SELECT, INSERT, DELETE",
    "oauth_state": "SELECT, INSERT, UPDATE, DELETE",
    "deletion_request": "SELECT, INSERT, UPDATE",
    "feed_head": "SELECT, INSERT, UPDATE",
    "setting": "SELECT, INSERT, UPDATE",
    "schedule": "SELECT, INSERT, UPDATE",
}


def walls(metadata: MetaData) -> Iterator[str]:
    """Every statement that raises the walls around these tables."""
    for table in metadata.sorted_tables:
        name = f'"{table.name}"'
        if table.name in INSTALL_TABLES:
            if rights := APP_INSTALL.get(table.name):
                yield f"GRANT {rights} ON {name} TO inbox_app"
        else:
            tenant = "id" if table.name == "workspace" else "workspace_id"
            yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
            yield (
                f"CREATE POLICY tenant ON {name} TO inbox_app, inbox_intake"
                f" USING ({tenant} = {HERE}) WITH CHECK ({tenant} = {HERE})"
            )
            rights = "SELECT, INSERT" if table.name in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
            yield f"GRANT {rights} ON {name} TO inbox_app"
            if table.name in MOVABLE:
                yield f"GRANT UPDATE (conversation_id) ON {name} TO inbox_app"
        if rights := INTAKE.get(table.name):
            yield f"GRANT {rights} ON {name} TO inbox_intake"
        if columns := CLAIM.get(table.name):
            if table.name not in INSTALL_TABLES:
                yield f"CREATE POLICY claim ON {name} FOR SELECT TO inbox_claim USING (true)"
            yield f"GRANT SELECT ({', '.join(columns)}) ON {name} TO inbox_claim"
