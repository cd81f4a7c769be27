"""What the benchmarks' ratios are meant to be. Nothing is said of seconds: machines differ."""

from report import flags, found, medians, shorter

NOISE = 0.95  # of a ratio that is meant to be 1
GROWTH, GROWTH_BY_STRIPS = 4.5, 6  # of a step, for twice the side
MEMORY = 6  # GB


def missed(results):
    """The ratios that are not as meant, a sentence each."""
    judged = [*_steps(results), *_growth(results), *_memory(results), *_losses(results)]
    return [f"{what}: {value:.2f}, meant at least {least}" for what, value, least in judged if value < least]


def _times(results):
    return {(network, size): medians(result) for network, size, result, _ in found(results, "steps")}


def _fast(way):
    """Whether a way is meant to be as fast as it is with AMX."""
    return "auto" in way and "amx_bf16" in flags()


def _steps(results):
    times = _times(results).get(("random", 512), {})
    for way in times.keys() - {"plain"}:
        yield f"VGG19 at 512 px, plain loop / {way}", times["plain"] / times[way], 3.5 if _fast(way) else NOISE


def _growth(results):
    times = _times(results)
    for (network, size), now in times.items():
        before, most = times.get((network, size // 2), {}), GROWTH_BY_STRIPS if size > 1024 else GROWTH
        for way in now.keys() & before.keys():
            yield f"{network} at {size} px, {most} times half the side / {way}", most * before[way] / now[way], 1


def _memory(results):
    for network, size, result, way in found(results, "memory"):
        if way != "plain":
            yield f"{network} at {size} px, {MEMORY} GB / {way}", MEMORY / result["peak"], 1


def _losses(results):
    times = _times(results).get(("random", 512))
    for pair, ways in results.get("loss", {}).items():
        for way, reached in ways.items():
            seconds = times or {"plain": 1, way: 1}  # not timed: a step counts as one of the plain loop's
            for share, least in (("1.05", 20 if _fast(way) else 6), ("1.01", 12 if _fast(way) else 3)):
                value = shorter(seconds, way, reached[share]) if share in reached else 0
                yield f"{pair}, {way}, within {share} of the plain loop's loss", value, least
