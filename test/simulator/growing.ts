/*
  Seeds of loads that search for the best batch size: ordinary scenarios with more rows, into tables that need some time
  for each batch.
*/
import { streamBatch } from '../../src/load/defaults.js'
import { fairWeather } from './network.js'
import { Chance } from './random.js'
import type { InputRow, LoaderPlan, Scenario, TargetKind } from './scenario.js'
import { drawTroubles } from './troubles.js'

/** From this seed on, loads search for their batch size. */
export const firstGrowingSeed = 10_000_000_000

// With the usual first batch size such loads take minutes. Ordinary seeds do not change: their loads set a size.
streamBatch.rows = 4

const leastRows = 200
const mostRows = 1_500

/** @param draw  draws an ordinary scenario with one of these targets */
export function drawGrowing(
  seed: number,
  kinds: readonly TargetKind[],
  draw: (seed: number, kinds: readonly TargetKind[]) => Scenario,
): Scenario {
  const chance = new Chance(seed ^ 0x517cc1b7)
  const base = draw(
    seed,
    kinds.filter(({ target }) => target.table !== undefined && !target.table.startsWith('dfs:')),
  )
  // Half of the scenarios run undisturbed to the end, because batches grow only during long loads.
  const isCalm = chance.oneIn(2)
  const loaders = base.loaders.map(plan => grown(plan, isCalm, chance))
  const { requests, ...others } = isCalm ? drawTroubles(chance.fork(), true, false) : base.troubles
  const isSlow = isCalm || chance.oneIn(2)
  const troubles = { ...others, requests: isSlow ? [...requests, slow] : requests }
  const weather = isCalm ? fairWeather : base.weather
  return { ...base, seed, loaders, weather, troubles, storeMs: chance.spread(0.1, 20) }
}

const slow = { kind: 'slow write', oneIn: 1, most: 1_000 } as const
const patient = { connectTimeoutMs: 10_000, limit: undefined, interruptAtMs: undefined } as const

function grown(plan: LoaderPlan, isCalm: boolean, chance: Chance): LoaderPlan {
  const { batchRows: _, rateLimit: __, ...delivery } = plan.delivery
  return {
    ...plan,
    ...(isCalm ? patient : {}),
    inputs: plan.inputs.map((input, file) => ({
      ...input,
      // A pipe may deliver rows so slowly that the run would wait longer for rows than for any server.
      rows: input.path === '-' ? input.rows : moreRows(input.rows, file, plan, chance),
    })),
    delivery: {
      ...delivery,
      batchRows: 'auto',
      maxInFlightBytes: Math.round(chance.spread(2_000, 100_000)),
    },
  }
}

/** Adds good rows after the existing ones. */
export function moreRows(
  rows: readonly InputRow[],
  file: number,
  { format }: LoaderPlan,
  chance: Chance,
): readonly InputRow[] {
  const last = rows.at(-1)
  if (last === undefined) return rows
  const more = Array.from({ length: chance.between(leastRows, mostRows) }, (_, i) => {
    const id = last.id + (file + 1) * 10_000 + i
    const sym = id % 2 === 0 ? 'A' : 'B'
    const line = format === 'csv' ? `${id},${sym}` : JSON.stringify({ id, sym })
    return { id, sym, line, kind: 'good' as const }
  })
  return [...rows, ...more]
}
