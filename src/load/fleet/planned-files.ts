/*
  The files of a plan: their places, the texts that `input.path` takes from their paths (such as a date), and whether
  the files are unchanged since the plan was made.
*/
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { DdbError, InputError, UsageError } from '../../errors.js'
import type { Files } from '../../platform/platform.js'
import { missingMessage } from '../../source/open-source.js'
import type { NamedTexts, PathReader } from '../../source/path/input-texts.js'
import { fingerprintOf, fingerprintText, isSame } from '../journal/fingerprint.js'
import { unitText, type PlannedUnit } from './manifest.js'

/** Finds a file of a manifest. @param manifestPath  absolute */
export function placeOf(path: string, manifestPath: string): string {
  return resolve(dirname(manifestPath), path)
}

/** The path to write into the manifest: absolute if the user named an absolute path. @param manifestPath  absolute */
export function writtenPath(path: string, manifestPath: string): string {
  return isAbsolute(path) ? path : relative(dirname(manifestPath), resolve(path))
}

/**
 * Reads the named parts of a path in the manifest. The parts are the same in every process, wherever the files are.
 * @throws {InputError} DDB_INPUT_COLUMN for a path that does not match, or matches in more than one way
 * @throws {UsageError} DDB_USAGE for a path that `skip` would leave out
 */
export function textsOfPlanned(reader: PathReader, path: string): NamedTexts {
  if (reader.isSkipped(path)) {
    throw new UsageError(
      'DDB_USAGE',
      `the plan has "${path}", which does not match \`input.path\`: the pattern is compared with paths relative to the folder of the plan. ` +
        'Give `input.path` and `input.pathUnmatched` to `ddb-ingest plan` as well, and put the plan above the folders that the pattern names',
    )
  }
  return reader.read(path)
}

/**
 * @param placeOf  finds a file of the manifest
 * @throws {InputError} DDB_INPUT_MISSING, DDB_INPUT_READ for a file that cannot be opened
 * @throws {DdbError} DDB_RUN_CHANGED for a file that has changed. Each of these errors names the unit
 */
export async function checkUnitFiles(
  unit: PlannedUnit,
  placeOf: (path: string) => string,
  files: Files,
): Promise<void> {
  for (const { path, ...before } of unit.files) {
    const place = placeOf(path)
    await files.status(place).catch((cause: unknown) => {
      // An InputError, for example about an archive, already has a complete message.
      const { code, message } =
        cause instanceof InputError
          ? cause
          : ({ code: 'DDB_INPUT_MISSING', message: missingMessage(place, cause) } as const)
      throw new InputError(code, `${unitText(unit)}: ${message}`, { file: place }, { cause })
    })
    const now = await fingerprintOf(place, files)
    if (now !== undefined && isSame(before, now)) continue
    const is = now === undefined ? 'no ordinary file' : fingerprintText(now)
    throw new DdbError(
      'DDB_RUN_CHANGED',
      `${unitText(unit)} has changed since the plan was made: "${place}" was ${fingerprintText(before)}, and is ${is}. ` +
        'Its rows that are already loaded stay; make another plan for the rest, for a run with another name',
    )
  }
}
