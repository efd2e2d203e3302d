/*
  Selects the leftover tables of earlier runs that the program mentions, each once a day. If a run has a journal on this
  machine, the program mentions the run instead of its tables, and only if that run loads into the same target.
*/
import { readRun, runNames } from '../../load/journal/known-runs.js'
import { isLedgerName, isLedgerOf, markerName } from '../../load/marker/run-tables.js'
import type { LoadOptions } from '../../load/options.js'
import { systemPlatform } from '../../platform/system.js'
import { addressText } from '../options/shell-command.js'
import { dayMs, checkAndMarkReported } from './state-file.js'

type Environment = Readonly<Record<string, string | undefined>>

/** @param folder  of the journals @param tellRun  called for each run of this machine that has left tables */
export function leftoversToReport(
  { server, target }: Pick<LoadOptions, 'server' | 'target'>,
  folder: string,
  environment: Environment,
  tellRun: (runId: string, tables: readonly string[]) => void,
): NonNullable<LoadOptions['leftovers']> {
  const address = addressText(server)
  return async tables => {
    const worth = (names: readonly string[]): string[] =>
      names.filter(
        name => !checkAndMarkReported('leftover', `${address} ${name}`, dayMs, environment),
      )
    const known = await knownRuns(tables, folder)
    for (const { runId, target: other, names } of known) {
      // A run into a different target does not concern this load.
      if (other.table !== target.table || other.function !== target.function) continue
      const told = worth(names)
      if (told.length > 0) tellRun(runId, told)
    }
    const ofKnown = new Set(known.flatMap(({ names }) => names))
    return worth(tables.filter(name => !ofKnown.has(name)))
  }
}

interface KnownLeft extends Pick<LoadOptions, 'target'> {
  readonly runId: string
  readonly names: readonly string[]
}

/** Runs with a journal on this machine that have left some of the tables. */
async function knownRuns(tables: readonly string[], folder: string): Promise<KnownLeft[]> {
  const { files } = systemPlatform
  const hasLedgers = tables.some(isLedgerName)
  const found: KnownLeft[] = []
  for (const runId of await runNames(folder, files).catch(() => [])) {
    const marker = markerName(runId)
    if (!hasLedgers && !tables.includes(marker)) continue
    // Ignores unreadable journals.
    const known = await readRun(folder, runId, files).catch(() => undefined)
    if (known === undefined) continue
    const { token, options } = known.run
    const names = tables.filter(name => name === marker || isLedgerOf(BigInt(`0x${token}`), name))
    if (names.length > 0) found.push({ runId, target: options.target, names })
  }
  return found
}
