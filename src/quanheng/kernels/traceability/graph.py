"""The traceability chain of a verification: which certificates it rests on, and whether it holds.

Metrological traceability chain: VIM 2.42.  A link is looked at on the day on which the upper standard was
used: the day of the verification at the bottom, the day of the calibration above.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from graphlib import CycleError, TopologicalSorter

from quanheng.kernels.findings import Finding
from quanheng.kernels.traceability.errors import BadTraceability


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of a standard; ``standards`` are those that it was calibrated with.

    ``sha256`` is the hash that was recorded when it was filed, ``file_sha256`` that of the file on hand today
    (empty where not given).  ``expanded_uncertainty`` [unit] is None where the certificate gives none.
    ``valid_until`` is the last valid day, None where the certificate sets none.
    """

    number: str
    issued_by: str
    calibrated_on: date
    valid_until: date | None = None
    standards: tuple[str, ...] = ()
    sha256: str = ""
    file_sha256: str = ""
    expanded_uncertainty: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if self.valid_until is not None and self.valid_until < self.calibrated_on:
            raise BadTraceability(
                f"证书 {self.number} 的有效期至 {self.valid_until} 早于校准日期 {self.calibrated_on}。"
            )
        if self.expanded_uncertainty is not None and not self.expanded_uncertainty > 0:
            raise BadTraceability(f"证书 {self.number} 的扩展不确定度应当大于零。")


@dataclass(frozen=True, slots=True)
class Standard:
    """A measurement standard with its certificates; a national one needs none."""

    code: str
    name: str
    certificates: tuple[Certificate, ...] = ()
    is_national: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """A verification or calibration of an instrument, the lower end of a chain; ``number`` is empty before its paper.

    ``mpe`` [unit] is the largest permissible error, as a positive half-width; None where there is none.
    """

    number: str
    on: date
    instrument: str
    standards: tuple[str, ...]
    mpe: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class RatioLimits:
    """The largest permissible U / MPE of an instrument and U / U of the certificate below; rule data, None is no limit."""

    of_instrument: float | None = None
    of_standard: float | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A standard with the certificate that was in use; ``level`` counts from the instrument, which is 0."""

    standard: Standard
    certificate: Certificate | None
    level: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Who used a standard: ``lower`` is the index of a node, -1 the verification; ``ratio`` U / MPE or U / U."""

    lower: int
    upper: int
    used_on: date
    ratio: float | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """All that a verification rests on; ``findings`` are those of every edge and node."""

    verification: Verification
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    findings: tuple[Finding, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def chain(
    standards: Mapping[str, Standard], verification: Verification, limits: RatioLimits | None = None
) -> Chain:
    """Return the chain of a verification, with every gap.

    Of several certificates of a standard the last one that was issued by the day of use counts.  Codes of
    findings: ``no_standard``, ``unknown_standard``, ``certificate_missing``, ``calibrated_after_use``,
    ``not_valid``, ``hash_mismatch``, ``unknown_upstream``, ``cycle``, ``ratio_exceeded``, ``ratio_unknown``.

    Source: VIM 2.41 and 2.42; ISO/IEC 17025:2017, 6.5 (an unbroken chain of calibrations).
    """
    walk = _Walk(standards, verification, limits or RatioLimits())
    if not verification.standards:
        walk.findings.append(Finding("no_standard", "没有写明所用的标准器。", {"of": verification.number}))
    walk.run()
    found = [*walk.findings, *(each for edge in walk.edges for each in edge.findings)]
    found += _cycle(walk)
    return Chain(verification, tuple(walk.nodes), tuple(walk.edges), tuple(found))


class _Walk:
    """Breadth first, so that a node has the level at which it is met first; every node once."""

    def __init__(
        self, standards: Mapping[str, Standard], verification: Verification, limits: RatioLimits
    ) -> None:
        self.standards, self.verification, self.limits = standards, verification, limits
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.findings: list[Finding] = []
        self.places: dict[tuple[str, str], int] = {}
        self.waiting: deque[int] = deque()

    def run(self) -> None:
        """Fill nodes, edges and findings."""
        self._use(-1, self.verification.standards, self.verification.on)
        while self.waiting:
            at = self.waiting.popleft()
            node = self.nodes[at]
            if node.certificate is not None and not node.standard.is_national:
                self._use(at, node.certificate.standards, node.certificate.calibrated_on)

    def _use(self, lower: int, codes: Sequence[str], on: date) -> None:
        for code in codes:
            standard = self.standards.get(code)
            if standard is None:
                text = f"标准器“{code}”没有登记。"
                self.findings.append(Finding("unknown_standard", text, {"standard": code}))
                continue
            certificate = in_use(standard, on)
            upper = self._place(standard, certificate, 1 if lower < 0 else self.nodes[lower].level + 1)
            ratio, of_ratio = self._ratio(lower, standard, certificate)
            findings = (*_of_use(standard, certificate, on), *of_ratio)
            self.edges.append(Edge(lower, upper, on, ratio, findings))

    def _place(self, standard: Standard, certificate: Certificate | None, level: int) -> int:
        key = standard.code, certificate.number if certificate else ""
        if key not in self.places:
            self.places[key] = len(self.nodes)
            self.nodes.append(Node(standard, certificate, level))
            self.waiting.append(self.places[key])
            self.findings += _of_node(standard, certificate)
        return self.places[key]

    def _ratio(
        self, lower: int, standard: Standard, certificate: Certificate | None
    ) -> tuple[float | None, Iterator[Finding]]:
        """Return U over what it is compared with, and what is wrong with it."""
        below = None if lower < 0 else self.nodes[lower].certificate
        limit = self.limits.of_instrument if below is None else self.limits.of_standard
        permitted, unit = (
            (self.verification.mpe, self.verification.unit)
            if below is None
            else (below.expanded_uncertainty, below.unit)
        )
        own = certificate.expanded_uncertainty if certificate else None
        same = certificate is not None and certificate.unit == unit
        ratio = own / permitted if own is not None and permitted and same else None
        is_asked = certificate is not None and limit is not None and permitted is not None
        return ratio, _of_ratio(standard, ratio, limit) if is_asked else iter(())


def in_use(standard: Standard, on: date) -> Certificate | None:
    """Return the certificate that counted on a day: the last one until then, else the first one after it."""
    if not standard.certificates:
        return None
    earlier = [each for each in standard.certificates if each.calibrated_on <= on]
    if earlier:
        return max(earlier, key=lambda each: each.calibrated_on)
    return min(standard.certificates, key=lambda each: each.calibrated_on)


def _of_use(standard: Standard, certificate: Certificate | None, on: date) -> Iterator[Finding]:
    if certificate is None:
        return
    data = {"standard": standard.code, "certificate": certificate.number, "used_on": on.isoformat()}
    named = f"标准器“{standard.name}”"
    if certificate.calibrated_on > on:
        text = f"{named} {on} 使用，{certificate.calibrated_on} 才校准（证书 {certificate.number}）。"
        yield Finding("calibrated_after_use", text, data)
    elif certificate.valid_until is not None and certificate.valid_until < on:
        text = f"{named} {on} 使用时，证书 {certificate.number} 已过有效期（至 {certificate.valid_until}）。"
        yield Finding("not_valid", text, data)


def _of_node(standard: Standard, certificate: Certificate | None) -> Iterator[Finding]:
    data = {"standard": standard.code}
    if certificate is None:
        if not standard.is_national:
            yield Finding("certificate_missing", f"标准器“{standard.name}”没有证书。", data)
        return
    data["certificate"] = certificate.number
    if certificate.sha256 and certificate.file_sha256 and certificate.sha256 != certificate.file_sha256:
        text = f"证书 {certificate.number} 的文件与登记时不同（SHA-256 不符）。"
        yield Finding("hash_mismatch", text, data)
    if not certificate.standards and not standard.is_national:
        text = f"证书 {certificate.number}（{certificate.issued_by}）之上没有登记：没有追到国家基准。"
        yield Finding("unknown_upstream", text, data)


def _of_ratio(standard: Standard, ratio: float | None, limit: float | None) -> Iterator[Finding]:
    if limit is None or (ratio is not None and ratio <= limit * (1 + 1e-12)):
        return
    data = {"standard": standard.code, "ratio": ratio, "limit": limit}
    if ratio is None:
        text = f"标准器“{standard.name}”的不确定度没有给出，或单位不同，不能与要求比较。"
        yield Finding("ratio_unknown", text, data)
    else:
        text = f"标准器“{standard.name}”的不确定度与下一级之比为 {ratio:.3g}，要求不大于 {limit:.3g}。"
        yield Finding("ratio_exceeded", text, data)


def _cycle(walk: _Walk) -> Iterator[Finding]:
    below: dict[int, set[int]] = {}
    for edge in walk.edges:
        below.setdefault(edge.upper, set()).add(edge.lower)
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        names = [walk.nodes[at].standard.name for at in error.args[1]]
        text = f"溯源成环：{' → '.join(names)}。"
        yield Finding("cycle", text, {"standards": [walk.nodes[at].standard.code for at in error.args[1]]})
