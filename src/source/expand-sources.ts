/*
  What the user named as input, as the list of files it means: files, patterns, folders, `-`. Everything is checked to
  be there before the first row is read.
*/
import { join } from 'node:path'
import { InputError } from '../errors.js'
import type { Files } from '../platform/platform.js'
import { systemFiles } from '../platform/system-files.js'
import { globFiles, hasGlob } from './glob.js'
import { missingMessage } from './open-source.js'

/** Files taken from a folder; others have to be named. */
const dataFile = /^[^.].*\.(?:csv|tsv|ndjson|jsonl|json)(?:\.(?:gz|zst|br))?$/i

/** Whether a file of this name is taken from a folder. */
export function isDataFile(name: string): boolean {
  return dataFile.test(name)
}

/**
 * @param inputs  paths, patterns (`day=*-t.csv`), folders, or `-` for standard input
 * @returns paths in the order given, those of one pattern or folder sorted; `-` stays `-`
 * @throws {InputError} DDB_INPUT_MISSING for what is not there, may not be read, or gives no file
 */
export async function expandSources(
  inputs: readonly string[],
  files: Files = systemFiles,
): Promise<string[]> {
  const paths: string[] = []
  for (const input of inputs) paths.push(...(input === '-' ? ['-'] : await expand(input, files)))
  return paths
}

async function expand(input: string, files: Files): Promise<string[]> {
  let isFolder: boolean
  try {
    isFolder = (await files.status(input)).isFolder
  } catch (cause) {
    if (hasGlob(input)) return expandGlob(input, files)
    throw missing(input, missingMessage(input, cause), cause)
  }
  if (isFolder) return expandFolder(input, files)
  await checkReadable(input, files)
  return [input]
}

async function expandGlob(pattern: string, files: Files): Promise<string[]> {
  const paths = await globFiles(pattern, files)
  if (paths.length === 0) throw missing(pattern, `no file matches "${pattern}"`)
  for (const path of paths) await checkReadable(path, files)
  return paths
}

async function expandFolder(folder: string, files: Files): Promise<string[]> {
  const entries = await files.readFolder(folder, true)
  const paths = entries
    .filter(entry => !entry.isFolder && isDataFile(entry.name))
    .map(entry => join(entry.folder, entry.name))
    .sort()
  if (paths.length === 0) {
    throw missing(
      folder,
      `the folder "${folder}" holds no .csv, .tsv, .ndjson, .jsonl or .json file`,
    )
  }
  for (const path of paths) await checkReadable(path, files)
  return paths
}

async function checkReadable(path: string, files: Files): Promise<void> {
  try {
    await files.checkReadable(path)
  } catch (cause) {
    throw missing(path, missingMessage(path, cause), cause)
  }
}

function missing(file: string, message: string, cause?: unknown): InputError {
  return new InputError('DDB_INPUT_MISSING', message, { file }, { cause })
}
