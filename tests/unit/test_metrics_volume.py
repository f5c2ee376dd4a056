"""The volume of every channel at /metrics."""

from stream_app.domain.volume_words import Reading
from tests.support.worker_fakes import FakeChannels, FakeRuntime, partition
from tests.unit.test_metrics_collector import scrape, value


def test_the_volume_of_a_channel_is_exported_with_its_band_and_its_verdict() -> None:
    readings = {
        ("acme", "whatsapp"): Reading("spike", 84, 31.2, 22, 41),
        ("acme", "email"): Reading("learning", 7),
        ("acme", "phone"): Reading(),
    }
    samples = scrape(FakeRuntime([partition("channels", 0, FakeChannels(readings=readings))]))
    figures = ("", "_expected", "_low", "_high")
    names = [f"engagement_volume{figure}_messages" for figure in figures]
    assert [value(samples, name, channel="whatsapp") for name in names] == [84, 31.2, 22, 41]
    assert [value(samples, name, channel="email") for name in names] == [7, None, None, None]
    assert [value(samples, name, channel="phone") for name in names] == [None] * 4
    verdict = "engagement_volume_verdict"
    assert value(samples, verdict, channel="whatsapp", verdict="spike") == 1
    assert value(samples, verdict, channel="whatsapp", verdict="drop") == 0
    assert value(samples, verdict, channel="phone", verdict="unknown") == 1


def test_a_partition_that_is_being_restored_says_nothing_of_volumes() -> None:
    job = FakeChannels(readings={("acme", "whatsapp"): Reading("normal", 30, 31.2, 22, 41)})
    samples = scrape(FakeRuntime([partition("channels", 0, job, recovering=True)]))
    assert value(samples, "engagement_volume_messages", channel="whatsapp") is None
