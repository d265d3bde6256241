"""A look in the Prometheus text format.  Labels are fixed words, so what is exported never grows."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.web.look import Look

CONTENT_TYPE = CONTENT_TYPE_LATEST


def rendered(look: Look) -> bytes:
    """The exposition; what is not known is left out rather than made up."""
    registry = CollectorRegistry()
    registry.register(_Look(look))
    return generate_latest(registry)


class _Look(Collector):
    def __init__(self, look: Look) -> None:
        self._look = look

    def collect(self) -> Iterator[GaugeMetricFamily]:
        look = self._look
        yield _one("uptime_seconds", "Seconds since the process started.", look.uptime)
        yield _one("ready", "1 if /readyz says ready, else 0.", 0 if look.reasons("en") else 1)
        yield _one("database_up", "1 if the database answers, else 0.", 0 if look.stored is None else 1)
        if look.sync_age is not None:
            yield _one("sync_age_seconds", "Seconds since the homeserver last answered a sync.", look.sync_age)
        rooms = GaugeMetricFamily("enlace_rooms", "Encrypted rooms that the bot is in.", labels=["verdict"])
        rooms.add_metric(["ok"], look.rooms_ok)
        rooms.add_metric(["not_ok"], look.rooms_not_ok)
        yield rooms
        if look.stored is None:
            return
        outbox = GaugeMetricFamily("enlace_outbox_rows", "Rows of the outbox that are not final.", labels=["state"])
        for state, count in look.stored.outbox.items():
            outbox.add_metric([state.value], count)
        yield outbox
        waited = look.stored.oldest_queued or 0.0
        yield _one("outbox_oldest_queued_seconds", "Seconds that the oldest queued row has waited; 0: none.", waited)
        yield _one("inbox_waiting_rows", "Messages that came in and are not handled yet.", look.stored.inbox)
        told = 1 if look.stored.silence_told else 0
        yield _one("silence_told", "1 while people were written to about an outage that is not over, else 0.", told)
        yield _one("log_entries", "Entries of the audit log.", look.stored.log_entries)


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"enlace_{name}", text, value=value)
