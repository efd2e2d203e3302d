/*
  Reads and replaces plan files. A plan divides the inputs; several processes read its file and each loads a share.
*/
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { DdbError, InputError, UsageError } from '../../errors.js'
import { manifestText, readManifest, type Manifest } from '../../load/fleet/manifest.js'
import { systemName } from '../../platform/file-name.js'
import { missingMessage } from '../../source/open-source.js'
import { clean, systemCode } from '../output/terminal-text.js'
import { otherWritersAt } from './state-folder.js'

/**
 * @throws {InputError} DDB_INPUT_MISSING, DDB_INPUT_FORMAT
 * @throws {UsageError} DDB_CONFIG if other users could have written the file
 */
export async function readPlanFile(path: string): Promise<Manifest> {
  let text: string
  try {
    text = await readFile(systemName(path), 'utf8')
  } catch (cause) {
    const message = missingMessage(path, cause)
    throw new InputError('DDB_INPUT_MISSING', message, { file: path }, { cause })
  }
  const { owner, isOpenToAll } = otherWritersAt(path) ?? {}
  const why =
    owner !== undefined
      ? `belongs to user ${owner}`
      : isOpenToAll === true
        ? 'can be written by every user of this machine'
        : undefined
  if (why !== undefined) {
    throw new UsageError(
      'DDB_CONFIG',
      `the plan ${clean(path)} ${why}: its author chooses which files are read. Copy it, or change its owner and mode`,
    )
  }
  return readManifest(text, path)
}

/** Refuses to overwrite a file that is not a plan. @throws {DdbError} DDB_OUTPUT_CREATE */
export async function checkPlanPlace(path: string): Promise<void> {
  let text: string
  try {
    text = await readFile(systemName(path), 'utf8')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return
    throw cannotWrite(path, cause)
  }
  if (text === '' || text.startsWith('{"format":"ddb-ingest plan"')) return
  throw new DdbError(
    'DDB_OUTPUT_CREATE',
    `"${path}" exists and is not a plan: name another file, or remove it`,
  )
}

/** @throws {DdbError} DDB_OUTPUT_CREATE */
export async function writePlanFile(path: string, manifest: Manifest): Promise<void> {
  const draft = `${resolve(path)}.${randomBytes(4).toString('hex')}.new`
  try {
    await writeFile(systemName(draft), manifestText(manifest), { flag: 'wx', mode: 0o644 })
    await rename(systemName(draft), systemName(path))
  } catch (cause) {
    await rm(systemName(draft), { force: true })
    throw cannotWrite(path, cause)
  }
}

function cannotWrite(path: string, cause: unknown): DdbError {
  return new DdbError(
    'DDB_OUTPUT_CREATE',
    `cannot write the plan "${path}" (${systemCode(cause)})`,
    { cause },
  )
}
