"""Whose number a token is for, what it may do, and whether it is told what happens."""

from inbox.platforms.base import App, Attachment, ErrorClass, Media, NotHere, Receipt, Refused, Unknown
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.subscriptions import app_listens
from inbox.platforms.reading import identity, instant, record, records, words
from inbox.platforms.whatsapp.webhooks import ABOUT, FIELDS

SCOPES = {
    "whatsapp_business_messaging": "Messages cannot be read or answered.",
    "whatsapp_business_management": "Templates cannot be listed, and webhooks cannot be subscribed.",
}
WITH_BYTES = frozenset({"image", "video", "audio", "file", "sticker"})


async def check(graph: Graph) -> Receipt:
    """What WhatsApp says about this number and token. Raises NotHere."""
    wanted = graph.account.external_id or str(graph.account.credentials.get("phone_number_id") or "").strip()
    number = safe_id(wanted)
    if not number:
        raise NotHere(ErrorClass.INVALID, "The phone number id is missing, or is none: it is digits alone.")
    told = await graph.get(number, fields="id,display_phone_number,verified_name,quality_rating,name_status")
    external_id = identity(told.get("id"))
    if external_id != number:
        raise NotHere(ErrorClass.INVALID, f"This token knows number {external_id or 'none'}, not {number}.")
    granted, missing = await _scopes(graph)
    missing += await _deaf(graph)
    if words(told.get("quality_rating")).upper() == "RED":
        missing.append("WhatsApp rates the quality of this number low: people block or report it.")
    if words(told.get("name_status")).upper() in ("DECLINED", "EXPIRED"):
        missing.append("WhatsApp has not approved this number's display name.")
    phone = words(told.get("display_phone_number"))
    return Receipt(
        external_id=external_id,
        name=words(told.get("verified_name")) or phone,
        handle=phone,
        granted=granted,
        missing=missing,
    )


async def _scopes(graph: Graph) -> tuple[list[str], list[str]]:
    account = graph.account
    secret = next((one for one in account.app_secrets if one), "")
    asking = graph.as_app(account.app_id, secret) if account.app_id and secret else graph
    try:
        token = str(account.credentials.get("access_token") or "")
        told = record((await asking.get("debug_token", input_token=token)).get("data"))
    except NotHere as refusal:
        if refusal.error is ErrorClass.TRANSIENT:
            raise
        return [], [f"Meta does not show what this token may do: {refusal.message}"]
    if told.get("is_valid") is False:
        raise NotHere(ErrorClass.AUTH_EXPIRED, "Meta says this token is no longer valid: connect the number again.")
    scopes = told.get("scopes")
    granted = [scope for scope in map(words, scopes if isinstance(scopes, list) else []) if scope]
    missing = [f"{scope} is not granted. {loss}" for scope, loss in SCOPES.items() if scope not in granted]
    if ends := instant(told.get("expires_at")):
        missing.append(f"This token ends on {ends:%Y-%m-%d}: a system user's token need not end.")
    return granted, missing


async def _deaf(graph: Graph) -> list[str]:
    waba = _waba(graph)
    if not waba:
        return ["The WhatsApp Business Account id is missing, or is none: it is digits alone."]
    try:
        subscribed = await _subscribed(graph, waba, graph.account.app_id)
    except NotHere as refusal:
        if refusal.error is ErrorClass.TRANSIENT:
            raise
        return [f"WhatsApp does not show whom the business account tells what happens: {refusal.message}"]
    return [] if subscribed else ["The business account does not tell the app what happens: no message would arrive."]


async def listen(graph: Graph, app: App, callback: str) -> list[str]:
    """See that the app's callback is ours and the business account tells the app. Raises NotHere."""
    missing = await app_listens(graph, app, ABOUT, FIELDS, callback)
    waba = _waba(graph)
    if not waba:
        return [*missing, "The WhatsApp Business Account id is missing: connect the number again."]
    if await _subscribed(graph, waba, graph.account.app_id):
        return missing
    answer = await graph.write("POST", f"{waba}/subscribed_apps", {})
    if isinstance(answer, Refused):
        return [*missing, f"WhatsApp did not let the business account tell the app what happens: {answer.message}"]
    if isinstance(answer, Unknown):
        raise NotHere(ErrorClass.TRANSIENT, answer.reason)
    return missing


async def locate(graph: Graph, attachment: Attachment) -> Media | None:
    """Where a file is for some minutes, and the key to it. None if WhatsApp has it no more. Raises NotHere."""
    media, number = safe_id(attachment.external_id), safe_id(graph.account.external_id)
    if attachment.type not in WITH_BYTES or not media:
        return None
    try:
        told = await graph.get(media, **({"phone_number_id": number} if number else {}))
    except NotHere as refusal:
        if refusal.error in (ErrorClass.PARENT_GONE, ErrorClass.INVALID):
            return None
        raise
    url, token = words(told.get("url")), str(graph.account.credentials.get("access_token") or "")
    return Media(url, {"Authorization": f"Bearer {token}"}) if url.startswith(("https://", "http://")) else None


async def _subscribed(graph: Graph, waba: str, app_id: str) -> bool:
    apps = records((await graph.get(f"{waba}/subscribed_apps")).get("data"))
    ids = [identity(record(app.get("whatsapp_business_api_data")).get("id")) for app in apps]
    return app_id in ids if app_id else bool(ids)


def _waba(graph: Graph) -> str:
    return safe_id(str(graph.account.credentials.get("waba_id") or "").strip())
