/*
  How many connections a run has. Where that is for the run to find (`auto`), it begins with one, and takes twice as many where it
  waits for the server and the server then answers for more rows a second (docs/decisions/0071). As the size of batches it is a
  fold of the events of the run.
*/
import { Answers } from './answers.js'
import type { BatchSize } from './batch-size.js'
import type { RunEvent } from './fate/events.js'
import type { RunState } from './fate/fold.js'
import type { Plan } from './plan.js'

/** Of one run. It changes between two batches, once nothing is out. */
export interface ConnectionCount {
  /** So many should there be from now on; undefined where their number stays. */
  readonly wanted: number | undefined
  /** Most batches that may be out: what is found out is not to come after all that there is to send. */
  readonly mostOpen: number
  /** Why there are not more; undefined where somebody has said how many. */
  readonly why: string | undefined
  /** There are to be no more than these. A later limit that is higher changes nothing. */
  limit(most: number, why: string): void
  /** There are as many as were wanted. */
  changed(): void
  /** The loader had to wait for the server for so long, ms. */
  waited(ms: number): void
  /** @param state  what has followed from the event */
  take(event: RunEvent, state: Readonly<RunState>): void
}

/** More are tried where the loader waits for the server for a fourth of its time: as many as keep it busy gain a third at least. */
const leastWait = 1 / 4
/** Twice as many have to be worth it. */
const worthwhile = 1.2
const leastMs = 250
/** Batches of each connection, by which a number of connections is judged at the soonest, and at the latest. */
const leastRounds = 4
const enoughRounds = 16
/** So much of the work of a server is out while more connections are tried, and four times what it takes to hear of a batch. */
const aheadMs = 250
const aheadLatencies = 4
/** Batches that may be out before anything is known, and of each connection at least. */
const firstOpen = 32
const leastOpen = 8
/** What else goes on at both ends may have changed. */
const lookAgainMs = 60_000

const tooFew = 'the server has not answered for enough batches to tell what more would bring'

export function newConnectionCount(
  { mostConnections }: Pick<Plan, 'mostConnections'>,
  batchSize: Pick<BatchSize, 'isSettled'>,
): ConnectionCount {
  const isAsked = mostConnections !== undefined
  let most = mostConnections ?? 1
  let whyNoMore = 'a run takes no more by itself'
  let count = 1
  let wanted: number | undefined
  let why = tooFew
  let answers = new Answers()
  /** Of half as many; undefined where it is settled which are better. */
  let before: Answers | undefined
  let waitedMs = 0
  let settledAtMs: number | undefined
  /** Of the batch that was answered soonest, ms. */
  let latencyMs = Infinity
  let isWarm = false

  const begin = (): void => {
    answers.begin()
    waitedMs = 0
  }

  const judgeTrial = (half: Answers): void => {
    const isLate = answers.batches >= enoughRounds * count
    const [present, past] = isLate
      ? [answers.rate, half.rate]
      : [answers.leastRate(count), half.mostRate(count / 2)]
    if (present >= past * worthwhile) before = undefined
    else if (isLate) wanted = count / 2
  }

  const judge = (): void => {
    if (!batchSize.isSettled) return begin()
    if (!isWarm) {
      // How much may be out has to be known, or the loader would seem to wait for the server.
      isWarm = answers.ms >= leastMs / 2
      return isWarm ? begin() : undefined
    }
    if (answers.ms < leastMs || answers.batches < leastRounds * count) return
    if (before !== undefined) return judgeTrial(before)
    if (settledAtMs !== undefined && answers.atMs - settledAtMs < lookAgainMs) return
    settledAtMs = undefined
    if (waitedMs >= answers.ms * leastWait && 2 * count <= most) {
      wanted = 2 * count
      return
    }
    why = 2 * count > most ? whyNoMore : 'the server keeps up with the loader'
    begin()
  }

  return {
    get wanted() {
      return wanted
    },
    get mostOpen() {
      const isOpen = before !== undefined || (settledAtMs === undefined && 2 * count <= most)
      if (!isAsked || !isOpen || !batchSize.isSettled) return Infinity
      const windowMs = Math.max(aheadMs, aheadLatencies * latencyMs)
      const present = answers.ms > 0 ? answers.batches / answers.ms : 0
      // Twice as many connections may answer for twice as much.
      const expected = before === undefined ? 0 : (2 * before.batches) / before.ms
      const known = Math.max(present, expected)
      return known === 0 ? firstOpen : Math.max(leastOpen * count, known * windowMs)
    },
    get why() {
      return isAsked ? why : undefined
    },
    limit(limit, reason) {
      wanted = undefined
      if (limit >= most) return
      most = limit
      whyNoMore = reason
      if (most === count) why = reason
    },
    changed() {
      if (wanted === undefined) return
      const isTrial = wanted > count
      why = isTrial ? tooFew : `${count} were not a fifth faster`
      before = isTrial ? answers : undefined
      settledAtMs = isTrial ? undefined : answers.atMs
      count = wanted
      wanted = undefined
      answers = new Answers()
      waitedMs = 0
    },
    waited(ms) {
      if (!answers.isEmpty) waitedMs += ms
    },
    take(event, { open }) {
      if (!isAsked || most === 1) return
      if (event.kind === 'answered') {
        const batch = open.get(event.no)!
        answers.add(batch, event.atMs)
        latencyMs = Math.min(latencyMs, event.atMs - batch.sentAtMs)
      } else if (event.kind === 'handedOver' && wanted === undefined) {
        answers.look()
        judge()
      }
    },
  }
}
