"""The tables, and nothing else. Rules about them live on the floors above."""

from inbox.models.audits import ChannelAudit
from inbox.models.base import INSTALL_TABLES, Table
from inbox.models.channels import Channel, ChannelRoute, ChannelSpending, DeletionRequest, OAuthState, PlatformApp
from inbox.models.checks import ReplyCheck
from inbox.models.contacts import ContactField, ContactMerge, ContactNote, ContactTag, ContactValue
from inbox.models.conversations import (
    Contact,
    ContactIdentity,
    Conversation,
    ConversationTag,
    Draft,
    Post,
    ReadMark,
    Tag,
)
from inbox.models.goals import Goal, GoalEdition
from inbox.models.messages import AuditEntry, Idempotency, Mention, Message, MessageRevision, StoredAttachment
from inbox.models.motion import (
    LANES,
    Attempt,
    Episode,
    EpisodePast,
    Event,
    Fact,
    FeedHead,
    FeedReader,
    InboundDelivery,
    InboundEvent,
    InboundKey,
    Lane,
    OutboundMessage,
)
from inbox.models.notices import Notification, NotificationSetting
from inbox.models.rules import Rule, RuleDue, RuleEdition, RuleFiring, RuleLook, RuleTrial
from inbox.models.sweeps import Sweep, SweepRow
from inbox.models.teams import Team, TeamMember
from inbox.models.tenancy import (
    ApiToken,
    Invitation,
    Membership,
    Schedule,
    Session,
    Setting,
    Throttle,
    User,
    Workspace,
)
from inbox.models.terms import Alarm, Calendar, ChannelHours, SlaEdition, SlaRefold
from inbox.models.twins import Apart, Consent, Sign, SignWalk, Twin
from inbox.models.wall_links import WallLink
from inbox.models.webhooks import Webhook, WebhookDelivery
from inbox.models.writing import Macro, SavedReply, SavedView

__all__ = [
    "INSTALL_TABLES",
    "LANES",
    "Alarm",
    "Apart",
    "ApiToken",
    "Attempt",
    "AuditEntry",
    "Calendar",
    "Channel",
    "ChannelAudit",
    "ChannelHours",
    "ChannelRoute",
    "ChannelSpending",
    "Consent",
    "Contact",
    "ContactField",
    "ContactIdentity",
    "ContactMerge",
    "ContactNote",
    "ContactTag",
    "ContactValue",
    "Conversation",
    "ConversationTag",
    "DeletionRequest",
    "Draft",
    "Episode",
    "EpisodePast",
    "Event",
    "Fact",
    "FeedHead",
    "FeedReader",
    "Goal",
    "GoalEdition",
    "Idempotency",
    "InboundDelivery",
    "InboundEvent",
    "InboundKey",
    "Invitation",
    "Lane",
    "Macro",
    "Membership",
    "Mention",
    "Message",
    "MessageRevision",
    "Notification",
    "NotificationSetting",
    "OAuthState",
    "OutboundMessage",
    "PlatformApp",
    "Post",
    "ReadMark",
    "ReplyCheck",
    "Rule",
    "RuleDue",
    "RuleEdition",
    "RuleFiring",
    "RuleLook",
    "RuleTrial",
    "SavedReply",
    "SavedView",
    "Schedule",
    "Session",
    "Setting",
    "Sign",
    "SignWalk",
    "SlaEdition",
    "SlaRefold",
    "StoredAttachment",
    "Sweep",
    "SweepRow",
    "Table",
    "Tag",
    "Team",
    "TeamMember",
    "Throttle",
    "Twin",
    "User",
    "WallLink",
    "Webhook",
    "WebhookDelivery",
    "Workspace",
]
