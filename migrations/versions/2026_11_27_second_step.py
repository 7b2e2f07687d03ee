"""Signing in may take a second step: a code of an authenticator, which a workspace may require.

Revision ID: 2026_11_27_second_step
Revises: 2026_11_27_sweeps
"""

from alembic import op

revision = "2026_11_27_second_step"
down_revision = "2026_11_27_sweeps"
branch_labels = None
depends_on = None

STATEMENTS = [
    "ALTER TABLE workspace ADD COLUMN second_step_required BOOLEAN DEFAULT false NOT NULL",
    """CREATE TABLE second_step (
        user_id UUID NOT NULL,
        secret BYTEA NOT NULL,
        last_step BIGINT DEFAULT 0 NOT NULL,
        begun_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        on_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_second_step PRIMARY KEY (user_id),
        CONSTRAINT fk_second_step_user_id FOREIGN KEY(user_id) REFERENCES "user" (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE recovery_code (
        user_id UUID NOT NULL,
        hash BYTEA NOT NULL,
        CONSTRAINT pk_recovery_code PRIMARY KEY (user_id, hash),
        CONSTRAINT fk_recovery_code_user_id FOREIGN KEY(user_id) REFERENCES second_step (user_id) ON DELETE CASCADE
    )""",
    """CREATE TABLE begun_sign_in (
        id BYTEA NOT NULL,
        user_id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_begun_sign_in PRIMARY KEY (id),
        CONSTRAINT fk_begun_sign_in_user_id FOREIGN KEY(user_id) REFERENCES "user" (id) ON DELETE CASCADE,
        CONSTRAINT fk_begun_sign_in_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_begun_sign_in_user_id ON begun_sign_in (user_id)",
    "CREATE INDEX ix_begun_sign_in_expires_at ON begun_sign_in (expires_at)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON second_step TO inbox_app",
    "GRANT SELECT, INSERT, DELETE ON recovery_code TO inbox_app",
    "GRANT SELECT, INSERT, DELETE ON begun_sign_in TO inbox_app",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
