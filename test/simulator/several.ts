/* Seeds of loads over several connections, into tables that accept any row over any connection, and into tables with partitions or keys,
   for which each row has a lane (a fixed connection). */
import { Chance } from './random.js'
import type { Draw, LoaderPlan, Scenario, TargetKind } from './scenario.js'

/** From this seed on, loads use one to eight connections. */
export const firstSeveralSeed = 6_000_000_000

const mostConnections = 8

/** From this seed on, loads over several connections also have events around runs. */
export const firstSeveralAroundSeed = 7_000_000_000

/** From this seed on, loads use one to eight connections into tables with partitions or keys. */
export const firstLanesSeed = 8_000_000_000
/** From this seed on, loads into tables with partitions or keys also have events around runs. */
export const firstLanesAroundSeed = 9_000_000_000

/** A resumed process may use a different number of connections. */
export function goingOn(plan: LoaderPlan, processes: number): LoaderPlan {
  const { connections } = plan.delivery
  if (connections === undefined) return plan
  const others = 1 + ((connections - 1 + 5 * processes) % mostConnections)
  return { ...plan, delivery: { ...plan.delivery, connections: others } }
}

export function drawSeveral(seed: number, stream: TargetKind, draw: Draw): Scenario {
  const chance = new Chance(seed ^ 0x3c6ef372)
  const table = {
    ...stream,
    name: 'table in memory',
    script: stream.script.replace('share streamTable(10:0', 'share table(10:0'),
  }
  return overSeveral(seed, chance, draw(seed, [stream, stream, table]))
}

/** The same table with eight partitions per symbol. */
function inManyPartitions(kind: TargetKind): TargetKind {
  const script = kind.script
    .replace(/VALUE, `A`B,/, 'COMPO, [database("", VALUE, `A`B), database("", HASH, [INT,8])],')
    .replace('`t, `sym)', '`t, `sym`id)')
  return { ...kind, name: `${kind.name}, two levels`, script }
}

/** @param kinds  all kinds of tables */
export function drawLanes(seed: number, kinds: readonly TargetKind[], draw: Draw): Scenario {
  const chance = new Chance(seed ^ 0x7f4a7c15)
  const dfs = kinds.filter(({ onDisk }) => onDisk)
  const keyed = kinds.filter(kind => kind.keyed)
  const fit = [...dfs, ...dfs.map(inManyPartitions), ...dfs.map(inManyPartitions), ...keyed]
  const base = overSeveral(seed, chance, draw(seed, fit))
  // How long a writer locks a partition.
  return base.kind.onDisk ? { ...base, storeMs: chance.spread(0.1, 20) } : base
}

function overSeveral(seed: number, chance: Chance, base: Scenario): Scenario {
  const loaders = base.loaders.map(plan => ({
    ...plan,
    delivery: {
      ...plan.delivery,
      connections: chance.between(1, mostConnections),
      unordered: true,
    },
  }))
  const isSlow = chance.oneIn(2)
  const slow = { kind: 'slow write', oneIn: chance.pick([1, 2, 5, 20]), most: 1_000 } as const
  const requests = [...base.troubles.requests, ...(isSlow ? [slow] : [])]
  return { ...base, seed, loaders, troubles: { ...base.troubles, requests } }
}
