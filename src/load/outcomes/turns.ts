/* How much is read and sent at a time: sizes of batches, bytes in flight, which connection carries a piece, which pieces wait. */
import type { CutSizes } from '../../parse/batch-builder.js'
import { dataTypes } from '../../protocol/data-type.js'
import { ownText } from '../../schema/cell-source.js'
import type { Run } from '../run.js'
import type { Piece } from './pieces.js'

/** Limit of batches in flight, because each takes some 10 kB of memory besides its rows. */
const mostOpen = 4_096

/**
 * `roomBytes`: while fewer bytes than this are in flight, a further batch may be handed over. If batches are divided by lane, a batch is so
 * large that each lane gets the requested size, but it takes at most half of the bytes allowed in flight, because the run reads one batch
 * while another is in flight.
 */
export function readSizes({ checked, lanes }: Pick<Run, 'checked' | 'lanes'>) {
  const { connections, maxInFlightBytes, batchRows: rows, batchBytes: bytes } = checked
  if (lanes === undefined || connections === 1) {
    return { batchRows: rows, batchBytes: bytes, roomBytes: maxInFlightBytes }
  }
  const half = Math.max(1, Math.floor(maxInFlightBytes / 2))
  const batchBytes = Math.min(bytes * connections, half)
  return { batchRows: rows * connections, batchBytes, roomBytes: maxInFlightBytes - batchBytes + 1 }
}

/** Sizes of batches, as the first process chose them: `batchBytes` of input, or as many records as fill those on the wire without texts. */
export function fixedSizes(run: Run): CutSizes {
  const { sizes } = run.history.found
  if (sizes !== undefined) return { records: sizes.records, bytes: sizes.bytes }
  const { batchRows, batchBytes: bytes } = readSizes(run)
  const set = run.options.mapping?.set
  const rowBytes = run.target.columns.reduce((sum, { name, type: { type, array } }) => {
    // On the wire, without texts and the elements of arrays.
    const cellBytes = array === true ? 1 : Math.max(1, dataTypes[type].bytesPerValue)
    return sum + cellBytes + Buffer.byteLength(ownText(set, name) ?? '')
  }, 0)
  const records = Math.max(1, Math.min(batchRows, Math.floor(bytes / Math.max(1, rowBytes))))
  run.note({ sizes: { records, bytes } })
  return { records, bytes }
}

/** Whether a row must not be written before an earlier one, of which it may have the key. */
export const isOrdered = ({ checked, target }: Pick<Run, 'checked' | 'target'>): boolean =>
  checked.target.kind === 'table' && target.keyed

/** Whether pieces name the one before them, so that they need not wait for its outcome: the ledger shows it to the server. */
export const namesBefore = (run: Run): boolean =>
  isOrdered(run) && run.checked.mode === 'async' && run.shared === undefined

function leastBusy({ checked: { connections }, state }: Run): number {
  if (connections === 1) return 0
  const inFlight = new Array<number>(connections).fill(0)
  for (const { isInFlight, connection } of state.open.values()) {
    if (isInFlight && connection !== undefined) inFlight[connection]!++
  }
  return inFlight.indexOf(Math.min(...inFlight))
}

/** A piece goes over its lane's connection, or the least busy. One of several lanes goes alone: two sessions must not write a partition. */
export function newTurns(run: Run) {
  const { state } = run
  /** Pieces that must be sent alone. No other piece is sent before them. */
  const alone = new Set<Piece>()
  /** What was handed over and has no outcome, if order matters, and the number of each; of these, `passed` are no longer there. */
  const waiting: Piece[] = []
  const numbers = new WeakMap<Piece['whole'], number>()
  let passed = 0
  /** @param connection  default: any */
  const isIdle = (connection?: number): boolean => {
    for (const piece of state.open.values()) {
      if (piece.isInFlight && [undefined, piece.connection].includes(connection)) return false
    }
    return true
  }
  /**
   * True while a run with several connections sends its first batch alone. At its end, the run looks it up: if a confirmed batch was lost
   * because the table was replaced, the first one was lost, too (docs/decisions/0065-several-connections.md).
   */
  const goesAlone = (): boolean =>
    run.checked.connections > 1 && state.rows.confirmed + state.rows.skipped === 0
  const laneOf = ({ whole }: Piece): number | undefined =>
    run.checked.connections === 1 ? 0 : whole.lane
  /** What must be written before a piece: what comes before it in its lane. Rows without a lane may have any keys. */
  const before = (piece: Piece): Piece | undefined => {
    for (; waiting[0]?.whole.parts === 0; passed++) waiting.shift()
    const lane = laneOf(piece)
    for (let i = (numbers.get(piece.whole) ?? 0) - passed - 1; i >= 0; i--) {
      const other = waiting[i]!
      const isAlike = lane === undefined || [lane, undefined].includes(laneOf(other))
      if (isAlike && other.whole.parts > 0) return other
    }
    return undefined
  }
  /** As `Copy.after`: −1 if the server cannot tell. */
  const after = (piece: Piece, last = before(piece)): number => {
    if (last === undefined) return 0
    const [a, b] = [piece.place, last.place]
    return laneOf(piece) !== undefined && a.stream === b.stream && a.lane === b.lane ? b.no : -1
  }
  const follows = (piece: Piece, carriesOne: boolean): boolean => {
    const last = before(piece)
    if (last === undefined) return true
    const isNamed = !carriesOne && last.isInFlight && after(piece, last) > 0
    return isNamed && last.sendNos.at(-1)! > piece.lateSendNo
  }
  return {
    /** Must be called for each piece that is handed over, in order. */
    take(piece: Piece): void {
      // Halves of a piece come one after the other.
      if (!isOrdered(run) || waiting.at(-1)?.whole === piece.whole) return
      numbers.set(piece.whole, passed + waiting.push(piece) - 1)
    },
    /** As `Copy.after`. */
    after: (piece: Piece): number | undefined => (namesBefore(run) ? after(piece) : undefined),
    hasRoom(): boolean {
      if (goesAlone() && state.open.size > 0) return false
      // Where the server answers, a connection carries one piece at a time.
      const most = run.checked.mode === 'sync' ? run.checked.connections : mostOpen
      return state.open.size < most && state.openBytes < readSizes(run).roomBytes
    },
    /** @param carriesOne  whether a connection carries only one piece at a time @param mayName  whether it need not wait for the one before */
    mayGo(piece: Piece, carriesOne: boolean, mayName: boolean): boolean {
      if (goesAlone() && !isIdle()) return false
      if (run.checked.connections > 1 && run.lanes === undefined) return true
      if (laneOf(piece) === undefined)
        return follows(piece, true) && alone.add(piece) !== undefined && isIdle()
      if (alone.size > 0 || (carriesOne && !isIdle(piece.whole.lane))) return false
      return follows(piece, carriesOne || !mayName)
    },
    /** Whether nothing that must be written before the piece is without an outcome. */
    isNext: (piece: Piece): boolean => before(piece) === undefined,
    nextConnection: () => leastBusy(run),
    /** The piece gets its outcome, or its halves replace it. */
    close: (piece: Piece): void => void alone.delete(piece),
  }
}
