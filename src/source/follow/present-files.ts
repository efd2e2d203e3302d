/*
  Which files the inputs of a run that follows mean at the moment: what is not there yet is waited for.
*/
import { basename, join } from 'node:path'
import { UsageError } from '../../errors.js'
import type { Files, FileStatus, FolderEntry } from '../../platform/platform.js'
import {
  dataFiles,
  newPassedOver,
  type DataNames,
  type IsData,
  type PassedOverCount,
} from '../data-files.js'
import { pathBelow, type ExpandedSources } from '../expand-sources.js'
import { expandBraces, globFiles, hasGlob } from '../glob.js'
import { newPathList } from '../path-list.js'
import { newSameFiles } from '../same-files.js'

/** One file under one of its names. */
export interface PresentFile {
  readonly path: string
  readonly status: FileStatus
}

/** What is there, and what is not. */
export interface PresentFiles extends Pick<ExpandedSources, 'sameFiles' | 'passedOver'> {
  /** In the order of the inputs, those of a pattern or folder sorted by name; each file once, by its first name. */
  readonly files: readonly PresentFile[]
  /** Inputs without any file. */
  readonly missing: readonly string[]
}

/** Compressed files do not grow; where rotation leaves them, they were read before. */
const compressed = /\.(?:gz|zst|br|bz2|xz|lz4|zip|Z)$/

/**
 * @param inputs  paths, patterns, folders
 * @param names  of the files that are taken from folders
 * @throws {UsageError} DDB_USAGE for what was named and cannot be followed
 */
export async function presentFiles(
  inputs: readonly string[],
  files: Files,
  names: DataNames,
): Promise<PresentFiles> {
  const look: Look = { files, isData: dataFiles(names), passedOver: newPassedOver() }
  const found: PresentFile[] = []
  const missing: string[] = []
  const open = [...inputs]
  for (let input = open.shift(); input !== undefined; input = open.shift()) {
    const before = found.length
    const status = await statusOf(input, files)
    const names = status === undefined ? expandBraces(input) : []
    if (names.length > 1) {
      open.unshift(...names)
      continue
    }
    if (status?.isFolder === true) {
      found.push(...(await ofPaths(await ofFolder(input, look), look)))
    } else if (status !== undefined) found.push(named(input, status))
    else if (hasGlob(input)) {
      const paths = newPathList()
      await globFiles(input, files, paths).catch(() => undefined)
      found.push(...(await ofPaths(paths, look)))
    }
    if (found.length === before) missing.push(input)
  }
  const once: PresentFile[] = []
  const sameFiles = newSameFiles(index => once[index]!.path)
  for (const file of found) {
    if (sameFiles.isFirst(file.path, once.length, file.status)) once.push(file)
  }
  return { files: once, missing, sameFiles: sameFiles.found, passedOver: look.passedOver }
}

interface Look {
  readonly files: Files
  readonly isData: IsData
  readonly passedOver: PassedOverCount
}

function named(path: string, status: FileStatus): PresentFile {
  if (status.isFile && !compressed.test(path)) return { path, status }
  const why = status.isFile ? 'is compressed' : 'is no ordinary file'
  throw new UsageError(
    'DDB_USAGE',
    `"${path}" ${why}, and \`input.follow\` follows text as it is written: load it without`,
  )
}

async function ofPaths(
  paths: Iterable<string>,
  { files, passedOver }: Look,
): Promise<PresentFile[]> {
  const found: PresentFile[] = []
  for (const path of paths) {
    const status = compressed.test(path) ? undefined : await statusOf(path, files)
    if (status?.isFile === true) found.push({ path, status })
    else passedOver.add(path, basename(path), status !== undefined)
  }
  return found
}

/** Whoever rotates removes files and folders in between. */
async function ofFolder(folder: string, { files, isData, passedOver }: Look): Promise<string[]> {
  const paths: string[] = []
  const add = ({ name, folder: own, isFolder }: FolderEntry): void => {
    if (isFolder) return
    const path = join(own, name)
    if (isData(name, () => pathBelow(folder, path))) paths.push(path)
    else passedOver.add(path, name)
  }
  await files.readFolder(folder, true, add).catch(() => undefined)
  return paths.sort()
}

async function statusOf(path: string, files: Files): Promise<FileStatus | undefined> {
  try {
    return await files.status(path)
  } catch {
    return undefined
  }
}
