/*
  Small files of the state folder, one for each server: read by later runs, replaced in one step, for their owner alone.
*/
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerAddress } from '../../load/options.js'
import { systemCode } from '../output/print-failure.js'
import { stateFolder } from './state-folder.js'

/** Where something is kept of a server. */
export function stateFileOf(
  kind: 'servers' | 'logins',
  { host, port }: ServerAddress,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  // A host name in a path: signs that folders and shells take for something else are escaped.
  const name = encodeURIComponent(`${host.toLowerCase()}_${port}`).replace(/^\./, '%2E')
  return join(stateFolder(environment), kind, `${name}.json`)
}

/**
 * Puts an object in the place of what was there.
 * @returns the system's code when it cannot be written
 */
export function replaceStateFile(path: string, content: object): string | undefined {
  const draft = `${path}.${process.pid}.new`
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
    return undefined
  } catch (error) {
    removeIfThere(draft)
    return systemCode(error)
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Where a part of the path is a file, nothing of ours is there.
  }
}
