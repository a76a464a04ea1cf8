"""Draw the pictures of docs/explanation/fleet.md from simulated areas.

python benchmarks/fleet_pictures.py
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from fleet_peers import ridge_with_loss
from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.estimate import estimate, examine
from quanheng.kernels.fleet.gram import bands
from quanheng.kernels.fleet.picture import picture
from quanheng.kernels.fleet.scan import residual_of
from quanheng.kernels.fleet.simulate import Scenario, simulate

ROOT = Path(__file__).resolve().parent.parent

Floats = NDArray[np.floating]

TARGET = ROOT / "docs/explanation/images"
RED, BLUE, GREY, LINE = "#b3261e", "#1d4379", "#59636e", "#dadfe5"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 64, 24, 40, 44  # [px]


class Plot:
    """One panel with linear axes; what is drawn is clipped to nothing, so choose the ranges well."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float], left: float, width: float) -> None:
        self.x, self.y, self.left, self.width = x, y, left, width
        self.parts: list[str] = []

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point [px]."""
        across = self.left + self.width * (x - self.x[0]) / (self.x[1] - self.x[0])
        down = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - self.y[0]) / (self.y[1] - self.y[0])
        return round(across, 1), round(down, 1)

    def axes(self, x_ticks: Iterable[tuple[float, str]], y_ticks: Iterable[tuple[float, str]]) -> None:
        """Draw grid and labels."""
        for value, label in x_ticks:
            x, bottom = self.at(value, self.y[0])
            self.parts.append(f'<path d="M{x} {TOP}V{bottom}" stroke="{LINE}"/>')
            self.parts.append(words(x, bottom + 17, label, "middle"))
        for value, label in y_ticks:
            left, y = self.at(self.x[0], value)
            self.parts.append(f'<path d="M{left} {y}H{left + self.width:g}" stroke="{LINE}"/>')
            self.parts.append(words(left - 6, y + 4, label, "end"))

    def line(self, x: Iterable[float], y: Iterable[float], colour: str, style: str = "") -> None:
        """Draw a polyline."""
        points = " ".join("{:g},{:g}".format(*self.at(*point)) for point in zip(x, y, strict=True))
        self.parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"{style}/>'
        )

    def dots(self, x: Floats, y: Floats, half: Floats, wrong: NDArray[np.bool_]) -> None:
        """Draw points with vertical intervals, cut at the frame; diamonds where ``wrong``."""
        low, high = self.y
        for one_x, one_y, one_half, is_wrong in zip(x, y, half, wrong, strict=True):
            colour = RED if is_wrong else BLUE
            ends = [float(np.clip(one_y + sign * one_half, low, high)) for sign in (-1, 1)]
            across, top = self.at(one_x, ends[1])
            bottom = self.at(one_x, ends[0])[1]
            self.parts.append(f'<path d="M{across} {bottom}V{top}" stroke="{colour}" opacity="0.5"/>')
            if low <= one_y <= high:
                down = self.at(one_x, one_y)[1]
                shape = (
                    f'<path d="M{across - 5:g} {down}l5 -5l5 5l-5 5Z" fill="{colour}"/>'
                    if is_wrong
                    else f'<circle cx="{across}" cy="{down}" r="2.5" fill="{colour}"/>'
                )
                self.parts.append(shape)


def words(x: float, y: float, text: str, anchor: str = "start", colour: str = GREY) -> str:
    """Return a text element."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def svg(title: str, parts: Sequence[str]) -> str:
    """Return the picture."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
            ' role="img" font-size="12" font-family="sans-serif">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *parts,
            "</svg>\n",
        )
    )


def day_of_losses(area: Area) -> str:
    """Return one day of the balance, with and without the reference to the master's voltage."""
    target = examine(area).assembled.balance.target.reshape(-1, 96)
    plain = (area.master - area.energy.sum(axis=0)).reshape(-1, 96)
    day = int(plain.mean(axis=1).argmax())
    top = float(np.ceil(plain[day].max() * 4) / 4)
    low = float(np.floor(min(target[day].min(), 0) * 4) / 4)
    hours = np.arange(96) / 4
    plot = Plot((0, 24), (low, top), LEFT, WIDTH - LEFT - RIGHT)
    plot.axes(
        [(h, f"{h}:00") for h in range(0, 25, 4)],
        [(v, f"{v:.2g}") for v in np.arange(low, top + 0.01, 0.25)],
    )
    plot.line(hours, plain[day], RED)
    plot.line(hours, target[day], BLUE)
    plot.parts += [
        words(LEFT, 16, "kWh per quarter of an hour"),
        words(LEFT, 32, "master less consumers: the loss of the network", colour=RED),
        words(WIDTH - RIGHT, 32, "the same, consumers referred to the master's voltage", "end", BLUE),
    ]
    return svg("The loss vanishes when consumers are referred to the master's voltage", plot.parts)


def spectrum(area: Area) -> str:
    """Return the spectrum of what the estimate leaves, and the variance of each band."""
    found = examine(area)
    residual = residual_of(found.assembled.balance, found.posterior).reshape(-1, 96)
    rows = bands(96)
    k = np.arange(96)
    white = np.concatenate(rows)
    scale = (white.astype(float) ** 2).sum(axis=1)
    power = ((residual @ white.T) ** 2).mean(axis=0) / scale
    model = np.concatenate(
        [np.full(len(band), v) for band, v in zip(rows, found.posterior.noise, strict=True)]
    )
    model = model / scale
    low, high = -4.5, float(np.ceil(2 * np.log10(max(power.max(), model.max()))) / 2)
    plot = Plot((0, 95), (low, high), LEFT, WIDTH - LEFT - RIGHT)
    plot.axes(
        [(c, str(c)) for c in range(0, 96, 16)],
        [(v, f"1e{v:g}") for v in np.arange(np.ceil(low), high + 0.1)],
    )
    plot.line(k, np.log10(np.maximum(power, 10**low)), BLUE)
    plot.line(k, np.log10(np.maximum(model, 10**low)), RED, ' stroke-dasharray="5 3"')
    mean = float(np.log10(power.mean()))
    plot.line([0, 95], [mean, mean], GREY, ' stroke-dasharray="2 3"')
    plot.parts += [
        words(LEFT, 16, "variance of a cosine of the day [kWh²]; across: half periods a day"),
        words(LEFT, 32, "residual", colour=BLUE),
        words(LEFT + 70, 32, "six bands, learned", colour=RED),
        words(LEFT + 200, 32, "one variance for all: ordinary least squares"),
    ]
    return svg("The residual is small where it matters", plot.parts)


def against_a_peer(area: Area, true: Floats, wrong: NDArray[np.bool_]) -> str:
    """Return estimates and 95 % intervals over true errors, of ridge with a loss term and of ours."""
    ours, peer = estimate(area), ridge_with_loss(area)
    half = (WIDTH - 2 * LEFT - RIGHT) / 2
    parts: list[str] = []
    for left, title, answer in ((LEFT, "ridge with a loss term", peer), (2 * LEFT + half, "quanheng", ours)):
        plot = Plot((-10, 10), (-10, 10), left, half)
        plot.axes(
            *([(v, f"{v:+d}" if v else "0") for v in (-10, -5, 0, 5, 10)],) * 2,
        )
        plot.line((-10, 10), (-10, 10), GREY)
        plot.dots(true, answer.error_percent, 1.96 * answer.standard_uncertainty_percent, wrong)
        parts += [*plot.parts, words(left, 16, title, colour="#1c2127")]
        parts += [words(left, 32, "estimate [%]"), words(left + half, HEIGHT - 8, "true error [%]", "end")]
    return svg("Estimates and 95 % intervals against true errors", parts)


def main() -> None:
    """Write the pictures."""
    TARGET.mkdir(exist_ok=True)
    good, _ = simulate(Scenario(meters=100, days=28, seed=11, wrong=0, loss_percent=2.0))
    area, truth = simulate(Scenario(meters=100, days=42, seed=12))
    true = np.array([truth.error_percent[name] for name in area.meter_ids])
    small, _ = simulate(Scenario(meters=30, days=42, seed=7, area_id="A001"))
    pictures = {
        "fleet-loss.svg": day_of_losses(good),
        "fleet-spectrum.svg": spectrum(area),
        "fleet-peer.svg": against_a_peer(area, true, np.abs(true) > area.mpe_percent),
        "fleet-area.svg": picture(estimate(small), small.mpe_percent),
    }
    for name, text in pictures.items():
        (TARGET / name).write_text(text, encoding="utf-8")
        print(f"{name} {len(text)} bytes")


if __name__ == "__main__":
    main()
