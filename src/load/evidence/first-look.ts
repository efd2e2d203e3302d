/* What a run finds out about its target before it sends anything: whether its earlier rows are there, and whether everything is loaded
   already. The server may know a finished run of which this process has no journal, as on another machine, or in a container without its
   volume: loading again would store all rows twice. */
import { ask, unlessRefused, type Asking } from '../connection/server-queries.js'
import type { NamedInputs } from '../inputs/open-input.js'
import { InputReading } from '../inputs/input-reading.js'
import { ListedInputs } from '../inputs/inputs.js'
import {
  mayBeFinished,
  mayBeThere,
  runDamaged,
  targetChanged,
  unproven,
} from '../journal/changed-run.js'
import { runDigest } from '../journal/journal-record.js'
import { fixedSizes } from '../outcomes/turns.js'
import {
  dropLedgers,
  entryScript,
  otherFinished,
  type FinishedRun,
  type KnownOnServer,
} from '../register/register.js'
import { isUnfinished, newRun, type Run } from '../run.js'
import { inputsOf } from '../shards/streams.js'
import { outsideMarks } from '../target/partition-scheme.js'
import { leavesMemory, neverDecreases, type TargetIdentity } from '../target/describe-target.js'
import { mayChangeValues } from '../target/target.js'
import { askTaken } from '../transport/script.js'
import { Evidence, type Look } from './evidence.js'
import { askIdentity, identityOf, rowReader, type SampleRow } from './sample-rows.js'

/**
 * Looks at the target before the run sends anything. @param isFinished  whether an earlier process has recorded the end of the run
 * @returns `loaded` if there is nothing to do; undefined for a run without confirmation
 * @throws {DdbError} DDB_TARGET_CHANGED if confirmed rows are gone; DDB_UNPROVEN if the run may have finished, and nothing proves that its
 * rows are there; DDB_RUN_DAMAGED if the journal has only its first line, and the target may have rows of the run
 */
export async function lookFirst(
  run: Run,
  known: KnownOnServer | undefined,
  isFinished: boolean,
): Promise<Evidence | 'loaded' | undefined> {
  const { checked, history, state } = run
  const control = run.control!
  const { found, now: recorded } = history
  if (checked.confirm === 'none' && checked.mode !== 'sync') return undefined
  if (found.target !== undefined && found.isForgotten) throw targetChanged(run, forgotten)
  // Requests of the run that this one replaces may have written rows since the target was described.
  const isOld =
    found.target === undefined && (recorded.run?.replaces?.dataSessions ?? []).length > 0
  const present = isOld ? (await askIdentity(run)).identity : identityOf(run, run.target.state)
  const evidence = new Evidence(run, found.target ?? present)
  let now = present
  if (found.target !== undefined) {
    const look = await evidence.look({ counts: true })
    const { change } = look
    now = look.now
    const mayBeThere = change?.kind === 'unknown' || (isFinished && change?.kind === 'hidden')
    if (change !== undefined && !mayBeThere) throw targetChanged(run, change.text)
    if (hasLostMemory(run))
      throw targetChanged(run, found.used === 'answers' ? untraced : restarted)
    const { rows, chunkId, physicalIndex } = found.target
    const ids = [chunkId ?? now.chunkId, physicalIndex ?? now.physicalIndex] as const
    evidence.identity = { ...now, rows, chunkId: ids[0], physicalIndex: ids[1] }
    if (isFinished) {
      checkLoaded(run, `${control.host}:${control.port}`, look)
      run.rejects.removeLeft(history)
      // If the server refuses, they stay there, and later runs list them in a notice about tables left behind.
      const asking = { session: control, timeoutMs: checked.confirmTimeoutMs }
      await unlessRefused(dropLedgers(asking, history.onServer?.ledgers ?? []))
      return 'loaded'
    }
  }
  await refuseTwice(run)
  const finished = await loadedElsewhere(run, now, known)
  if (finished === undefined) return evidence
  const { stored, rejected } = finished
  state.rows.skipped = stored
  run.rejects.addElsewhere(stored + rejected, rejected)
  run.note({ isElsewhere: true })
  return 'loaded'
}

const untraced = 'the server keeps no trace of the run, which would show that it has not restarted'

const restarted = 'the server was restarted, and its rows in memory are gone'

const forgotten =
  'the server was restarted, or the table was recreated, and rows that were confirmed are gone'

/** Whether an unfinished run has rows in the memory of a server that knows nothing of the run, and so has stopped since. */
function hasLostMemory({ history: { file, found, onServer }, checked: { target } }: Run): boolean {
  if (file === undefined || found.finished !== undefined || onServer?.isKnown === true) return false
  const { confirmed, unconfirmed } = found.rows()
  return (
    confirmed + unconfirmed > 0 && (target.kind === 'function' || target.table.kind === 'shared')
  )
}

/** Records on the server and in the journal that a run has finished. If the process is killed before that, a later process records it. */
export async function noteFinished(run: Run, asking: Asking, evidence: Evidence): Promise<void> {
  const { history, state, options, checked } = run
  const { name, now } = history
  if (history.file === undefined || isUnfinished(run)) return
  // Writes the journal before the server's record: if the process is killed in between, the journal has all rows.
  run.commit()
  const finished = {
    rowsHad: evidence.rows,
    digest: runDigest(options, checked, now.inputs),
    rejected: state.rows.rejected,
    chunk: evidence.identity.chunkId ?? '',
    stored: state.rows.confirmed + state.rows.skipped,
  }
  const entry = entryScript(name, { processNo: now.owner, finished })
  // A user who may not share tables cannot make the register.
  const isMarked = (await unlessRefused(ask(asking, entry))) !== undefined
  const server = `${asking.session.host}:${asking.session.port}`
  run.note({ ...evidence.sampled(), finished: { isMarked, server } })
}

/** @throws {DdbError} DDB_TARGET_CHANGED if the rows of a finished run are gone, DDB_UNPROVEN if nothing shows whether they are there */
function checkLoaded(run: Run, here: string, { now, found: seen }: Look): void {
  const { found, onServer } = run.history
  const { server, isMarked } = found.finished!
  const { confirmed, unconfirmed } = found.rows()
  if (confirmed + unconfirmed === 0) return
  const isFound = seen?.includes(false) === false
  if (!now.inMemory) {
    if (isFound || (now.chunkId !== null && found.target!.chunkId === now.chunkId)) return
    throw unproven(run, 'the server does not say whether it is the same DFS table')
  }
  const isKnown = onServer && onServer.finished !== undefined
  if (isKnown !== true && server !== here) {
    throw targetChanged(run, `it was loaded into ${server}, and ${here} does not know it`)
  }
  if (isFound && isMarked) return
  if (isMarked && isKnown === false && now.total !== 'totalSize') {
    throw targetChanged(run, restarted)
  }
  const why = isFound
    ? 'the server keeps no mark of this run, so a restart would go unnoticed'
    : 'its rows cannot be looked up in the table'
  throw unproven(run, why)
}

/** The finished run; undefined if there is none, or the target is another table by now. @throws as `lookFirst` */
async function loadedElsewhere(
  run: Run,
  now: TargetIdentity,
  known: KnownOnServer | undefined,
): Promise<FinishedRun | undefined> {
  const { options, checked, history } = run
  const { file, found, name } = history
  // A run that is to start over is new, whatever the server knows.
  if (file === undefined || found.hasBatches || options.journal?.restart === true) return undefined
  const isFollowing = options.input?.follow === true
  if (found.isCut && (known === undefined || now.rows !== 0)) {
    const mayBe = known === undefined || isFollowing || (await hasFirstRows(run)) !== false
    if (mayBe) throw runDamaged(file.path, onlyBegun)
  }
  const replaced = history.now.run?.replaces?.tokens.map(token => BigInt(`0x${token}`))
  // Without a token, the user starts over a run whose journal is lost.
  if (replaced?.length === 0 || isFollowing) return undefined
  const finished = known && otherFinished(known, [name.token, ...(replaced ?? [])])
  if (finished === undefined) {
    if (found.isElsewhere && (await hasFirstRows(run)) !== false)
      throw unproven(run, forgottenThere)
    return undefined
  }
  // It may have finished since the target was described.
  const { identity } = await askIdentity(run)
  if (isOtherTable(finished, identity)) return undefined
  if (finished.digest !== runDigest(options, checked, history.now.inputs)) {
    throw mayBeFinished(run.checked, 'with other inputs or options')
  }
  if (await hasFirstRows(run)) return finished
  throw mayBeFinished(run.checked, 'and its first rows are not in the target as they would be sent')
}

const forgottenThere = 'another journal has its rows, and the server does not know it any more'

const onlyBegun =
  'it ends after its first line, and the server or the table may have rows of the run'

/** For streams that nobody has begun: the server may have lost their receipts. @throws {DdbError} DDB_UNPROVEN if rows may be there */
async function refuseTwice(run: Run): Promise<void> {
  const { shared, checked } = run
  const { onDoubt, runId, confirmTimeoutMs: timeoutMs, target } = checked
  // Without rows before the run, nothing is there; a table with keys drops what it has.
  if (shared === undefined || shared.target.rows === 0 || onDoubt === 'resend') return
  if (target.kind === 'table' && run.target.keyed && !leavesMemory(shared.target.total)) return
  const asking = { session: run.control!, timeoutMs }
  for (const stream of shared.left) {
    const isBegun = async (): Promise<boolean> =>
      (await askTaken(asking, shared.ledger.name, stream + 1)).claims > 0
    if (await isBegun()) continue
    const ofStream = inputsOf(shared.streams[stream]!, run.platform.files)
    const areThere = await hasFirstRows(run, ofStream)
    // Another process may have looked, and begun the stream, in the meantime.
    if (areThere !== false && !(await isBegun())) {
      throw mayBeThere(runId, ofStream.names[0]!, areThere === true)
    }
  }
}

/** Whether the table was made again or emptied since the run has finished, so that it has no row of the run. */
function isOtherTable(finished: FinishedRun, { rows, total, ...now }: TargetIdentity): boolean {
  if (finished.chunk !== '' && now.chunkId !== null) return finished.chunk !== now.chunkId
  if (!now.inMemory || rows === null) return false
  return (
    rows === 0 || (neverDecreases(total) && finished.rowsHad !== null && rows < finished.rowsHad)
  )
}

/** Whether the target has the first batches as they would be sent; undefined if it has some, may have had them, or cannot look. */
async function hasFirstRows(
  run: Run,
  files: NamedInputs = { names: run.sources.paths, ...run.sources },
): Promise<boolean | undefined> {
  const { options, checked, platform, shared, lanes, target: description } = run
  const { journal: _, rejects: _rejects, onNotice: _n, onReport: _r, shard, ...given } = options
  const { connections, maxInFlightBytes } = checked
  // The first and the last of so many rows are enough.
  const few = { ...checked, onError: 'skip', rejectsFile: undefined, batchRows: 1_000 } as const
  const reading = newRun(given, few, platform)
  reading.target = description
  reading.history.found.sizes = shared?.sizes
  reading.cutSizes = fixedSizes(reading)
  const read = rowReader(description)
  const marksOf = outsideMarks(description)
  const laneCount = shard === undefined || lanes === undefined ? 1 : connections
  // Each connection carries batches in their order, but another process may have stored the second one before the first.
  const perLane = shard === undefined ? 1 : laneCount === 1 ? 1 + connections : 2
  /** Of each lane, the number of batches in which rows were found. */
  const seen = new Array<number>(laneCount).fill(0)
  const rows: (SampleRow | undefined)[] = []
  let bytes = 0
  const inputs = new ListedInputs(reading, files, new InputReading(reading))
  try {
    for await (const batch of inputs.batches()) {
      // Rows outside the partitions are in no table.
      const marks = marksOf?.(batch)
      const laneOf = laneCount === 1 ? undefined : lanes!.lanesOf(batch, laneCount)
      const missing = new Set(seen.keys())
      let last = -1
      for (let row = 0; row < batch.rowCount; row++) {
        if (marks?.[row] === 1) continue
        last = row
        const lane = laneOf?.[row] ?? 0
        if (seen[lane] === perLane || !missing.delete(lane)) continue
        seen[lane]!++
        rows.push(read(batch.columns, row))
      }
      if (laneCount === 1 && last >= 0) rows.push(read(batch.columns, last))
      bytes += batch.encodedBytes
      batch.release()
      // While none of these rows had an outcome, no more were sent than may be in flight.
      if (seen.every(count => count === perLane) || bytes > maxInFlightBytes) break
    }
  } finally {
    await inputs.close()
  }
  if (rows.length === 0) return false
  const asked = { rows: rows.filter(row => row !== undefined), counts: false }
  const { found, identity } = await askIdentity(run, asked)
  const areThere = found?.every(isThere => isThere === found[0]) ? found[0] : undefined
  const mayBeGone = mayChangeValues(options.target) || leavesMemory(identity.total)
  return areThere === false && mayBeGone ? undefined : areThere
}
