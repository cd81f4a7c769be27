"""The benchmarks' table and plot, from the figures in results.json."""

import platform
from pathlib import Path
from statistics import median


def write(results, folder):
    """Write table.md and plot.png to the folder; returns the table."""
    text = "\n".join(
        [f"Processor: {_processor()}.", "", *_steps(results), "", *_memory(results), "", *_losses(results)]
    )
    (folder / "table.md").write_text(text + "\n")
    _plot(results, folder / "plot.png")
    return text


def medians(result):
    return {way: median(seconds) for way, seconds in result["seconds"].items() if seconds}


def shorter(times, way, evaluations):
    """How many times less time these evaluations take than the plain loop's thousand, by the medians of a step."""
    return 1000 * times["plain"] / (evaluations * times[way])


def found(results, kind):
    """(network, size, figures) of what was measured, smallest first."""
    keys = sorted((k.split() for k in results if k.startswith(kind)), key=lambda k: (k[1], int(k[2])))
    return [(k[1], int(k[2]), results[" ".join(k)], " ".join(k[3:])) for k in keys]


def _steps(results):
    lines = [
        "| network, pixels | way | seconds a step | plain loop / it | half the side: × | load |",
        "| - | - | - | - | - | - |",
    ]
    before = {}
    for network, size, result, _ in found(results, "steps"):
        for way, seconds in (now := medians(result)).items():
            faster = f"{now['plain'] / seconds:.2f}" if "plain" in now else "–"
            half = before.get((network, size // 2), {}).get(way)
            growth = f"{seconds / half:.2f}" if half else "–"
            lines.append(f"| {network} {size} | {way} | {seconds:.3f} | {faster} | {growth} | {result['load']:.1f} |")
        before[network, size] = now
    return lines


def _memory(results):
    lines = ["| network, pixels | way | peak memory, GB |", "| - | - | - |"]
    lines += [f"| {n} {size} | {way} | {r['peak']:.2f} |" for n, size, r, way in found(results, "memory")]
    return lines


def _losses(results):
    """Evaluations to the plain loop's loss, and the times that follow with each network's seconds a step."""
    lines = [
        "| pair | way | within | evaluations of 1000 | shorter, embedded | shorter, VGG19 |",
        "| - | - | - | - | - | - |",
    ]
    times = {n: medians(results[f"steps {n} 512"]) for n in ("embedded", "random") if f"steps {n} 512" in results}
    for pair, ways in results.get("loss", {}).items():
        for way, reached in ways.items():
            for share, evaluations in reached.items():
                ratios = [
                    f"{shorter(times[n], way, evaluations):.1f} ×" if n in times else "–"
                    for n in ("embedded", "random")
                ]
                within = f"{100 * (float(share) - 1):.0f} %"
                lines.append(f"| {pair} | {way} | {within} | {evaluations} | {ratios[0]} | {ratios[1]} |")
    return lines


def _plot(results, path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    points = {}
    for network, size, result, _ in found(results, "steps"):
        for way, seconds in medians(result).items():
            points.setdefault((network, way), []).append((size, seconds))
    colours = {"plain": "#000000", "adam float32": "#0072B2", "lbfgs float32": "#56B4E9"}
    colours |= {"adam auto": "#D55E00", "lbfgs auto": "#E69F00"}
    for (network, way), values in points.items():
        style = "-" if network == "random" else "--"
        name = "VGG19" if network == "random" else network
        axes.loglog(*zip(*values, strict=True), style, marker="o", color=colours[way], label=f"{name}, {way}")
    axes.set(xlabel="longer side, pixels", ylabel="seconds a step")
    axes.legend(fontsize=7)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def _processor():
    lines = _about()
    if not lines:
        return platform.processor() or platform.machine()
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    has = [flag for flag in ("avx512_bf16", "amx_bf16") if flag in flags()]
    cores = sum(line.startswith("processor") for line in lines)
    return f"{name}, {cores} cores, {' and '.join(has) or 'neither avx512_bf16 nor amx_bf16'}"


def flags():
    """What the processor can do, on Linux."""
    return next((line.split() for line in _about() if line.startswith("flags")), [])


def _about():
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
