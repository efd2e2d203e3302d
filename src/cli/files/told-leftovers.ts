/*
  Selects which tables left by other runs to mention: each once a day, and none of runs whose journal on this machine names
  another table.
*/
import { readRun, runNames } from '../../load/journal/known-runs.js'
import { markerName } from '../../load/marker/run-tables.js'
import type { LoadOptions } from '../../load/options.js'
import { systemPlatform } from '../../platform/system.js'
import { addressText } from '../options/shell-command.js'
import { dayMs, wasTold } from './state-file.js'

type Environment = Readonly<Record<string, string | undefined>>

/** @param folder  of the journals */
export function leftoversToTell(
  { server, target }: Pick<LoadOptions, 'server' | 'target'>,
  folder: string,
  environment: Environment,
): NonNullable<LoadOptions['leftovers']> {
  const address = addressText(server)
  return async tables => {
    const others = await tablesOfOthers(tables, target, folder)
    return tables.filter(
      table =>
        !others.has(table) && !wasTold('leftover', `${address} ${table}`, dayMs, environment),
    )
  }
}

async function tablesOfOthers(
  tables: readonly string[],
  target: LoadOptions['target'],
  folder: string,
): Promise<ReadonlySet<string>> {
  const { files } = systemPlatform
  const others = new Set<string>()
  for (const runId of await runNames(folder, files).catch(() => [])) {
    if (!tables.includes(markerName(runId))) continue
    // An unreadable journal does not tell its table.
    const known = await readRun(folder, runId, files).catch(() => undefined)
    const other = known?.run.options.target
    if (other === undefined) continue
    if (other.table !== target.table || other.function !== target.function) {
      others.add(markerName(runId))
    }
  }
  return others
}
