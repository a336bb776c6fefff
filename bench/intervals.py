"""95 % intervals for the measurements in this folder, the same in every run."""
import math
import random

RESAMPLES = 1000
SEED = 20261124


def bootstrap(cases, measure):
    """Percentile bootstrap over cases, as src/evaluation/metrics.h does it. Efron 1979."""
    generator = random.Random(SEED)
    values = sorted(measure(generator.choices(cases, k=len(cases))) for _ in range(RESAMPLES))
    return {"value": round(measure(cases), 4), "low": round(values[RESAMPLES * 25 // 1000], 4),
            "high": round(values[RESAMPLES * 975 // 1000 - 1], 4)}


def at_most(count, mean):
    """Chance that a Poisson variable is at most `count`."""
    return sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(count + 1))


def solve(falling, target):
    low, high = 1e-9, 1e4
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > target else (low, middle)
    return low


def events_per_hour(count, seconds):
    """Exact Poisson interval of a rate. Garwood 1936."""
    hours = seconds / 3600
    low = solve(lambda mean: at_most(count - 1, mean), 0.975) if count else 0.0
    return {"value": round(count / hours, 2), "low": round(low / hours, 2),
            "high": round(solve(lambda mean: at_most(count, mean), 0.025) / hours, 2)}
