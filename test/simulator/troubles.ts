/* What goes wrong with the server and with the machine of the loaders. For example, the server dies, hangs, refuses requests, or forgets
   sessions. */
import type { Chance } from './random.js'

/** A crash of the server, and what the server keeps. */
export interface Crash {
  readonly atMs: number
  /** Time until a server listens at the address again; Infinity if none ever does. */
  readonly downMs: number
  /** Whether the machine loses its power, so that its peers are not informed. */
  readonly silently: boolean
  /** Whether the script that creates the target runs again. */
  readonly makesTarget: boolean
}

export interface Freeze {
  readonly atMs: number
  readonly forMs: number
}

/** Trouble with one in `oneIn` requests or writes, at most `most` times. */
export interface RequestTrouble {
  readonly kind: RequestTroubleKind
  readonly oneIn: number
  readonly most: number
}

/** Refuses a write into the target, with a known or an unknown error text, or ends it as if its job had been killed. */
export const writeKinds = [
  ...(['transient', 'unknown', 'privilege', 'bad rows', 'too large', 'leader elected'] as const),
  'killed at target',
] as const

const requestKinds = [
  /** A request with data is lost, executed twice, or delayed. */
  ...(['lost', 'twice', 'late'] as const),
  /** For any request: the connection closes before the request, after it or within the answer, or the answer is lost. */
  ...(['closed before', 'closed after', 'cut', 'unanswered'] as const),
  /** The session loses its definitions. */
  'forgotten',
  ...writeKinds,
  /** Like 'killed at target', for a write into the ledger. */
  'killed at ledger',
  /** Another user removes the ledger or the register. */
  ...(['ledger dropped', 'register dropped'] as const),
] as const

/** `slow write`: a write into the target or the ledger is delayed while other requests continue. */
export type RequestTroubleKind = (typeof requestKinds)[number] | 'slow write'

export interface Troubles {
  readonly crashes: readonly Crash[]
  readonly freezes: readonly Freeze[]
  readonly requests: readonly RequestTrouble[]
  /** The target refuses all writes during this time. */
  readonly refusing:
    { readonly fromMs: number; readonly toMs: number; readonly text: string } | undefined
  /** Times at which the lead changes between the two nodes of the cluster; empty if there is only one node. */
  readonly elections: readonly number[]
  readonly freeBytes: number
  readonly badReadOneIn: number
  readonly serverStartMs: number
}

export const transientTexts = [
  '<ChunkInTransaction>The openChunks operation failed because the chunk is currently locked and in use by transaction 8. RefId:S00002',
  '<ChunkInRecovery>the chunk is being recovered',
  '<DataNodeNotReady>node1',
  '<NotLeader>',
  "The datanode isn't initialized yet. Please try again later",
] as const

/** @param shared  whether a second node could also write into the target */
export function drawTroubles(chance: Chance, calm: boolean, shared: boolean): Troubles {
  const none: Troubles = {
    crashes: [],
    freezes: [],
    requests: [],
    refusing: undefined,
    elections: [],
    freeBytes: Infinity,
    badReadOneIn: Infinity,
    serverStartMs: 0,
  }
  if (calm) return none
  const troubleCount = chance.pick([0, 0, 1, 1, 2, 3])
  return {
    crashes: chance.oneIn(4) ? drawCrashes(chance) : [],
    freezes: chance.oneIn(8)
      ? [{ atMs: chance.spread(1, 2_000), forMs: chance.spread(10, 30_000) }]
      : [],
    requests: Array.from({ length: troubleCount }, () => ({
      kind: chance.pick(requestKinds),
      oneIn: Math.round(chance.spread(1, 30)),
      most: chance.pick([1, 1, 2, 5, 1_000]),
    })),
    refusing: chance.oneIn(12) ? drawRefusing(chance) : undefined,
    elections: shared && chance.oneIn(6) ? drawElections(chance) : [],
    freeBytes: chance.oneIn(30) ? chance.between(0, 400) : Infinity,
    badReadOneIn: chance.oneIn(40) ? chance.between(2, 20) : Infinity,
    serverStartMs: chance.oneIn(12) ? chance.spread(10, 8_000) : 0,
  }
}

function drawCrashes(chance: Chance): Crash[] {
  const crashes: Crash[] = []
  let atMs = 0
  for (let count = chance.pick([1, 1, 1, 2, 3]); count > 0; count--) {
    atMs += chance.spread(1, 3_000)
    const downMs = chance.oneIn(6) ? Infinity : chance.spread(1, 15_000)
    crashes.push({ atMs, downMs, silently: chance.oneIn(4), makesTarget: !chance.oneIn(5) })
    atMs += downMs
  }
  return crashes
}

function drawElections(chance: Chance): number[] {
  let atMs = 0
  return Array.from({ length: chance.pick([1, 1, 2, 4]) }, () => (atMs += chance.spread(1, 5_000)))
}

function drawRefusing(chance: Chance): Troubles['refusing'] {
  const fromMs = chance.spread(1, 1_000)
  return {
    fromMs,
    toMs: fromMs + chance.spread(10, 60_000),
    text: chance.pick([...transientTexts, 'nobody has seen this text', 'a chunk of 12 is odd']),
  }
}
