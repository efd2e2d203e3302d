/*
  Seeds of loads that search for the best number of connections. They have several connections, more rows, and tables
  that need some time for each batch.
*/
import { moreRows } from './growing.js'
import { fairWeather } from './network.js'
import { Chance } from './random.js'
import type { LoaderPlan, Scenario, TargetKind } from './scenario.js'
import { drawLanes, drawSeveral } from './several.js'
import { drawTroubles } from './troubles.js'

/** From this seed on, loads search for the number of connections. */
export const firstFindingSeed = 11_000_000_000
/** From this seed on, loads that search for the number of connections also have events around runs. */
export const firstFindingAroundSeed = 12_000_000_000

/** @param draw  draws an ordinary scenario with one of these targets */
export function drawFinding(
  seed: number,
  kinds: readonly TargetKind[],
  draw: (seed: number, kinds: readonly TargetKind[]) => Scenario,
): Scenario {
  const chance = new Chance(seed ^ 0x2b992ddf)
  const base = chance.oneIn(3) ? drawSeveral(seed, kinds[0]!, draw) : drawLanes(seed, kinds, draw)
  // Half of the scenarios run undisturbed to the end, because only long loads add connections.
  const isCalm = chance.oneIn(2)
  const mayGrow = !base.kind.onDisk
  const loaders = base.loaders.map(plan => finding(plan, isCalm, mayGrow, chance))
  const { requests, ...others } = isCalm
    ? drawTroubles(chance.fork(), true, base.kind.onDisk)
    : base.troubles
  const isSlow = isCalm || chance.oneIn(2)
  const troubles = { ...others, requests: isSlow ? [...requests, slow] : requests }
  return { ...base, loaders, weather: isCalm ? fairWeather : base.weather, troubles }
}

const slow = { kind: 'slow write', oneIn: 1, most: 10_000 } as const
const patient = { connectTimeoutMs: 10_000, limit: undefined, interruptAtMs: undefined } as const

function finding(plan: LoaderPlan, isCalm: boolean, mayGrow: boolean, chance: Chance): LoaderPlan {
  const { rateLimit: _, ...delivery } = plan.delivery
  return {
    ...plan,
    ...(isCalm ? patient : {}),
    inputs: plan.inputs.map((input, file) => ({
      ...input,
      rows: input.path === '-' ? input.rows : moreRows(input.rows, file, plan, chance),
    })),
    delivery: {
      ...delivery,
      connections: chance.oneIn(8) ? 4 : 'auto',
      ...(isCalm ? { batchRows: chance.between(1, 5) } : {}),
      ...(mayGrow && chance.oneIn(4) ? { batchRows: 'auto' as const } : {}),
      maxInFlightBytes: Math.round(chance.spread(500, 20_000)),
    },
  }
}
