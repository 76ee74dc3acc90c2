# SPDX-License-Identifier: BSD-3-Clause
"""Rotations between frames: matrices of plain numbers, made on the host from epochs."""

from __future__ import annotations

from math import cos, pi, radians, sin

Row = tuple[float, float, float]
Matrix = tuple[Row, Row, Row]

_ARCSECOND = pi / 648000.0


def turn(axis: int, degrees: float) -> Matrix:
    """New coordinates after the axes turned about one of them (0, 1, 2), counterclockwise."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    if axis == 0:
        return (1.0, 0.0, 0.0), (0.0, c, s), (0.0, -s, c)
    if axis == 1:
        return (c, 0.0, -s), (0.0, 1.0, 0.0), (s, 0.0, c)
    return (c, s, 0.0), (-s, c, 0.0), (0.0, 0.0, 1.0)


def product(*matrices: Matrix) -> Matrix:
    """The last one is applied first."""
    result = matrices[0]
    for matrix in matrices[1:]:
        columns = transposed(matrix)
        a, b, c = (
            tuple(sum(p * q for p, q in zip(row, column, strict=True)) for column in columns)
            for row in result
        )
        result = (a, b, c)  # type: ignore[assignment]
    return result


def transposed(matrix: Matrix) -> Matrix:
    """Of a rotation: its inverse."""
    a, b, c = zip(*matrix, strict=True)
    return a, b, c


def julian_century(year: float) -> float:
    """From J2000 to a Julian epoch."""
    return (year - 2000.0) / 100.0


def besselian_to_jd(year: float) -> float:
    """Julian date of a Besselian epoch (Lieske 1979)."""
    return 2415020.31352 + (year - 1900.0) * 365.242198781


def besselian_to_julian(year: float) -> float:
    """The Julian epoch of the same moment."""
    return 2000.0 + (besselian_to_jd(year) - 2451545.0) / 365.25


def bias_and_precession(year: float) -> Matrix:
    """ICRS to the mean equator and equinox of a Julian epoch: IAU 2006, with the frame bias.

    The four angles of Fukushima and Williams: Hilton et al. 2006, Celest. Mech. Dyn. Astron. 94.
    """
    t = julian_century(year)
    gamma = (-0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.0000000260)
    phi = (84381.412819, -46.811016, 0.0511268, 0.00053289, -0.000000440, -0.0000000176)
    psi = (-0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148)
    return product(
        turn(0, -_mean_obliquity(t)),
        turn(2, -_degrees(psi, t)),
        turn(0, _degrees(phi, t)),
        turn(2, _degrees(gamma, t)),
    )


def mean_ecliptic(year: float) -> Matrix:
    """ICRS to the mean ecliptic and equinox of a Julian epoch: IAU 2006."""
    return product(turn(0, _mean_obliquity(julian_century(year))), bias_and_precession(year))


def precession(year: float) -> Matrix:
    """FK5 of J2000 to FK5 of another Julian epoch: IAU 2006, without the frame bias."""
    return product(bias_and_precession(year), transposed(bias_and_precession(2000.0)))


def besselian_precession(old: float, new: float) -> Matrix:
    """FK4 without E-terms from one Besselian epoch to another: Newcomb's precession.

    Explanatory Supplement to the Astronomical Almanac (1992), section 3.21.
    """
    start = (old - 1850.0) / 1000.0
    t = (new - old) / 1000.0
    linear = (0.060 * start + 139.720) * start + 23035.545
    zeta = ((17.995 * t - 0.27 * start + 30.240) * t + linear) * t
    z = ((18.325 * t + 0.39 * start + 109.480) * t + linear) * t
    linear = (-0.37 * start - 85.29) * start + 20051.12
    theta = ((-41.8 * t - 0.37 * start - 42.65) * t + linear) * t
    return product(turn(2, -z / 3600.0), turn(1, theta / 3600.0), turn(2, -zeta / 3600.0))


def b1950_to_j2000(year: float) -> Matrix:
    """FK4 B1950 without E-terms to FK5 J2000, for observations of a Julian epoch.

    FK4 rotates: Murray 1989, Astron. Astrophys. 218, 325, equations 28 and 29.
    """
    at_1950 = (
        (0.9999256794956877, -0.0111814832204662, -0.0048590038153592),
        (0.0111814832391717, 0.9999374848933135, -0.0000271625947142),
        (0.0048590037723143, -0.0000271702937440, 0.9999881946023742),
    )
    a_century = (
        (-0.0026455262e-6, -1.1539918689e-6, 2.1111346190e-6),
        (1.1540628161e-6, -0.0129042997e-6, 0.0236021478e-6),
        (-2.1112979048e-6, -0.0056024448e-6, 0.0102587734e-6),
    )
    t = (year - 1950.0) / 100.0
    a, b, c = (
        (x + t * u, y + t * v, z + t * w)
        for (x, y, z), (u, v, w) in zip(at_1950, a_century, strict=True)
    )
    return a, b, c


def e_terms(year: float) -> Row:
    """The elliptic part of aberration that FK4 positions of a Besselian epoch contain.

    Explanatory Supplement to the Astronomical Almanac (1992), section 3.53.
    """
    jd = besselian_to_jd(year)
    t = (jd - besselian_to_jd(1950.0)) / 36525.0
    aberration = radians(0.0056932) * ((-0.000000126 * t - 0.00004193) * t + 0.01673011)
    perigee = _ARCSECOND * (((0.012 * t + 1.65) * t + 6190.67) * t + 1015489.951)
    t = (jd - 2451545.0) / 36525.0
    obliquity = _ARCSECOND * (((0.001813 * t - 0.00059) * t - 46.8150) * t + 84381.448)
    along = -aberration * cos(perigee)
    return aberration * sin(perigee), along * cos(obliquity), along * sin(obliquity)


def _mean_obliquity(t: float) -> float:
    """Degrees: IAU 2006."""
    obliquity = (84381.406, -46.836769, -0.0001831, 0.00200340, -0.000000576, -0.0000000434)
    return _degrees(obliquity, t)


def _degrees(arcseconds: tuple[float, ...], t: float) -> float:
    """A polynomial, the constant term first."""
    value = 0.0
    for coefficient in reversed(arcseconds):
        value = value * t + coefficient
    return value / 3600.0
