/*
  Keeps rejects of a unit in draft files, and gives these files their final names at the end. A process that loads the unit again, at the
  same time or later, finds the same rejects and writes them to the same place.
*/
import { extname } from 'node:path'
import { DdbError } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import type { LoadOptions, LoadResult } from '../options.js'
import { isOfRun } from '../rejects/leftover-rejects.js'
import { reasonsPath } from '../rejects/reject-path.js'

export interface UnitRejects {
  readonly options: LoadOptions['rejects']
  /**
   * Gives the draft files their final names.
   * @returns `rejects` with these names
   * @throws {DdbError} DDB_OUTPUT_WRITE
   */
  settle(rejects: LoadResult['rejects']): LoadResult['rejects']
}

/** Names files such as `r.u7.csv` for `r.csv`. @throws {DdbError} DDB_OUTPUT_CREATE for a file that is not of this run */
export async function unitRejects(
  { rejects = {}, runId = '' }: Pick<LoadOptions, 'rejects' | 'runId'>,
  unit: number,
  { files, random }: Pick<Platform, 'files' | 'random'>,
): Promise<UnitRejects> {
  const { file } = rejects
  if (file === undefined) return { options: rejects, settle: found => found }
  const extension = extname(file)
  const stem = `${file.slice(0, file.length - extension.length)}.u${unit}`
  const path = `${stem}${extension}`
  const isFree = files.statusNow(path) === undefined
  if (!isFree && !(await isOfRun(reasonsPath(path), runId, files))) {
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `"${path}" exists and does not contain rejects of this run: move it, or name another rejects file`,
    )
  }
  const tag = Array.from(random.bytes(4), byte => byte.toString(16).padStart(2, '0')).join('')
  const draft = `${stem}-${tag}`
  const settled = (name: string): string =>
    name.startsWith(draft) ? `${stem}${name.slice(draft.length)}` : name
  return {
    options: { ...rejects, file: `${draft}${extension}` },
    settle(found) {
      for (const { path: name } of found.files) {
        for (const one of [name, reasonsPath(name)]) {
          try {
            files.rename(one, settled(one))
          } catch (cause) {
            const reason = cause instanceof Error ? cause.message : String(cause)
            throw new DdbError('DDB_OUTPUT_WRITE', `cannot rename "${one}": ${reason}`, { cause })
          }
        }
      }
      return {
        ...found,
        file: found.file === null ? null : settled(found.file),
        files: found.files.map(({ path: name, rows }) => ({ path: settled(name), rows })),
      }
    },
  }
}
