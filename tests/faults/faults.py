"""What is done to workers, brokers, the network and clocks; each fault is over when its coroutine returns."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable

from deploy.kafka.broker import Broker
from tests.faults.theatre import Theatre

Fault = Callable[[Theatre, random.Random], Awaitable[str]]

#: Session time-out of the workers: held longer, a worker has lost its partitions without knowing.
SESSION = 6.0


async def worker_is_killed(stage: Theatre, rng: random.Random) -> str:
    """A worker is gone from one moment to the next, and started again."""
    member = rng.choice(stage.workers)
    member.signal(signal.SIGKILL)
    await asyncio.sleep(1)
    return f"kill -9 of {member.name}"


async def worker_is_held_briefly(stage: Theatre, rng: random.Random) -> str:
    """A worker stands still for less than its session."""
    return await _held(stage, rng, rng.uniform(0.5, SESSION - 2))


async def worker_is_held_past_its_session(stage: Theatre, rng: random.Random) -> str:
    """A worker stands still, loses its partitions, and goes on as if nothing had happened."""
    return await _held(stage, rng, rng.uniform(SESSION + 1, SESSION + 4))


async def _held(stage: Theatre, rng: random.Random, seconds: float) -> str:
    member = rng.choice(stage.workers)
    member.signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    member.signal(signal.SIGCONT)
    return f"{member.name} held for {seconds:.1f} s"


async def worker_leaves_and_comes_back(stage: Theatre, rng: random.Random) -> str:
    """A worker is stopped as at an upgrade: its partitions go to the others, and come back."""
    member = rng.choice(stage.workers)
    await asyncio.to_thread(member.stop)
    await asyncio.sleep(rng.uniform(0.5, 3))
    member.start()
    return f"{member.name} left and came back"


async def worker_joins_and_leaves(stage: Theatre, rng: random.Random) -> str:
    """A third worker comes for a few seconds."""
    member = stage.worker(3)
    stage.workers.append(member)
    member.start()
    await asyncio.sleep(rng.uniform(3, 6))
    await asyncio.to_thread(member.stop)
    stage.workers.remove(member)
    return f"{member.name} came and went"


async def broker_is_killed(stage: Theatre, rng: random.Random) -> str:
    """One broker of three is gone, and started again on what its disk held."""
    return await _killed(rng.choice(stage.cluster.brokers), rng)


async def controller_is_killed(stage: Theatre, rng: random.Random) -> str:
    """The broker that leads the controllers is gone."""
    return "controller: " + await _killed(stage.controller(), rng)


async def _killed(broker: Broker, rng: random.Random) -> str:
    await asyncio.to_thread(broker.kill)
    await asyncio.sleep(rng.uniform(0.5, 4))
    await asyncio.to_thread(broker.start)
    return f"kill -9 of broker {broker.node}"


async def broker_is_stopped(stage: Theatre, rng: random.Random) -> str:
    """One broker hands its partitions over and leaves, as at an upgrade."""
    broker = rng.choice(stage.cluster.brokers)
    await asyncio.to_thread(broker.stop)
    await asyncio.sleep(rng.uniform(0.5, 2))
    await asyncio.to_thread(broker.start)
    return f"broker {broker.node} stopped and started"


async def broker_is_held(stage: Theatre, rng: random.Random) -> str:
    """A broker stands still, for some of the time long enough to lose its partitions, and goes on unknowing."""
    broker, seconds = rng.choice(stage.cluster.brokers), rng.uniform(1, 11)
    broker.pause()
    await asyncio.sleep(seconds)
    broker.go_on()
    return f"broker {broker.node} held for {seconds:.1f} s"


async def broker_says_nothing(stage: Theatre, rng: random.Random) -> str:
    """A broker accepts connections of its clients and does not answer, while the other brokers hear it well."""
    proxy, seconds = rng.choice(stage.proxies), rng.uniform(1, 12)
    proxy.silence()
    await asyncio.sleep(seconds)
    proxy.pass_on()
    return f"the broker at {proxy.port} said nothing for {seconds:.1f} s"


async def nobody_says_anything(stage: Theatre, rng: random.Random) -> str:
    """All brokers accept and do not answer: a firewall that drops."""
    seconds = rng.uniform(1, 8)
    for proxy in stage.proxies:
        proxy.silence()
    await asyncio.sleep(seconds)
    for proxy in stage.proxies:
        proxy.pass_on()
    return f"no broker said anything for {seconds:.1f} s"


async def disk_of_a_broker_is_full(stage: Theatre, rng: random.Random) -> str:
    """A broker's disk has no room: it ends, and is started again when there is some."""
    broker = rng.choice(stage.cluster.brokers)
    disk = stage.disks[broker.node]
    await asyncio.to_thread(disk.fill)
    await asyncio.sleep(rng.uniform(4, 8))
    ended = not broker.running
    disk.clear()
    if ended:
        await asyncio.to_thread(broker.start)
    return f"the disk of broker {broker.node} was full{', and it ended' if ended else ''}"


async def connections_are_cut(stage: Theatre, rng: random.Random) -> str:
    """Connections to some brokers are reset."""
    cut = rng.sample(stage.proxies, rng.randrange(1, 4))
    for proxy in cut:
        await asyncio.to_thread(proxy.cut)
    await asyncio.sleep(0.5)
    return f"connections to {len(cut)} brokers reset"


async def clock_of_a_worker_jumps(stage: Theatre, rng: random.Random) -> str:
    """A worker's wall clock is set, and set right again."""
    member, seconds = rng.choice(stage.workers[:2]), rng.choice((-3600.0, -30.0, -2.0, 2.0, 30.0, 3600.0))
    stage.clocks[member.name].set(seconds)
    await asyncio.sleep(rng.uniform(2, 6))
    stage.clocks[member.name].set(0)
    await asyncio.sleep(1)
    return f"the clock of {member.name} jumped by {seconds:+.0f} s and back"


async def clock_of_a_broker_jumps(stage: Theatre, rng: random.Random) -> str:
    """A broker's wall clock is set ahead a little, and set right again: what it stamps goes ahead, and back."""
    broker, seconds = rng.choice(stage.cluster.brokers), rng.uniform(0.5, 3)
    stage.clocks[f"broker-{broker.node}"].set(seconds)
    await asyncio.sleep(rng.uniform(2, 5))
    stage.clocks[f"broker-{broker.node}"].set(0)
    await asyncio.sleep(1)
    return f"the clock of broker {broker.node} jumped by {seconds:+.1f} s and back"


OF_WORKERS: tuple[Fault, ...] = (
    worker_is_killed,
    worker_is_held_briefly,
    worker_is_held_past_its_session,
    worker_leaves_and_comes_back,
    worker_joins_and_leaves,
)
OF_BROKERS: tuple[Fault, ...] = (
    broker_is_killed,
    controller_is_killed,
    broker_is_stopped,
    broker_is_held,
    broker_says_nothing,
    nobody_says_anything,
    connections_are_cut,
)
#: These need libfaketime.
CLOCKS: tuple[Fault, ...] = (clock_of_a_worker_jumps, clock_of_a_broker_jumps)
#: These need disks that can be filled.
DISKS: tuple[Fault, ...] = (disk_of_a_broker_is_full,)
