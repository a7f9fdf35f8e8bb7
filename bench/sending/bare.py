"""The yardstick of the wire itself: an aiohttp client that posts texts, 100 at once, with no database and no product.

`python -m bench.sending.bare ADDRESS COUNT` prints the seconds that it took, and the seconds of processor time.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from time import perf_counter, process_time

from aiohttp import BasicAuth, ClientSession, TCPConnector

from bench.engines import ROOT
from bench.sending.wire import ACCOUNT, SENDER, TOKEN

_AT_ONCE = 100
# As long as the product's, and as different from one another.
_BODY = (
    "Dear Alma, you can now book your flu vaccination at Example Surgery. "
    "Choose a time that suits you: http://127.0.0.1/i/{:022}"
)


def run(address: str, count: int) -> tuple[float, float]:
    """Post so many texts in a process of its own; seconds and processor seconds, the start of the process left out."""
    command = [sys.executable, "-m", "bench.sending.bare", address, str(count)]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words
    seconds, processor = map(float, output.split())
    return seconds, processor


async def _post_all(address: str, count: int) -> None:
    url = f"{address}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    numbers = iter(range(count))
    async with ClientSession(auth=BasicAuth(ACCOUNT, TOKEN), connector=TCPConnector(limit=_AT_ONCE)) as session:
        await asyncio.gather(*(_post_some(session, url, numbers) for _ in range(_AT_ONCE)))


async def _post_some(session: ClientSession, url: str, numbers: Iterator[int]) -> None:
    """One of those that post side by side: the next text as soon as the last is answered."""
    for number in numbers:
        form = {
            "To": f"+447700900{number % 1000:03}",
            "Body": _BODY.format(number),
            "MessagingServiceSid": SENDER,
            "StatusCallback": "http://127.0.0.1/webhooks/twilio/measuring-only/",
        }
        async with session.post(url, data=form) as answer:
            assert answer.status == 201
            assert (await answer.json())["sid"]


if __name__ == "__main__":
    begun, processor_begun = perf_counter(), process_time()
    asyncio.run(_post_all(sys.argv[1], int(sys.argv[2])))
    print(perf_counter() - begun, process_time() - processor_begun)
