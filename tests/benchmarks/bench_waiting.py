"""Training steps per second beside a busy process: passive against spinning OpenMP waits.

python tests/benchmarks/bench_waiting.py
"""

from __future__ import annotations

import os
import subprocess
import sys

_STEPS = """
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
net = torch.nn.Sequential(*[torch.nn.Conv2d(64, 64, 3, padding=1) for _ in range(6)])
optimizer = torch.optim.AdamW(net.parameters())
x = torch.randn(8, 64, 16, 16, generator=torch.Generator().manual_seed(0))
def step():
    optimizer.zero_grad(); net(x).square().mean().backward(); optimizer.step()
for _ in range(3): step()
began, count = time.perf_counter(), 0
while time.perf_counter() - began < 8: step(); count += 1
print(count / (time.perf_counter() - began))
"""


def steps_per_second(policy: str) -> float:
    """Run the loop in a fresh process, with all cores, beside one process that never rests."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        done = subprocess.run(
            [sys.executable, "-c", _STEPS, str(os.cpu_count() or 1)],
            env={**os.environ, "OMP_WAIT_POLICY": policy},
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        busy.kill()
    return float(done.stdout)


def main() -> None:
    """Print both rates, twice in turn, and the ratio of their best."""
    rates = {policy: [] for policy in ("ACTIVE", "PASSIVE")}
    for _ in range(2):
        for policy, found in rates.items():
            found.append(steps_per_second(policy))
    for policy, found in rates.items():
        print(f"{policy:8} {max(found):.1f} steps per second")
    print(f"passive / active: {max(rates['PASSIVE']) / max(rates['ACTIVE']):.1f}")


if __name__ == "__main__":
    main()
