/*
  Events around the calls of a run, drawn from a seed: actions of other users, and changes to servers, clocks, journals,
  hosts and names.
*/
import { firstNodesSeed } from './nodes.js'
import { Chance } from './random.js'
import { drawScenario, type LoaderPlan, type Scenario, type TargetKind } from './scenario.js'
import {
  firstLanesAroundSeed,
  firstLanesSeed,
  firstSeveralAroundSeed,
  firstSeveralSeed,
} from './several.js'
import { firstTransformedAroundSeed, firstTransformedSeed } from './transformed.js'
import { drawTroubles } from './troubles.js'

/** From this seed on, the user calls each run again and again under the same name, with events around the calls. */
export const firstAroundSeed = 5_000_000_000

export const damages = [
  'empty',
  'zeros',
  'CRLF',
  'cut in its first line',
  'first line gone',
  'another format',
  'an unknown kind',
  'another run',
] as const
export type Damage = (typeof damages)[number]

/** An action of another user. Rows written by the action belong to no input. */
export type Deed =
  | { readonly kind: 'made again'; readonly rows: number }
  | { readonly kind: 'emptied' }
  | { readonly kind: 'written'; readonly rows: number }
  | { readonly kind: 'restarted'; readonly downMs: number; readonly rows: number }
  | { readonly kind: 'another server'; readonly downMs: number; readonly rows: number }
  | { readonly kind: 'clock'; readonly host: number; readonly byMs: number }
  | { readonly kind: 'journal kept' }
  | { readonly kind: 'journal brought back' }
  | { readonly kind: 'journal damaged'; readonly damage: Damage }
  | { readonly kind: 'called on the other host' }
  | { readonly kind: 'asleep'; readonly forMs: number }

/** An action before a call or, if `writes` is given, during the call after this many writes into the target. */
export interface Event {
  readonly call: number
  readonly writes: number | undefined
  readonly deed: Deed
}

/** One run: its calls, and what happens between them. */
export interface Job {
  readonly plan: LoaderPlan
  readonly calls: number
  readonly events: readonly Event[]
  /** The names of the inputs for each call. */
  readonly names: readonly (readonly string[])[]
  /** For each process, the number of the platform call at which it is killed; undefined if it is not killed. */
  readonly kills: readonly (number | undefined)[]
  /** Whether the user of a refused run removes its rows and starts over; otherwise the user does nothing. */
  readonly beginsAnew: boolean
}

export interface AroundScenario extends Scenario {
  readonly jobs: readonly Job[]
  /** Whether server and network also cause trouble. */
  readonly isRough: boolean
  /** The error of the wall clock of each host at the start. */
  readonly wallOffsetsMs: readonly number[]
}

export const hostNames = ['host-a', 'host-b'] as const

/** From this seed on, an old journal is restored before the second call of each run. */
export const firstOldJournalSeed = 16_000_000_000

/** Up to `end`, seed `first + n` has the same loads as seed `of + n`. */
const aroundSeeds: readonly (readonly [first: number, of: number, end: number])[] = [
  [firstAroundSeed, 1, firstSeveralSeed],
  [firstSeveralAroundSeed, firstSeveralSeed, firstLanesSeed],
  [firstLanesAroundSeed, firstLanesSeed, firstNodesSeed],
  [firstTransformedAroundSeed, firstTransformedSeed, firstOldJournalSeed],
  [firstOldJournalSeed, 1, firstOldJournalSeed + 1_000_000_000],
]

export function isAround(seed: number): boolean {
  return aroundSeeds.some(([first, , end]) => seed >= first && seed < end)
}

const dayMs = 86_400_000

export function drawAround(seed: number): AroundScenario {
  const [first, of] = aroundSeeds.findLast(([each]) => seed >= each)!
  const base = drawScenario(seed - first + of)
  const chance = new Chance(seed ^ 0x1b873593)
  const isRough = chance.oneIn(4)
  const calm = drawTroubles(chance.fork(), true, false)
  const { requests, freezes } = base.troubles
  const slow = requests.filter(({ kind }) => kind === 'slow write')
  const troubles = isRough ? { ...calm, requests, freezes } : { ...calm, requests: slow }
  const weather = isRough
    ? base.weather
    : { ...base.weather, stallOneIn: Infinity, resetOneIn: Infinity, vanishOneIn: Infinity }
  const ends = new Chance(seed ^ 0x2545f491)
  const jobs = base.loaders
    .slice(0, 2)
    .map((plan, index) => drawJob(chance.fork(), base.kind, plan, index))
    .map(job => ({ ...job, events: [...job.events, ...drawEnd(ends, job.plan)] }))
    .map(job =>
      seed < firstOldJournalSeed
        ? job
        : { ...job, events: [...job.events, ...drawOldJournal(ends, job.plan)] },
    )
  return {
    ...base,
    isRough,
    weather: { ...weather, deafOneIn: Infinity },
    seed,
    troubles,
    loaders: jobs.map(({ plan }) => plan),
    jobs,
    wallOffsetsMs: hostNames.map(() => (chance.oneIn(3) ? drawJump(chance) : 0)),
  }
}

function drawJob(chance: Chance, kind: TargetKind, loader: LoaderPlan, index: number): Job {
  const calls = chance.between(2, 4)
  const inputs = loader.inputs.map(({ path, rows }, file) => ({
    path: path === '-' ? `/in/${index}-${file}.${loader.format}` : path,
    rows,
    cut: undefined,
  }))
  const plan: LoaderPlan = {
    ...loader,
    inputs,
    runId: `run-${index}`,
    limit: undefined,
    killAtCall: undefined,
    interruptAtMs: chance.oneIn(6) ? loader.interruptAtMs : undefined,
    leaveAtMs: undefined,
    isJournaled: true,
    connectTimeoutMs: 20_000,
    rejects: { file: `/out/${index}.csv`, maxErrors: 1_000 },
    delivery: {
      ...loader.delivery,
      confirm: 'auto',
      confirmTimeoutMs: chance.pick([5_000, 20_000]),
      retries: 5,
      retryTimeoutMs: 40_000,
      onDoubt: 'report',
    },
  }
  const count = chance.pick([0, 1, 1, 2, 2, 3])
  const deeds = Array.from({ length: count }, () => drawEvents(chance, kind, calls))
  return {
    plan,
    calls,
    events: deeds.flat(),
    names: Array.from({ length: calls }, () => drawNames(chance, plan)),
    kills: Array.from({ length: 5 }, () =>
      chance.oneIn(3) ? Math.round(chance.spread(5, 2_000)) : undefined,
    ),
    beginsAnew: chance.oneIn(2),
  }
}

/** Draws one event, or two related events. */
function drawEvents(chance: Chance, kind: TargetKind, calls: number): Event[] {
  const call = chance.between(0, calls - 1)
  const writes = chance.oneIn(2) ? Math.round(chance.spread(1, 40)) : undefined
  const rows = chance.oneIn(3) ? 0 : Math.round(chance.spread(1, 600))
  const deed = drawDeed(chance, kind, rows)
  if (deed.kind === 'asleep') {
    const later = {
      call,
      writes: (writes ?? 1) + 1,
      deed: { kind: 'called on the other host' },
    } as const
    return [{ call, writes: writes ?? 1, deed }, ...(chance.oneIn(2) ? [later] : [])]
  }
  if (deed.kind !== 'journal brought back') {
    // Nothing exists before the first call, so an event between calls comes before the second call at the earliest.
    return [{ call: writes === undefined ? Math.max(1, call) : call, writes, deed }]
  }
  const kept = chance.between(0, calls - 2)
  const isInCall = chance.oneIn(2)
  return [
    { call: kept, writes: Math.round(chance.spread(1, 20)), deed: { kind: 'journal kept' } },
    isInCall
      ? { call: kept, writes: Math.round(chance.spread(2, 60)), deed }
      : { call: chance.between(kept + 1, calls - 1), writes: undefined, deed },
  ]
}

/**
 * Sometimes another user replaces the target during the first call, and the server is down once all rows are sent.
 */
function drawEnd(chance: Chance, plan: LoaderPlan): Event[] {
  if (!chance.oneIn(8)) return []
  const writes = writesOf(plan)
  const downMs = chance.spread(10_000, 200_000)
  return [
    { call: 0, writes: chance.between(1, writes), deed: { kind: 'made again', rows: 0 } },
    { call: 0, writes, deed: { kind: 'restarted', downMs, rows: 0 } },
  ]
}

/** A copy of the journal from the middle of the first call is restored before the second call. */
function drawOldJournal(chance: Chance, plan: LoaderPlan): Event[] {
  const writes = chance.between(1, writesOf(plan))
  return [
    { call: 0, writes, deed: { kind: 'journal kept' } },
    { call: 1, writes: undefined, deed: { kind: 'journal brought back' } },
  ]
}

/** The number of batches, if none is divided. */
function writesOf({ inputs, delivery }: LoaderPlan): number {
  const rows = inputs.reduce((sum, input) => sum + input.rows.length, 0)
  return Math.max(1, Math.ceil(rows / (delivery.batchRows ?? rows)))
}

function drawDeed(chance: Chance, kind: TargetKind, rows: number): Deed {
  switch (chance.between(0, 10)) {
    case 0:
    case 1:
      return { kind: 'made again', rows }
    case 2:
      return mayBeEmptied(kind) ? { kind: 'emptied' } : { kind: 'made again', rows }
    case 3:
      return { kind: 'written', rows: rows + 1 }
    case 4:
      return { kind: 'restarted', downMs: chance.spread(1, 5_000), rows }
    case 5:
      return { kind: 'another server', downMs: chance.spread(1, 5_000), rows }
    case 6:
      return { kind: 'clock', host: chance.between(0, 1), byMs: drawJump(chance) }
    case 7:
      return { kind: 'journal damaged', damage: chance.pick(damages) }
    case 8:
      return { kind: 'called on the other host' }
    case 9:
      return { kind: 'asleep', forMs: chance.spread(100, 300_000) }
    default:
      return { kind: 'journal brought back' }
  }
}

/** Rows of stream tables cannot be deleted. */
const mayBeEmptied = ({ onDisk, script }: TargetKind): boolean =>
  onDisk || script.includes('share keyedTable(') || script.includes('share table(')

function drawJump(chance: Chance): number {
  const byMs = chance.spread(10, 800 * dayMs)
  return chance.oneIn(2) ? byMs : -byMs
}

function drawNames(chance: Chance, { inputs }: LoaderPlan): readonly string[] {
  if (!chance.oneIn(3)) return inputs.map(({ path }) => path)
  return inputs.flatMap(({ path }) => {
    const names = namesOf(path).filter(() => chance.oneIn(2))
    return names.length === 0 ? [path] : names
  })
}

/** All names of a file: its path, a longer path to the file, and a link. */
export function namesOf(path: string): readonly string[] {
  return [path, path.replace('/in/', '/in/./'), path.replace('/in/', '/links/')]
}

const foreignIds = 900_000_000
export const isForeign = (id: number): boolean => id >= foreignIds

export function scriptsOf({ onDisk, script }: TargetKind) {
  const table = onDisk ? 'loadTable("dfs://d", "t")' : 'objByName("target")'
  const remake = onDisk
    ? `dropDatabase("dfs://d")\n${script}`
    : `undef("target", SHARED)\n${script.split('\n')[0]!}`
  return {
    remake,
    empty: `delete from ${table}`,
    /** @param first  number of the first row, counted over all rows of other users */
    fill: (rows: number, first: number) => {
      const from = foreignIds + first
      const data = `table(${from}..${from + rows - 1} as id, take(\`A\`B, ${rows}) as sym)`
      return rows === 0 ? '' : `tableInsert(${table}, ${data})`
    },
  }
}
