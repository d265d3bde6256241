"""The benchmark runs: every figure is there and nothing was lost.  How fast it was is no test's business."""

import json
import math
from pathlib import Path

import pytest

from bot.demo.synapse import Synapse
from tests.bench import figures
from tests.bench.run import Plan, measure, quick

EXPECTED = {
    ("whois", "p50"),
    ("whois", "p95"),
    ("fan-out, first ever", "first copy"),
    ("fan-out, first ever", "last copy"),
    ("fan-out, first ever", "!whois meanwhile"),
    ("fan-out, first after a start", "first copy"),
    ("fan-out, first after a start", "last copy"),
    ("fan-out to 3", "first copy"),
    ("fan-out to 3", "last copy"),
    ("fan-out, first ever", "CPU per 1000 copies"),
    ("fan-out, first after a start", "CPU per 1000 copies"),
    ("fan-out to 3", "CPU per 1000 copies"),
    ("relays", "time per relay"),
    ("relays", "relays per second"),
    ("relays", "p95, queueing"),
    ("burst", "last answer"),
    ("start with 4 rooms", "first answer"),
    ("start with 4 rooms", "every room has its key"),
    ("start with 4 rooms", "CPU until then"),
    ("start with 4 rooms", "memory (RSS) then"),
    ("keys for 4 new devices", "last one has it"),
    ("keys for 4 new devices", "devices without"),
    ("keys for 4 new devices", "!whois meanwhile, p50"),
    ("keys for 4 new devices", "!whois meanwhile, longest"),
    ("keys for 4 new devices", "event loop, longest turn"),
    ("all", "event loop, p99 of turns over 1 ms"),
    ("all", "event loop, longest turn"),
    ("all", "lost messages"),
    ("all", "lost messages, bare bot"),
    ("all", "CPU per 1000 deliveries"),
    ("all", "messages per delivery"),
    ("all", "CPU per idle hour"),
    ("all", "memory (RSS)"),
    ("all", "memory, most"),
    ("all", "start to first answer"),
}


@pytest.mark.homeserver
async def test_every_figure_is_there_and_nothing_is_lost(
    homeserver: Synapse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    found = await measure(quick(Plan()), said.append, homeserver)
    assert {(figure.workload, figure.name) for figure in found} == EXPECTED
    by_name = {figure.name: figure.value for figure in found if figure.workload == "all" or "devices" in figure.name}
    assert by_name["lost messages"] == 0
    assert by_name["lost messages, bare bot"] == 0
    assert by_name["devices without"] == 0
    for figure in found:
        assert math.isfinite(figure.value), figure
        assert figure.floor is None or figure.floor > 0, figure
    figures.show(found, "bench")
    assert "last copy" in capsys.readouterr().out
    file = tmp_path / "figures.json"
    figures.write(found, {"rooms": 3}, file)
    assert len(json.loads(file.read_text())["figures"]) == len(EXPECTED)


def test_percentiles_are_by_nearest_rank() -> None:
    values = [float(n) for n in range(1, 101)]
    assert figures.percentile(values, 50) == 50
    assert figures.percentile(values, 95) == 95
    assert figures.percentile([7.0], 95) == 7
    assert math.isnan(figures.percentile([], 50))


def test_a_ratio_is_of_the_same_round() -> None:
    figure = figures.compared("w", "n", "ms", [10.0, 40.0, 30.0], [10.0, 20.0, 10.0])
    assert figure.by_round == [1.0, 2.0, 3.0]
    assert (figure.value, figure.floor, figure.ratio) == (30.0, 10.0, 2.0)
