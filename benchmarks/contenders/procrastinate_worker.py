"""The worker of `on_procrastinate`: `python -m benchmarks.contenders.procrastinate_worker THREADS`."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

from benchmarks.contenders.on_procrastinate import app


async def work(concurrency: int) -> None:
    """Run jobs until a signal stops it. asyncio's default number of threads would be less than `concurrency`."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency))
    async with app.open_async():
        await app.run_worker_async(concurrency=concurrency)


if __name__ == "__main__":
    asyncio.run(work(int(sys.argv[1])))
