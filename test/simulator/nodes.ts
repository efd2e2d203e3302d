/* Seeds of loads whose node dies while a second node of the cluster is live. The targets are DFS tables, and the loads use one to eight
   connections or find their number. */
import { fairWeather } from './network.js'
import { Chance } from './random.js'
import type { Draw, Scenario, TargetKind } from './scenario.js'
import { drawLanes } from './several.js'
import { drawTroubles } from './troubles.js'

/** From this seed on, the cluster has a second node. */
export const firstNodesSeed = 13_000_000_000

export function drawNodes(seed: number, kinds: readonly TargetKind[], draw: Draw): Scenario {
  const chance = new Chance(seed ^ 0x61c88647)
  const disks = kinds.filter(({ onDisk }) => onDisk)
  const base = drawLanes(seed, disks, draw)
  const isCalm = chance.oneIn(2)
  const { requests, ...others } = isCalm ? drawTroubles(chance.fork(), true, true) : base.troubles
  const crash = {
    atMs: chance.spread(100, 2_000),
    downMs: chance.oneIn(3) ? chance.spread(100, 60_000) : Infinity,
    silently: chance.oneIn(2),
    makesTarget: false,
  }
  return {
    ...base,
    hasLiveNode: true,
    weather: isCalm ? fairWeather : base.weather,
    troubles: { ...others, crashes: [...others.crashes, crash], requests: [...requests, slow] },
    loaders: base.loaders.map(plan => ({
      ...plan,
      ...(chance.oneIn(8) ? {} : { namesSecondNode: true as const }),
      delivery: {
        ...plan.delivery,
        batchRows: chance.between(1, 6),
        ...(chance.oneIn(8) ? {} : patient),
      },
    })),
  }
}

const patient = {
  mode: 'async',
  retries: 5,
  confirmTimeoutMs: 20_000,
  retryTimeoutMs: 10_000,
} as const
const slow = { kind: 'slow write', oneIn: 1, most: 10_000 } as const
