"""The house: every table, its walls, and the few functions that look over them.

Revision ID: 2026_11_24_the_house
Revises:
"""

from alembic import op

revision = "2026_11_24_the_house"
down_revision = None
branch_labels = None
depends_on = None

TABLES = [
    """CREATE TABLE contact (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        name TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_contact PRIMARY KEY (workspace_id, id)
    )""",
    """CREATE TABLE event (
        workspace_id UUID NOT NULL,
        seq BIGINT NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        conversation_id UUID,
        channel_id UUID,
        user_id UUID,
        body BYTEA NOT NULL,
        CONSTRAINT pk_event PRIMARY KEY (workspace_id, seq, at)
    )
     PARTITION BY RANGE (at)""",
    """CREATE TABLE event_default PARTITION OF event DEFAULT""",
    """CREATE TABLE fact (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        rank SMALLINT NOT NULL,
        tie BIGINT NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        data BYTEA NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_fact PRIMARY KEY (workspace_id, id)
    )""",
    """CREATE INDEX ix_fact_fold ON fact (workspace_id, conversation_id, at, rank, tie)""",
    """CREATE UNIQUE INDEX uq_fact_key ON fact (workspace_id, conversation_id, key)""",
    """CREATE TABLE feed_head (
        workspace_id UUID NOT NULL,
        seq BIGINT DEFAULT 0 NOT NULL,
        min_seq BIGINT DEFAULT 1 NOT NULL,
        epoch UUID NOT NULL,
        CONSTRAINT pk_feed_head PRIMARY KEY (workspace_id)
    )""",
    """CREATE TABLE inbound_delivery (
        received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        id UUID NOT NULL,
        platform TEXT COLLATE "C" NOT NULL,
        app TEXT COLLATE "C" DEFAULT '' NOT NULL,
        source TEXT COLLATE "C" DEFAULT 'webhook' NOT NULL,
        channel_id UUID,
        workspace_id UUID,
        headers BYTEA NOT NULL,
        body BYTEA NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'new' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        done_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_inbound_delivery PRIMARY KEY (received_at, id)
    )
     PARTITION BY RANGE (received_at)""",
    """CREATE INDEX ix_inbound_delivery_new ON inbound_delivery (received_at, id) WHERE state = 'new'""",
    """CREATE INDEX ix_inbound_delivery_quarantined ON inbound_delivery (received_at, id) WHERE state = 'quarantined'""",
    """CREATE TABLE inbound_delivery_default PARTITION OF inbound_delivery DEFAULT""",
    """CREATE TABLE inbound_event (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        channel_id UUID NOT NULL,
        lane SMALLINT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        act TEXT COLLATE "C" NOT NULL,
        external_id TEXT COLLATE "C" NOT NULL,
        payload BYTEA NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'new' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_inbound_event PRIMARY KEY (workspace_id, id)
    )""",
    """CREATE INDEX ix_inbound_event_about ON inbound_event (workspace_id, lane, external_id) WHERE state = 'parked'""",
    """CREATE INDEX ix_inbound_event_lane ON inbound_event (workspace_id, lane, at, act, external_id, id) WHERE state = 'new'""",
    """CREATE INDEX ix_inbound_event_parked ON inbound_event (due_at, workspace_id) WHERE state = 'parked'""",
    """CREATE INDEX ix_inbound_event_quarantined ON inbound_event (workspace_id, recorded_at) WHERE state = 'quarantined'""",
    """CREATE TABLE inbound_key (
        workspace_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        act TEXT COLLATE "C" NOT NULL,
        external_hash BYTEA NOT NULL,
        revision BIGINT NOT NULL,
        CONSTRAINT pk_inbound_key PRIMARY KEY (workspace_id, channel_id, act, external_hash, revision)
    )""",
    """CREATE TABLE schedule (
        name TEXT COLLATE "C" NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ran_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_schedule PRIMARY KEY (name)
    )""",
    """CREATE TABLE setting (
        key TEXT COLLATE "C" NOT NULL,
        value JSONB NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_setting PRIMARY KEY (key)
    )""",
    """CREATE TABLE throttle (
        key TEXT COLLATE "C" NOT NULL,
        count INTEGER NOT NULL,
        until TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_throttle PRIMARY KEY (key)
    )""",
    """CREATE TABLE "user" (
        id UUID NOT NULL,
        email TEXT COLLATE "C" NOT NULL,
        name VARCHAR NOT NULL,
        password_hash TEXT COLLATE "C",
        time_zone TEXT COLLATE "C" DEFAULT 'UTC' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_user PRIMARY KEY (id),
        CONSTRAINT uq_user_email UNIQUE (email)
    )""",
    """CREATE TABLE workspace (
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        slug TEXT COLLATE "C" NOT NULL,
        is_demo BOOLEAN DEFAULT false NOT NULL,
        time_zone TEXT COLLATE "C" DEFAULT 'UTC' NOT NULL,
        undo_seconds INTEGER DEFAULT 10 NOT NULL,
        outbound_stopped_at TIMESTAMP WITH TIME ZONE,
        outbound_stopped_by UUID,
        settings JSONB DEFAULT '{}' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_workspace PRIMARY KEY (id),
        CONSTRAINT uq_workspace_slug UNIQUE (slug)
    )""",
    """CREATE TABLE api_token (
        hash BYTEA NOT NULL,
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        name VARCHAR NOT NULL,
        role TEXT COLLATE "C" NOT NULL,
        agent_id UUID,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_api_token PRIMARY KEY (hash),
        CONSTRAINT uq_api_token_id UNIQUE (id),
        CONSTRAINT fk_api_token_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_api_token_workspace_id ON api_token (workspace_id)""",
    """CREATE TABLE audit_entry (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        by UUID,
        token_id UUID,
        verb TEXT COLLATE "C" NOT NULL,
        conversation_id UUID,
        message_id UUID,
        data JSONB DEFAULT '{}' NOT NULL,
        CONSTRAINT pk_audit_entry PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_audit_entry_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_audit_entry_conversation ON audit_entry (workspace_id, conversation_id, at, id)""",
    """CREATE INDEX ix_audit_entry_time ON audit_entry (workspace_id, at, id)""",
    """CREATE TABLE channel (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        platform TEXT COLLATE "C" NOT NULL,
        external_id TEXT COLLATE "C" NOT NULL,
        name VARCHAR NOT NULL,
        handle TEXT DEFAULT '' NOT NULL,
        app_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
        credentials BYTEA NOT NULL,
        settings JSONB DEFAULT '{}' NOT NULL,
        cursor JSONB DEFAULT '{}' NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'connected' NOT NULL,
        state_reason TEXT DEFAULT '' NOT NULL,
        outbound_stopped BOOLEAN DEFAULT false NOT NULL,
        paused_until TIMESTAMP WITH TIME ZONE,
        connected_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_heard_at TIMESTAMP WITH TIME ZONE,
        poll_due_at TIMESTAMP WITH TIME ZONE,
        poll_lease_until TIMESTAMP WITH TIME ZONE,
        platform_count INTEGER,
        mission TEXT DEFAULT '' NOT NULL,
        owner_id UUID,
        version INTEGER DEFAULT 1 NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_channel PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_channel_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE,
        CONSTRAINT uq_channel_workspace_id_platform_external_id UNIQUE (workspace_id, platform, external_id)
    )""",
    """CREATE INDEX ix_channel_poll ON channel (poll_due_at) WHERE state = 'connected'""",
    """CREATE TABLE channel_route (
        platform TEXT COLLATE "C" NOT NULL,
        external_id TEXT COLLATE "C" NOT NULL,
        workspace_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        CONSTRAINT pk_channel_route PRIMARY KEY (platform, external_id, workspace_id, channel_id),
        CONSTRAINT fk_channel_route_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE contact_identity (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        contact_id UUID NOT NULL,
        platform TEXT COLLATE "C" NOT NULL,
        external_id TEXT COLLATE "C" NOT NULL,
        name TEXT DEFAULT '' NOT NULL,
        handle TEXT DEFAULT '' NOT NULL,
        avatar_url TEXT DEFAULT '' NOT NULL,
        name_key TEXT COLLATE "C" GENERATED ALWAYS AS (lower(left(name, 100))) STORED NOT NULL,
        handle_key TEXT COLLATE "C" GENERATED ALWAYS AS (lower(left(ltrim(handle, '@'), 100))) STORED NOT NULL,
        nameless BOOLEAN DEFAULT false NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_contact_identity PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_contact_identity_workspace_id_contact_id FOREIGN KEY(workspace_id, contact_id) REFERENCES contact (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT uq_contact_identity_workspace_id_platform_external_id UNIQUE (workspace_id, platform, external_id)
    )""",
    """CREATE INDEX ix_contact_identity_handle ON contact_identity (workspace_id, handle_key, id)""",
    """CREATE INDEX ix_contact_identity_name ON contact_identity (workspace_id, name_key, id)""",
    """CREATE INDEX ix_contact_identity_nameless ON contact_identity (workspace_id, id) WHERE nameless""",
    """CREATE INDEX ix_contact_identity_workspace_id_contact_id ON contact_identity (workspace_id, contact_id)""",
    """CREATE TABLE idempotency (
        workspace_id UUID NOT NULL,
        actor TEXT COLLATE "C" NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        body_hash BYTEA NOT NULL,
        message_id UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_idempotency PRIMARY KEY (workspace_id, actor, key),
        CONSTRAINT fk_idempotency_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_idempotency_created_at ON idempotency (created_at)""",
    """CREATE TABLE invitation (
        hash BYTEA NOT NULL,
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        email TEXT COLLATE "C" NOT NULL,
        role TEXT COLLATE "C" NOT NULL,
        invited_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        accepted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_invitation PRIMARY KEY (hash),
        CONSTRAINT uq_invitation_id UNIQUE (id),
        CONSTRAINT fk_invitation_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_invitation_workspace_id ON invitation (workspace_id)""",
    """CREATE TABLE lane (
        workspace_id UUID NOT NULL,
        lane SMALLINT NOT NULL,
        CONSTRAINT pk_lane PRIMARY KEY (workspace_id, lane),
        CONSTRAINT fk_lane_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE membership (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        user_id UUID NOT NULL,
        name VARCHAR NOT NULL,
        email TEXT COLLATE "C" NOT NULL,
        role TEXT COLLATE "C" NOT NULL,
        active BOOLEAN DEFAULT true NOT NULL,
        channel_ids UUID[],
        access_version INTEGER DEFAULT 1 NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_membership PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_membership_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE,
        CONSTRAINT fk_membership_user_id FOREIGN KEY(user_id) REFERENCES "user" (id) ON DELETE CASCADE,
        CONSTRAINT uq_membership_workspace_id_user_id UNIQUE (workspace_id, user_id)
    )""",
    """CREATE INDEX ix_membership_user_id ON membership (user_id)""",
    """CREATE TABLE platform_app (
        platform TEXT COLLATE "C" NOT NULL,
        id TEXT COLLATE "C" NOT NULL,
        workspace_id UUID,
        vendor_id TEXT DEFAULT '' NOT NULL,
        secrets BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_platform_app PRIMARY KEY (platform, id),
        CONSTRAINT fk_platform_app_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE session (
        id BYTEA NOT NULL,
        name UUID NOT NULL,
        user_id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        csrf TEXT COLLATE "C" NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        address TEXT DEFAULT '' NOT NULL,
        browser TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_session PRIMARY KEY (id),
        CONSTRAINT fk_session_user_id FOREIGN KEY(user_id) REFERENCES "user" (id) ON DELETE CASCADE,
        CONSTRAINT fk_session_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_session_expires_at ON session (expires_at)""",
    """CREATE INDEX ix_session_user_id ON session (user_id)""",
    """CREATE TABLE tag (
        workspace_id UUID NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_tag PRIMARY KEY (workspace_id, name),
        CONSTRAINT fk_tag_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE conversation (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        channel_id UUID NOT NULL,
        platform TEXT COLLATE "C" NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        thread_key TEXT COLLATE "C" NOT NULL,
        provisional BOOLEAN DEFAULT false NOT NULL,
        status TEXT COLLATE "C" DEFAULT 'open' NOT NULL,
        priority SMALLINT DEFAULT 0 NOT NULL,
        assignee_id UUID,
        identity_id UUID,
        participants INTEGER DEFAULT 0 NOT NULL,
        post_id UUID,
        linked_id UUID,
        preview TEXT DEFAULT '' NOT NULL,
        preview_by TEXT COLLATE "C" DEFAULT 'customer' NOT NULL,
        message_count INTEGER DEFAULT 0 NOT NULL,
        problems INTEGER DEFAULT 0 NOT NULL,
        last_message_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_inbound_at TIMESTAMP WITH TIME ZONE,
        waiting_since TIMESTAMP WITH TIME ZONE,
        waiting_count INTEGER DEFAULT 0 NOT NULL,
        waiting_rank DOUBLE PRECISION DEFAULT 0 NOT NULL,
        imported BOOLEAN DEFAULT false NOT NULL,
        snoozed_until TIMESTAMP WITH TIME ZONE,
        snoozed_by UUID,
        resolved_at TIMESTAMP WITH TIME ZONE,
        reply_window_until TIMESTAMP WITH TIME ZONE,
        replyable BOOLEAN DEFAULT true NOT NULL,
        permalink TEXT DEFAULT '' NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_conversation PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_conversation_workspace_id_channel_id FOREIGN KEY(workspace_id, channel_id) REFERENCES channel (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT uq_conversation_workspace_id_channel_id_thread_key_kind UNIQUE (workspace_id, channel_id, thread_key, kind)
    )""",
    """CREATE INDEX ix_conversation_channel ON conversation (workspace_id, status, channel_id, kind, waiting_rank, id)""",
    """CREATE INDEX ix_conversation_identity ON conversation (workspace_id, identity_id)""",
    """CREATE INDEX ix_conversation_imported ON conversation (workspace_id, waiting_rank, id) WHERE imported""",
    """CREATE INDEX ix_conversation_mine ON conversation (workspace_id, assignee_id, status, waiting_rank, id)""",
    """CREATE INDEX ix_conversation_post ON conversation (workspace_id, post_id) WHERE post_id IS NOT NULL""",
    """CREATE INDEX ix_conversation_problem ON conversation (workspace_id, waiting_rank, id) WHERE problems > 0""",
    """CREATE INDEX ix_conversation_snooze ON conversation (snoozed_until) WHERE status = 'snoozed'""",
    """CREATE INDEX ix_conversation_waiting ON conversation (workspace_id, status, waiting_rank, id)""",
    """CREATE UNIQUE INDEX uq_conversation_provisional ON conversation (workspace_id, channel_id, thread_key) WHERE provisional""",
    """CREATE TABLE post (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        channel_id UUID NOT NULL,
        external_id TEXT COLLATE "C" NOT NULL,
        text TEXT DEFAULT '' NOT NULL,
        permalink TEXT DEFAULT '' NOT NULL,
        picture_url TEXT DEFAULT '' NOT NULL,
        at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_post PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_post_workspace_id_channel_id FOREIGN KEY(workspace_id, channel_id) REFERENCES channel (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT uq_post_workspace_id_channel_id_external_id UNIQUE (workspace_id, channel_id, external_id)
    )""",
    """CREATE TABLE conversation_tag (
        workspace_id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        CONSTRAINT pk_conversation_tag PRIMARY KEY (workspace_id, conversation_id, name),
        CONSTRAINT fk_conversation_tag_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id) REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_conversation_tag_workspace_id_name_conversation_id ON conversation_tag (workspace_id, name, conversation_id)""",
    """CREATE TABLE draft (
        workspace_id UUID NOT NULL,
        user_id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        visibility TEXT COLLATE "C" NOT NULL,
        text VARCHAR NOT NULL,
        reply_to UUID,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_draft PRIMARY KEY (workspace_id, user_id, conversation_id),
        CONSTRAINT fk_draft_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id) REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE TABLE episode (
        workspace_id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        channel_id UUID NOT NULL,
        author TEXT COLLATE "C" NOT NULL,
        before_connection BOOLEAN NOT NULL,
        state TEXT COLLATE "C" NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        case_key TEXT COLLATE "C" NOT NULL,
        case_number INTEGER NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        opening_item TEXT COLLATE "C" NOT NULL,
        opened_as_seen BOOLEAN NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        items TEXT[] NOT NULL,
        waiting_items TEXT[] NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        cause TEXT COLLATE "C" NOT NULL,
        ended_by TEXT COLLATE "C" NOT NULL,
        answer TEXT COLLATE "C" NOT NULL,
        customer_waited INTERVAL,
        team_took INTERVAL,
        clamped BOOLEAN NOT NULL,
        team_clamped BOOLEAN NOT NULL,
        agent TEXT COLLATE "C" NOT NULL,
        team TEXT COLLATE "C" NOT NULL,
        closed_unanswered BOOLEAN NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        depends_from TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_episode PRIMARY KEY (workspace_id, conversation_id, key),
        CONSTRAINT fk_episode_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id) REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_episode_opened ON episode (workspace_id, channel_id, opened_at)""",
    """CREATE INDEX ix_episode_waiting ON episode (workspace_id, opened_at) WHERE state = 'waiting'""",
    """CREATE TABLE message (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        direction TEXT COLLATE "C" NOT NULL,
        visibility TEXT COLLATE "C" NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        external_id TEXT COLLATE "C",
        parent_external_id TEXT COLLATE "C",
        parent_id UUID,
        identity_id UUID,
        agent_id UUID,
        elsewhere TEXT COLLATE "C" DEFAULT '' NOT NULL,
        text TEXT DEFAULT '' NOT NULL,
        language TEXT COLLATE "C" DEFAULT '' NOT NULL,
        attachments JSONB DEFAULT '[]' NOT NULL,
        rating SMALLINT,
        unsupported TEXT DEFAULT '' NOT NULL,
        named TEXT[] DEFAULT '{}' NOT NULL,
        permalink TEXT DEFAULT '' NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        edited_at TIMESTAMP WITH TIME ZONE,
        deleted_at TIMESTAMP WITH TIME ZONE,
        deleted_by TEXT COLLATE "C" DEFAULT '' NOT NULL,
        hidden BOOLEAN DEFAULT false NOT NULL,
        hidden_at TIMESTAMP WITH TIME ZONE,
        liked BOOLEAN DEFAULT false NOT NULL,
        liked_at TIMESTAMP WITH TIME ZONE,
        needs_reply BOOLEAN DEFAULT false NOT NULL,
        needs_reply_reason TEXT DEFAULT '' NOT NULL,
        answered BOOLEAN DEFAULT false NOT NULL,
        before_connection BOOLEAN DEFAULT false NOT NULL,
        delivery TEXT COLLATE "C",
        delivery_reason TEXT DEFAULT '' NOT NULL,
        delivery_error TEXT COLLATE "C" DEFAULT '' NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE,
        delivered_at TIMESTAMP WITH TIME ZONE,
        read_at TIMESTAMP WITH TIME ZONE,
        answers UUID[] DEFAULT '{}' NOT NULL,
        revisions INTEGER DEFAULT 0 NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_message PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_message_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id) REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_message_agent ON message (workspace_id, agent_id, channel_id, at, id) WHERE agent_id IS NOT NULL AND delivery = 'sent'""",
    """CREATE INDEX ix_message_agent_kind ON message (workspace_id, agent_id, kind, channel_id, at, id) WHERE agent_id IS NOT NULL AND delivery = 'sent'""",
    """CREATE INDEX ix_message_elsewhere ON message (workspace_id, channel_id, at) WHERE elsewhere <> ''""",
    """CREATE INDEX ix_message_orphan ON message (workspace_id, channel_id, parent_external_id) WHERE parent_external_id IS NOT NULL AND parent_id IS NULL""",
    """CREATE INDEX ix_message_thread ON message (workspace_id, conversation_id, at, id)""",
    """CREATE UNIQUE INDEX uq_message_external ON message (workspace_id, channel_id, external_id) WHERE external_id IS NOT NULL""",
    """CREATE TABLE outbound_message (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        message_id UUID NOT NULL,
        action TEXT COLLATE "C" NOT NULL,
        group_id UUID,
        part SMALLINT DEFAULT 0 NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'queued' NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        fence INTEGER DEFAULT 0 NOT NULL,
        lease_until TIMESTAMP WITH TIME ZONE,
        attempts INTEGER DEFAULT 0 NOT NULL,
        correlation TEXT COLLATE "C" NOT NULL,
        minted TEXT COLLATE "C" DEFAULT '' NOT NULL,
        target_id UUID,
        seen_at TIMESTAMP WITH TIME ZONE,
        seen_id UUID,
        asked_by UUID,
        token_id UUID,
        and_resolve BOOLEAN DEFAULT false NOT NULL,
        error TEXT COLLATE "C" DEFAULT '' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        look_at TIMESTAMP WITH TIME ZONE,
        looks SMALLINT DEFAULT 0 NOT NULL,
        absent_since TIMESTAMP WITH TIME ZONE,
        unknown_since TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        sent_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_outbound_message PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_outbound_message_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id) REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_outbound_due ON outbound_message (workspace_id, due_at, id) WHERE state = 'queued'""",
    """CREATE INDEX ix_outbound_lease ON outbound_message (lease_until) WHERE state = 'sending'""",
    """CREATE INDEX ix_outbound_look ON outbound_message (workspace_id, look_at) WHERE look_at IS NOT NULL""",
    """CREATE INDEX ix_outbound_thread ON outbound_message (workspace_id, conversation_id) WHERE state IN ('queued', 'sending', 'unknown', 'needs_decision')""",
    """CREATE TABLE read_mark (
        workspace_id UUID NOT NULL,
        user_id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_read_mark PRIMARY KEY (workspace_id, user_id, conversation_id),
        CONSTRAINT fk_read_mark_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id) REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE TABLE attempt (
        workspace_id UUID NOT NULL,
        outbound_id UUID NOT NULL,
        fence INTEGER NOT NULL,
        platform TEXT COLLATE "C" NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        outcome TEXT COLLATE "C" DEFAULT '' NOT NULL,
        detail TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_attempt PRIMARY KEY (workspace_id, outbound_id, fence),
        CONSTRAINT fk_attempt_workspace_id_outbound_id FOREIGN KEY(workspace_id, outbound_id) REFERENCES outbound_message (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_attempt_sent ON attempt (workspace_id, platform, started_at) WHERE outcome = 'sent'""",
    """CREATE TABLE message_revision (
        workspace_id UUID NOT NULL,
        message_id UUID NOT NULL,
        revision INTEGER NOT NULL,
        text VARCHAR NOT NULL,
        attachments JSONB DEFAULT '[]' NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_message_revision PRIMARY KEY (workspace_id, message_id, revision),
        CONSTRAINT fk_message_revision_workspace_id_message_id FOREIGN KEY(workspace_id, message_id) REFERENCES message (workspace_id, id) ON DELETE CASCADE
    )""",
]

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
TENANTS = [
    "contact",
    "event",
    "fact",
    "inbound_event",
    "inbound_key",
    "workspace",
    "audit_entry",
    "channel",
    "contact_identity",
    "idempotency",
    "lane",
    "membership",
    "tag",
    "conversation",
    "post",
    "conversation_tag",
    "draft",
    "episode",
    "message",
    "outbound_message",
    "read_mark",
    "attempt",
    "message_revision",
]

WALLS = [
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "contact" TO inbox_app',
    'GRANT SELECT, INSERT ON "event" TO inbox_app',
    'GRANT SELECT, INSERT ON "fact" TO inbox_app',
    'GRANT UPDATE (conversation_id) ON "fact" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE ON "feed_head" TO inbox_app',
    'GRANT SELECT (workspace_id, seq, min_seq, epoch) ON "feed_head" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE ON "inbound_delivery" TO inbox_intake',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "inbound_event" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "inbound_event" TO inbox_intake',
    'CREATE POLICY claim ON "inbound_event" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (workspace_id, lane, state, due_at) ON "inbound_event" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "inbound_key" TO inbox_app',
    'GRANT SELECT, INSERT ON "inbound_key" TO inbox_intake',
    'GRANT SELECT, INSERT, UPDATE ON "schedule" TO inbox_app',
    'GRANT SELECT (name, due_at, ran_at) ON "schedule" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE ON "setting" TO inbox_app',
    'GRANT SELECT ON "setting" TO inbox_intake',
    'GRANT SELECT (key, value) ON "setting" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "throttle" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE ON "user" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "workspace" TO inbox_app',
    'CREATE POLICY claim ON "workspace" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (id, is_demo, outbound_stopped_at) ON "workspace" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE ON "api_token" TO inbox_app',
    'GRANT SELECT, INSERT ON "audit_entry" TO inbox_app',
    'GRANT UPDATE (conversation_id) ON "audit_entry" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "channel" TO inbox_app',
    'GRANT SELECT ON "channel" TO inbox_intake',
    'CREATE POLICY claim ON "channel" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (workspace_id, id, platform, state, poll_due_at, poll_lease_until) ON "channel" TO inbox_claim',
    'GRANT SELECT, INSERT, DELETE ON "channel_route" TO inbox_app',
    'GRANT SELECT ON "channel_route" TO inbox_intake',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "contact_identity" TO inbox_app',
    'CREATE POLICY claim ON "contact_identity" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (workspace_id, id, nameless) ON "contact_identity" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "invitation" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "lane" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "membership" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE ON "platform_app" TO inbox_app',
    'GRANT SELECT ON "platform_app" TO inbox_intake',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "session" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "tag" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "conversation" TO inbox_app',
    'CREATE POLICY claim ON "conversation" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (workspace_id, id, status, snoozed_until) ON "conversation" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "post" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "conversation_tag" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "draft" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "episode" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "message" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "outbound_message" TO inbox_app',
    'CREATE POLICY claim ON "outbound_message" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (workspace_id, id, channel_id, state, due_at, look_at, lease_until) ON "outbound_message" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "read_mark" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "attempt" TO inbox_app',
    'GRANT SELECT, INSERT ON "message_revision" TO inbox_app',
]

FUNCTIONS = [
    # Sign-in must find a person's workspaces before it is inside one.
    """CREATE FUNCTION workspaces_of(person uuid)
    RETURNS TABLE (workspace_id uuid, name text, slug text, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
        SELECT w.id, w.name, w.slug, m.role FROM membership m JOIN workspace w ON w.id = m.workspace_id
        WHERE m.user_id = person AND m.active ORDER BY w.created_at, w.id
    $$""",
    # Days are made ahead by whoever starts; the default partition is a net, not a home.
    """CREATE FUNCTION make_days(ahead int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    DECLARE day date; parent text; child text; made int := 0;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('earshot days'));
        FOREACH parent IN ARRAY ARRAY['inbound_delivery', 'event'] LOOP
            FOR day IN SELECT generate_series(current_date - 1, current_date + ahead, interval '1 day')::date LOOP
                child := parent || '_' || to_char(day, 'YYYYMMDD');
                IF to_regclass('public.' || child) IS NULL THEN
                    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                        child, parent, day::timestamptz, (day + 1)::timestamptz);
                    made := made + 1;
                END IF;
            END LOOP;
        END LOOP;
        RETURN made;
    END $$""",
    # Which cluster this is, so that a restored backup is noticed before anything is sent from it.
    """CREATE FUNCTION cluster_identity() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
        SELECT s.system_identifier || '/' || c.timeline_id || '/' || d.oid
        FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d WHERE d.datname = current_database()
    $$""",
    "REVOKE ALL ON FUNCTION workspaces_of(uuid), make_days(int), cluster_identity() FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION workspaces_of(uuid) TO inbox_app",
    "GRANT EXECUTE ON FUNCTION make_days(int) TO inbox_claim",
    "GRANT EXECUTE ON FUNCTION cluster_identity() TO inbox_app, inbox_claim",
    "GRANT USAGE ON SCHEMA public TO inbox_app, inbox_intake, inbox_claim",
    "SET timezone = 'UTC'",
    "SELECT make_days(35)",
]


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table in TENANTS:
        column = "id" if table == "workspace" else "workspace_id"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake"
            f" USING ({column} = {HERE}) WITH CHECK ({column} = {HERE})"
        )
    for statement in WALLS + FUNCTIONS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
