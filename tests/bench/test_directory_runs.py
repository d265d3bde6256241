"""The benchmark of the directory runs on a small one: everything is imported, found, and counted."""

from tests.bench import directory


async def test_a_small_directory_is_imported_and_every_kind_of_search_is_measured() -> None:
    size = directory.Size(organisations=12, people=30, queries=3)
    found = await directory.measure(size, seed=7)
    assert "12 added" in found["import said"]
    assert "0 added, 0 changed, 0 gone" in found["again said"]
    assert found["register renewed seconds"] > 0  # its turns may all be too short to count
    kinds = set(found["search ms"])
    assert {"handle", "name", "near name", "country", "person", "all"} <= kinds
    assert all(took["p50"] <= took["p95"] <= took["most"] for took in found["search ms"].values())


def test_the_same_seed_draws_the_same_directory() -> None:
    size = directory.Size(organisations=3, people=7)
    assert directory.generate(7, size) == directory.generate(7, size) != directory.generate(8, size)
