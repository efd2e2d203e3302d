/*
  Whether the files of a unit are still those that the plan was made of.
*/
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { DdbError, InputError } from '../../errors.js'
import type { Files } from '../../platform/platform.js'
import { fingerprintOf, fingerprintText, isSame } from '../journal/fingerprint.js'
import { unitText, type PlannedUnit } from './manifest.js'

/** Where a file of a manifest is. @param manifestPath  absolute */
export function placeOf(path: string, manifestPath: string): string {
  return resolve(dirname(manifestPath), path)
}

/** What is written down of a file: what was named by its whole path keeps it. @param manifestPath  absolute */
export function writtenPath(path: string, manifestPath: string): string {
  return isAbsolute(path) ? path : relative(dirname(manifestPath), resolve(path))
}

/**
 * @param placeOf  of a file as the manifest has it
 * @throws {InputError} DDB_INPUT_MISSING, DDB_INPUT_READ for a file that cannot be opened
 * @throws {DdbError} DDB_RUN_CHANGED for one that is another by now; each with the unit's name
 */
export async function checkUnitFiles(
  unit: PlannedUnit,
  placeOf: (path: string) => string,
  files: Files,
): Promise<void> {
  for (const { path, ...before } of unit.files) {
    const place = placeOf(path)
    if (files.statusNow(place) === undefined) {
      throw new InputError('DDB_INPUT_MISSING', `${unitText(unit)}: there is no file "${place}"`, {
        file: place,
      })
    }
    const now = await fingerprintOf(place, files)
    if (now !== undefined && isSame(before, now)) continue
    const is = now === undefined ? 'no ordinary file' : fingerprintText(now)
    throw new DdbError(
      'DDB_RUN_CHANGED',
      `${unitText(unit)} has changed since the plan was made: "${place}" was ${fingerprintText(before)}, and is ${is}. ` +
        'Rows of it that are loaded stay; make another plan of what is to be loaded, for a run of another name',
    )
  }
}
