/*
  What the user named as input, as the list of files it means: files, patterns, folders, `-`. Everything is checked to
  be there before the first row is read.
*/
import { constants } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.js'
import { globFiles, hasGlob } from './glob.js'
import { missingMessage } from './open-source.js'

/** Files taken from a folder; others have to be named. */
const dataFile = /^[^.].*\.(?:csv|tsv|ndjson|jsonl|json)(?:\.gz)?$/i

/**
 * @param inputs  paths, patterns (`day=*-t.csv`), folders, or `-` for standard input
 * @returns paths in the order given, those of one pattern or folder sorted; `-` stays `-`
 * @throws {InputError} DDB_INPUT_MISSING for what is not there, may not be read, or gives no file
 */
export async function expandSources(inputs: readonly string[]): Promise<string[]> {
  const paths: string[] = []
  for (const input of inputs) paths.push(...(input === '-' ? ['-'] : await expand(input)))
  return paths
}

async function expand(input: string): Promise<string[]> {
  let isFolder: boolean
  try {
    isFolder = (await stat(input)).isDirectory()
  } catch (cause) {
    if (hasGlob(input)) return expandGlob(input)
    throw missing(input, missingMessage(input, cause), cause)
  }
  if (isFolder) return expandFolder(input)
  await checkReadable(input)
  return [input]
}

async function expandGlob(pattern: string): Promise<string[]> {
  const paths = await globFiles(pattern)
  if (paths.length === 0) throw missing(pattern, `no file matches "${pattern}"`)
  for (const path of paths) await checkReadable(path)
  return paths
}

async function expandFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const paths = entries
    .filter(entry => !entry.isDirectory() && dataFile.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
  if (paths.length === 0) {
    throw missing(
      folder,
      `the folder "${folder}" holds no .csv, .tsv, .ndjson, .jsonl or .json file`,
    )
  }
  for (const path of paths) await checkReadable(path)
  return paths
}

async function checkReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK)
  } catch (cause) {
    throw missing(path, missingMessage(path, cause), cause)
  }
}

function missing(file: string, message: string, cause?: unknown): InputError {
  return new InputError('DDB_INPUT_MISSING', message, { file }, { cause })
}
