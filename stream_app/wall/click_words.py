"""What the page of a one-click link says, in German and English."""

from typing import Final

LANGUAGES: Final = ("en", "de")
WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "acknowledge": "Acknowledge this alert?",
        "acknowledge_means": "It says that somebody takes care of it. No more reminders until that expires.",
        "acknowledge_button": "Acknowledge",
        "acknowledge_done": "Acknowledged",
        "snooze": "Snooze this alert for {minutes} minutes?",
        "snooze_means": "It is quiet for that long. Then it fires again, unless it is over.",
        "snooze_button": "Snooze",
        "snooze_done": "Snoozed",
        "done_means": "Written down. The alert shows it in a moment.",
        "already_acknowledged": "Acknowledged already",
        "already_snoozed": "Snoozed already",
        "already_means": "By {actor}. Nothing is left to do here.",
        "over": "This alert is over",
        "over_means": "It has ended by itself. Nothing is left to do.",
        "ended": "This link has ended",
        "ended_means": "Links are good for seven days. Open the wall screen to act on the alert.",
        "forged": "This link is not valid",
        "forged_means": "It was cut short or changed, or its secret has been replaced. Use the newest message.",
        "unread": "Not ready yet",
        "unread_means": "The wall has not read the alerts yet. Try again in a moment.",
        "failed": "That did not work",
        "failed_means": "The command could not be written down. Try again.",
        "busy": "Too many at once",
        "busy_means": "Wait a minute and try again.",
        "rule": "Rule",
        "about": "About",
        "since": "Since",
        "again": "Try again",
    },
    "de": {
        "acknowledge": "Diesen Alarm übernehmen?",
        "acknowledge_means": "Damit kümmert sich jemand. Bis das abläuft, wird nicht mehr erinnert.",
        "acknowledge_button": "Übernehmen",
        "acknowledge_done": "Übernommen",
        "snooze": "Diesen Alarm {minutes} Minuten zurückstellen?",
        "snooze_means": "So lange ist er still. Danach meldet er sich wieder, falls er nicht vorbei ist.",
        "snooze_button": "Zurückstellen",
        "snooze_done": "Zurückgestellt",
        "done_means": "Festgehalten. Der Alarm zeigt es gleich.",
        "already_acknowledged": "Schon übernommen",
        "already_snoozed": "Schon zurückgestellt",
        "already_means": "Von {actor}. Hier ist nichts mehr zu tun.",
        "over": "Dieser Alarm ist vorbei",
        "over_means": "Er hat von selbst geendet. Es ist nichts mehr zu tun.",
        "ended": "Dieser Link ist abgelaufen",
        "ended_means": "Links gelten sieben Tage. Auf der Anzeige lässt sich der Alarm bearbeiten.",
        "forged": "Dieser Link ist ungültig",
        "forged_means": "Er ist gekürzt oder verändert, oder sein Geheimnis wurde ersetzt. Bitte die neueste Nachricht nehmen.",
        "unread": "Noch nicht bereit",
        "unread_means": "Die Alarme sind noch nicht gelesen. Bitte gleich noch einmal versuchen.",
        "failed": "Das hat nicht geklappt",
        "failed_means": "Es konnte nicht festgehalten werden. Bitte noch einmal versuchen.",
        "busy": "Zu viele auf einmal",
        "busy_means": "Bitte nach einer Minute noch einmal versuchen.",
        "rule": "Regel",
        "about": "Worum es geht",
        "since": "Seit",
        "again": "Noch einmal",
    },
}  # fmt: skip


def preferred(header: str) -> str:
    """The language of an `Accept-Language` that we have and that is wanted most; else English."""
    best = ("en", 0.0)
    for part in header[:1000].split(","):
        name, _, weight = part.partition(";q=")
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES and _weight(weight) > best[1]:
            best = (language, _weight(weight))
    return best[0]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
