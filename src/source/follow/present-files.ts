/*
  Which files the inputs of a run that follows mean at the moment: what is not there yet is waited for.
*/
import { join } from 'node:path'
import { UsageError } from '../../errors.js'
import type { Files, FileStatus } from '../../platform/platform.js'
import { isDataFile } from '../expand-sources.js'
import { globFiles, hasGlob } from '../glob.js'

/** One file under one of its names. */
export interface PresentFile {
  readonly path: string
  readonly status: FileStatus
}

/** What is there, and what is not. */
export interface PresentFiles {
  /** In the order of the inputs, those of a pattern or folder sorted by name. */
  readonly files: readonly PresentFile[]
  /** Inputs without any file. */
  readonly missing: readonly string[]
}

/** Compressed files do not grow; where rotation leaves them, they were read before. */
const compressed = /\.(?:gz|zst|br|bz2|xz|lz4|zip|Z)$/

/**
 * @param inputs  paths, patterns, folders
 * @throws {UsageError} DDB_USAGE for what was named and cannot be followed
 */
export async function presentFiles(inputs: readonly string[], files: Files): Promise<PresentFiles> {
  const found: PresentFile[] = []
  const missing: string[] = []
  for (const input of inputs) {
    const before = found.length
    const status = await statusOf(input, files)
    if (status?.isFolder === true)
      found.push(...(await ofPaths(await ofFolder(input, files), files)))
    else if (status !== undefined) found.push(named(input, status))
    else if (hasGlob(input)) found.push(...(await ofPaths(await globFiles(input, files), files)))
    if (found.length === before) missing.push(input)
  }
  return { files: found, missing }
}

function named(path: string, status: FileStatus): PresentFile {
  if (status.isFile && !compressed.test(path)) return { path, status }
  const why = status.isFile ? 'is compressed' : 'is no ordinary file'
  throw new UsageError(
    'DDB_USAGE',
    `"${path}" ${why}, and \`input.follow\` follows text as it is written: load it without`,
  )
}

async function ofPaths(paths: readonly string[], files: Files): Promise<PresentFile[]> {
  const found: PresentFile[] = []
  for (const path of paths) {
    if (compressed.test(path)) continue
    const status = await statusOf(path, files)
    if (status?.isFile === true) found.push({ path, status })
  }
  return found
}

/** Whoever rotates removes files and folders in between. */
async function ofFolder(folder: string, files: Files): Promise<string[]> {
  try {
    return (await files.readFolder(folder, true))
      .filter(entry => !entry.isFolder && isDataFile(entry.name))
      .map(entry => join(entry.folder, entry.name))
      .sort()
  } catch {
    return []
  }
}

async function statusOf(path: string, files: Files): Promise<FileStatus | undefined> {
  try {
    return await files.status(path)
  } catch {
    return undefined
  }
}
